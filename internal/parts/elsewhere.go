package parts

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// At says from which folder the names of inputs are looked for that do not begin with
// a /: that of the process that made the plan. What is said of inputs names them as
// they were given.
func (p *Plan) At(base string) {
	for i := range p.Inputs {
		if in := &p.Inputs[i]; !filepath.IsAbs(in.Path) {
			in.at = filepath.Join(base, in.Path)
		}
	}
}

// file is where an input lies.
func (in *Input) file() string {
	if in.at != "" {
		return in.at
	}
	return in.Path
}

// Left are those of some units that are not done: the folder is read once, and parts
// that were not there before are looked into.
func (p *Plan) Left(units []int) ([]int, error) {
	list, err := os.ReadDir(p.dir)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, e := range list {
		there[e.Name()] = true
	}
	var out []int
	for _, n := range units {
		done := there[filepath.Base(p.partName(n))]
		if done {
			if done, err = p.Done(n); err != nil {
				return nil, err
			}
		}
		if !done {
			out = append(out, n)
		}
	}
	return out, nil
}

// Abandoned is after how long a file that is being written counts as one that nobody
// writes any more: what a process left that was killed. A part is written as it is
// done, a quarter of a MiB at a time.
const Abandoned = time.Hour

// Sweep removes what killed processes left in a folder of partitions. Whoever wrote
// one after all, after an hour without a word, finds that the part is there or does
// it again.
func Sweep(dir string, now time.Time) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range list {
		if !slices.ContainsFunc([]string{".new-", ".ids-"}, func(s string) bool { return strings.HasPrefix(e.Name(), s) }) {
			continue
		}
		info, err := e.Info()
		if err != nil || now.Sub(info.ModTime()) < Abandoned {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("left by a process that was killed: %w", err)
		}
	}
	return nil
}
