package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/truce-project/truce/record"
)

// What a problem is about.
const (
	OfOffice      = "office"      // who the record is of, its key
	OfCheckpoint  = "checkpoint"  // what the log signed of its state
	OfFork        = "fork"        // two histories, both signed
	OfRollback    = "rollback"    // fewer entries than were signed before
	OfTile        = "tile"        // hashes of the tree
	OfEntries     = "entries"     // the bytes of entries
	OfSignature   = "signature"   // of an author
	OfKey         = "key"         // a key that may not sign at that place
	OfPayload     = "payload"     // not what the entry committed to
	OfBlob        = "blob"        // not what its name says
	OfReceipt     = "receipt"     // a promise that the log did not keep
	OfCosignature = "cosignature" // of a witness
	OfStamp       = "stamp"       // of a time stamp on a checkpoint
	OfFinding     = "finding"     // recomputed otherwise
	OfStore       = "store"       // WAL and index: the office's own files
)

// Problem is one thing that is not as it should be.
type Problem struct {
	About   string   `json:"about"`
	File    string   `json:"file"` // below the data directory, or of the URL
	Offset  int64    `json:"offset"`
	What    string   `json:"what"`
	Entries *Entries `json:"entries,omitempty"` // that it touches
}

// Entries are the first and the last entry of a range.
type Entries struct {
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

// Error prints the problem as file, byte: what (entries).
func (p Problem) Error() string {
	s := p.File + ": "
	if p.Offset > 0 {
		s = fmt.Sprintf("%s, byte %d: ", p.File, p.Offset)
	}
	s += p.What
	switch {
	case p.Entries == nil:
	case p.Entries.First == p.Entries.Last:
		s += fmt.Sprintf(" (entry %d)", p.Entries.First)
	default:
		s += fmt.Sprintf(" (entries %d to %d)", p.Entries.First, p.Entries.Last)
	}
	return s
}

func problem(about, file string, offset int64, format string, args ...any) Problem {
	return Problem{About: about, File: file, Offset: offset, What: fmt.Sprintf(format, args...)}
}

func (p Problem) touching(first, last int64) Problem {
	p.Entries = &Entries{first, last}
	return p
}

// Report is what an audit found.
type Report struct {
	Origin     string            `json:"origin"`
	Key        string            `json:"key"`
	Checkpoint record.Checkpoint `json:"-"`
	Size       int64             `json:"size"` // entries that the checkpoint covers
	Root       string            `json:"root"`
	Waiting    int64             `json:"waiting"` // acknowledged entries that no checkpoint covers yet
	Problems   []Problem         `json:"problems"`
	// Problems above maxProblems are only counted.
	More int `json:"more_problems,omitempty"`

	Kinds     map[string]int64 `json:"kinds"`
	Payloads  int64            `json:"payloads"`         // checked
	Erased    int64            `json:"erased"`           // destroyed, and an entry says so
	Absent    int64            `json:"absent,omitempty"` // not here: the entry came back from a mirror
	Blobs     int64            `json:"blobs"`
	Receipts  int64            `json:"receipts"` // kept by the log
	Awaiting  int64            `json:"receipts_not_due,omitempty"`
	Moved     []Moved          `json:"receipts_moved,omitempty"` // met at another place than they name
	Earlier   int64            `json:"earlier_checkpoints"`      // that this history continues
	Cosigned  []Cosigned       `json:"cosigned,omitempty"`
	Levels    []LevelSize      `json:"levels,omitempty"`
	Findings  int64            `json:"findings"`                      // recomputed, with the same result
	False     []FalseFinding   `json:"false_findings,omitempty"`      // that do not follow, and of which a later entry says so
	Unjudged  []Unjudged       `json:"findings_not_judged,omitempty"` // those that nobody here can judge again, by reason
	Unchecked []string         `json:"not_checked,omitempty"`

	mu   sync.Mutex
	told map[string]bool
}

// FalseFinding is a recorded finding that does not follow from what it names, and that
// later entries correct or dispute: a record is only added to, so that it stays false.
type FalseFinding struct {
	Entry int64      `json:"entry"`
	ID    string     `json:"id"`
	What  string     `json:"what"` // "says ... of incident X; judged again it is ..."
	By    []Answered `json:"by"`
}

// Unjudged are recorded findings that nobody here can judge again, for one reason.
type Unjudged struct {
	Why      string  `json:"why"`                    // "the text energy-2025 is not here, ..."
	Text     string  `json:"terms,omitempty"`        // of a text that is not here: its id
	Digest   string  `json:"terms_digest,omitempty"` // and its digest
	Findings int64   `json:"findings"`               // how many
	Entries  []int64 `json:"entries"`                // the first of them
}

// MaxUnjudged is how many findings that cannot be judged are named for one reason.
const MaxUnjudged = 100

// String says how many, which, and why.
func (u *Unjudged) String() string {
	of := fmt.Sprintf("%d findings (entries %d", u.Findings, u.Entries[0])
	switch n := len(u.Entries); {
	case u.Findings == 1:
		of = fmt.Sprintf("1 finding (entry %d", u.Entries[0])
	case u.Findings > int64(n):
		of += " and on"
	case u.Entries[n-1]-u.Entries[0] == int64(n-1):
		of += fmt.Sprintf(" to %d", u.Entries[n-1])
	default:
		for _, i := range u.Entries[1:] {
			of += fmt.Sprintf(", %d", i)
		}
	}
	return of + "): " + u.Why
}

// Answered is an entry that corrects or disputes another.
type Answered struct {
	How   string `json:"how"` // "corrected" or "disputed"
	Entry int64  `json:"entry"`
	ID    string `json:"id"`
}

// String says what is false, and who says so.
func (f *FalseFinding) String() string {
	var by []string
	how := ""
	for _, a := range f.By {
		if how == "" || a.How == "corrected" {
			how = a.How
		}
		by = append(by, fmt.Sprintf("%s by entry %d (%s)", a.How, a.Entry, a.ID))
	}
	return fmt.Sprintf("false and %s: the finding of entry %d (%s) %s: it is %s", how, f.Entry, f.ID, f.What, strings.Join(by, ", "))
}

// maxProblems is how many problems are kept.
const maxProblems = 10000

// OK reports whether everything that was checked holds.
func (r *Report) OK() bool { return len(r.Problems) == 0 }

// Add reports a problem. What several steps meet is said once.
func (r *Report) Add(p Problem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := fmt.Sprint(p.File, p.About, p.Entries != nil)
	if p.Entries != nil {
		key += fmt.Sprint(*p.Entries)
	}
	if r.told == nil {
		r.told = map[string]bool{}
	}
	switch {
	case r.told[key]:
	case len(r.Problems) >= maxProblems:
		r.More++
	default:
		r.told[key] = true
		r.Problems = append(r.Problems, p)
	}
}

// skipped says that something could not be checked, and why.
func (r *Report) skipped(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := fmt.Sprintf(format, args...); !slices.Contains(r.Unchecked, s) {
		r.Unchecked = append(r.Unchecked, s)
	}
}

// Skip says that something could not be checked, and why.
func (r *Report) Skip(format string, args ...any) { r.skipped(format, args...) }

// Sort puts problems in the order of files and entries.
func (r *Report) Sort() {
	slices.SortStableFunc(r.Problems, func(a, b Problem) int {
		if c := cmp.Compare(a.File, b.File); c != 0 {
			return c
		}
		return cmp.Compare(a.first(), b.first())
	})
	slices.Sort(r.Unchecked)
}

func (p Problem) first() int64 {
	if p.Entries == nil {
		return -1
	}
	return p.Entries.First
}
