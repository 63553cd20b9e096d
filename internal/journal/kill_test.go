package journal_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// TestMain lets the test program be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("TRUCE_KILL_DIR"); dir != "" {
		submitters(dir, os.Getenv("TRUCE_KILL_ROUND"))
		return
	}
	os.Exit(m.Run())
}

// submitters opens the log and writes to it by 32 submitters until it is killed.
// A line is printed for each entry that was acknowledged: index, id, leaf.
func submitters(dir, round string) {
	w := journal.RealWorld(dir)
	l, _, err := journal.Open(w, journal.Options{Interval: 20 * time.Millisecond})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("ready")
	var print sync.Mutex
	for k := range 32 {
		go func() {
			a := newAuthor("a")
			a.n = 1_000_000 * (k + 1)
			for i := 0; ; i++ {
				es, ps := a.batch(1+i%3, 200)
				for j, e := range es { // ids of their own in each round
					e.ID = record.NewID(time.Now(), chance(fmt.Sprint(round, " ", k, " ", i, " ", j)))
				}
				a.sign(es)
				ack, err := l.Append(context.Background(), es, ps)
				if err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				var lines strings.Builder
				for j, e := range es {
					b, _ := e.Encode()
					leaf := record.LeafHash(b)
					fmt.Fprintf(&lines, "%d %s %s\n", ack.Index+int64(j), e.ID, hex.EncodeToString(leaf[:]))
				}
				print.Lock()
				os.Stdout.WriteString(lines.String())
				print.Unlock()
			}
		}()
	}
	select {}
}

// chance makes ten bytes of a text.
func chance(text string) [10]byte {
	h := sha256.Sum256([]byte(text))
	return [10]byte(h[:10])
}

// TestF01Kill: the process is killed at random moments under 32 submitters. What
// was acknowledged is in the log, at its place, once; the rest is wholly there or
// not at all.
func TestF01Kill(t *testing.T) {
	rounds := 20
	if long() {
		rounds = 2000
	}
	if testing.Short() {
		rounds = 3
	}
	seed := seeds(t, 1, 1)[0]
	r := rand.New(rand.NewPCG(seed, 1))
	dir := t.TempDir()
	w := journal.RealWorld(dir)
	if err := journal.Create(w, origin); err != nil {
		t.Fatal(err)
	}
	l, _, err := journal.Open(w, manual)
	if err != nil {
		t.Fatal(err)
	}
	introduce(t, w, l, newAuthor("a"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	leaves := map[int64]string{} // what was acknowledged
	var last record.Checkpoint
	for round := range rounds {
		killed(t, dir, round, time.Duration(r.IntN(60))*time.Millisecond, leaves)
		began := time.Now()
		l, rec, err := journal.Open(w, manual)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("round %d: opening took %s", round, took)
		}
		if err := l.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		c := l.Reader().Checkpoint
		if root, err := l.Reader().RootAt(last.Size); last.Size > 0 && (err != nil || root != last.Root) {
			t.Fatalf("round %d: the root of %d entries has changed: %v", round, last.Size, err)
		}
		last = c
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if every := max(10, rounds/20); round%every == every-1 || round+1 == rounds {
			whole(t, w, leaves)
		}
		for _, x := range rec.Torn {
			for i := range leaves {
				if i >= x.Next && i < rec.Size {
					t.Fatalf("round %d: entry %d was acknowledged and cut off", round, i)
				}
			}
		}
	}
	t.Logf("%d rounds, %d acknowledged entries, %d in the log", rounds, len(leaves), last.Size)
	if len(leaves) < rounds {
		t.Errorf("only %d entries were acknowledged: the test tests nothing", len(leaves))
	}
}

// killed runs the submitters for a while and kills them.
func killed(t *testing.T, dir string, round int, after time.Duration, leaves map[int64]string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "TRUCE_KILL_DIR="+dir, fmt.Sprint("TRUCE_KILL_ROUND=", round))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(out)
	in.Scan()
	if in.Text() != "ready" {
		cmd.Wait()
		t.Fatalf("round %d: %s", round, in.Text())
	}
	time.AfterFunc(after, func() { cmd.Process.Kill() })
	for in.Scan() {
		var i int64
		var id, leaf string
		if n, _ := fmt.Sscanf(in.Text(), "%d %s %s", &i, &id, &leaf); n != 3 || len(leaf) != 64 {
			if strings.HasPrefix(in.Text(), "error") {
				t.Fatalf("round %d: %s", round, in.Text())
			}
			continue // the line was cut by the kill
		}
		if was, ok := leaves[i]; ok && was != leaf {
			t.Fatalf("round %d: place %d was given twice", round, i)
		}
		leaves[i] = leaf
	}
	cmd.Wait() // it was killed, which is an error
}

// whole checks that everything acknowledged is where it was acknowledged, once.
func whole(t *testing.T, w journal.World, leaves map[int64]string) {
	t.Helper()
	r, damage, err := journal.OpenReader(w)
	if err != nil || len(damage) > 0 {
		t.Fatal(err, damage)
	}
	ids := map[string]bool{}
	for e, err := range r.Range(0, r.Size()) {
		if err != nil {
			t.Fatal(err)
		}
		if ids[e.Envelope.ID] {
			t.Fatalf("entry %s stands twice", e.Envelope.ID)
		}
		ids[e.Envelope.ID] = true
		leaf := e.Leaf()
		if want, ok := leaves[e.Index]; ok && want != hex.EncodeToString(leaf[:]) {
			t.Fatalf("entry %d is not the one that was acknowledged", e.Index)
		}
	}
	for i := range leaves {
		if i >= r.Size() {
			t.Fatalf("entry %d was acknowledged and is not there", i)
		}
	}
	if problems := check(w); len(problems) > 0 {
		t.Fatalf("%.500s", fmt.Sprint(problems))
	}
}
