package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// command is a program that works in the folder of the run.
func (b *bench) command(name string, args ...string) *exec.Cmd {
	if filepath.Base(name) == name && name != "bash" {
		name = filepath.Join(b.dir, "bin", name)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = b.dir
	return cmd
}

// output runs a program and returns what it printed.
func output(cmd *exec.Cmd) (string, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		text := out.Bytes()
		return "", fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, text[max(0, len(text)-600):])
	}
	return out.String(), nil
}

// noGEOS stands in where the library is not installed, so that the other stacks
// of the same program can be built.
const noGEOS = `package main

import "log"

type gctx struct{}
type gprep struct{}

func newGctx() *gctx                         { log.Fatal("built without GEOS"); return nil }
func (*gctx) prep(string) *gprep             { return nil }
func (*gprep) isect(_, _ float64) bool       { return false }
func (*gprep) within(_, _, _ float64) bool   { return false }
func wktPts([][2]float64) string             { return "" }
`

// build builds a program of the peers' folder where it stands.
func (b *bench) build(name string, args ...string) error {
	cmd := exec.Command("go", append(append([]string{"build", "-o", filepath.Join(b.dir, "bin", name)}, args...), "./cmd/"+name)...)
	cmd.Dir = b.yard
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=", "GOWORK=off")
	_, err := output(cmd)
	return err
}

// prepare builds what everything needs, makes the data and asks the oracle.
func (b *bench) prepare() error {
	for _, d := range []string{"bin", "data", "expected"} {
		if err := os.MkdirAll(filepath.Join(b.dir, d), 0o755); err != nil {
			return err
		}
	}
	os.Chmod(b.dir, 0o755) // a database reads there as another user
	log.Print("programs are built")
	cmd := exec.Command("go", "build", "-o", filepath.Join(b.dir, "bin", "yardstick"), "./tools/yardstick")
	if _, err := output(cmd); err != nil {
		return fmt.Errorf("run this in the root of the repository: %w", err)
	}
	for _, name := range []string{"gen", "oracle", "fast", "sqlexport"} {
		if err := b.build(name); err != nil {
			return fmt.Errorf("%s of %s, which the data and the right answers come from, cannot be built: %w", name, b.yard, err)
		}
	}
	log.Print("data is made")
	if _, err := output(b.command("gen", "-n", strconv.Itoa(b.events))); err != nil {
		return err
	}
	if _, err := output(b.command("sqlexport")); err != nil {
		return err
	}
	if b.events != 1_000_000 { // the name that some of them read
		os.Remove(filepath.Join(b.dir, "data", "events-1000000.bin"))
		if err := os.Symlink(b.file("bin"), filepath.Join(b.dir, "data", "events-1000000.bin")); err != nil {
			return err
		}
	}
	return b.ask()
}

func (b *bench) file(ending string) string { return fmt.Sprintf("events-%d.%s", b.events, ending) }

// ask has the oracle say what is right.
func (b *bench) ask() error {
	n := min(b.events, 100_000)
	log.Printf("the oracle judges %d events by brute force", n)
	const truth = "expected/oracle-100k-r100-P"
	if _, err := output(b.command("oracle", "-n", strconv.Itoa(n), "-r", "100", "-out", truth)); err != nil {
		return err
	}
	name := truth + ".json"
	b.judge = "a brute-force oracle (integer geometry)"
	if n < b.events {
		name = "expected/fast.json"
		b.judge = "the hand-written evaluator, which equals the brute-force oracle on the first 100,000 events"
		if _, err := output(b.command("fast", "-in", "data/"+b.file("bin"), "-r", strconv.Itoa(b.regimes), "-rep", "1", "-check", truth+".bin", "-sum", name)); err != nil {
			return err
		}
	}
	var err error
	b.want, err = readSums(filepath.Join(b.dir, name))
	if err == nil {
		b.want = b.want[:b.regimes]
	}
	return err
}

// readSums reads counts as the data set's programs write them.
func readSums(name string) ([]map[string]int, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list []struct {
		Counts map[string]int `json:"counts"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var out []map[string]int
	for _, s := range list {
		delete(s.Counts, "not_covered")
		out = append(out, s.Counts)
	}
	return out, nil
}

// readCounts reads counts as the SQL peers write them: regime, code, count.
func readCounts(name string, regimes int) ([]map[string]int, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := make([]map[string]int, regimes)
	for k := range out {
		out[k] = map[string]int{}
	}
	names := [4]string{"not_covered", "permitted", "undetermined", "breach"}
	for r := csv.NewReader(f); ; {
		row, err := r.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		var v [3]int
		for i := range v {
			if v[i], err = strconv.Atoi(row[i]); err != nil {
				return nil, err
			}
		}
		if v[0] >= regimes || v[1]>>4 > 3 {
			return nil, fmt.Errorf("%s: regime %d, code %d", name, v[0], v[1])
		}
		out[v[0]][fmt.Sprintf("%s:%d", names[v[1]>>4], v[1]&15)] = v[2]
	}
}

// check counts the answers that differ from what is right, and all there are.
func (b *bench) check(got []map[string]int, s *sample) error {
	if len(got) != len(b.want) {
		return fmt.Errorf("answers for %d regimes, expected %d", len(got), len(b.want))
	}
	s.wrong, s.of = 0, 0
	for k, want := range b.want {
		for name, n := range want {
			s.of += n
			s.wrong += max(n-got[k][name], got[k][name]-n)
		}
		for name, n := range got[k] {
			if _, ok := want[name]; !ok {
				s.wrong += n
			}
		}
	}
	return nil
}
