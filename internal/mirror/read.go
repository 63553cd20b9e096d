package mirror

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Joined is the own log of a folder with the copies of others that lie beside it,
// read without a lock and without a key.
type Joined struct {
	*Join
	Own    *journal.Reader
	copies []*journal.Reader
}

// ReadJoined reads what an office that runs with this folder would answer of: its own
// log and those copies that it knows, in the order of its own log. What is told is
// about copies that cannot be read, or are damaged.
func ReadJoined(dir string, own *journal.Reader) (x *Joined, told []string, err error) {
	x = &Joined{Own: own}
	peers, err := ReadPeers(dir)
	if err != nil {
		return nil, nil, err
	}
	m := &Mirrors{o: Options{Own: func() *journal.Reader { return own }}, revoked: map[string]Quarantine{}}
	v := &revocations{m: m, at: map[string]int64{}}
	if err := v.log(own, own.Size()); err != nil {
		return nil, nil, err
	}
	logs := map[string]*journal.Reader{}
	for _, p := range peers {
		at := filepath.Join(dir, "peers", Folder(p.Origin))
		if p.Origin == own.Office.Origin {
			continue
		}
		if _, err := os.Stat(filepath.Join(at, "log", "checkpoint")); errors.Is(err, fs.ErrNotExist) {
			continue // nothing of it is here
		}
		r, damage, err := journal.OpenReader(journal.RealWorld(at))
		if err == nil && r.Office != p.Office() {
			err = fmt.Errorf("it is of %s with another key", r.Office.Origin)
		}
		if err != nil {
			told = append(told, fmt.Sprintf("%s: the copy of %s is left out: %v", at, p.Origin, err))
			continue
		}
		for _, d := range damage {
			told = append(told, fmt.Sprintf("%s: damaged, and computed anew from what is below: %v", at, d))
		}
		logs[p.Origin] = r
		x.copies = append(x.copies, r)
		if p.Headquarters {
			if err := v.log(r, r.Size()); err != nil {
				return nil, told, err
			}
		}
	}
	notes, err := notesOf(own, 0)
	if err != nil {
		return nil, told, err
	}
	x.Join = join(own, notes, logs, m.most)
	return x, told, nil
}

// Noted are the offices of which a log notes that it holds entries, in order.
func Noted(own *journal.Reader) ([]string, error) {
	notes, err := notesOf(own, 0)
	var out []string
	for _, n := range notes {
		if n.size > 0 && !slices.Contains(out, n.origin) {
			out = append(out, n.origin)
		}
	}
	slices.Sort(out)
	return out, err
}

// Several reports whether entries of other offices count here.
func (x *Joined) Several() bool { return x.size != x.Own.Size() }

// Blobs are the files of all entries that are here.
func (x *Joined) Blobs() ReadBlobs { return ReadBlobs{x} }

// ReadBlobs are files of a record and of the copies beside it.
type ReadBlobs struct{ x *Joined }

// Open opens a file by its hash.
func (f ReadBlobs) Open(h record.Hash) (io.ReadCloser, error) {
	in, err := f.x.Own.Blobs().Open(h)
	for _, r := range f.x.copies {
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
		in, err = r.Blobs().Open(h)
	}
	return in, err
}
