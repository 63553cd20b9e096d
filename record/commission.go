package record

// Kinds of entries of the commission: cases, the hotline, duties, answers,
// windows, notified activities, exercises. In each, party is who speaks.
const (
	KindComplaint    = "complaint@1"
	KindStep         = "step@1"
	KindSignature    = "signature@1"
	KindMessage      = "message@1"
	KindAcknowledged = "acknowledgement@1"
	KindPerformance  = "performance@1"
	KindDuty         = "duty@1"
	KindResponse     = "response@1"
	KindWindow       = "window@1"
	KindWindowStep   = "window-step@1"
	KindActivity     = "activity@1"
	KindExercise     = "exercise@1"
	KindInject       = "inject@1"
)

// ComplaintEntry is the payload of complaint@1: it opens a case.
type ComplaintEntry struct {
	Text    string   `json:"text" doc:"id of the text"`
	Clauses []string `json:"clauses,omitempty" doc:"that are said to be breached"`
	Party   string   `json:"party" doc:"who complains"`
	Against string   `json:"against" doc:"the party that is to answer"`
	Says    string   `json:"says" doc:"its words"`
	Asks    string   `json:"asks,omitempty" doc:"what remedy is asked for"`
	Tier    string   `json:"tier,omitempty" doc:"where it is lodged; the lowest, where absent"`
}

// StepEntry is the payload of step@1.
type StepEntry struct {
	Step   string            `json:"step" doc:"of the procedure: acknowledgement, reply, visit, determination, remedy, appeal; or stop, resume, withdraw, hand-up"`
	Party  string            `json:"party,omitempty" doc:"in whose name; absent: the commission's"`
	Answer string            `json:"answer,omitempty" doc:"of a reply: admits, denies, accident, no-knowledge; of a determination: a verdict, or could-not-be-attributed"`
	Says   string            `json:"says" doc:"its words"`
	Reason string            `json:"reason,omitempty" doc:"of a stop: one that the text names"`
	Facts  map[string]string `json:"facts,omitempty" doc:"of a determination: columns of the truce format"`
}

// SignatureEntry is the payload of signature@1.
type SignatureEntry struct {
	Member string `json:"member" doc:"of the commission, by id; a delegate signs for the party"`
	Party  string `json:"party,omitempty" doc:"the same, where a party signs"`
	Says   string `json:"says" doc:"agrees, dissents or abstains"`
	Reason string `json:"reason,omitempty" doc:"of a dissent, in words; it stands beside the determination"`
}

// MessageEntry is the payload of message@1.
type MessageEntry struct {
	Party    string            `json:"party,omitempty" doc:"who sends it; absent: the commission"`
	To       []string          `json:"to" doc:"who is to acknowledge it"`
	Template string            `json:"template,omitempty" doc:"of the words, see docs/commission.md"`
	Values   map[string]string `json:"values,omitempty" doc:"that fill the template"`
	Says     string            `json:"says,omitempty" doc:"words beside it, as they were spoken"`
	Language string            `json:"language,omitempty" doc:"of says"`
}

// AcknowledgedEntry is the payload of acknowledgement@1.
type AcknowledgedEntry struct {
	Party string `json:"party,omitempty" doc:"who acknowledges; absent: the commission"`
	Says  string `json:"says,omitempty" doc:"words beside it"`
}

// PerformanceEntry is the payload of performance@1. What a party says of itself
// is claimed; only the mission's word is verified.
type PerformanceEntry struct {
	Text   string `json:"text" doc:"id of the text"`
	Clause string `json:"clause" doc:"of the duty"`
	Bearer string `json:"bearer" doc:"whose duty it is"`
	Party  string `json:"party,omitempty" doc:"who says so; absent: the mission"`
	At     string `json:"at" doc:"when it was done, RFC 3339 or a date"`
	Amount int64  `json:"amount,omitempty" doc:"of a quota: how many"`
	Done   bool   `json:"done,omitempty" doc:"that the whole of it is done; of a quota, that this is all of the period"`
	Level  string `json:"level,omitempty" doc:"claimed, reported, corroborated, verified; claimed, where absent"`
	Says   string `json:"says" doc:"its words"`
}

// DutyEntry is the payload of duty@1. Only the commission writes it.
type DutyEntry struct {
	Text   string `json:"text" doc:"id of the text"`
	Clause string `json:"clause" doc:"of the duty"`
	Bearer string `json:"bearer" doc:"whose duty it is"`
	State  string `json:"state" doc:"excused, suspended, resumed, discharged or violated"`
	From   string `json:"from" doc:"RFC 3339"`
	Until  string `json:"until,omitempty" doc:"RFC 3339; absent: open"`
	Reason string `json:"reason" doc:"why, in words"`
}

// ResponseEntry is the payload of response@1: a party reserves, announces or takes
// an answer to a breach that it says it suffered.
type ResponseEntry struct {
	Text   string `json:"text" doc:"id of the text"`
	Clause string `json:"clause" doc:"that gives the power, or reserves the right"`
	Party  string `json:"party" doc:"who answers"`
	Stage  string `json:"stage" doc:"reserved, announced, taken or ended"`
	To     string `json:"to,omitempty" doc:"id of the case, or of the entry about the breach, that is answered"`
	From   string `json:"from,omitempty" doc:"when it begins, RFC 3339"`
	Acts   int64  `json:"acts,omitempty" doc:"how many acts it has"`
	Says   string `json:"says" doc:"its words"`
}

// WindowEntry is the payload of window@1: a local truce for some hours. Where it is
// marked for one party alone, the other is not asked yet. Who
// goes and what is repaired is no part of it: a note@1 of the party holds that.
type WindowEntry struct {
	Text    string   `json:"text,omitempty" doc:"id of the text that provides for it"`
	Party   string   `json:"party,omitempty" doc:"who asks for it; absent: the mission"`
	Purpose string   `json:"purpose" doc:"repair, bodies, convoy, evacuation, demining or another word"`
	Lat     string   `json:"lat" doc:"degrees"`
	Lon     string   `json:"lon" doc:"degrees"`
	Within  int64    `json:"within_m" doc:"metres round the place"`
	From    string   `json:"from" doc:"RFC 3339"`
	Until   string   `json:"until" doc:"RFC 3339"`
	Of      []string `json:"of" doc:"parties whose guarantees it needs"`
	Says    string   `json:"says" doc:"its words"`
}

// WindowStepEntry is the payload of window-step@1.
type WindowStepEntry struct {
	Step  string `json:"step" doc:"guarantee, withhold, go, no-go, abort, complete or extend"`
	Party string `json:"party,omitempty" doc:"whose guarantee, or who aborts; absent: the mission"`
	Until string `json:"until,omitempty" doc:"of an extension, RFC 3339"`
	Says  string `json:"says" doc:"its words"`
}

// ActivityEntry is the payload of activity@1: notified beforehand, so that what is
// seen of it is not taken for something else.
type ActivityEntry struct {
	Party  string   `json:"party" doc:"who notifies it"`
	What   string   `json:"what" doc:"exercise, detonation, flight, rotation or another word"`
	Acts   []string `json:"acts" doc:"nodes of the tree of acts that it may look like"`
	Lat    string   `json:"lat" doc:"degrees"`
	Lon    string   `json:"lon" doc:"degrees"`
	Within int64    `json:"within_m" doc:"metres round the place"`
	From   string   `json:"from" doc:"RFC 3339"`
	Until  string   `json:"until" doc:"RFC 3339"`
	Says   string   `json:"says" doc:"its words"`
}

// ExerciseEntry is the payload of exercise@1: the record is an exercise. It stands
// only in a record whose origin says so.
type ExerciseEntry struct {
	Name   string `json:"name" doc:"of the exercise"`
	Banner string `json:"banner" doc:"what stands on every page"`
	Script string `json:"script,omitempty" doc:"SHA-256 of the script, hexadecimal"`
}

// InjectEntry is the payload of inject@1: what the script plays in, and what it
// waits for.
type InjectEntry struct {
	Name    string `json:"name" doc:"of the inject in the script"`
	Says    string `json:"says" doc:"what is played in"`
	Expects string `json:"expects,omitempty" doc:"kind of entry that is to follow, NAME@VERSION"`
	Of      string `json:"of,omitempty" doc:"party that is to write it; absent: anybody"`
	Within  string `json:"within,omitempty" doc:"how soon, such as PT30M"`
}

var commissionKinds = []Kind{
	{Name: KindComplaint, Says: "A party complains of a breach, and a case begins. It is a claim, and what it is about stays as it is.", Refs: []Relation{About}, Blobs: true,
		Payload: ComplaintEntry{Text: "halt-2030", Clauses: []string{"1.1"}, Party: "ALFA", Against: "BRAVO", Says: "A substation was struck at night.", Asks: "repair at the cost of BRAVO"}},
	{Name: KindStep, Says: "A step in a case: an acknowledgement, a reply, a visit, a proposed determination, a remedy, an appeal; or a clock is stopped or goes on.", Refs: []Relation{About}, Blobs: true,
		Payload: StepEntry{Step: "reply", Party: "BRAVO", Answer: "no-knowledge", Says: "We have no knowledge of it and are asking the units."}},
	{Name: KindSignature, Says: "A member of the commission agrees to a proposed determination, dissents or abstains.", Refs: []Relation{About},
		Payload: SignatureEntry{Member: "BRAVO", Party: "BRAVO", Says: "dissents", Reason: "The fragments were not shown to us."}},
	{Name: KindMessage, Says: "A message on the hotline. Its number is its place among the messages of the log.", Refs: []Relation{About}, Blobs: true,
		Payload: MessageEntry{Party: "ALFA", To: []string{"BRAVO"}, Template: "fire-reported", Values: map[string]string{"place": "Novaja", "time": "21:40", "answer": "23:00"}}},
	{Name: KindAcknowledged, Says: "A message was received. This says nothing of its content.", Refs: []Relation{About},
		Payload: AcknowledgedEntry{Party: "BRAVO", Says: "received, passed on to the brigade"}},
	{Name: KindPerformance, Says: "A duty was done, or a part of it. What a party says of itself is claimed.", Refs: []Relation{About}, Blobs: true,
		Payload: PerformanceEntry{Text: "halt-2030", Clause: "3.1", Bearer: "ALFA", Party: "ALFA", At: "2030-03-02", Amount: 412, Says: "412 trucks crossed"}},
	{Name: KindDuty, Says: "The commission decides of a duty: excused, suspended, resumed, discharged or violated.", Refs: []Relation{About},
		Payload: DutyEntry{Text: "halt-2030", Clause: "3.1", Bearer: "ALFA", State: "excused", From: "2030-03-02T00:00:00Z", Until: "2030-03-04T00:00:00Z", Reason: "the road was mined"}},
	{Name: KindResponse, Says: "A party reserves, announces, takes or ends an answer to a breach.", Refs: []Relation{About}, Blobs: true,
		Payload: ResponseEntry{Text: "halt-2030", Clause: "2.3", Party: "BRAVO", Stage: "reserved", Says: "We reserve a symmetrical response."}},
	{Name: KindWindow, Says: "A local truce is asked for: a place, some hours, a purpose, and whose guarantees it needs. Only its own party sees it until it is marked for both.", Refs: []Relation{About}, Blobs: true,
		Payload: WindowEntry{Party: "ALFA", Purpose: "repair", Lat: "50.46", Lon: "35.41", Within: 2000, From: "2030-03-12T06:00:00Z", Until: "2030-03-12T14:00:00Z", Of: []string{"ALFA", "BRAVO"}, Says: "a line is repaired"}},
	{Name: KindWindowStep, Says: "A window is guaranteed, let go, stopped, completed or extended.", Refs: []Relation{About},
		Payload: WindowStepEntry{Step: "guarantee", Party: "BRAVO", Says: "No fire into the area in these hours."}},
	{Name: KindActivity, Says: "An activity is notified beforehand: an exercise, a controlled detonation, a flight, a rotation.", Refs: []Relation{About}, Blobs: true,
		Payload: ActivityEntry{Party: "BRAVO", What: "detonation", Acts: []string{"attack.sabotage.demolition"}, Lat: "50.2", Lon: "35.9", Within: 1500, From: "2030-03-11T08:00:00Z", Until: "2030-03-11T12:00:00Z", Says: "unexploded shells are destroyed"}},
	{Name: KindExercise, Says: "This record is an exercise. Nothing in it is evidence of anything.", Blobs: true,
		Payload: ExerciseEntry{Name: "First night", Banner: "EXERCISE EXERCISE EXERCISE"}},
	{Name: KindInject, Says: "The script of an exercise plays something in, and waits for an answer.", Refs: []Relation{About},
		Payload: InjectEntry{Name: "a call at night", Says: "Three shells fall by the substation.", Expects: "complaint@1", Of: "ALFA", Within: "PT30M"}},
}
