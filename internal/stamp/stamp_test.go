package stamp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/stamptest"
)

const point = "example.org/north\n42\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— example.org/north AAAA\n"

func TestStamp(t *testing.T) {
	a := stamptest.New(t, x509.ExtKeyUsageTimeStamping)
	query, nonce, err := Request([]byte(point))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := a.Answer(query)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Check([]byte(point), answer, a.Roots(t))
	if err != nil || !s.Trusted || !s.Answers(nonce) || s.By != "CN=Clock of a test" || time.Since(s.Time) > time.Minute {
		t.Fatalf("%+v %v", s, err)
	}
	if s, err := Check([]byte(point), answer, nil); err != nil || s.Trusted {
		t.Errorf("without roots: %+v %v", s, err)
	}
	if _, err := Check([]byte(point), answer, stamptest.New(t).Roots(t)); err == nil {
		t.Error("another root is as good")
	}
	if _, err := Check([]byte(strings.Replace(point, "42", "43", 1)), answer, a.Roots(t)); err == nil {
		t.Error("another checkpoint is as good")
	}
	t.Run("openssl agrees", func(t *testing.T) {
		if _, err := exec.LookPath("openssl"); err != nil {
			t.Skip("SKIPPED: no openssl on this machine: what it would say of the answer was not compared")
		}
		dir := t.TempDir()
		if err := errors.Join(os.WriteFile(filepath.Join(dir, "a"), answer, 0o600), os.WriteFile(filepath.Join(dir, "c"), []byte(point), 0o600), os.WriteFile(filepath.Join(dir, "q"), query, 0o600)); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("openssl", "ts", "-query", "-in", filepath.Join(dir, "q"), "-text").CombinedOutput(); err != nil || !strings.Contains(string(out), "sha256") {
			t.Errorf("the request: %s %v", out, err)
		}
		if out, err := exec.Command("openssl", "ts", "-verify", "-in", filepath.Join(dir, "a"), "-data", filepath.Join(dir, "c"), "-CAfile", a.CAFile).CombinedOutput(); err != nil {
			t.Errorf("%s %v", out, err)
		}
	})
	// One byte at a time: nothing that was changed where it matters holds.
	held := 0
	for i := range answer {
		b := bytes.Clone(answer)
		b[i] ^= 1
		if s2, err := Check([]byte(point), b, a.Roots(t)); err == nil {
			held++
			if !s2.Time.Equal(s.Time) || s2.By != s.By || s2.Serial != s.Serial || !s2.Answers(nonce) {
				t.Errorf("byte %d: another stamp holds: %+v", i, s2)
			}
		}
	}
	t.Logf("%d of %d bytes change nothing that is signed", held, len(answer))
}

// TestBadStamps: what an authority must not be able to pass off.
func TestBadStamps(t *testing.T) {
	good := stamptest.New(t, x509.ExtKeyUsageTimeStamping)
	query, nonce, err := Request([]byte(point))
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		a    *stamptest.Authority
		with func(*timestamp.Timestamp)
		want string
	}{
		"no certificate":      {good, func(s *timestamp.Timestamp) { s.AddTSACertificate = false }, "certificate"},
		"not for time stamps": {stamptest.New(t, x509.ExtKeyUsageServerAuth), nil, "not one for time stamps"},
		"before it was valid": {good, func(s *timestamp.Timestamp) { s.Time = s.Time.Add(-48 * time.Hour) }, "does not hold at its time"},
		"another digest":      {good, func(s *timestamp.Timestamp) { s.HashedMessage = bytes.Repeat([]byte{1}, 32) }, "other bytes"},
		"another hash": {good, func(s *timestamp.Timestamp) {
			s.HashAlgorithm = crypto.SHA512
			s.HashedMessage = bytes.Repeat(s.HashedMessage, 2)
		}, "other bytes"},
	} {
		x.a.Change = x.with
		answer, err := x.a.Answer(query)
		if err != nil {
			t.Fatal(name, err)
		}
		if s, err := Check([]byte(point), answer, nil); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %+v %v", name, s, err)
		}
	}
	good.Change = func(s *timestamp.Timestamp) { s.Nonce = big.NewInt(7) }
	answer, err := good.Answer(query)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := Check([]byte(point), answer, nil); err != nil || s.Answers(nonce) {
		t.Errorf("another nonce: %+v %v", s, err)
	}
}

// TestKeeper: a checkpoint is stamped once, through an authority that fails at
// first, and what is in the folder is read back.
func TestKeeper(t *testing.T) {
	a := stamptest.New(t, x509.ExtKeyUsageTimeStamping)
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if n++; err != nil || n == 1 || r.Header.Get("Content-Type") != "application/timestamp-query" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		answer, err := a.Answer(b)
		if err != nil {
			t.Error(err)
		}
		w.Write(answer)
	}))
	defer s.Close()
	dir := t.TempDir()
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "log"), 0o755), os.WriteFile(filepath.Join(dir, "log", "checkpoint"), []byte(point), 0o600)); err != nil {
		t.Fatal(err)
	}
	g, err := fetch.NewGuard([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	c := Config{URL: s.URL, Roots: a.CAFile}
	if faults := c.Check(dir, g); len(faults) > 0 {
		t.Fatal(faults)
	}
	k := NewKeeper(Options{Dir: dir, Config: c, Guard: g, Size: func() int64 { return 42 }})
	kind := k.Kind()
	kind.Base = time.Millisecond
	db, err := jobs.Open(t.Context(), filepath.Join(dir, "jobs.db"), jobs.Options{Poll: 5 * time.Millisecond}, kind)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	k.o.Store, k.o.Queue = db, db
	if err := errors.Join(db.Start(t.Context()), k.Due(t.Context()), k.Due(t.Context())); err != nil {
		t.Fatal(err)
	}
	defer db.Stop(context.Background())
	var all []Kept
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if all, err = Read(dir, a.Roots(t)); err != nil || len(all) == 1 && all[0].Stamp != nil {
			break
		}
	}
	if err != nil || len(all) != 1 || all[0].Problem != nil || all[0].Stamp == nil || all[0].Stamp.Size != 42 || !all[0].Stamp.Trusted || string(all[0].Checkpoint) != point {
		t.Fatalf("%+v %v", all, err)
	}
	if n != 2 {
		t.Errorf("%d requests", n)
	}
	if err := os.WriteFile(filepath.Join(dir, Folder, "42.tsr"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err = Read(dir, nil); err != nil || all[0].Problem == nil {
		t.Errorf("a damaged stamp: %+v %v", all, err)
	}
}

func FuzzCheck(f *testing.F) {
	a := stamptest.New(f, x509.ExtKeyUsageTimeStamping)
	query, _, err := Request([]byte(point))
	if err != nil {
		f.Fatal(err)
	}
	answer, err := a.Answer(query)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(answer)
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := Check([]byte(point), b, nil); (s == nil) == (err == nil) {
			t.Error("neither a stamp nor an error")
		}
	})
}
