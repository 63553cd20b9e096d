package gazetteer

import (
	"slices"
	"strings"
)

// context is a row of data/contexts.csv.
type context struct {
	names, words []string
	side, kind   string
	near         int
}

var contexts = func() []context {
	var out []context
	for _, r := range rows(contextsCSV) {
		out = append(out, context{names: foldedList(r[0]), side: r[1], near: int(r[2][0] - '0'), words: foldedList(r[3]), kind: r[4]})
	}
	return out
}()

// foldedList is a list with its words folded; a * at the end stays.
func foldedList(s string) []string {
	var out []string
	for _, p := range list(s) {
		stem, begins := strings.CutSuffix(p, "*")
		if stem = fold(stem); begins {
			stem += "*"
		}
		out = append(out, stem)
	}
	return out
}

// notPlace says what the name of n words from i on is, when the words beside it
// show that it is no place; "" when they do not.
func notPlace(list []word, i, n int) string {
	for _, c := range contexts {
		if !fits(c.names, list[i].folded) {
			continue
		}
		from, to := i-c.near, i+n-1+c.near
		switch c.side {
		case "before":
			to = i - 1
		case "after":
			from = i + n
		case "without":
			to = i - 1
		}
		found := false
		for k := max(from, 0); k <= min(to, len(list)-1); k++ {
			if (k < i || k >= i+n) && list[k].sentence == list[i].sentence && fits(c.words, list[k].folded) {
				found = true
			}
		}
		if found != (c.side == "without") {
			return c.kind
		}
	}
	return ""
}

// fits reports whether a word is one of a folded list; those that end in * are
// beginnings.
func fits(list []string, w string) bool {
	return slices.ContainsFunc(list, func(p string) bool {
		stem, begins := strings.CutSuffix(p, "*")
		return w == stem || begins && strings.HasPrefix(w, stem)
	})
}
