package truce

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

const module = "github.com/truce-project/truce"

// policy is a statement of who may import whom: a package may import those
// listed and nothing else of the module. Ground packages stand first.
var policy = map[string]string{
	"":                           "",
	"vocab":                      "",
	"when":                       "",
	"where":                      "",
	"where/internal/areagen":     "where",
	"where/gazetteer":            "where",
	"control":                    "when where",
	"terms":                      "vocab when where",
	"evidence":                   "vocab when where",
	"judge":                      "vocab when where terms evidence",
	"compare":                    "vocab when where terms evidence judge count",
	"count":                      "vocab when where evidence",
	"record":                     "",
	"rights":                     "",
	"lint":                       "vocab when where terms evidence judge compare",
	"internal/twin":              "when where terms evidence",
	"internal/disk":              "",
	"internal/journal":           "record internal/disk",
	"internal/audit":             "record",
	"internal/witness":           "record",
	"internal/office":            "when terms evidence judge record internal/journal internal/audit internal/witness internal/feeds internal/brief internal/intake",
	"internal/journal/sim":       "internal/journal",
	"internal/drill":             "internal/badlink internal/journal internal/audit internal/mirror internal/views record",
	"tools/drill":                "internal/drill",
	"internal/mirror":            "record rights internal/journal internal/audit",
	"internal/badlink":           "",
	"internal/lookalike":         "",
	"internal/pgtest":            "",
	"internal/doctor":            "when internal/background internal/brief/daily internal/journal internal/office internal/views",
	"internal/people":            "record rights internal/journal internal/lookalike",
	"tools/tlogtest":             "",
	"internal/views":             "internal/database internal/disk vocab when where terms evidence judge record rights internal/journal internal/feeds internal/brief",
	"internal/sight":             "when where evidence internal/views rights",
	"internal/web":               "internal/audit internal/mirror internal/sight vocab when where terms evidence judge compare record internal/journal internal/feeds internal/brief internal/views rights internal/people internal/watch internal/intake internal/office internal/forms internal/inbox internal/jobs internal/notify internal/lookalike internal/commission internal/commission/gather internal/talks/board internal/talks/gather count lint internal/formats internal/fetch internal/talks internal/talks/accept internal/talks/article internal/talks/reader internal/talks/sheet where/gazetteer internal/brief/daily internal/brief/daily/gather internal/basemap",
	"internal/publish":           "when evidence count record internal/audit internal/brief internal/views internal/web internal/formats internal/brief/daily internal/basemap where",
	"internal/story":             "when where evidence cases regimes record rights internal/journal internal/feeds internal/office terms",
	"regimes":                    "terms",
	"cases":                      "when where terms evidence judge",
	"internal/basemap":           "where",
	"internal/basemap/gen":       "internal/basemap",
	"internal/console":           "where where/gazetteer internal/basemap",
	"internal/feeds":             "vocab when where where/gazetteer evidence",
	"internal/formats":           "when where",
	"internal/akn":               "terms",
	"internal/calendar":          "",
	"internal/brief":             "internal/formats vocab when where terms evidence judge compare count internal/basemap lint internal/watch",
	"internal/brief/daily":       "vocab when where terms evidence judge count internal/basemap internal/brief internal/calendar internal/formats internal/watch",
	"internal/watch/sky":         "where",
	"internal/watch":             "vocab when where terms evidence judge count internal/watch/sky",
	"internal/intake":            "vocab when where evidence internal/feeds",
	"internal/forms":             "vocab when record internal/intake",
	"internal/talks":             "",
	"internal/talks/article":     "internal/fetch",
	"internal/talks/reader":      "where/gazetteer internal/feeds internal/talks",
	"internal/talks/extract":     "internal/talks",
	"internal/talks/sheet":       "internal/talks",
	"internal/talks/board":       "record",
	"internal/talks/accept":      "record internal/talks internal/talks/board",
	"internal/talks/gather":      "record rights internal/journal internal/people internal/views internal/talks/board",
	"internal/sqlgen":            "vocab when where terms evidence judge",
	"tools/sqltest":              "",
	"internal/bulk":              "vocab when where evidence judge internal/feeds",
	"internal/parts":             "when terms evidence judge compare internal/feeds internal/brief internal/bulk",
	"internal/shares":            "internal/jobs internal/parts",
	"internal/fetch":             "",
	"internal/database":          "",
	"internal/jobs":              "internal/database",
	"internal/inbox":             "record internal/feeds internal/fetch internal/jobs internal/journal internal/office internal/views",
	"internal/notify":            "evidence when where rights internal/fetch internal/jobs internal/views",
	"internal/stamp":             "internal/fetch internal/jobs",
	"internal/stamptest":         "",
	"internal/background":        "internal/fetch internal/inbox internal/jobs internal/journal internal/notify internal/office internal/stamp internal/views rights",
	"internal/yardstick":         "when where terms judge",
	"tools/yardstick":            "judge internal/yardstick",
	"tools/large":                "",
	"tools/peers":                "",
	"internal/fusing":            "when where where/gazetteer evidence internal/feeds internal/brief",
	"cmd/truce":                  "internal/mirror internal/sight vocab when where terms evidence judge compare control regimes cases where/gazetteer internal/feeds internal/brief internal/brief/daily internal/sqlgen internal/basemap lint internal/bulk internal/parts internal/shares record internal/journal internal/views internal/web rights internal/people internal/audit internal/witness internal/office internal/story count internal/watch internal/intake internal/background internal/stamp internal/console internal/doctor internal/fetch internal/notify internal/talks internal/talks/article internal/talks/extract internal/talks/reader internal/talks/sheet internal/fusing internal/commission internal/commission/gather internal/publish internal/talks/board internal/talks/gather internal/talks/accept internal/formats internal/akn internal/brief/daily/gather",
	"internal/commission":        "when where terms evidence judge record internal/calendar",
	"internal/commission/gather": "terms evidence record rights internal/journal internal/people internal/views internal/commission when where",

	"internal/brief/daily/gather": "internal/commission internal/commission/gather internal/formats evidence when record rights internal/brief/daily internal/sight internal/views internal/watch",
}

// outside says which packages from outside the module a package may import;
// tests may import more.
var outside = map[string]string{
	"internal/akn":           "golang.org/x/text",
	"where":                  "github.com/golang/geo github.com/peterstace/simplefeatures",
	"where/internal/areagen": "github.com/peterstace/simplefeatures",
	"terms":                  "github.com/goccy/go-yaml github.com/yuin/goldmark",
	"internal/basemap/gen":   "github.com/peterstace/simplefeatures",
	"internal/watch":         "github.com/goccy/go-yaml",
	"internal/feeds":         "golang.org/x/text modernc.org/sqlite",
	"internal/bulk":          "github.com/parquet-go/parquet-go",
	"tools/large":            "github.com/parquet-go/parquet-go",
	"internal/parts":         "github.com/klauspost/compress",
	"internal/forms":         "github.com/goccy/go-yaml",
	"internal/formats":       "github.com/xuri/excelize github.com/parquet-go/parquet-go github.com/peterstace/simplefeatures",
	"internal/brief/daily":   "golang.org/x/text github.com/xuri/excelize github.com/yuin/goldmark",
	"internal/intake":        "github.com/xuri/excelize github.com/goccy/go-yaml",
	"internal/fusing":        "github.com/corona10/goimagehash",
	"internal/twin":          "pgregory.net/rapid",
	"record":                 "golang.org/x/mod github.com/transparency-dev/formats",
	"compare":                "github.com/sergi/go-diff",
	"internal/journal":       "golang.org/x/mod",
	"internal/views":         "modernc.org/sqlite github.com/kljensen/snowball github.com/jackc/pgx/v5",
	"internal/web":           "github.com/danielgtaylor/huma github.com/paulmach/orb",
	"internal/people":        "github.com/alexedwards/argon2id github.com/alexedwards/scs/v2 github.com/go-webauthn/webauthn github.com/pquerna/otp github.com/coreos/go-oidc/v3 golang.org/x/oauth2 modernc.org/sqlite",
	"internal/audit":         "golang.org/x/mod",
	"internal/publish":       "golang.org/x/mod",
	"internal/story":         "golang.org/x/mod github.com/transparency-dev/formats",
	"internal/talks/article": "codeberg.org/readeck/go-readability/v2 github.com/mmcdole/gofeed golang.org/x/net",
	"internal/witness":       "golang.org/x/mod github.com/transparency-dev/formats",
	"internal/office":        "golang.org/x/mod",
	"internal/mirror":        "golang.org/x/mod golang.org/x/time github.com/transparency-dev/formats",
	"internal/fetch":         "code.dny.dev/ssrf",
	"internal/database":      "github.com/jackc/pgx/v5",
	"internal/jobs":          "github.com/riverqueue/river modernc.org/sqlite github.com/jackc/pgx/v5",
	"internal/stamp":         "github.com/digitorus/timestamp github.com/digitorus/pkcs7",
	"internal/stamptest":     "github.com/digitorus/timestamp",
	"internal/notify":        "github.com/wneessen/go-mail",
	"internal/background":    "github.com/goccy/go-yaml",
	"internal/doctor":        "golang.org/x/sys",
	"internal/disk":          "golang.org/x/sys",
	"count":                  "gonum.org/v1/gonum",
	"cmd/truce":              "filippo.io/age github.com/spf13/cobra github.com/spf13/pflag golang.org/x/term golang.org/x/mod",
}

// impure are packages of the standard library that ground packages must not
// use: they do I/O, read clocks or start processes.
var impure = []string{"os", "net", "net/http", "os/exec", "database/sql", "syscall", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand", "unsafe", "path/filepath"}

var ground = []string{"vocab", "when", "where", "where/gazetteer", "control", "terms", "evidence", "judge", "internal/sqlgen", "compare", "count", "record", "lint", "rights", "internal/watch", "internal/watch/sky", "internal/talks/board"}

func TestLayers(t *testing.T) {
	for dir, imports := range imports(t) {
		allowed, ok := policy[dir]
		if !ok {
			t.Errorf("package %q has no line in the import policy", dir)
			continue
		}
		for _, imp := range imports {
			checkImport(t, dir, imp, strings.Fields(allowed))
		}
	}
}

func checkImport(t *testing.T, dir, imp string, allowed []string) {
	t.Helper()
	if rest, ours := strings.CutPrefix(imp, module+"/"); ours {
		if !member(rest, allowed) {
			t.Errorf("%s may not import %s", dir, rest)
		}
		return
	}
	if !strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") { // standard library
		if member(dir, ground) && member(imp, impure) {
			t.Errorf("%s is ground and may not import %s", dir, imp)
		}
		return
	}
	for _, o := range strings.Fields(outside[dir]) {
		if imp == o || strings.HasPrefix(imp, o+"/") {
			return
		}
	}
	t.Errorf("%s may not import %s", dir, imp)
}

func member(s string, list []string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// TestNoClock: ground packages do not ask what time it is.
func TestNoClock(t *testing.T) {
	for _, dir := range ground {
		files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, bad := range []string{"time.Now(", "time.Since(", "time.Local"} {
				if !strings.HasSuffix(f, "_test.go") && strings.Contains(string(b), bad) {
					t.Errorf("%s uses %s", f, bad)
				}
			}
		}
	}
}

// imports returns what the packages of the module import, by folder; tests
// and programs that are not built are left out.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string]map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		for _, c := range f.Comments {
			if c.Pos() < f.Package && strings.Contains(c.List[0].Text, "go:build ignore") {
				return nil
			}
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if dir == "." {
			dir = ""
		}
		if out[dir] == nil {
			out[dir] = map[string]bool{}
		}
		for _, i := range f.Imports {
			out[dir][strings.Trim(i.Path.Value, `"`)] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	lists := map[string][]string{}
	for dir, set := range out {
		lists[dir] = []string{}
		for i := range set {
			lists[dir] = append(lists[dir], i)
		}
		sort.Strings(lists[dir])
	}
	return lists
}
