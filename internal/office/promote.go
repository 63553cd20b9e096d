package office

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Promotion says how another machine takes a log over.
type Promotion struct {
	Dir    string          // new folder of the record
	Copy   *journal.Reader // what is held of the log
	LogKey []byte          // content of log.key
	Policy []byte          // of the witnesses; empty: none is asked
	Holder string          // name of the machine
	By     string          // who decided it
	Reason string
	// Receipts are receipts that people hold: those for entries that the copy does not
	// have are named.
	Receipts map[string][]byte
	// Unfenced goes on where no quorum of witnesses has cosigned the tenure. Then
	// nothing keeps the machine before from writing too.
	Unfenced bool
}

// Promoted is what became of it.
type Promoted struct {
	Origin   string    `json:"origin"`
	Size     int64     `json:"size"`    // entries that were taken over
	Asked    int64     `json:"asked"`   // largest size that a witness had cosigned
	Tenure   int64     `json:"tenure"`  // place of the entry that says who writes
	Without  int64     `json:"without"` // entries without their payload
	Cosigned []string  `json:"cosigned"`
	Refused  []string  `json:"refused"` // witnesses that did not cosign, and why
	Unmet    []Unmet   `json:"unmet"`   // receipts for what is not here
	Already  bool      `json:"already"` // an attempt that was interrupted was gone on with
	Before   []Tenured `json:"-"`       // tenures that the log held
	ReadOnly string    `json:"read_only,omitempty"`
}

// Tenured is a tenure that a log holds.
type Tenured struct {
	Index int64
	record.TenureEntry
}

// Unmet is a receipt for entries that are not in what was taken over.
type Unmet struct {
	Receipt  string `json:"receipt"`
	First    int64  `json:"first"`
	Last     int64  `json:"last"`
	Accepted string `json:"accepted"`
}

// promoting is what the file read-only says while a promotion is under way.
const promoting = "a promotion is under way here"

// Behind means that witnesses have cosigned more than is here to take over.
type Behind struct {
	Witness string
	Known   record.Checkpoint
	Size    int64
}

func (b *Behind) Error() string {
	return fmt.Sprintf("%s has cosigned %d entries, and %d are here: entries %d to %d were acknowledged, and a log that went on without them would be another history, which no witness cosigns. Take them from an office that holds them (truce peer pull), from the disk of the machine before, or from its backup", b.Witness, b.Known.Size, b.Size, b.Size, b.Known.Size-1)
}

// Promote makes a record that goes on with a log from the copy that is held of it,
// by the log's own key. It starts from nothing less than the largest checkpoint that
// a witness has cosigned, writes first of all who writes from here on (tenure@1), and
// lets nobody write until a quorum of the witnesses has cosigned that: from then on
// the machine before gets no cosignature for anything else at that place. The same
// call goes on where one was interrupted.
func Promote(ctx context.Context, p Promotion) (*Promoted, error) {
	if strings.TrimSpace(p.Holder) == "" || strings.TrimSpace(p.By) == "" || strings.TrimSpace(p.Reason) == "" {
		return nil, errors.New("a promotion says the name of the machine, who decided it, and why")
	}
	var policy *audit.Policy
	var err error
	if len(p.Policy) > 0 {
		if policy, err = audit.ParsePolicy(p.Policy); err != nil {
			return nil, err
		}
	}
	if policy == nil && !p.Unfenced {
		return nil, errors.New("no witness is known: nothing would keep the machine before from writing too. Give --policy, or say --unfenced if you are sure that it never comes back")
	}
	x := &promotion{Promotion: p, policy: policy, out: &Promoted{Origin: p.Copy.Office.Origin, Size: p.Copy.Size(), Cosigned: []string{}, Refused: []string{}, Unmet: []Unmet{}}}
	if err := x.fresh(); err != nil {
		return nil, err
	}
	held, err := x.witnesses(ctx)
	if err != nil {
		return nil, err
	}
	if err := x.build(ctx, held); err != nil {
		return nil, err
	}
	if err := x.tenure(ctx); err != nil {
		return nil, err
	}
	return x.out, x.release(ctx)
}

type promotion struct {
	Promotion
	policy *audit.Policy
	out    *Promoted
}

func (x *promotion) path(name string) string { return filepath.Join(x.Dir, filepath.FromSlash(name)) }

// fresh sees to it that the folder is new, or that of an attempt.
func (x *promotion) fresh() error {
	names, err := os.ReadDir(x.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(names) > 0 {
		b, err := os.ReadFile(x.path(readOnlyName))
		if err != nil || !strings.HasPrefix(string(b), promoting) {
			return fmt.Errorf("%s is not empty: the record of a machine that is promoted goes into a new folder", x.Dir)
		}
		x.out.Already = true
		return nil
	}
	if err := os.MkdirAll(x.Dir, 0o700); err != nil {
		return err
	}
	return x.readOnly("nothing was written yet; the same command goes on")
}

func (x *promotion) readOnly(why string) error {
	x.out.ReadOnly = why
	return replace(x.path(readOnlyName), []byte(promoting+": "+why+"\n"))
}

// witnesses asks what they hold, and refuses to go on from less, or from something
// else.
func (x *promotion) witnesses(ctx context.Context) ([]HeldBy, error) {
	if x.policy == nil {
		return nil, nil
	}
	r := x.Copy
	if x.out.Already { // what was written here in an attempt may be cosigned
		if here, _, err := journal.OpenReader(journal.RealWorld(x.Dir)); err == nil && here.Size() > r.Size() {
			r = here
		}
	}
	held, answered := Held(ctx, r.Office, x.policy), 0
	for _, h := range held {
		if h.Err != nil {
			x.out.Refused = append(x.out.Refused, h.Witness+": "+h.Err.Error())
			continue
		}
		answered++
		if h.Signed == nil {
			continue
		}
		x.out.Asked = max(x.out.Asked, h.C.Size)
		err := Fenced(r, h.C)
		var back *journal.RolledBack
		if errors.As(err, &back) {
			return nil, &Behind{h.Witness, h.C, r.Size()}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", h.Witness, err)
		}
	}
	if answered == 0 && !x.Unfenced {
		return nil, fmt.Errorf("no witness of the policy answers, so that it is not known what the machine before has had cosigned: %s", strings.Join(x.out.Refused, "; "))
	}
	x.out.Refused = []string{}
	return held, nil
}

// build makes the record from the copy.
func (x *promotion) build(ctx context.Context, held []HeldBy) error {
	if _, err := os.Stat(x.path("log.key")); errors.Is(err, fs.ErrNotExist) {
		office, _, _, err := journal.Derive(x.LogKey, "promotion")
		if err != nil {
			return fmt.Errorf("the key: %w", err)
		}
		if office != x.Copy.Office {
			return fmt.Errorf("the key is one of %s (%s), and the copy is of %s (%s)", office.Origin, office.Key, x.Copy.Office.Origin, x.Copy.Office.Key)
		}
		if err := replaceSecret(x.path("log.key"), x.LogKey); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	_, err := journal.Restore(ctx, journal.RealWorld(x.Dir), x.Copy, func(e journal.Entry) (journal.Payload, bool) {
		p, err := x.Copy.Payload(e.Index)
		if err != nil {
			x.out.Without++
		}
		return p, err == nil
	})
	if err != nil {
		return err
	}
	if err := Know(x.Dir, held); err != nil {
		return err
	}
	if len(x.Policy) > 0 {
		if err := replace(x.path(PolicyFile), x.Policy); err != nil {
			return err
		}
	}
	return x.files(ctx)
}

// files takes the files of entries that the copy has.
func (x *promotion) files(ctx context.Context) error {
	r, _, err := journal.OpenReader(journal.RealWorld(x.Dir))
	if err != nil {
		return err
	}
	for e, err := range x.Copy.Range(0, x.Copy.Size()) {
		if err != nil {
			return err
		}
		if e.Envelope.Kind == record.KindTenure {
			x.out.Before = append(x.out.Before, Tenured{Index: e.Index})
		}
		for _, h := range e.Envelope.Blobs {
			if err := copyBlob(ctx, x.Copy.Blobs(), r.Blobs(), h); err != nil {
				return fmt.Errorf("entry %d: %w", e.Index, err)
			}
		}
	}
	return nil
}

// copyBlob copies a file that one store has and another has not.
func copyBlob(ctx context.Context, from, to journal.Blobs, h record.Hash) error {
	if _, err := to.Stat(h); err == nil {
		return nil
	}
	in, err := from.Open(h)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was never given, or is on its way
	}
	if err != nil {
		return err
	}
	defer in.Close()
	b, err := to.Put(ctx, io.Reader(in))
	if err == nil && b.Hash != h {
		err = fmt.Errorf("the file %s has changed on the disk of the copy", h.Hex())
	}
	return err
}

// tenure writes who writes from here on, once.
func (x *promotion) tenure(ctx context.Context) error {
	known, err := remembered(x.Dir)
	if err != nil {
		return err
	}
	l, _, err := journal.Open(journal.RealWorld(x.Dir), journal.Options{Interval: -1, Known: known})
	if err != nil {
		return err
	}
	o, err := Attach(x.Dir, l)
	if err == nil && l.Size() == x.Copy.Size() {
		for _, n := range names(x.Receipts) {
			x.unmet(n, l)
		}
		_, _, _, err = o.record(ctx, draft{kind: record.KindTenure, payload: record.TenureEntry{Holder: x.Holder, Size: l.Size(), Asked: x.out.Asked, By: x.By, Reason: x.Reason}})
	}
	if err == nil {
		err = l.Integrate(ctx)
	}
	x.out.Tenure = l.Size() - 1
	return errors.Join(err, l.Close())
}

// unmet notes a receipt for what is not here.
func (x *promotion) unmet(name string, l *journal.Log) {
	rec, err := record.OpenReceipt(x.Receipts[name], x.Copy.Office.Origin, x.Copy.Verifier())
	if err != nil || rec.Index+rec.Count <= l.Size() {
		return // of another log, or met
	}
	x.out.Unmet = append(x.out.Unmet, Unmet{name, max(rec.Index, l.Size()), rec.Index + rec.Count - 1, rec.Accepted.UTC().Format("2006-01-02T15:04:05Z")})
}

// release lets the record be written to once enough witnesses have cosigned the
// tenure.
func (x *promotion) release(ctx context.Context) error {
	if x.policy != nil {
		if err := x.cosigned(ctx); err != nil {
			return err
		}
	}
	if x.out.ReadOnly != "" && !x.Unfenced {
		return nil
	}
	x.out.ReadOnly = ""
	if err := os.Remove(x.path(readOnlyName)); err != nil {
		return err
	}
	return syncDir(x.Dir)
}

func (x *promotion) cosigned(ctx context.Context) error {
	s, err := ReadShown(x.Dir)
	if err != nil {
		return err
	}
	asked, err := s.AskAll(ctx, x.policy)
	if err != nil {
		return err
	}
	sizes := map[string]int64{}
	for _, a := range asked {
		if a.Err != nil {
			x.out.Refused = append(x.out.Refused, a.Witness+": "+a.Err.Error())
			continue
		}
		x.out.Cosigned, sizes[a.Witness] = append(x.out.Cosigned, a.Witness), a.Size
	}
	enough := len(x.out.Cosigned) == len(asked)
	if x.policy.Quorum != "" {
		enough = x.policy.Covered(x.policy.Quorum, sizes) > x.out.Tenure
	}
	if enough {
		x.out.ReadOnly = ""
		return nil
	}
	return x.readOnly("not enough witnesses have cosigned that this machine writes from here on: until they have, the machine before may write too. The same command asks again")
}
