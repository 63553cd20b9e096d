package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/truce-project/truce/internal/drill"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/pgtest"
	"github.com/truce-project/truce/record"
)

// tests are the tests, with what they share.
type tests struct{ m *testing.M }

// Run runs them.
func (t tests) Run() int { return pgtest.Main(t.m) }

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"truce": func() {
		if wrong, err := time.ParseDuration(os.Getenv(drill.ClockEnv)); err == nil {
			clock = func() time.Time { return time.Now().Add(wrong) }
		}
		noteEvery, _ = time.ParseDuration(os.Getenv(noteEveryEnv)) // none: as ever
		main()
	}})
}

// TestScripts runs every command as a user would.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", UpdateScripts: os.Getenv("UPDATE") != "", Cmds: map[string]func(*testscript.TestScript, bool, []string){"issued": issued, "falsify": falsify, "disown": disown}})
}

// issued takes the id of the report that the last command issued into a variable.
func issued(ts *testscript.TestScript, _ bool, args []string) {
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if id, ok := strings.CutPrefix(line, "issued as "); ok && len(args) == 1 {
			ts.Setenv(args[0], strings.TrimSpace(id))
			return
		}
	}
	ts.Fatalf("issued NAME: the last command issued no report")
}

// falsify writes into a record the last of its findings once more, with another verdict,
// as somebody could who holds the key of the office.
func falsify(ts *testscript.TestScript, _ bool, args []string) {
	change(ts, args[0], func(last journal.Entry, payload []byte) office.Draft {
		var f record.FindingEntry
		ts.Check(json.Unmarshal(payload, &f))
		for reading := range f.Verdicts {
			f.Verdicts[reading] = "permitted"
		}
		return office.Draft{Kind: "finding@1", Payload: f, Refs: last.Envelope.Refs}
	})
}

// disown corrects the last finding of a record.
func disown(ts *testscript.TestScript, _ bool, args []string) {
	change(ts, args[0], func(last journal.Entry, _ []byte) office.Draft {
		return office.Draft{Kind: "correction@1", Payload: record.CorrectionEntry{Reason: "does not follow from the text"}, Refs: []record.Ref{{Relation: record.Supersedes, ID: last.Envelope.ID}}}
	})
}

func change(ts *testscript.TestScript, name string, made func(last journal.Entry, payload []byte) office.Draft) {
	dir := ts.MkAbs(name)
	l, _, err := journal.Open(journal.RealWorld(dir), journal.Options{Interval: -1})
	ts.Check(err)
	of, err := office.Attach(dir, l)
	ts.Check(err)
	r := l.Reader()
	for i := r.Size() - 1; i >= 0; i-- {
		e, err := r.Entry(i)
		ts.Check(err)
		if e.Envelope.Kind != "finding@1" {
			continue
		}
		p, err := r.Payload(i)
		ts.Check(err)
		d := made(e, p.Bytes)
		d.Made, d.Seed = time.Now(), bytes.Repeat([]byte{byte(i)}, 32)
		_, _, err = of.Write(context.Background(), d)
		ts.Check(err)
		break
	}
	ts.Check(l.Close())
}
