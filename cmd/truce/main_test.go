package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/office"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"truce": main})
}

// TestScripts runs every command as a user would.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", UpdateScripts: os.Getenv("UPDATE") != "", Cmds: map[string]func(*testscript.TestScript, bool, []string){"issued": issued, "noted": noted}})
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

// noted notes in a record how far it holds those of others, as a server does.
func noted(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	l, _, err := journal.Open(journal.RealWorld(dir), journal.Options{Interval: -1})
	ts.Check(err)
	of, err := office.Attach(dir, l)
	ts.Check(err)
	m, err := mirror.Open(mirror.Options{Dir: dir, Own: l.Reader})
	ts.Check(err)
	for _, x := range m.Logs() {
		ts.Check(anchors(of).Told(context.Background(), x))
	}
	ts.Check(l.Integrate(context.Background()))
	ts.Check(m.Close())
	ts.Check(l.Close())
}
