package witness_test

import (
	"bytes"
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

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/internal/witness"
	"github.com/truce-project/truce/record"
)

const origin = "example.org/north"

// log is a log in memory that can have several histories.
type log struct {
	signer note.Signer
	key    note.Verifier
	hashes []tlog.Hash
	n      int64
}

func newLog(t testing.TB) *log {
	skey, _, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{9}, 64)), origin)
	if err != nil {
		t.Fatal(err)
	}
	s, v, err := record.LogKey(skey)
	if err != nil {
		t.Fatal(err)
	}
	return &log{signer: s, key: v}
}

func (l *log) ReadHashes(is []int64) (out []tlog.Hash, err error) {
	for _, i := range is {
		out = append(out, l.hashes[i])
	}
	return out, nil
}

func (l *log) grow(to int64, with string) *log {
	for l.n < to {
		h, err := tlog.StoredHashes(l.n, fmt.Appendf(nil, "%s %d", with, l.n), l)
		if err != nil {
			panic(err)
		}
		l.hashes = append(l.hashes, h...)
		l.n++
	}
	return l
}

func (l *log) request(t testing.TB, old int64) witness.Request {
	root, err := tlog.TreeHash(l.n, l)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := record.SignCheckpoint(record.Checkpoint{Origin: origin, Size: l.n, Root: record.Hash(root)}, l.signer)
	if err != nil {
		t.Fatal(err)
	}
	r := witness.Request{Old: old, Checkpoint: signed}
	if old > 0 && old < l.n {
		p, err := tlog.ProveTree(l.n, old, l)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range p {
			r.Path = append(r.Path, record.Hash(h))
		}
	}
	return r
}

func open(t testing.TB, dir string, l *log) *witness.Witness {
	t.Helper()
	w, err := witness.Open(dir, []note.Verifier{l.key})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func status(err error) int {
	var r *witness.Refusal
	if errors.As(err, &r) {
		return r.Status
	}
	if err != nil {
		return -1
	}
	return http.StatusOK
}

// TestAdd: what a witness answers, in order, as tlog-witness says; also after it
// was started anew, and with both kinds of key.
func TestAdd(t *testing.T) {
	for _, mldsa := range []bool{false, true} {
		dir, l := t.TempDir(), newLog(t).grow(10, "a")
		vkey, err := witness.MakeKey(dir, "example.org/mm", mldsa)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := witness.MakeKey(dir, "example.org/mm", mldsa); err == nil {
			t.Error("a second key replaces the first")
		}
		v, err := record.WitnessVerifier(vkey)
		if err != nil {
			t.Fatal(err)
		}
		at := func(n int64, with string) *log { return newLog(t).grow(5, "a").grow(n, with) }
		unknown := l.request(t, 0)
		unknown.Checkpoint = bytes.Replace(unknown.Checkpoint, []byte(origin), []byte("example.org/south"), 1)
		forged := l.request(t, 10)
		forged.Checkpoint = bytes.Replace(forged.Checkpoint, []byte("\n10\n"), []byte("\n11\n"), 1)
		broken := at(20, "a").request(t, 10)
		broken.Path[0][0] ^= 1
		for i, x := range []struct {
			r    witness.Request
			want int
		}{
			{unknown, 404},
			{forged, 403},
			{l.request(t, 3), 409},  // of 0 it is
			{l.request(t, 11), 400}, // larger than itself
			{l.request(t, 0), 200},
			{l.request(t, 10), 200}, // the same again
			{l.request(t, 0), 409},
			{broken, 422},
			{at(20, "b").request(t, 10), 422}, // another history
			{at(10, "b").request(t, 10), 409}, // of the same size
			{at(7, "a").request(t, 7), 409},   // rolled back
			{at(20, "a").request(t, 10), 200},
		} {
			w := open(t, dir, l)
			line, err := w.Add(x.r)
			if got := status(err); got != x.want {
				t.Errorf("request %d: %d (%v), want %d", i, got, err, x.want)
			}
			if err == nil {
				if err := witness.CheckLine(x.r.Checkpoint, line, v); err != nil {
					t.Errorf("request %d: %v", i, err)
				}
			}
		}
	}
}

// TestForgetting: a witness whose state is gone or damaged cosigns nothing.
func TestForgetting(t *testing.T) {
	dir, l := t.TempDir(), newLog(t).grow(10, "a")
	if _, err := witness.MakeKey(dir, "example.org/mm", false); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir, l).Add(l.request(t, 0)); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*", "checkpoint"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	for _, spoil := range []func() error{
		func() error { return os.WriteFile(names[0], []byte("nonsense"), 0o644) },
		func() error { return os.Remove(names[0]) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, dir, l).Add(newLog(t).grow(10, "b").request(t, 0)); status(err) != -1 {
			t.Errorf("it cosigns, or refuses as if it knew: %v", err)
		}
	}
}

// TestTogether: of two histories that arrive at once one is cosigned.
func TestTogether(t *testing.T) {
	dir, l := t.TempDir(), newLog(t)
	if _, err := witness.MakeKey(dir, "example.org/mm", false); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	signed := map[string]int{}
	for i := range 16 {
		with := []string{"a", "b"}[i%2]
		r := newLog(t).grow(8, with).request(t, 0)
		again := newLog(t).grow(8, with).request(t, 8)
		w := open(t, dir, l)
		wait.Go(func() {
			for _, x := range []witness.Request{r, again} {
				if _, err := w.Add(x); err == nil {
					mu.Lock()
					signed[with]++
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	if len(signed) != 1 {
		t.Errorf("cosigned: %v", signed)
	}
}

func TestHTTP(t *testing.T) {
	dir, l := t.TempDir(), newLog(t).grow(10, "a")
	if _, err := witness.MakeKey(dir, "example.org/mm", false); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(open(t, dir, l))
	defer s.Close()
	post := func(body []byte) (int, string, string) {
		r, err := http.Post(s.URL+"/add-checkpoint", "text/plain", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, _ := io.ReadAll(r.Body)
		return r.StatusCode, r.Header.Get("Content-Type"), string(b)
	}
	if code, _, body := post(l.request(t, 0).Marshal()); code != 200 || !strings.HasPrefix(body, "— example.org/mm ") || strings.Count(body, "\n") != 1 {
		t.Errorf("%d %q", code, body)
	}
	if code, kind, body := post(l.request(t, 4).Marshal()); code != 409 || kind != "text/x.tlog.size" || body != "10\n" {
		t.Errorf("%d %q %q", code, kind, body)
	}
	for _, bad := range []string{"", "old x\n\n", "old 1\nnonsense\n\n", "old -1\n\n", "old 01\n\n", "old 1\n" + strings.Repeat("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", 64) + "\n", strings.Repeat("x", 1<<18)} {
		if code, _, _ := post([]byte(bad)); code != 400 {
			t.Errorf("%.20q: %d", bad, code)
		}
	}
	r, err := http.Get(s.URL + "/" + filepath.Base(folder(t, dir)) + "/checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	if c, _, err := record.OpenCheckpoint(b, origin, l.key); err != nil || c.Size != 10 {
		t.Errorf("%d %q %v", r.StatusCode, b, err)
	}
}

func folder(t *testing.T, dir string) string {
	names, err := filepath.Glob(filepath.Join(dir, "*", "checkpoint"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	return filepath.Dir(names[0])
}

// FuzzRequest: requests and answers are read or refused, and written the same.
func FuzzRequest(f *testing.F) {
	f.Add([]byte("old 0\n\nexample.org/north\n1\nx\n\n"))
	f.Add([]byte("truce witness response v1\nexample.org/north\ncosigned 3\n\nx\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := witness.ParseRequest(b); err == nil && !bytes.Equal(r.Marshal(), b) {
			t.Errorf("request %q is written as %q", b, r.Marshal())
		}
		if r, err := witness.ParseResponse(b); err == nil {
			if again, err := witness.ParseResponse(r.Marshal()); err != nil || again.Size != r.Size || again.Origin != r.Origin {
				t.Errorf("answer %q is read as another (%v)", b, err)
			}
		}
	})
}
