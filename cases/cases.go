package cases

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

//go:embed *.txt
var files embed.FS

// All reads every case that comes with truce.
func All() ([]Case, []error) {
	names, _ := fs.Glob(files, "*.txt")
	var out []Case
	var errs []error
	for _, n := range names {
		c, e := read(n)
		out, errs = append(out, c...), append(errs, e...)
	}
	return out, errs
}

// Story returns the cases of the built-in story: the disputed incidents of
// March and April 2025.
func Story() ([]Case, error) {
	c, errs := read("march-2025.txt")
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return c, nil
}

func read(name string) ([]Case, []error) {
	b, err := files.ReadFile(name)
	if err != nil {
		return nil, []error{err}
	}
	return Parse(name, bytes.NewReader(b))
}

// Opener finds terms by id.
type Opener func(id string) (*terms.Terms, error)

// Run judges a case and returns what differs from what it expects, each with
// file and line.
func Run(c *Case, open Opener) []error {
	var errs []error
	for _, u := range c.Expect {
		t, err := open(u.Terms)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", c.File, u.Line, err))
			continue
		}
		for _, r := range u.Readings {
			for _, msg := range runReading(c, t, u, r) {
				errs = append(errs, fmt.Errorf("%s:%d: %s: %s", c.File, r.Line, c.Incident.ID, msg))
			}
		}
	}
	return errs
}

func runReading(c *Case, t *terms.Terms, u Under, r Expected) []string {
	if !contains(t.ReadingIDs(), r.Reading) {
		return []string{fmt.Sprintf("%q is not a reading of %s: expected one of %s", r.Reading, t.ID, strings.Join(t.ReadingIDs(), ", "))}
	}
	regime, err := t.Under(r.Reading, released(t, u, r.Reading), u.Assume)
	if err != nil {
		return []string{err.Error()}
	}
	f := judge.New(regime).Incident(&c.Incident, nil)
	out := judge.Compare(&f, terms.Expectation{Verdict: r.Verdict, Author: u.Author, Deciding: r.Deciding, Clauses: r.Clauses})
	for _, a := range r.Assumes {
		if !strings.Contains(strings.Join(regime.Assumes, "\n"), a) {
			out = append(out, fmt.Sprintf("under %s: %q is not among the assumptions %q", r.Reading, a, regime.Assumes))
		}
	}
	return out
}

// released returns the commitments that notices of release have ended.
func released(t *terms.Terms, u Under, reading string) []terms.Commitment {
	var out []terms.Commitment
	for _, n := range u.Released {
		for _, k := range t.CommitmentsUnder(reading) {
			if string(k.Party) == n.Party {
				at := n.At
				k.Released = &at
				out = append(out, k)
			}
		}
	}
	return out
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}
