package shares

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/parts"
	"github.com/truce-project/truce/internal/pgtest"
	builtin "github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
)

func TestMain(m *testing.M) {
	queueEvery, pause = 100*time.Millisecond, 300*time.Millisecond
	os.Exit(pgtest.Main(m))
}

func texts(string) parts.OpenText {
	return func(name string) (*terms.Terms, error) { t, err := builtin.Open(name); return t, err }
}

// job plans some small files in a folder, by names that begin in base.
func job(t testing.TB, files int) Job {
	t.Helper()
	base := t.TempDir()
	t.Chdir(base)
	var names []string
	for k := range files {
		name := fmt.Sprintf("%d.csv", k)
		text := "id,time_start,lat,lon,precision_m,actor,act,target,text\n"
		for i := range 40 {
			text += fmt.Sprintf("%d,2025-04-01T10:00:00Z,48.5,35.0,0,RU,attack.strike.drone,energy,row\n", 100*k+i+1)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	tm, err := builtin.Open("blanket-30d")
	if err != nil {
		t.Fatal(err)
	}
	q := parts.Question{Kind: parts.Findings, Format: "csv", Sides: []parts.Side{{Text: "blanket-30d", Digest: tm.Digest, Readings: []parts.Reading{{ID: tm.ReadingIDs()[0], Assume: true}}}}}
	ask, err := parts.Ask(q, texts(""))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(base, "w")
	p, err := parts.Make(t.Context(), names, parts.Options{Dir: dir, Question: ask.Digest(), Feed: ask.Feed()})
	if err == nil {
		err = q.Keep(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	return Job{Plan: p, Ask: ask, Dir: dir, Base: base, Edition: "1"}
}

func joined(t *testing.T, j Job) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := j.Plan.Join(t.Context(), &b, j.Ask); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// alone is what one process makes of a job that was just planned; its parts are
// removed again.
func alone(t *testing.T, j Job) string {
	t.Helper()
	if err := j.Plan.Run(t.Context(), 1, j.Ask, nil); err != nil {
		t.Fatal(err)
	}
	text := joined(t, j)
	for n := range j.Plan.Units {
		if err := os.Remove(filepath.Join(j.Dir, fmt.Sprintf("part-%06d", n))); err != nil {
			t.Fatal(err)
		}
	}
	return text
}

// works starts a worker, and stops it with the test.
func works(t *testing.T, url, queue string, w *Worker) {
	t.Helper()
	w.Open, w.Log = texts, slog.New(slog.DiscardHandler)
	d, err := Open(t.Context(), url, queue, w.Log, w.Kind(2))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(d.Stop(context.Background()), d.Close()); err != nil {
			t.Error(err)
		}
	})
}

// asked runs a job, and returns what was told.
func asked(t *testing.T, url, queue string, j Job, o Options) (done Progress, told string, err error) {
	t.Helper()
	d, err := Open(t.Context(), url, queue, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var mu sync.Mutex
	o.Told = func(s string) { mu.Lock(); defer mu.Unlock(); told += s + "\n" }
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done, err = Run(ctx, d, j, o)
	return done, told, err
}

// TestAmiss: what a worker cannot do is told with its machine and the reason, and done
// by whoever asked, also where that only waits; a worker that can does all.
func TestAmiss(t *testing.T) {
	url := pgtest.Shared(t).Address
	for name, c := range map[string]struct {
		edition string // of the worker
		spoil   func(*Job)
		told    string
	}{
		"well":    {"1", func(*Job) {}, ""},
		"edition": {"2", func(*Job) {}, "another edition of truce: 2, and 1 was asked"},
		"files":   {"1", func(j *Job) { j.Base = "/nowhere" }, "/nowhere/0.csv: no such file"},
		"folder":  {"1", func(j *Job) { j.Dir = "/nowhere" }, "/nowhere: there is no plan in the folder: every worker has to see the folder of --work"},
		"changed": {"1", func(j *Job) { // another file of that name on the worker's machine
			other := t.TempDir()
			for k := range len(j.Plan.Units) {
				b, err := os.ReadFile(fmt.Sprintf("%d.csv", k))
				if err == nil {
					err = os.WriteFile(filepath.Join(other, fmt.Sprintf("%d.csv", k)), bytes.ReplaceAll(b, []byte("RU"), []byte("UA")), 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			j.Base = other
		}, "0.csv has changed since partitions were planned"},
	} {
		t.Run(name, func(t *testing.T) {
			j := job(t, 3)
			want := alone(t, j)
			c.spoil(&j)
			works(t, url, name, &Worker{Edition: c.edition})
			done, told, err := asked(t, url, name, j, Options{Cores: 1, Wait: true})
			if err != nil || joined(t, j) != want {
				t.Fatalf("%v %s", err, told)
			}
			if (c.told == "") != (done.Here == 0) || done.Done != 3 {
				t.Errorf("%+v", done)
			}
			if c.told == "" && told != "" || c.told != "" && !strings.Contains(told, "a worker could not do a partition: "+Me()+": ") || !strings.Contains(told, c.told) {
				t.Errorf("told: %s", told)
			}
		})
	}
}

// blocked is a question that is not answered before it may be.
type blocked struct {
	parts.Asker
	begun, may chan struct{}
}

// Begin begins an answer.
func (b *blocked) Begin(w io.Writer) (parts.Answer, error) {
	select {
	case b.begun <- struct{}{}:
	default:
	}
	<-b.may
	return b.Asker.Begin(w)
}

// TestAway: where the database is lost, whoever asked does the rest.
func TestAway(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: tests that start and kill processes are left out with -short")
	}
	server := pgtest.Start(t)
	j := job(t, 4)
	want := alone(t, j)
	b := &blocked{j.Ask, make(chan struct{}, 1), make(chan struct{})}
	j.Ask = b
	go func() {
		<-b.begun
		server.Stop()
		time.Sleep(3 * queueEvery)
		close(b.may)
	}()
	done, told, err := asked(t, server.Address, "", j, Options{Cores: 2})
	if err != nil || done.Here != 4 || joined(t, j) != want {
		t.Errorf("%v %+v", err, done)
	}
	if !strings.Contains(told, "the queue cannot be reached") {
		t.Errorf("told: %q", told)
	}
}

// TestFault: a fault of the input ends it, as it does in one process, and whoever asked
// again takes up what was done.
func TestFault(t *testing.T) {
	url := pgtest.Shared(t).Address
	j := job(t, 3)
	want := alone(t, j)
	kept, err := os.ReadFile("1.csv")
	if err == nil {
		err = os.WriteFile("1.csv", bytes.Replace(kept, []byte("RU"), []byte("UA"), 1), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	works(t, url, "fault", &Worker{Edition: "1"})
	if _, _, err := asked(t, url, "fault", j, Options{Cores: 1, Wait: true}); err == nil || !strings.Contains(err.Error(), "1.csv has changed") {
		t.Fatal(err)
	}
	if err := os.WriteFile("1.csv", kept, 0o644); err != nil {
		t.Fatal(err)
	}
	// a worker that was at it meanwhile may say once more why it could not
	if _, told, err := asked(t, url, "fault", j, Options{Cores: 1}); err != nil || told != "" && !strings.Contains(told, "1.csv has changed") || joined(t, j) != want {
		t.Errorf("%v %q", err, told)
	}
	d, err := Open(t.Context(), url, "fault", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if n, err := d.Counts(t.Context()); err != nil || n["available"]+n["retryable"]+n["discarded"] != 0 {
		t.Errorf("left in the queue: %v %v", n, err)
	}
}

// TestNames: schemas are those of queues alone.
func TestNames(t *testing.T) {
	for name, want := range map[string]string{"": "truceparts", "night1": "truceparts_night1", "Night": "", "a_b": "", "a\"; drop": "", strings.Repeat("a", 41): ""} {
		if got, err := Schema(name); got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q %v", name, got, err)
		}
	}
}
