package console

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/vocab"
)

const sources = "../../console/src"

// plurals are the forms that a language needs beside other.
var plurals = map[string][]string{"en": {"one"}, "uk": {"one", "few", "many"}, "ru": {"one", "few", "many"}, "ar": {"one", "two", "few", "many"}}

var inMessage = regexp.MustCompile(`\{(\w+)(\|[^}]*)?\}`)

// TestMessagesAreWhole: every language has every message, with the same values in
// it, and the plurals that it needs.
func TestMessagesAreWhole(t *testing.T) {
	folders, err := filepath.Glob(sources + "/pages/*/messages")
	if err != nil {
		t.Fatal(err)
	}
	folders = append(folders, sources+"/messages")
	for _, dir := range folders {
		english := messages(t, dir, "en")
		if len(english) == 0 {
			t.Errorf("%s has no messages", dir)
		}
		for _, lang := range []string{"en", "uk", "ru", "ar"} {
			of := messages(t, dir, lang)
			for key, m := range english {
				if of[key] == "" {
					t.Errorf("%s/%s.json lacks %q (in English: %s)", dir, lang, key, m)
				} else if a, b := values(m), values(of[key]); !slices.Equal(a, b) {
					t.Errorf("%s/%s.json: %q has the values %v, in English %v", dir, lang, key, b, a)
				}
				forms(t, dir, lang, key, of[key])
			}
			for key := range of {
				if _, ok := english[key]; !ok {
					t.Errorf("%s/%s.json has %q, which English has not", dir, lang, key)
				}
			}
		}
	}
}

func messages(t *testing.T, dir, lang string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, lang+".json"))
	if err != nil {
		t.Error(err)
		return nil
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		t.Errorf("%s/%s.json: %v", dir, lang, err)
	}
	return m
}

// values are the names in a message, once each.
func values(m string) []string {
	var out []string
	for _, x := range inMessage.FindAllStringSubmatch(m, -1) {
		if !slices.Contains(out, x[1]) {
			out = append(out, x[1])
		}
	}
	slices.Sort(out)
	return out
}

func forms(t *testing.T, dir, lang, key, m string) {
	t.Helper()
	for _, x := range inMessage.FindAllStringSubmatch(m, -1) {
		if x[2] == "" {
			continue
		}
		for _, f := range append([]string{"other"}, plurals[lang]...) {
			if !strings.Contains(x[2], "|"+f+"=") {
				t.Errorf("%s/%s.json: %q has no form %q: %s", dir, lang, key, f, m)
			}
		}
	}
}

var asked = regexp.MustCompile(`\bt\('([^']+)'(\)|, )`)

// TestMessagesThatAreAskedForExist: a page asks for words that it, or all pages,
// have.
func TestMessagesThatAreAskedForExist(t *testing.T) {
	common := messages(t, sources+"/messages", "en")
	files := 0
	err := filepath.WalkDir(sources, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".svelte") && !strings.HasSuffix(name, ".ts") {
			return err
		}
		files++
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(sources, name)
		parts := strings.Split(filepath.ToSlash(rel), "/")
		own := map[string]string{}
		if parts[0] == "pages" && len(parts) > 2 {
			own = messages(t, filepath.Join(sources, "pages", parts[1], "messages"), "en")
		}
		for _, m := range asked.FindAllStringSubmatch(string(b), -1) {
			_, a := common[m[1]]
			if _, o := own[m[1]]; !a && !o {
				// A component that only one page uses may ask for that page's words.
				if parts[0] == "components" && somePageHas(t, m[1]) {
					continue
				}
				t.Errorf("%s asks for the message %q, which is not there", name, m[1])
			}
		}
		return nil
	})
	if err != nil || files < 10 {
		t.Fatalf("%d files: %v", files, err)
	}
}

func somePageHas(t *testing.T, key string) bool {
	folders, _ := filepath.Glob(sources + "/pages/*/messages")
	return slices.ContainsFunc(folders, func(dir string) bool {
		_, ok := messages(t, dir, "en")[key]
		return ok
	})
}

// TestKindsHaveWords: pages name an entry by its kind, and every kind of the table of
// rights has a word.
func TestKindsHaveWords(t *testing.T) {
	b, err := os.ReadFile("../../rights/kinds.csv")
	if err != nil {
		t.Fatal(err)
	}
	of, some := messages(t, sources+"/messages", "en"), 0
	for _, line := range strings.Split(string(b), "\n") {
		kind, _, ok := strings.Cut(line, "@")
		if !ok || strings.HasPrefix(kind, "#") {
			continue
		}
		if some++; of["kind."+kind] == "" {
			t.Errorf("%s/en.json lacks %q", sources+"/messages", "kind."+kind)
		}
	}
	if some < 40 {
		t.Fatalf("%d kinds were read", some)
	}
}

// TestNodesHaveWords: every node of the core trees has words in every language, and in
// English those that the engine uses, where it has any.
func TestNodesHaveWords(t *testing.T) {
	for _, lang := range []string{"en", "uk", "ru", "ar"} {
		of, some := messages(t, sources+"/messages", lang), 0
		for _, tree := range []string{"act", "outcome", "means", "target"} {
			for _, path := range vocab.Core().Tree(tree).Nodes() {
				some++
				key := tree + "." + path
				if of[key] == "" {
					t.Errorf("%s/%s.json lacks %q", sources+"/messages", lang, key)
				}
				if tree != "means" && path != "none" && lang == "en" && of[key] != vocab.Words(path) {
					t.Errorf("%q is %q on pages, and %q in sentences of the engine", key, of[key], vocab.Words(path))
				}
			}
		}
		if some < 150 {
			t.Fatalf("%d nodes", some)
		}
	}
}
