package views

// Reads is what a store answers. at is the size of the log as of which an
// answer is wanted; Now is the newest.
type Reads interface {
	Size() (size int64, root string, err error) // entries applied, and the root of the log at that size
	Doc(id string) (*Doc, error)                // nil: there is none
	DocAt(index int64) (*Doc, error)
	// Docs goes through the documents of some kinds (none: all) before a place in
	// the log, newest first.
	Docs(kinds []string, before int64, yield func(*Doc) bool) error
	// InOrder is Docs from the first on.
	InOrder(kinds []string, yield func(*Doc) bool) error
	// Pointing returns the documents that refer to an entry by a relation, or by any
	// where it is empty (then once for each relation), in the
	// order of the log.
	Pointing(relation, id string) ([]*Doc, error)
	// ByRoot returns the corrections and disputes of an entry, in order.
	ByRoot(id string) ([]*Doc, error)
	// DocsWith returns the places of the documents in which all words are found.
	DocsWith(w Wanted) (map[int64]bool, error)

	Num(id string) (num uint32, ok bool, err error) // of an incident, by its id or radio id
	Name(num uint32) (id, radio string, err error)  // the other way round
	Version(num uint32, at int64) (*Version, error) // nil: it was none then
	History(num uint32) ([]*Version, error)
	Findings(num uint32, at int64) ([]Finding, error)
	AllFindings(num uint32) ([]Finding, error)
	// Since calls yield with the findings that began to hold with an entry.
	Since(index int64, yield func(num uint32, f Finding) bool) error
	// IncidentsWith returns the incidents in which all words are found as they were
	// then.
	IncidentsWith(w Wanted, at int64) (map[uint32]bool, error)

	// Rows goes through the columns of all incidents, in the order of their
	// numbers.
	Rows(at int64, yield func(Row) bool) error
	// Load is all rows that Rows goes through, in any order.
	Load(at int64) ([]Row, error)
	Row(num uint32, at int64) (r Row, ok bool, err error)
	Dict(name string, at int64) ([]string, error) // texts by their code, of those that there were then
}

// Now stands for the newest state.
const Now = int64(-1)

// Writes is a store while a batch of entries is applied. Nothing of it is seen
// by others before Commit.
type Writes interface {
	Reads
	PutDoc(d *Doc, text string) error
	NewIncident(id string) (uint32, error)
	SetRadio(num uint32, radio string) error
	// PutVersion begins a version; EndVersion ends the current one. A version that
	// would end where it began is removed: it was never seen.
	PutVersion(v *Version, text string) error
	EndVersion(num uint32, at int64) error
	PutFinding(num uint32, f *Finding) error
	EndFinding(num uint32, text, reading string, at int64) error
	PutJudged(num uint32, since int64, code uint32) error
	EndJudged(num uint32, at int64) error
	Code(name, text string, at int64) (uint32, error) // made where it is new, by the entry at a place
	Commit(size int64, root string) error
	Rollback() error
}

// Store keeps views on disk. It is narrow so that another engine can stand in.
type Store interface {
	Reads
	Begin() (Writes, error)
	// Reset empties the store.
	Reset() error
	Close() error
}

// Version is an incident as it was from one entry up to another.
type Version struct {
	Num   uint32 `json:"-"`
	Since int64  `json:"since"`           // the entry that made it so
	Until int64  `json:"until,omitempty"` // the entry that changed it; 0: it holds
	Incident
	Row Row `json:"-"`
}

// Finding is what one reading of a text says of an incident, from one entry up to
// another.
type Finding struct {
	Since   int64  `json:"since" doc:"the entry that made it so"`
	Until   int64  `json:"until,omitempty" doc:"the entry that revised it; absent while it holds"`
	Terms   string `json:"terms" doc:"id of the text"`
	Reading string `json:"reading"`
	Result
}

// Result is what was found.
type Result struct {
	Verdict  string         `json:"verdict"`
	Says     string         `json:"says" doc:"in words: what would follow if the facts hold"`
	Party    []string       `json:"party,omitempty" doc:"who is bound"`
	Author   []string       `json:"author,omitempty" doc:"who may have done it; several while that is open"`
	Level    string         `json:"level" doc:"evidence level of the facts used"`
	Clauses  []ClauseResult `json:"clauses,omitempty"`
	Deciding string         `json:"deciding,omitempty" doc:"fact=value->verdict; of an undetermined finding"`
	Profile  []string       `json:"profile,omitempty" doc:"the verdict if only facts of a level are accepted, from claimed to determined"`
	Assumes  []string       `json:"assumes,omitempty"`
	Digest   string         `json:"terms_digest"`
	Engine   string         `json:"engine"`
	TZData   string         `json:"tzdata"`
}

// ClauseResult is what one clause says.
type ClauseResult struct {
	Clause  string   `json:"clause"`
	Verdict string   `json:"verdict"`
	Party   []string `json:"party,omitempty"`
	Share   Share    `json:"share,omitzero" doc:"part of the uncertain place inside the clause's zone, 0 to 1"`
}

// Share is a part, 0 to 1.
type Share float64

// NoShare stands for one that is not shown.
const NoShare Share = -1

// IsZero reports whether a share is left out of JSON: 0 is not.
func (s Share) IsZero() bool { return s == NoShare }
