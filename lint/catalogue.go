package lint

// Severity says how much may hang on a finding.
type Severity int

// The severities, the gravest first.
const (
	Grave  Severity = iota + 1 // verdicts hang on it
	Middle                     // a procedure or a term is missing that disputes have turned on
	Minor                      // good practice that this text lacks
)

// Rule is one thing that a text should define, or that should not be in it.
type Rule struct {
	Code     string
	Title    string // what must be defined, or what was found
	Why      string // a failure that it led to, or would
	Source   string // of that failure, as far as it is on record
	Mend     string // what to write
	Severity Severity
}

// Rules lists every rule: L01 to L32 are what a text must define, D01 to D10
// what is wrong with its build.
func Rules() []Rule { return append([]Rule(nil), rules...) }

// RuleOf returns the rule of a code.
func RuleOf(code string) (Rule, bool) {
	for _, r := range rules {
		if r.Code == code {
			return r, true
		}
	}
	return Rule{}, false
}

var rules = []Rule{
	{"L01", "the exact instant of the start", "January 2026: start and end of a pause were never clearly defined, and both sides counted other days", "RBC-Ukraine, 3 February 2026", "time: {start: an instant with offset}", Grave},
	{"L02", "the clock: time zone, and what happens when it changes", "Kyiv put its clock forward on 30 March 2025 inside the thirty days; 18:00 in Moscow was 17:00 in Kyiv before", "", "time: {zone: an IANA name}", Grave},
	{"L03", "the exact end, and how days are counted", "thirty days from 18 March 2025 ended on 16, 17 or 18 April, by who counted", "TASS, April 2025", "time: {days: calendar or 24h, end: an instant}", Grave},
	{"L04", "who is bound, from when, by what act", "Ukraine was no party to the call of 18 March 2025 and accepted on the 19th", "", "commitments: with act and from: for every party", Grave},
	{"L05", "who certifies that a condition is met", "Black Sea, March 2025: in force after restrictions are lifted, and nobody to say that they were", "", "commitments: {if: ..., certified_by: ...}", Grave},
	{"L06", "the prohibited acts, by verb", "Sudzha, March 2025: a strike, or demolition by those who held it?", "", "name every act of the kind, or permit those that are meant to be free", Grave},
	{"L07", "classes of protected objects, and an annex of the objects", "a gas metering station: is it a pumping station? gas production: is it storage?", "", "settle the unclear: items; annexes: with coordinates and owners", Grave},
	{"L08", "the language that prevails, with aligned terms", "\"распределители\" became distributors, distribution units and switchgear", "", "languages: {ru: prevails, en: authentic}", Middle},
	{"L09", "attempts, interceptions, debris, and what is in flight at the start", "March 2025: Hlibivske, Kropotkinskaya, and seven drones in flight as the order was given", "", "name the outcomes; counts: launch or impact", Grave},
	{"L10", "release: by notice or by itself, after what finding", "the list of March 2025 lets a side consider itself free, and some read automatic termination", "", "power: {may: release, notice: ..., finding: who finds the breach}", Grave},
	{"L11", "incidental damage", "Kherson, 27 March 2025: a railway station was hit, and power and water lines with it", "", "put incidental into outcome:, or permit it", Middle},
	{"L12", "when an annex was published, and from when it holds", "a list of 25 March 2025 for a start on the 18th", "", "annexes: {sites: {file: ..., published: not after the start}}", Middle},
	{"L13", "on whose objects, in whose hands, on what territory", "Svatove, Crimea, Zaporizhzhia: sites that both sides call their own", "", "owner:, controller: or zone: in the scope", Grave},
	{"L14", "lines: datum, version, side, who draws and moves them", "Minsk baselines; the unmarked yellow line of Gaza", "", "version:, datum: and drawn_by: on the zone; geometry: in the front matter; side: of a line", Middle},
	{"L15", "airspace: reconnaissance flights, jamming", "2020: the ban on aerial vehicles of the sides, and the drones of the monitors", "", "forbid or permit overflight and jam", Minor},
	{"L16", "exceptions and reserved rights: self-defence, others", "Syria 2016, Lebanon 2024: what self-defence is, and against whom the truce does not hold", "", "permit: or reserve: what stays free", Middle},
	{"L17", "limits of return fire: whose order, after what, in what proportion", "2025: \"symmetrical\" and \"mirror\" answers", "", "limits: on the reserved right", Middle},
	{"L18", "duties: deadline and evidence of completion", "Minsk withdrawal of weapons, and deliveries without a date", "", "oblige: {within: PT48H after in_force, evidence: ...}", Middle},
	{"L19", "conduct before entry into force", "violence tends to rise between agreement and effect; Jeddah 2023 put 48 hours there", "arXiv 2110.05475", "oblige: {when: before in_force, ...}", Minor},
	{"L20", "what stays permitted: movement, rotation, digging in", "August 2020: is digging a trench an attempt to change positions?", "", "permit: or forbid: movement, deploy and fortify", Minor},
	{"L21", "the unit in which breaches are counted, and their classes", "May 2025: 734, 488 and 14,043, and no rule by which to compare them", "", "procedure: {of: counting, unit: ..., classes: ...}", Minor},
	{"L22", "monitors: mandate, access, publication", "the SMM, 2014 to 2022: access that either side could refuse", "", "procedure: {of: monitoring, who: ..., access: ..., publication: ...}", Middle},
	{"L23", "liaison: channel, hours, languages, time to acknowledge", "the JCCC in Donbas; India and Pakistan, May 2025: a hotline as the whole mechanism", "", "procedure: {of: liaison, who: ..., hours: ..., languages: ..., acknowledge: ...}", Minor},
	{"L24", "the procedure for incidents: clocks, and what silence means", "the rules of CTSAMVM, and 24 hours to answer in 2016: without them complaints stay open", "", "procedure: {of: incidents, steps: each with within:, silence: ...}", Middle},
	{"L25", "the standard of evidence, and how dissent is recorded", "no case is on record here: a claim may be enough for one side, and only a verified finding for the other", "", "procedure: {of: incidents, standard: verified, dissent: ...}", Minor},
	{"L26", "what follows from a breach", "2020, measure 4: discipline and notice of it, and nothing beyond", "", "procedure: {of: incidents, consequences: ...}", Minor},
	{"L27", "extension: by what act, and what holds without it", "18 April 2025: the month has expired, no other instructions", "", "power: {may: extend, form: ..., default: lapse}", Middle},
	{"L28", "the relation to other texts in force", "energy, Easter and the Black Sea at once, in April 2025", "", "relations: {OTHER: prevails, yields or beside}", Middle},
	{"L29", "forces that act for a party: proxies, irregulars, third states", "Ethiopia 2022: Eritrean forces were no party", "", "parties: {X: {actors: [who acts for it]}}", Middle},
	{"L30", "secret or unpublished lists, and how a monitor learns them", "the list between two capitals of March 2025 was never published", "", "published: a date; procedure: {of: annexes, who: ...}", Minor},
	{"L31", "public statements about breaches", "named in the field for Donbas 2016 to 2020; no single case is on record here", "", "procedure: {of: messaging, rule: ...}", Minor},
	{"L32", "who amends and interprets the text", "no case is on record here: a dispute about a word has no address", "", "procedure: {of: amendment, who: ...}", Minor},

	{"D01", "a clause that never changes any verdict", "a sentence that was fought for and does nothing", "", "delete it, or say what only it covers", Grave},
	{"D02", "an exception that never takes effect", "a right that a side believes to have and has not", "", "except: the clause that it is meant for, or drop it", Grave},
	{"D03", "a gap in what the text is meant to settle", "an act within the intended scope that no clause speaks of", "", "widen a clause, or narrow intended:", Grave},
	{"D04", "answers that answer each other without end", "each step is an answer to the one before; no text stops it", "", "limits: on the rights to answer", Grave},
	{"D05", "a date before entry into force", "a deadline that has passed when the text begins", "", "count it from in_force, or move it", Grave},
	{"D06", "zones that overlap in part, or leave a sliver", "a place under two rules, drawn so by accident", "", "subtract one from the other, or define both from one line", Middle},
	{"D07", "a duty that nobody verifies", "weapons declared withdrawn, and nobody to look", "", "oblige: {verifier: ...}, or procedure: {of: monitoring, ...}", Middle},
	{"D08", "a clause that binds nobody", "a rule on paper: never accepted, or never in force", "", "bound:, commitments: or dates that make it hold for somebody", Grave},
	{"D09", "readings that judge one act differently", "the parties left the room with two texts", "", "settle it in the text, or let the parties endorse one reading", Middle},
	{"D10", "a justification without a finding", "the text was mended, or the code mistyped", "", "take it out", Minor},
}
