package mirror

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Log is the copy of one office's log, and what is known of it.
type Log struct {
	peer Peer
	dir  string
	id   *Identity // who cosigns what is held; nil: nobody
	now  func() time.Time
	copy *journal.Copy
	key  note.Verifier

	pulling     sync.Mutex    // one source at a time; what follows is its
	again       rereading     // of what is held
	rereadEvery time.Duration // how often a part of it is read again, at most

	mu       sync.Mutex
	seen     record.Checkpoint // the largest that continues all before
	signed   []byte
	lacks    map[int64]*lack      // bundles that lack payloads
	counts   [Ranks]int           // of payloads that are lacking
	files    [2][]file            // SmallFiles, Files
	done     int64                // bundles below it lack nothing
	scanned  int64                // bundles below it were looked through
	complete int64                // entries below it have all payloads that are given to us
	withheld map[int64]int        // payloads that are not given to us, by bundle
	before   int                  // of bundles below done
	alarms   []Alarm              // newest last
	contact  time.Time            // when the office, or a relay, answered last
	news     time.Time            // when a newer checkpoint came last
	changed  chan struct{}        // closed and made anew with each change
	kept     map[record.Hash]bool // files that are here, or asked for
	refused  map[record.Hash]bool // files that the office itself does not give
	stopped  error                // why nothing is taken any more: a fork
	spoilt   []int64              // payloads that were found to have changed on this disk
	blind    bool                 // the file of alarms cannot be read, and is kept as it is
	stop     int64                // nothing from there on is taken into account: the key was revoked
}

// lack is what payloads a bundle lacks, by rank.
type lack struct{ places [Ranks][]int64 }

func (k *lack) empty() bool {
	for _, p := range k.places {
		if len(p) > 0 {
			return false
		}
	}
	return true
}

// file is a file of an entry that is not here.
type file struct {
	entry int64
	hash  record.Hash
	size  int64 // 0: not known
	read  bool  // answers are made of it
}

// Alarm says that something is wrong which people have to look at.
type Alarm struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"` // fork, rollback, damage, clock, refused
	Origin string    `json:"origin"`
	Index  int64     `json:"index"` // the first entry that it touches; -1: none
	Says   string    `json:"says"`
	Proof  string    `json:"proof,omitempty"` // file below the folder of the copy
}

// Kinds of alarms.
const (
	AlarmFork     = "fork"
	AlarmRollback = "rollback"
	AlarmDamage   = "damage"
	AlarmRefused  = "refused"
)

// maxAlarms is how many are kept in memory.
const maxAlarms = 20

const (
	seenName     = "seen"
	cosignedName = "cosignature"
	partName     = "part"
	aheadName    = "ahead"
	alarmsName   = "alarms"
)

// openLog opens the copy of a log below a folder. One that is damaged is put right as
// far as that goes without the office.
func openLog(dir string, p Peer, id *Identity, now func() time.Time) (*Log, error) {
	l := &Log{peer: p, dir: filepath.Join(dir, Folder(p.Origin)), id: id, now: now, changed: make(chan struct{}), refused: map[record.Hash]bool{}, stop: -1}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if l.key, err = note.NewVerifier(p.Key); err != nil {
		return nil, err
	}
	if err := l.readAlarms(); err != nil {
		return nil, err
	}
	l.copy, err = journal.OpenCopy(journal.RealWorld(l.dir), p.Office())
	for range maxSpoilt {
		if err == nil {
			err = l.remember()
		}
		var d *journal.Damage
		if !errors.As(err, &d) {
			break
		}
		if l.copy != nil {
			l.copy.Close()
			l.copy = nil
		}
		err = l.startOver(d)
	}
	if err != nil {
		if l.copy != nil {
			l.copy.Close()
		}
		return nil, fmt.Errorf("the copy of %s: %w", p.Origin, err)
	}
	return l, nil
}

// maxSpoilt is how many damaged files are put aside before a copy is not opened.
const maxSpoilt = 64

// readAlarms reads what was noted. Where that cannot be read a fork may stand in it:
// then nothing is taken until somebody has looked.
func (l *Log) readAlarms() error {
	name := filepath.Join(l.dir, alarmsName)
	var err error
	l.alarms, err = readAlarms(name)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	if errors.As(err, &syntax) || errors.As(err, &kind) {
		l.blind, l.stopped = true, fmt.Errorf("%s cannot be read, and may say that %s has signed two histories: look at it, and remove it", name, l.peer.Origin)
		l.alarms = []Alarm{{At: l.now().UTC(), What: AlarmDamage, Origin: l.peer.Origin, Index: -1, Says: l.stopped.Error()}}
		return nil
	}
	for _, a := range l.alarms {
		if a.What == AlarmFork {
			l.stopped = errors.New(a.Says)
		}
	}
	return err
}

// remember reads what was seen before.
func (l *Log) remember() error {
	l.lacks, l.withheld, l.kept = map[int64]*lack{}, map[int64]int{}, map[record.Hash]bool{}
	l.counts, l.files, l.done, l.scanned, l.before = [Ranks]int{}, [2][]file{}, 0, 0, 0
	l.seen, l.signed = l.copy.Checkpoint()
	b, err := os.ReadFile(filepath.Join(l.dir, seenName))
	if err == nil {
		c, _, err := record.OpenCheckpoint(b, l.peer.Origin, l.key)
		if err != nil {
			if err := l.seenLost(err); err != nil {
				return err
			}
		} else if c.Size >= l.seen.Size {
			l.seen, l.signed = c, b
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := l.scan(); err != nil {
		return err
	}
	if err := l.settle(); err != nil {
		return err
	}
	return l.signAgain()
}

// seenLost says that it is not known any more what the office had signed beyond what is
// held: a fork there could not be told.
func (l *Log) seenLost(cause error) error {
	says := fmt.Sprintf("%s is damaged (%v): if %s had signed more than the %d entries that are held here, that is not known any more, and a second history from there on could not be told", filepath.Join(l.dir, seenName), cause, l.peer.Origin, l.seen.Size)
	if err := l.alarm(Alarm{What: AlarmDamage, Index: l.seen.Size, Says: says}); err != nil {
		return err
	}
	to := filepath.Join(l.dir, spoiltName)
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	return os.Rename(filepath.Join(l.dir, seenName), filepath.Join(to, seenName))
}

// scan looks through the bundles that are here for what is missing.
func (l *Log) scan() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	held, _ := l.copy.Checkpoint()
	l.readDone(held.Size)
	for n := l.done; ; n++ {
		if n*record.Width >= held.Size {
			if there, err := l.copy.HasBundle(n); err != nil || !there {
				return err
			}
		}
		if err := l.look(n); err != nil {
			return err
		}
	}
}

// look notes what a bundle lacks.
func (l *Log) look(n int64) error {
	states, entries, err := l.copy.States(n)
	if err != nil {
		return err
	}
	l.forget(n)
	k := &lack{}
	for i, s := range states {
		e := entries[i]
		switch s {
		case journal.Missing, journal.Spoilt:
			if s == journal.Spoilt {
				l.spoilt = append(l.spoilt, e.Index)
			}
			r := RankOf(e.Envelope.Kind)
			k.places[r] = append(k.places[r], e.Index)
			l.counts[r]++
		case journal.Withheld:
			l.withheld[n]++
			continue
		case journal.Erased:
			continue
		}
		for _, h := range e.Envelope.Blobs {
			l.wantFile(file{entry: e.Index, hash: h, read: readFiles[e.Envelope.Kind]})
		}
	}
	if !k.empty() {
		l.lacks[n] = k
	}
	l.scanned = max(l.scanned, n+1)
	return nil
}

// forget forgets what was noted of the payloads of a bundle.
func (l *Log) forget(n int64) {
	if k := l.lacks[n]; k != nil {
		for r, p := range k.places {
			l.counts[r] -= len(p)
		}
	}
	delete(l.lacks, n)
	delete(l.withheld, n)
}

// wantFile notes a file that is not here.
func (l *Log) wantFile(f file) {
	if l.kept[f.hash] {
		return
	}
	l.kept[f.hash] = true // or on its way
	if _, err := l.copy.Blobs().Stat(f.hash); err != nil {
		l.files[0] = append(l.files[0], f)
	}
}

// Unread reports whether a file is still to come that answers are made of.
func (l *Log) Unread() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, fs := range l.files {
		for _, f := range fs {
			if f.read && !l.refused[f.hash] {
				return true
			}
		}
	}
	return false
}

// doneName is a file that says how many bundles lack nothing, so that opening a
// large copy does not look through all of it; and how many of their payloads are
// not given to us.
const doneName = "done"

func (l *Log) readDone(size int64) {
	b, err := os.ReadFile(filepath.Join(l.dir, doneName))
	var n int64
	var kept int
	if err != nil {
		return
	}
	if k, err := fmt.Sscan(string(b), &n, &kept); err != nil || k != 2 || n < 0 || n*record.Width > size {
		return // it is looked through from the start
	}
	l.done, l.scanned, l.before = n, n, kept
}

// settle works out how far everything is here that is given to us, and notes it.
func (l *Log) settle() error {
	l.mu.Lock()
	spoilt := l.spoilt
	l.spoilt = nil
	err := l.howFar()
	l.mu.Unlock()
	for _, i := range spoilt {
		err = errors.Join(err, l.damaged(i, fmt.Sprintf("the payload of entry %d", i)))
	}
	return err
}

func (l *Log) howFar() error {
	held, _ := l.copy.Checkpoint()
	first := held.Size
	for n := range l.lacks {
		first = min(first, n*record.Width)
	}
	done := first / record.Width
	l.complete = first
	for _, fs := range l.files {
		for _, f := range fs {
			done = min(done, f.entry/record.Width)
		}
	}
	close(l.changed)
	l.changed = make(chan struct{})
	if done <= l.done {
		return nil
	}
	for n, k := range l.withheld {
		if n < done {
			l.before += k
			delete(l.withheld, n)
		}
	}
	l.done = done
	return replace(filepath.Join(l.dir, doneName), fmt.Appendf(nil, "%d %d\n", l.done, l.before))
}

// alarm notes that something is wrong, once.
func (l *Log) alarm(a Alarm) error {
	a.At, a.Origin = l.now().UTC(), l.peer.Origin
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, old := range l.alarms {
		if old.What == a.What && old.Index == a.Index && old.Says == a.Says {
			l.alarms[i].At = a.At
			return nil
		}
	}
	l.alarms = append(l.alarms, a)
	if len(l.alarms) > maxAlarms {
		l.alarms = l.alarms[len(l.alarms)-maxAlarms:]
	}
	if a.What == AlarmFork && l.stopped == nil {
		l.stopped = errors.New(a.Says)
	}
	if l.blind {
		return nil
	}
	return writeAlarms(filepath.Join(l.dir, alarmsName), l.alarms)
}

// Reader reads the copy; nil where nothing is held yet.
func (l *Log) Reader() *journal.Reader { return l.copy.Reader() }

// Origin is whose log it is.
func (l *Log) Origin() string { return l.peer.Origin }

// Close closes the copy.
func (l *Log) Close() error { return l.copy.Close() }

func readAlarms(name string) ([]Alarm, error) {
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []Alarm
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	return out, err
}

func writeAlarms(name string, all []Alarm) error {
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return replace(name, append(b, '\n'))
}

// replace writes a file so that after a crash the old or the new one is there.
func replace(name string, b []byte) error {
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
