package record

// Kinds of entries of talks. What is said in confidence is wrapped in caucus@1,
// since the kind of an entry and what it refers to stand in its envelope, which
// everybody may read. So entries of talks name others by id in their payload, and
// have no references.
const (
	KindMeeting    = "meeting@1"
	KindSequence   = "sequence@1"
	KindAgenda     = "agenda@1"
	KindDelegation = "delegation@1"
	KindProposal   = "proposal@1"
	KindPosition   = "position@1"
	KindCondition  = "condition@1"
	KindDisclosure = "disclosure@1"
	KindReceived   = "received@1"
	KindReading    = "reading@1"
	KindCaucus     = "caucus@1"
)

// MeetingEntry is the payload of meeting@1. The newest entry of a meeting counts;
// those before it stay.
type MeetingEntry struct {
	Meeting   string            `json:"meeting" doc:"id of the meeting, the same for ever: a name, no number, since a gap in numbers tells of a meeting"`
	Round     string            `json:"round,omitempty" doc:"of the talks, that it belongs to; absent: it is a round of its own"`
	Title     string            `json:"title,omitempty" doc:"for people"`
	Parties   []string          `json:"parties" doc:"who meets"`
	State     string            `json:"state" doc:"planned, moved, ongoing, held, cancelled or not-planned"`
	Day       string            `json:"day,omitempty" doc:"when it is or was, date or RFC 3339; D+1 where the source gives no date"`
	Until     string            `json:"until,omitempty" doc:"its last day or hour"`
	Venue     string            `json:"venue,omitempty" doc:"where"`
	Medium    string            `json:"medium,omitempty" doc:"call, in person, shuttle or another word"`
	Follows   string            `json:"follows,omitempty" doc:"id of the meeting that it comes after"`
	Says      string            `json:"says,omitempty" doc:"why it was moved or cancelled, or what came of it"`
	Quotation string            `json:"quotation,omitempty" doc:"words of the source, verbatim"`
	Of        string            `json:"of,omitempty" doc:"the source"`
	Read      map[string]string `json:"read,omitempty" doc:"the draft of truce read that was accepted (docs/talks.md)"`
}

// SequenceEntry is the payload of sequence@1.
type SequenceEntry struct {
	First     []string          `json:"earlier" doc:"who meets first"`
	Then      []string          `json:"later" doc:"who meets after them"`
	Day       string            `json:"day,omitempty" doc:"when, as in meeting@1"`
	Quotation string            `json:"quotation,omitempty" doc:"words of the source, verbatim"`
	Of        string            `json:"of,omitempty" doc:"the source"`
	Read      map[string]string `json:"read,omitempty" doc:"as in meeting@1"`
}

// AgendaEntry is the payload of agenda@1.
type AgendaEntry struct {
	Questions []string          `json:"questions" doc:"what is to be settled, as somebody worded it"`
	By        string            `json:"by,omitempty" doc:"who worded it"`
	Round     string            `json:"round,omitempty" doc:"of the talks"`
	Day       string            `json:"day,omitempty" doc:"when it was said"`
	Of        string            `json:"of,omitempty" doc:"the source"`
	Read      map[string]string `json:"read,omitempty" doc:"as in meeting@1"`
}

// DelegationEntry is the payload of delegation@1. Each entry adds: a mandate is all
// that is said of it, and such words may conflict.
type DelegationEntry struct {
	Delegation string            `json:"delegation" doc:"the party that it speaks for"`
	Round      string            `json:"round,omitempty" doc:"of the talks; absent: all from its day on"`
	Day        string            `json:"day,omitempty" doc:"since when"`
	Head       string            `json:"head,omitempty" doc:"who leads it, with the office held"`
	Members    []string          `json:"members,omitempty" doc:"who else is in it"`
	Mandate    []MandateWords    `json:"mandate,omitempty" doc:"what is said of what it may do"`
	Quotation  string            `json:"quotation,omitempty" doc:"words of the source, verbatim"`
	Of         string            `json:"of,omitempty" doc:"the source"`
	Read       map[string]string `json:"read,omitempty" doc:"as in meeting@1"`
}

// MandateWords is one characterisation of a mandate.
type MandateWords struct {
	Says string   `json:"says"`           // verbatim
	By   string   `json:"by,omitempty"`   // who says so
	Day  string   `json:"day,omitempty"`  // when
	Of   string   `json:"of,omitempty"`   // the source
	May  []string `json:"may,omitempty"`  // discuss, propose, accept, sign; what the words are taken to allow, by a person; none: left open
	Only []string `json:"only,omitempty"` // clauses, or ids of proposals, that this is about; none: all
}

// ProposalEntry is the payload of proposal@1: one version of a text on the table.
type ProposalEntry struct {
	Proposal  string            `json:"proposal" doc:"id of the proposal, the same for all its versions"`
	Version   string            `json:"version" doc:"a name, such as a day, and no number: a gap in numbers tells of a draft"`
	Tabled    string            `json:"tabled,omitempty" doc:"by whom"`
	Title     string            `json:"title" doc:"for people"`
	Needs     []string          `json:"needs,omitempty" doc:"parties whose acceptance it needs"`
	Terms     string            `json:"terms,omitempty" doc:"id of the text in the record, if it is one"`
	Digest    string            `json:"digest,omitempty" doc:"of that text, as terms@1 has it"`
	Clauses   []ProposedClause  `json:"clauses,omitempty" doc:"each clause with its words, in their order"`
	Day       string            `json:"day,omitempty" doc:"when it was tabled"`
	Quotation string            `json:"quotation,omitempty" doc:"words of the source, verbatim"`
	Of        string            `json:"of,omitempty" doc:"the source"`
	Read      map[string]string `json:"read,omitempty" doc:"as in meeting@1"`
}

// ProposedClause is a clause of a version.
type ProposedClause struct {
	Clause string `json:"clause"`
	Says   string `json:"says"`
}

// PositionEntry is the payload of position@1.
type PositionEntry struct {
	Holder     string            `json:"holder" doc:"the party whose position it is"`
	Proposal   string            `json:"proposal" doc:"id of the proposal"`
	Version    string            `json:"version" doc:"of the proposal: a position on one version is none on another"`
	Clause     string            `json:"clause,omitempty" doc:"absent: the whole"`
	Stance     string            `json:"stance" doc:"accepts, accepts-if, rejects, silent or reserves"`
	Condition  string            `json:"condition,omitempty" doc:"of accepts-if, verbatim"`
	Capacity   string            `json:"capacity,omitempty" doc:"delegation: its delegation said so, and its mandate counts; absent: another of the party"`
	Round      string            `json:"round,omitempty" doc:"of the talks in which it was taken; absent: by its day"`
	Commitment string            `json:"commitment,omitempty" doc:"id of the commitment in the text that it would be; the party's in small letters, where absent"`
	By         string            `json:"by,omitempty" doc:"who said so"`
	Day        string            `json:"day" doc:"when, date or RFC 3339; D+1 where the source gives no date"`
	Quotation  string            `json:"quotation" doc:"words of the source, verbatim; a summary of ours only where summary says so"`
	Summary    bool              `json:"summary,omitempty" doc:"quotation is a summary of ours and quotes nobody"`
	Of         string            `json:"of" doc:"the source"`
	Read       map[string]string `json:"read,omitempty" doc:"as in meeting@1"`
}

// ConditionEntry is the payload of condition@1.
type ConditionEntry struct {
	Position string `json:"position" doc:"id of the entry with the condition"`
	State    string `json:"state" doc:"met, not-met, lapsed or open"`
	By       string `json:"by" doc:"who says so. The party that set it settles it, and commission, where its chair writes this; what anybody else says is noted"`
	Day      string `json:"day" doc:"since when"`
	Says     string `json:"says" doc:"why, in words"`
	Of       string `json:"of,omitempty" doc:"the source"`
}

// DisclosureEntry is the payload of disclosure@1.
type DisclosureEntry struct {
	Entry string   `json:"entry" doc:"id of the draft, note or position that was shown"`
	To    []string `json:"to" doc:"parties that were shown it; they read it among the talks from then on"`
	Day   string   `json:"day,omitempty" doc:"when"`
	Says  string   `json:"says,omitempty" doc:"how: read out, handed over, ..."`
}

// ReceivedEntry is the payload of received@1.
type ReceivedEntry struct {
	Entry string `json:"entry" doc:"id of the draft, note or position that was received"`
	By    string `json:"by" doc:"the party that has it"`
	Day   string `json:"day,omitempty" doc:"since when"`
	Says  string `json:"says,omitempty" doc:"in which words, or how: on paper, read out, no copy"`
}

// ReadingEntry is the payload of reading@1: what somebody made of a draft that was not
// entered. One that was entered says so itself.
type ReadingEntry struct {
	Draft  string `json:"draft" doc:"id of the draft of truce read"`
	SHA256 string `json:"text_sha256" doc:"of the text that it was read in"`
	Kind   string `json:"kind" doc:"of the draft"`
	Of     string `json:"of,omitempty" doc:"the source"`
	Reason string `json:"reason" doc:"why it is not entered"`
	By     string `json:"by" doc:"who decided so"`
}

// CaucusEntry is the payload of caucus@1.
type CaucusEntry struct {
	Kind  string         `json:"kind" doc:"of what is wrapped: a kind of talks with its version, such as proposal@1, or note"`
	Entry map[string]any `json:"entry" doc:"its payload; that of a note is {says, about}"`
}

var talksKinds = []Kind{
	{Name: KindMeeting, Says: "A meeting or call is planned, moved, held or cancelled. What is planned is not held.",
		Payload: MeetingEntry{Meeting: "riyadh-ua-us", Round: "riyadh", Parties: []string{"ALFA", "MEDIATOR"}, State: "held", Day: "2030-03-23", Venue: "Riyadh", Medium: "in person", Quotation: "Officials met late on Sunday.", Of: "an agency, 24 March"}},
	{Name: KindSequence, Says: "One meeting comes before another.",
		Payload: SequenceEntry{First: []string{"ALFA", "MEDIATOR"}, Then: []string{"BRAVO", "MEDIATOR"}, Day: "2030-03-24", Quotation: "The meeting will precede talks on Monday.", Of: "an agency, 24 March"}},
	{Name: KindAgenda, Says: "What is to be settled in talks.",
		Payload: AgendaEntry{Questions: []string{"who monitors what"}, By: "ALFA", Round: "riyadh", Of: "press conference"}},
	{Name: KindDelegation, Says: "Who speaks for a party in talks, under whom, and what is said of what they may do.",
		Payload: DelegationEntry{Delegation: "ALFA", Round: "riyadh", Head: "Minister of Defence", Mandate: []MandateWords{
			{Says: "a technical delegation", By: "spokesman of ALFA", Day: "2030-03-22", May: []string{"discuss"}},
			{Says: "it may act quickly", By: "head of state of ALFA", Day: "2030-03-23", May: []string{"discuss", "accept"}, Only: []string{"energy"}}}, Of: "an agency, 23 March"}},
	{Name: KindProposal, Says: "A version of a text is on the table.", Blobs: true,
		Payload: ProposalEntry{Proposal: "energy", Version: "18 March", Tabled: "MEDIATOR", Title: "A halt of strikes on energy", Needs: []string{"ALFA", "BRAVO"}, Clauses: []ProposedClause{{"1", "No strikes on energy facilities."}, {"2", "For 30 days."}}, Day: "2030-03-18", Of: "read-out"}},
	{Name: KindPosition, Says: "Where a party stands on a version, or on one clause of it, in quoted words.", Blobs: true,
		Payload: PositionEntry{Holder: "ALFA", Proposal: "energy", Version: "18 March", Stance: "accepts-if", Condition: "once a document sets out its terms", By: "head of state of ALFA", Day: "2030-03-19", Quotation: "ALFA would join the halt once a document sets out its terms.", Of: "an agency, 19 March"}},
	{Name: KindCondition, Says: "Whether the condition of an acceptance is met, as somebody says.", Blobs: true,
		Payload: ConditionEntry{Position: "01JQ6Z3V9K0000000000000000", State: "met", By: "ALFA", Day: "2030-03-25", Says: "The terms were published."}},
	{Name: KindDisclosure, Says: "A draft or a note was shown to parties, who read it from then on.",
		Payload: DisclosureEntry{Entry: "01JQ6Z3V9K0000000000000000", To: []string{"BRAVO"}, Day: "2030-03-24", Says: "read out, no copy left"}},
	{Name: KindReceived, Says: "A party has received a draft, a note or a position. It says nothing of what the party holds of it.",
		Payload: ReceivedEntry{Entry: "01JQ6Z3V9K0000000000000000", By: "BRAVO", Day: "2030-03-24", Says: "one copy, on paper"}},
	{Name: KindReading, Says: "A draft that was read in an article is set aside, with the reason. Nothing follows of it.",
		Payload: ReadingEntry{Draft: "position-3f2a91c0", SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Kind: "position", Of: "an agency, 19 March", Reason: "the words are of an earlier proposal", By: "duty officer"}},
	{Name: KindCaucus, Says: "Something of talks that is not for everybody: an entry of another kind, wrapped so that its envelope does not say what it is. It is for the mission and the party that it is of, until it is disclosed.",
		Payload: CaucusEntry{Kind: "note", Entry: map[string]any{"says": "ALFA could live with 20 days.", "about": "energy"}}},
}
