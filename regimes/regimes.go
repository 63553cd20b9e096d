// Package regimes holds the texts that come with truce: literate terms of
// real regimes, each from its published wording in our own summary.
package regimes

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/truce-project/truce/terms"
)

//go:embed *.truce.md
var files embed.FS

// FS holds the files.
func FS() fs.FS { return files }

// Names returns the ids of the regimes, sorted.
func Names() []string {
	var out []string
	entries, _ := files.ReadDir(".")
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), ".truce.md"); ok {
			out = append(out, id)
		}
	}
	return out
}

// Open reads a regime by id. Errors: no such regime, or problems in the text.
func Open(id string) (*terms.Terms, error) {
	t, problems := terms.Parse(files, id+".truce.md")
	if t == nil {
		if len(problems) == 0 {
			return nil, fmt.Errorf("no regime %q: there are %s", id, strings.Join(Names(), ", "))
		}
		return nil, problems
	}
	return t, nil
}
