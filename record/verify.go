package record

// Kinds of entries about verification: what is to be found out, who could have
// seen, and what kept monitors from it.
const (
	KindMeans       = "means@1"
	KindTask        = "task@1"
	KindRestriction = "restriction@1"
	KindCoverage    = "coverage@1"
	KindPatrol      = "patrol@1"
	KindRequest     = "request@1"
	KindReply       = "reply@1"
)

// MeansEntry is the payload of means@1.
type MeansEntry struct {
	Means string `json:"means" doc:"the means file, YAML or CSV (docs/verification.md)"`
	Note  string `json:"note,omitempty" doc:"what has changed"`
}

// TaskEntry is the payload of task@1.
type TaskEntry struct {
	Task   string `json:"task" doc:"id of the task, as /api/tasks has it"`
	State  string `json:"state" doc:"open, done or dropped"`
	Means  string `json:"means,omitempty" doc:"id of the means that is sent or asked"`
	Due    string `json:"due,omitempty" doc:"by when, RFC 3339"`
	Result string `json:"result,omitempty" doc:"what was found out, in words; the facts stand in a report or correction"`
	Reason string `json:"reason,omitempty" doc:"why it is dropped"`
}

// RestrictionEntry is the payload of restriction@1.
type RestrictionEntry struct {
	Type       string `json:"type" doc:"denial, delay, conditional or other"`
	From       string `json:"from" doc:"when it began, RFC 3339"`
	To         string `json:"to,omitempty" doc:"when it ended; absent: it goes on"`
	Place      string `json:"place,omitempty" doc:"as in the truce format: LAT,LON ±KM"`
	Checkpoint string `json:"checkpoint,omitempty" doc:"its name, as given"`
	By         string `json:"by,omitempty" doc:"who restricted, a|b while open; absent: not known"`
	Reason     string `json:"reason,omitempty" doc:"that was given, in their words"`
	Delay      int64  `json:"delay_minutes,omitempty" doc:"whole minutes"`
	Of         string `json:"of,omitempty" doc:"patrol, camera, uav or premises"`
	Means      string `json:"means,omitempty" doc:"id of the means"`
	Told       string `json:"told,omitempty" doc:"who was informed, such as a joint centre"`
}

// CoverageEntry is the payload of coverage@1.
type CoverageEntry struct {
	Means string `json:"means" doc:"id of the means"`
	From  string `json:"from" doc:"RFC 3339"`
	To    string `json:"to" doc:"RFC 3339"`
	Why   string `json:"why" doc:"fog, jamming, a power cut, ..."`
}

// PatrolEntry is the payload of patrol@1; its file is the track.
type PatrolEntry struct {
	Means string `json:"means" doc:"id of the means that went"`
	Note  string `json:"note,omitempty" doc:"of whoever went"`
}

// RequestEntry is the payload of request@1.
type RequestEntry struct {
	To   string `json:"to" doc:"the party that is asked"`
	Asks string `json:"asks" doc:"what it is asked, in words"`
	Task string `json:"task,omitempty" doc:"id of the task that it serves"`
	Due  string `json:"due,omitempty" doc:"by when, RFC 3339"`
}

// ReplyEntry is the payload of reply@1.
type ReplyEntry struct {
	Party string            `json:"party" doc:"whose answer it is"`
	Says  string            `json:"says" doc:"its words"`
	Facts map[string]string `json:"facts,omitempty" doc:"columns of the truce format that the answer fills, as a claim"`
}

// verifyKinds are the kinds about verification, and those of the duty office.
var verifyKinds = append([]Kind{
	{Name: KindMeans, Says: "The means of verification that an office has. The newest counts.", Refs: []Relation{Supersedes},
		Payload: MeansEntry{Means: "means:\n  - {id: camera-1, kind: camera, at: \"51.06,35.18\", range: 9 km, facing: 0, width: 70, night: yes}\n", Note: "camera 1 was turned north"}},
	{Name: KindTask, Says: "Something is to be found out, or was, or is not looked for any more. The newest entry about a task counts.", Refs: []Relation{About, Supersedes}, Blobs: true,
		Payload: TaskEntry{Task: "01JQ6Z3V9K0000000000000000/act", State: "open", Means: "patrol-north", Due: "2025-04-09T00:00:00Z"}},
	{Name: KindRestriction, Says: "The freedom of movement of monitors was restricted. It is an incident of its own, and a reason why nothing was seen.", Refs: []Relation{About}, Blobs: true,
		Payload: RestrictionEntry{Type: "denial", From: "2025-03-21T08:10:00Z", To: "2025-03-21T08:56:00Z", Place: "51.20,35.18", Checkpoint: "northern checkpoint", Reason: "orders from their superiors", Of: "patrol", Means: "patrol-north", Told: "joint centre"}},
	{Name: KindCoverage, Says: "A means saw nothing in a span of time. That nothing was seen then says nothing.", Refs: []Relation{About},
		Payload: CoverageEntry{Means: "camera-1", From: "2025-03-20T22:00:00Z", To: "2025-03-20T22:40:00Z", Why: "power cut"}},
	{Name: KindPatrol, Says: "Where a patrol or a drone was, by its own device: the file is a track in GPX.", Refs: []Relation{About}, Blobs: true,
		Payload: PatrolEntry{Means: "patrol-north", Note: "turned back at the bridge"}},
	{Name: KindRequest, Says: "A party is asked for information.", Refs: []Relation{About}, Blobs: true,
		Payload: RequestEntry{To: "BRAVO", Asks: "Fire logs of 20 March, 22:00 to 24:00, for the area of the station.", Due: "2025-03-24T12:00:00Z"}},
	{Name: KindReply, Says: "A party answers a request. Its answer is a claim and no observation.", Refs: []Relation{About}, Blobs: true,
		Payload: ReplyEntry{Party: "BRAVO", Says: "No unit of ours fired.", Facts: map[string]string{"act": "attack.sabotage.demolition"}}},
}, dutyKinds...)
