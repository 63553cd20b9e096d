package record

// Kinds of entries of the duty office: its watch log, the change of shift, and what
// becomes of reports that nobody takes for an incident.
const (
	KindWatchLine = "watch-line@1"
	KindHandover  = "handover@1"
	KindTriage    = "triage@1"
	KindApart     = "apart@1"
)

// WatchLineEntry is the payload of watch-line@1.
type WatchLineEntry struct {
	Time    string `json:"time" doc:"of the call, RFC 3339"`
	Caller  string `json:"caller,omitempty" doc:"who called, as they named themselves"`
	Channel string `json:"channel,omitempty" doc:"telephone, radio, message, in person, ..."`
	Words   string `json:"words" doc:"what was said, in words"`
}

// HandoverEntry is the payload of handover@1.
type HandoverEntry struct {
	From   string   `json:"from" doc:"when the shift began, RFC 3339"`
	To     string   `json:"to" doc:"when it ended, RFC 3339"`
	Leaves string   `json:"leaves" doc:"who hands over"`
	Takes  string   `json:"takes" doc:"who takes over"`
	First  int64    `json:"first,omitempty" doc:"number of the first line of the shift in the watch log; absent: there was none"`
	Last   int64    `json:"last,omitempty" doc:"number of the last"`
	Open   []string `json:"open,omitempty" doc:"what is not done yet, each in words"`
	Note   string   `json:"note,omitempty" doc:"what the next shift has to know"`
}

// TriageEntry is the payload of triage@1.
type TriageEntry struct {
	Decision string `json:"decision" doc:"rejected, or restored"`
	Reason   string `json:"reason" doc:"why, in words"`
}

// ApartEntry is the payload of apart@1.
type ApartEntry struct {
	Decision string `json:"decision" doc:"apart, or withdrawn"`
	Reason   string `json:"reason" doc:"why, in words"`
}

// dutyKinds are the kinds of the duty office.
var dutyKinds = []Kind{
	{Name: KindWatchLine, Says: "A line of the watch log: somebody called, and said something. It is no report and is not judged; what is made of it refers to it.", Refs: []Relation{About},
		Payload: WatchLineEntry{Time: "2025-03-20T20:41:00Z", Caller: "patrol 4", Channel: "radio", Words: "Two explosions to the north, nothing seen."}},
	{Name: KindHandover, Says: "The watch was handed over: lines of the shift, and what is not done yet.", Refs: []Relation{About},
		Payload: HandoverEntry{From: "2025-03-20T18:00:00Z", To: "2025-03-21T06:00:00Z", Leaves: "first watch", Takes: "second watch", First: 12, Last: 31, Open: []string{"request to BRAVO for fire logs, due 24 March"}, Note: "Camera 1 is dark."}},
	{Name: KindTriage, Says: "A report is not taken for an incident, or is looked at again. The report stays as it is; the newest entry about it counts, and it changes no finding.", Refs: []Relation{About},
		Payload: TriageEntry{Decision: "rejected", Reason: "a test message of the sensor, by its operator"}},
	{Name: KindApart, Says: "Two incidents or reports are of different events, or that is taken back. It names two; the newest entry about both counts. While it stands they are not proposed as one, and a merge that would make them one does not count.", Refs: []Relation{About},
		Payload: ApartEntry{Decision: "apart", Reason: "two craters, and the second explosion was a week later"}},
}
