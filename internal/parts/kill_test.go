package parts

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// childDir is the folder of the plan that a process started by TestKilled works on.
const childDir = "TRUCE_TEST_PARTS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child does what is missing of a plan, with the question that lies in its folder,
// as a worker on another machine would.
func child(dir string) error {
	q, err := LoadQuestion(dir)
	if err != nil {
		return err
	}
	ask, err := Ask(q, open)
	if err != nil {
		return err
	}
	p, err := Load(dir)
	if err != nil {
		return err
	}
	return p.Run(context.Background(), 2, ask, nil)
}

// TestKilled: processes that are killed at any time leave parts that are whole or
// not there; those that follow do the rest, and the same comes out.
func TestKilled(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	name := filepath.Join(t.TempDir(), "f.csv")
	if err := os.WriteFile(name, []byte(file(r, 4000)), 0o644); err != nil {
		t.Fatal(err)
	}
	ask := asker(t, Verdicts, "blanket-30d").(*VerdictAsker)
	want := partitioned(t, ask, []string{name}, 1<<20, 1<<20, 2)
	dir := t.TempDir()
	ctx := context.Background()
	p, err := Make(ctx, []string{name}, Options{Dir: dir, Question: ask.Digest(), Feed: ask.Feed(), UnitSize: 2000, pieceSize: 500})
	if err == nil {
		err = ask.q.Keep(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	killed, between := 0, 0
	for round := 0; ; round++ {
		missing, err := p.Missing()
		if err != nil {
			t.Fatal(err)
		}
		if len(missing) == 0 {
			break
		}
		if len(missing) < len(p.Units) {
			between++
		}
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), childDir+"="+dir)
		var said bytes.Buffer
		c.Stderr = &said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if round < 12 {
			go func() { // once it has done some more
				for range 500 {
					time.Sleep(2 * time.Millisecond)
					if now, err := p.Missing(); err == nil && len(now)+1+round < len(missing) {
						break
					}
				}
				c.Process.Kill()
			}()
		}
		if err := c.Wait(); err != nil {
			if said.Len() > 0 || round >= 12 {
				t.Fatal(err, said.String())
			}
			killed++
		}
	}
	if killed < 3 || between < 3 {
		t.Errorf("%d processes were killed, %d began where others had done some", killed, between)
	}
	var out bytes.Buffer
	if _, err := p.Join(ctx, &out, ask); err != nil {
		t.Fatal(err)
	}
	if out.String() != want.text {
		t.Errorf("after %d kills something else came out: %s", killed, differ(out.String(), want.text))
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "part-*")); len(left) != len(p.Units) {
		t.Errorf("%d parts of %d units", len(left), len(p.Units))
	}
	if strings.Count(want.text, "\n") < 2000 {
		t.Error("too little came out to tell")
	}
}

// TestChanged: a file that was changed behind a plan is noticed by whoever does a
// unit, and before that by whoever takes the plan up.
func TestChanged(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 10))
	name := filepath.Join(t.TempDir(), "f.csv")
	text := file(r, 300)
	ask := asker(t, Verdicts, "blanket-30d")
	for at := range len(text) {
		if at%(len(text)/12) != 5 { // a byte of the header, or of some row
			continue
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		o := Options{Dir: t.TempDir(), Question: ask.Digest(), Feed: ask.Feed(), UnitSize: 2000, pieceSize: 500}
		p, err := Make(ctx, []string{name}, o)
		if err != nil {
			t.Fatal(err)
		}
		b := []byte(text)
		b[at] ^= 1
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := p.Run(ctx, 2, ask, nil); err == nil || !strings.Contains(err.Error(), "has changed") {
			t.Fatalf("byte %d: %v", at, err)
		}
		if _, _, err := Open(ctx, []string{name}, o); err == nil || !strings.Contains(err.Error(), "has changed") {
			t.Fatalf("byte %d: %v", at, err)
		}
	}
}
