package commission

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/when"
)

// Script is what an exercise plays in.
type Script struct {
	Name    string
	Banner  string
	Injects []Planned
}

// Planned is one inject, at a time after the exercise begins.
type Planned struct {
	After time.Duration
	record.InjectEntry
	Line int
}

// ParseScript reads a script: a line is a word and what it says.
//
//	exercise First night
//	inject +10m a call at night
//	  says Three shells fall by the substation.
//	  expects complaint@1 of ALFA within PT30M
//
// All faults are reported at once, with their lines; the script is nil where there
// are any.
func ParseScript(file, text string) (*Script, error) {
	s := &Script{Banner: ExerciseBanner}
	var faults []error
	for i, line := range strings.Split(text, "\n") {
		if err := s.line(strings.TrimSpace(line), i+1); err != nil {
			faults = append(faults, fmt.Errorf("%s:%d: %w", file, i+1, err))
		}
	}
	if s.Name == "" {
		faults = append(faults, fmt.Errorf("%s:1: expected a line `exercise NAME`", file))
	}
	for _, k := range s.Injects {
		if k.Says == "" {
			faults = append(faults, fmt.Errorf("%s:%d: inject %s says nothing: expected a line `says ...` below it", file, k.Line, k.Name))
		}
	}
	if faults != nil {
		return nil, errors.Join(faults...)
	}
	slices.SortStableFunc(s.Injects, func(a, b Planned) int { return int(a.After - b.After) })
	return s, nil
}

// line reads one line.
func (s *Script) line(line string, n int) error {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	if line == "" || line[0] == '#' {
		return nil
	}
	if rest == "" {
		return fmt.Errorf("%q says nothing", word)
	}
	switch word {
	case "exercise":
		s.Name = rest
		return nil
	case "banner":
		s.Banner = rest
		return nil
	case "inject":
		return s.begin(rest, n)
	}
	if len(s.Injects) == 0 {
		return fmt.Errorf("%q: expected exercise, banner or inject", word)
	}
	k := &s.Injects[len(s.Injects)-1]
	switch word {
	case "says":
		k.Says = rest
	case "expects":
		return k.expect(rest)
	default:
		return fmt.Errorf("%q: expected exercise, banner, inject, says or expects", word)
	}
	return nil
}

func (s *Script) begin(rest string, n int) error {
	after, name, _ := strings.Cut(rest, " ")
	d, err := time.ParseDuration(strings.TrimPrefix(after, "+"))
	if err != nil || d < 0 || after[0] != '+' || strings.TrimSpace(name) == "" {
		return fmt.Errorf("%q: expected such as +10m A NAME", rest)
	}
	for _, k := range s.Injects {
		if k.Name == strings.TrimSpace(name) {
			return fmt.Errorf("inject %s stands twice (first on line %d)", k.Name, k.Line)
		}
	}
	s.Injects = append(s.Injects, Planned{After: d, Line: n, InjectEntry: record.InjectEntry{Name: strings.TrimSpace(name)}})
	return nil
}

// expect reads "complaint@1 of ALFA within PT30M"; of and within may be absent.
func (k *Planned) expect(rest string) error {
	f := strings.Fields(rest)
	k.Expects = f[0]
	if _, known := record.KindOf(k.Expects); !known {
		return fmt.Errorf("%q is no kind of entry: expected one of docs/kinds.md, such as complaint@1", k.Expects)
	}
	for i := 1; i < len(f); i += 2 {
		if i+1 == len(f) || f[i] != "of" && f[i] != "within" {
			return fmt.Errorf("%q: expected KIND of PARTY within PT30M", rest)
		}
		if f[i] == "of" {
			k.Of = f[i+1]
			continue
		}
		if _, err := when.ParseDuration(f[i+1]); err != nil {
			return err
		}
		k.Within = f[i+1]
	}
	return nil
}

// Next are the injects that are due by now and were not played, by their names.
func (s *Script) Next(began, now time.Time, played []string) []Planned {
	var out []Planned
	for _, k := range s.Injects {
		if !began.Add(k.After).After(now) && !slices.Contains(played, k.Name) {
			out = append(out, k)
		}
	}
	return out
}
