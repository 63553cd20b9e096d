package office

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// PolicyFile is the policy in the folder of a record that says whose cosignatures
// are shown.
const PolicyFile = "mission.policy"

// Witnessed is how far others have cosigned a record.
type Witnessed struct {
	Policy    bool // there is one
	Quorum    string
	Witnesses []WitnessedBy
	Levels    []audit.LevelSize
	Problems  []string // what could not be read, or does not hold
}

// WitnessedBy is the largest checkpoint that one witness has cosigned.
type WitnessedBy struct {
	Name, VKey string
	Groups     []string
	Size       int64     // 0: none
	At         time.Time // when it signed, by its clock; zero where its signature says no time
	Checkpoint []byte    // with its signature
}

// Witnessed reads the policy in a record's folder and what the witnesses of it have
// cosigned. A checkpoint counts where log and witness have signed it and the log as
// it is now continues it.
func (o *Office) Witnessed(r *journal.Reader) (*Witnessed, error) {
	w := &Witnessed{}
	text, err := os.ReadFile(filepath.Join(o.Dir, PolicyFile))
	if errors.Is(err, fs.ErrNotExist) {
		w.Levels = (*audit.Policy)(nil).Levels(r.Size(), nil)
		return w, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := audit.ParsePolicy(text)
	if err != nil {
		w.Levels = (*audit.Policy)(nil).Levels(r.Size(), nil)
		w.Problems = append(w.Problems, fmt.Sprintf("%s: %v: no cosignature is counted until it is mended", PolicyFile, err))
		return w, nil
	}
	w.Policy, w.Quorum = true, p.Quorum
	sizes := map[string]int64{}
	for _, x := range p.Witnesses {
		by := WitnessedBy{Name: x.Name, VKey: x.VKey, Groups: p.Groups(x.Name)}
		if err := o.witnessedBy(r, x.Key, &by); err != nil {
			w.Problems = append(w.Problems, fmt.Sprintf("%s: %v: it is not counted", x.Name, err))
		}
		sizes[x.Name] = by.Size
		w.Witnesses = append(w.Witnesses, by)
	}
	w.Levels = p.Levels(r.Size(), sizes)
	return w, nil
}

// witnessedBy fills in what one witness has cosigned, if it holds.
func (o *Office) witnessedBy(r *journal.Reader, key note.Verifier, by *WitnessedBy) error {
	s := &Shown{dir: o.Dir}
	b, err := os.ReadFile(s.witnessFile(key, ".ckpt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c, sigs, err := record.OpenCheckpoint(b, r.Verifier().Name(), r.Verifier(), key)
	switch {
	case err != nil:
		return err
	case len(sigs) == 0:
		return errors.New("the file has no cosignature of its key")
	case c.Size > r.Size():
		return fmt.Errorf("it has cosigned %d entries, and the log shows %d: the log is behind, or is another", c.Size, r.Size())
	}
	root, err := r.RootAt(c.Size)
	if err != nil {
		return err
	}
	if root != c.Root {
		return fmt.Errorf("what it has cosigned at %d entries is not what the log holds now: two histories", c.Size)
	}
	by.Size, by.Checkpoint = c.Size, b
	if sig, err := base64.StdEncoding.DecodeString(sigs[0].Base64); err == nil && len(sig) >= 12 {
		by.At = time.Unix(int64(binary.BigEndian.Uint64(sig[4:12])), 0).UTC()
	}
	return nil
}
