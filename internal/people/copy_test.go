package people

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/journal"
)

// TestSecretsCopied: what is kept of people is copied while it is used, apart from
// the record, and put back: an account writes and its token holds; a session and a
// link of before do not.
func TestSecretsCopied(t *testing.T) {
	o := newOffice(t)
	a, err := o.Add(t.Context(), AtConsole(), NewAccount{Name: "watch", Role: "duty-officer"})
	if err != nil {
		t.Fatal(err)
	}
	token, err := o.IssueAt(t.Context(), "watch", "", []string{"read"}, MaxTokenLife)
	if err != nil {
		t.Fatal(err)
	}
	link, err := o.Link(t.Context(), AtConsole(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.sec.Commit("a session", []byte("x"), o.now.AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	apart := filepath.Join(t.TempDir(), "people.copy")
	if err := CopySecrets(t.Context(), o.dir, apart); err != nil {
		t.Fatal(err)
	}
	if i, err := os.Stat(apart); err != nil || i.Mode().Perm() != 0o600 {
		t.Fatal(i.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(apart))
	if err != nil || len(left) != 1 {
		t.Fatalf("left behind: %v %v", left, err)
	}
	if err := CopySecrets(t.Context(), o.dir, apart); err == nil {
		t.Error("a copy is written over")
	}
	if err := o.log.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "again")
	if err := os.CopyFS(dir, os.DirFS(o.dir)); err != nil {
		t.Fatal(err)
	}
	if err := PutSecrets(dir, apart); err == nil {
		t.Error("what is there is written over")
	}
	if err := os.RemoveAll(filepath.Join(dir, "secret")); err != nil {
		t.Fatal(err)
	}
	if err := PutSecrets(dir, filepath.Join(dir, "office.json")); err == nil || !strings.Contains(err.Error(), "no copy of what is kept of people") {
		t.Error(err)
	}
	if err := PutSecrets(dir, apart); err != nil {
		t.Fatal(err)
	}
	again := &office{t: t, dir: dir, now: o.now}
	again.open()
	defer again.close()
	if _, err := again.ByToken(token); err != nil {
		t.Errorf("the token: %v", err)
	}
	if err := again.Access(t.Context(), a.Who(), "read", "as before", Object{Thing: "report", ID: "x"}); err != nil {
		t.Errorf("the account writes: %v", err)
	}
	if _, found, err := again.sec.Find("a session"); found || err != nil {
		t.Error("a session is good again", err)
	}
	if _, ok := again.sec.link(url.PathEscape(link), again.now); ok {
		t.Error("a link is good again")
	}
	// Without the copy the record is whole, and the account cannot write.
	bare := filepath.Join(t.TempDir(), "bare")
	if err := os.CopyFS(bare, os.DirFS(o.dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(bare, "secret")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	l, _, err := journal.Open(journal.RealWorld(bare), journal.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	none := &office{t: t, dir: bare, now: o.now}
	none.open()
	defer none.close()
	if err := none.Access(t.Context(), a.Who(), "read", "without", Object{Thing: "report", ID: "x"}); err == nil || !strings.Contains(err.Error(), "is not here") {
		t.Errorf("an account without its key: %v", err)
	}
}
