package office

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/witness"
	"github.com/truce-project/truce/record"
)

// lost is a headquarters with two witnesses, and a copy of its log.
type lost struct {
	t      *testing.T
	dir    string
	hq     *Office
	policy []byte
	before func(name string, r *http.Request) bool // false: the witness does not answer
}

func newLost(t *testing.T) *lost {
	l := &lost{t: t, dir: t.TempDir(), before: func(string, *http.Request) bool { return true }}
	var err error
	if l.hq, err = Open(filepath.Join(l.dir, "hq"), "example.org/hq", journal.Options{Interval: -1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.hq.Close() })
	key, err := audit.LogVerifier(l.hq.Log.Office().Key)
	if err != nil {
		t.Fatal(err)
	}
	text := "log " + l.hq.Log.Office().Key + "\n"
	for _, name := range []string{"a", "b"} {
		dir := filepath.Join(l.dir, "witness-"+name)
		vkey, err := witness.MakeKey(dir, "example.org/"+name, false)
		if err != nil {
			t.Fatal(err)
		}
		w, err := witness.Open(dir, []note.Verifier{key})
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			if !l.before(name, r) {
				http.Error(out, "out of order", http.StatusServiceUnavailable)
				return
			}
			w.ServeHTTP(out, r)
		}))
		t.Cleanup(s.Close)
		text += fmt.Sprintf("witness %s %s %s\n", name, vkey, s.URL)
	}
	l.policy = []byte(text + "group both all a b\nquorum both\n")
	if err := os.WriteFile(filepath.Join(l.hq.Dir, PolicyFile), l.policy, 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lost) write(o *Office, n int) (acks []journal.Ack) {
	l.t.Helper()
	for range n {
		ack, _, _, err := o.record(l.t.Context(), draft{kind: "report@1", payload: map[string]string{"text": "x"}})
		if err != nil {
			l.t.Fatal(err)
		}
		acks = append(acks, ack)
	}
	return acks
}

// cosign makes a checkpoint and asks the witnesses.
func (l *lost) cosign(o *Office) error {
	l.t.Helper()
	if err := o.Log.Integrate(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	asked, err := o.Cosign(l.t.Context(), func() ([]byte, bool) { return nil, true })
	for _, a := range asked {
		err = errors.Join(err, a.Err)
	}
	return err
}

// copied is a copy of the log as it is shown now.
func (l *lost) copied(name string) *journal.Reader {
	l.t.Helper()
	to := filepath.Join(l.dir, name)
	if err := os.CopyFS(to, os.DirFS(l.hq.Dir)); err != nil {
		l.t.Fatal(err)
	}
	os.Remove(filepath.Join(to, "log.key"))
	r, _, err := journal.OpenReader(journal.RealWorld(to))
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

func (l *lost) promote(copied *journal.Reader, receipts map[string][]byte) (*Promoted, error) {
	key, err := os.ReadFile(filepath.Join(l.hq.Dir, "log.key"))
	if err != nil {
		l.t.Fatal(err)
	}
	return Promote(l.t.Context(), Promotion{Dir: filepath.Join(l.dir, "new"), Copy: copied, LogKey: key, Policy: l.policy, Holder: "hq2", By: "a person", Reason: "a flood", Receipts: receipts})
}

// TestPromote: a machine that stands by goes on with the log; the machine before gets
// no cosignature, stops, and what only it had acknowledged is handed in again.
func TestPromote(t *testing.T) {
	l := newLost(t)
	l.write(l.hq, 300)
	if err := l.cosign(l.hq); err != nil {
		t.Fatal(err)
	}
	copied := l.copied("copy")
	size := copied.Size()
	late := l.write(l.hq, 2) // one in a checkpoint, one in the WAL alone
	if err := l.hq.Log.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	late = append(late, l.write(l.hq, 1)...)
	receipts := map[string][]byte{}
	for i, a := range late {
		receipts[fmt.Sprint(i)] = a.Signed
	}
	p, err := l.promote(copied, receipts)
	if err != nil || p.ReadOnly != "" || p.Tenure != size || p.Asked != size || len(p.Cosigned) != 2 || len(p.Unmet) != 3 {
		t.Fatalf("%+v %v", p, err)
	}
	var fork *journal.Forked
	if err := l.cosign(l.hq); !errors.As(err, &fork) {
		t.Fatalf("the machine before: %v", err)
	}
	dir := l.hq.Dir
	l.hq.Log.Halt(err)
	l.hq.Close()
	if _, err := Open(dir, "", journal.Options{}); !errors.As(err, &fork) {
		t.Errorf("the machine before opens its record: %v", err)
	}
	tail := filepath.Join(l.dir, "tail")
	if got, err := TailOut(t.Context(), dir, size, tail); err != nil || got.Size != size+3 {
		t.Fatalf("%+v %v", got, err)
	}
	hq2, err := Open(filepath.Join(l.dir, "new"), "", journal.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer hq2.Close()
	l.write(hq2, 2)
	var old []audit.Note
	for i, a := range late {
		old = append(old, audit.Note{Name: fmt.Sprint(i), Bytes: a.Signed})
	}
	if err := hq2.Log.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	// before they are handed in, receipts of the machine before are met by nothing
	before, _, err := audit.VerifyDir(t.Context(), hq2.Dir, audit.Options{Now: time.Now(), Receipts: old})
	if err != nil || len(before.Problems) != 3 || len(before.Moved) != 0 {
		t.Errorf("%+v %v", before, err)
	}
	for round, want := range []string{HandedTaken, HandedHeld} {
		all, err := hq2.TailIn(t.Context(), tail)
		if err != nil || len(all) != 3 {
			t.Fatalf("%+v %v", all, err)
		}
		for i, h := range all {
			if h.State != want || h.Was != late[i].Index || h.Now != size+3+int64(i) {
				t.Errorf("round %d: %+v", round, h)
			}
		}
	}
	if err := l.cosign(hq2); err != nil {
		t.Error(err)
	}
	for i, a := range late {
		e, err := hq2.Log.Reader().Entry(size + 3 + int64(i))
		if err != nil || e.Leaf() != a.Leaf {
			t.Errorf("%d: %v, what was acknowledged is not what stands there", i, err)
		}
	}
	r, _, err := audit.VerifyDir(t.Context(), hq2.Dir, audit.Options{Now: time.Now(), Receipts: old})
	if err != nil || len(r.Problems) > 0 || len(r.Moved) != 3 || r.Moved[2].Was != size+2 || r.Moved[2].Now != size+5 {
		t.Errorf("%+v %v %v", r.Moved, r.Problems, err)
	}
}

// TestPromoteBehind: from less than a witness has cosigned nothing goes on, and
// nothing is left that could be opened.
func TestPromoteBehind(t *testing.T) {
	l := newLost(t)
	l.write(l.hq, 5)
	if err := l.hq.Log.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	copied := l.copied("copy")
	l.write(l.hq, 5)
	if err := l.cosign(l.hq); err != nil {
		t.Fatal(err)
	}
	var behind *Behind
	if p, err := l.promote(copied, nil); !errors.As(err, &behind) || behind.Size != copied.Size() || behind.Known.Size != copied.Size()+5 {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := Open(filepath.Join(l.dir, "new"), "", journal.Options{}); err == nil {
		t.Error("it can be written to")
	}
	p, err := l.promote(l.copied("later"), nil)
	if err != nil || p.ReadOnly != "" {
		t.Fatalf("%+v %v", p, err)
	}
}

// TestPromoteRace: where the machine before gets a cosignature after the witnesses
// were asked, and before the tenure is cosigned, the machine that is promoted gets
// none, and never writes.
func TestPromoteRace(t *testing.T) {
	l := newLost(t)
	l.write(l.hq, 5)
	if err := l.cosign(l.hq); err != nil {
		t.Fatal(err)
	}
	copied := l.copied("copy")
	l.write(l.hq, 1)
	if err := l.hq.Log.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	mine := []byte(l.hq.Log.Reader().Checkpoint.Root.String())
	var once sync.Once
	l.before = func(_ string, r *http.Request) bool {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(b))
		if r.Method == http.MethodPost && !bytes.Contains(b, mine) {
			once.Do(func() {
				if err := l.cosign(l.hq); err != nil {
					t.Error(err)
				}
			})
		}
		return true
	}
	p, err := l.promote(copied, nil)
	if err != nil || p.ReadOnly == "" || len(p.Cosigned) != 0 {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := Open(filepath.Join(l.dir, "new"), "", journal.Options{}); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("it can be written to: %v", err)
	}
	if err := l.cosign(l.hq); err != nil { // the other goes on
		t.Error(err)
	}
}

// TestPromoteInterrupted: where a witness does not answer nobody writes; the same
// command goes on, and the log says once who writes.
func TestPromoteInterrupted(t *testing.T) {
	l := newLost(t)
	l.write(l.hq, 5)
	if err := l.cosign(l.hq); err != nil {
		t.Fatal(err)
	}
	copied := l.copied("copy")
	l.before = func(name string, r *http.Request) bool { return name == "a" }
	for range 2 {
		if p, err := l.promote(copied, nil); err != nil || p.ReadOnly == "" || p.Tenure != copied.Size() {
			t.Fatalf("%+v %v", p, err)
		}
	}
	l.before = func(string, *http.Request) bool { return true }
	p, err := l.promote(copied, nil)
	if err != nil || p.ReadOnly != "" || !p.Already || p.Tenure != copied.Size() {
		t.Fatalf("%+v %v", p, err)
	}
	o, err := Open(filepath.Join(l.dir, "new"), "", journal.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	n := 0
	for e, err := range o.Log.Reader().Range(0, o.Log.Reader().Size()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Envelope.Kind == record.KindTenure {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d entries say who writes", n)
	}
	l.before = func(string, *http.Request) bool { return false }
	if _, err := Promote(context.Background(), Promotion{Dir: filepath.Join(l.dir, "other"), Copy: copied, Policy: l.policy, Holder: "x", By: "y", Reason: "z"}); err == nil || !strings.Contains(err.Error(), "no witness of the policy answers") {
		t.Errorf("%v", err)
	}
}
