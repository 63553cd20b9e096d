package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEditionsExit: 0 whatever has changed, 2 usage, 3 a file that says nothing.
func TestEditionsExit(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const head = "time_start,time_end,model,launch_place,target,launched,destroyed\n"
	a := write("a.csv", head+"2025-03-20,2025-03-20,Kalibr,Black Sea,Ukraine,4,1\n")
	b := write("b.csv", head+"2025-03-20,2025-03-20,Kalibr,Black Sea,Ukraine,4,2\n")
	empty := write("empty.csv", head)
	claims := write("claims.csv", "claim_id,claimant,event_start,tz,object\nC1,UA,2025-03-20,Europe/Kyiv,x\n")
	for args, want := range map[string]int{
		a + " " + b:                   0,
		a + " " + empty:               exitInput,
		empty + " " + a:               exitInput,
		a + " " + dir + "/none.csv":   exitInput,
		a + " " + claims:              exitUsage,
		a:                             exitUsage,
		a + " " + b + " --as nothing": exitInput,
		a + " " + b + " --out " + b:   exitUsage,
		a + " " + b + " --terms no":   exitInput,
	} {
		var out, errs bytes.Buffer
		if code := run(append([]string{"editions"}, strings.Fields(args)...), strings.NewReader(""), &out, &errs); code != want {
			t.Errorf("editions %s: exit %d, want %d: %s", args, code, want, errs.String())
		}
	}
}
