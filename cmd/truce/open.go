package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
)

// openTerms reads terms from a file, or one of the regimes that come with
// truce by its id or by a path that does not exist here but ends in its name.
func openTerms(name string) (*terms.Terms, terms.Problems, error) {
	file := filepath.Clean(name)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		id := strings.TrimSuffix(filepath.Base(file), ".truce.md")
		for _, known := range regimes.Names() {
			if known == id {
				t, problems := terms.Parse(regimes.FS(), id+".truce.md")
				return t, problems, nil
			}
		}
		return nil, nil, unread(fmt.Errorf("%s: no such file, and no regime of that name comes with truce (there are %s)", name, strings.Join(regimes.Names(), ", ")))
	} else if err != nil {
		return nil, nil, unread(err)
	}
	dir, base := filepath.Split(file)
	if dir == "" {
		dir = "."
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, unread(err)
	}
	defer root.Close()
	t, problems := terms.Parse(root.FS(), base)
	return t, inDir(problems, dir), nil
}

// inDir makes the file names in problems those that the user gave.
func inDir(ps terms.Problems, dir string) terms.Problems {
	for i := range ps {
		if dir != "." {
			ps[i].Pos.File = filepath.Join(dir, ps[i].Pos.File)
		}
	}
	return ps
}

// didYouMean suggests a regime.
func didYouMean(word string) string {
	if n := vocab.Nearest(word, regimes.Names()); n != "" {
		return fmt.Sprintf("; did you mean %s?", n)
	}
	return ""
}

// isTerms reports whether an argument names terms and not events.
func isTerms(arg string) bool {
	if strings.HasSuffix(arg, ".truce.md") {
		return true
	}
	for _, known := range regimes.Names() {
		if arg == known {
			return true
		}
	}
	return false
}
