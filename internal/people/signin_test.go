package people

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/truce-project/truce/rights"
)

// TestManyAtOnce: who sends a hundred guesses at the same time has no more of them
// than who sends one after another.
func TestManyAtOnce(t *testing.T) {
	o := newOffice(t)
	s := o.server(t)
	o.ready(t, newBrowser(t, s, "192.0.2.1:5"), "watch", rights.DutyOfficer, "")
	a, _ := o.dirOf().Account("watch")
	c, err := o.sec.credential(a.ID)
	if err != nil {
		t.Fatal(err)
	}
	var looked atomic.Int32
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			var slow slowDown
			if ok, err := o.takeCode(a.ID, c, "000000"); !ok && !asSlow(err, &slow) {
				looked.Add(1)
			}
		})
	}
	wg.Wait()
	if n := looked.Load(); n > int32(ruleCode.free) {
		t.Errorf("%d codes were looked at, %d are free", n, ruleCode.free)
	}
	looked.Store(0)
	for i := range 40 {
		b := newBrowser(t, s, "192.0.2.7:5")
		wg.Go(func() {
			if i%2 == 0 {
				if b.signIn("watch", "not the password", "") == 401 {
					looked.Add(1)
				}
			} else if b.signIn("nobody", "not the password", "") == 401 {
				looked.Add(1)
			}
		})
	}
	wg.Wait()
	if n := looked.Load(); n > 2*int32(ruleGuess.free) {
		t.Errorf("%d passwords were looked at, %d are free for each name", n, ruleGuess.free)
	}
}

// TestAttempts: an attempt that succeeds leaves nothing behind, also where others fail.
func TestAttempts(t *testing.T) {
	now := time.Unix(1_900_000_000, 0)
	l := newLimiter(func() time.Time { return now })
	for range 1000 {
		if l.attempt(ruleGuess, "guess a", "from b") > 0 {
			t.Fatal("somebody who succeeds waits")
		}
		l.passed("guess a")
		l.undo("from b")
	}
	for range ruleGuess.free {
		l.attempt(ruleGuess, "guess a", "from b")
	}
	if l.attempt(ruleGuess, "guess a", "from b") == 0 || l.attempt(ruleGuess, "guess c", "from b") > 0 {
		t.Error("failures are not counted by name")
	}
	l.undo("guess never")
}

// TestBegun: sign-ins that are begun and not ended are kept for minutes, and who
// begins them without an end waits; signing in sets that right.
func TestBegun(t *testing.T) {
	o := newKeyOffice(t)
	s := o.server(t)
	for i := range ruleBegin.free {
		if status, _ := newBrowser(t, s, "192.0.2.8:5").do("GET", "/passkey", nil); status != 200 {
			t.Fatal(i, status)
		}
	}
	n := newBrowser(t, s, "192.0.2.8:5")
	if status, _ := n.do("GET", "/passkey", nil); status != 429 {
		t.Errorf("after %d: %d", ruleBegin.free, status)
	}
	var late int
	if err := o.sec.db.QueryRow("SELECT count(*) FROM session WHERE until > ?", time.Now().Add(owedFor+time.Minute).Unix()).Scan(&late); err != nil || late > 0 {
		t.Errorf("%d sessions of nobody are kept for longer than %s: %v", late, owedFor, err)
	}
	o.ready(t, n, "desk", rights.Reader, "")
	n.do("POST", "/sign-out", url.Values{})
	if status, _ := newBrowser(t, s, "192.0.2.8:5").do("GET", "/passkey", nil); status != 200 {
		t.Errorf("after somebody has signed in from there: %d", status)
	}
}

// TestPlanted: what somebody has put into a browser before its owner signs in is
// worth nothing afterwards, in that browser and in the other.
func TestPlanted(t *testing.T) {
	o := newKeyOffice(t)
	s := o.server(t)
	attacker, victim := newBrowser(t, s, "192.0.2.1:5"), newBrowser(t, s, "192.0.2.2:5")
	o.ready(t, newBrowser(t, s, "192.0.2.3:5"), "desk", rights.Reader, "")
	attacker.asked("/passkey")
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	victim.http.Jar.SetCookies(u, attacker.http.Jar.Cookies(u))
	if victim.signIn("desk", good, ""); victim.me() != "reader " {
		t.Fatal(victim.me())
	}
	if attacker.me() != " " {
		t.Errorf("the planted session is %q", attacker.me())
	}
	for _, a := range attacker.http.Jar.Cookies(u) {
		for _, v := range victim.http.Jar.Cookies(u) {
			if a.Name == "truce" && v.Name == "truce" && a.Value == v.Value {
				t.Error("the name of the session is the one that was planted")
			}
		}
	}
	// Also between the first factor and the second.
	o.ready(t, newBrowser(t, s, "192.0.2.4:5"), "watch", rights.DutyOfficer, "")
	w, _ := o.dirOf().Account("watch")
	d := newDevice(w)
	keeper := newBrowser(t, s, "192.0.2.5:5")
	seed := ""
	if c, err := o.sec.credential(w.ID); err == nil {
		seed = c.TOTP
	}
	o.now = o.now.Add(2 * step * time.Second)
	keeper.signIn("watch", good, o.code(seed))
	if status, _ := d.make(keeper, "phone"); status != 200 {
		t.Fatal(status)
	}
	attacker, victim = newBrowser(t, s, "192.0.2.1:5"), newBrowser(t, s, "192.0.2.2:5")
	attacker.asked("/passkey")
	victim.http.Jar.SetCookies(u, attacker.http.Jar.Cookies(u))
	victim.signIn("watch", good, "")
	if status, page := attacker.do("GET", "/code", nil); status != 200 || askForm.MatchString(page) || codeForm.MatchString(page) {
		t.Errorf("the planted session owes a second factor: %d", status)
	}
	if victim.enter(d.answer(victim)); victim.me() != "duty-officer " || attacker.me() != " " {
		t.Errorf("victim %q, attacker %q", victim.me(), attacker.me())
	}
}

// TestRestartForgetsNoGuess: who has guessed too often waits as long when the server was
// started again between; who succeeded does not, and nothing that was typed is on disk.
func TestRestartForgetsNoGuess(t *testing.T) {
	o := newOffice(t)
	s := o.server(t)
	o.ready(t, newBrowser(t, s, "192.0.2.1:5"), "watch", rights.DutyOfficer, "")
	guess := func(name, password string) int {
		return newBrowser(t, o.server(t), "192.0.2.7:5").signIn(name, password, "")
	}
	const typed = "my secret typed as a name"
	for range ruleGuess.free + 1 {
		guess(typed, "x")
	}
	if got := guess(typed, "x"); got != 429 {
		t.Fatalf("%d after %d guesses: this test tests nothing", got, ruleGuess.free+1)
	}
	o.now = o.now.Add(-10 * time.Hour) // and a clock that is set back makes nobody wait for hours
	o.reopen()
	if got := guess(typed, "x"); got != 429 {
		t.Errorf("after a restart a guess is answered with %d", got)
	}
	if got := guess("another", "x"); got != 401 {
		t.Errorf("another name waits too: %d", got)
	}
	o.now = o.now.Add(ruleGuess.most)
	if got := guess(typed, "x"); got != 401 {
		t.Errorf("a quarter of an hour later: %d", got)
	}
	o.limits.passed("guess 192.0.2.7 " + typed)
	if err := o.limits.kept.write(); err != nil {
		t.Fatal(err)
	}
	o.reopen()
	if got := guess(typed, "x"); got != 401 {
		t.Errorf("what succeeded waits after a restart: %d", got)
	}
	files, err := filepath.Glob(filepath.Join(o.dir, "secret", "people.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if b, err := os.ReadFile(f); err != nil || bytes.Contains(b, []byte(typed)) {
			t.Errorf("%s holds what was typed as a name (%v)", f, err)
		}
	}
}

// TestFailuresAreWritten: they are on disk a moment later, without an orderly end.
func TestFailuresAreWritten(t *testing.T) {
	o := newOffice(t)
	o.limits.failed("guess a", "from b")
	o.limits.undo("from b")
	count := func() (n int) {
		if err := o.sec.db.QueryRow("SELECT count(*) FROM failed").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for end := time.Now().Add(20 * time.Second); count() != 1; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d failures are on disk, one was counted and not taken back", count())
		}
	}
}
