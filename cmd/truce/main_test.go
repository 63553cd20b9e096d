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
	testscript.Run(t, testscript.Params{Dir: "testdata/script", UpdateScripts: os.Getenv("UPDATE") != "", Cmds: map[string]func(*testscript.TestScript, bool, []string){"issued": issued, "falsify": falsify, "disown": disown, "dispute": dispute, "foreign": foreign}})
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

// dispute disputes the last finding of a record.
func dispute(ts *testscript.TestScript, _ bool, args []string) {
	change(ts, args[0], func(last journal.Entry, _ []byte) office.Draft {
		return office.Draft{Kind: "dispute@1", Payload: record.CorrectionEntry{Reason: "does not follow from the text"}, Refs: []record.Ref{{Relation: record.Disputes, ID: last.Envelope.ID}}}
	})
}

// foreign writes the last finding of another record into a record, about its own last
// data set: by a text that may not be there.
func foreign(ts *testscript.TestScript, _ bool, args []string) {
	var finding record.FindingEntry
	var text record.Ref
	withLast(ts, args[1], "finding@1", func(_ *office.Office, e journal.Entry, payload []byte) {
		ts.Check(json.Unmarshal(payload, &finding))
		text = e.Envelope.Refs[0]
	})
	withLast(ts, args[0], "dataset@1", func(of *office.Office, e journal.Entry, _ []byte) {
		_, _, err := of.Write(context.Background(), office.Draft{Kind: "finding@1", Payload: finding, Refs: []record.Ref{text, {Relation: record.About, ID: e.Envelope.ID}}, Made: time.Now(), Seed: bytes.Repeat([]byte{99}, 32)})
		ts.Check(err)
	})
}

func change(ts *testscript.TestScript, name string, made func(last journal.Entry, payload []byte) office.Draft) {
	withLast(ts, name, "finding@1", func(of *office.Office, e journal.Entry, payload []byte) {
		d := made(e, payload)
		d.Made, d.Seed = time.Now(), bytes.Repeat([]byte{byte(e.Index), byte(len(d.Kind))}, 16)
		_, _, err := of.Write(context.Background(), d)
		ts.Check(err)
	})
}

// withLast calls f with a record and the last of its entries of a kind.
func withLast(ts *testscript.TestScript, name, kind string, f func(of *office.Office, last journal.Entry, payload []byte)) {
	dir := ts.MkAbs(name)
	l, _, err := journal.Open(journal.RealWorld(dir), journal.Options{Interval: -1})
	ts.Check(err)
	of, err := office.Attach(dir, l)
	ts.Check(err)
	r := l.Reader()
	for i := r.Size() - 1; i >= 0; i-- {
		e, err := r.Entry(i)
		ts.Check(err)
		if e.Envelope.Kind != kind {
			continue
		}
		p, err := r.Payload(i)
		ts.Check(err)
		f(of, e, p.Bytes)
		break
	}
	ts.Check(l.Close())
}
