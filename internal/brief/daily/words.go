package daily

import "sync"

var catalogues sync.Map // by language

// Word names a node of a tree in a language of reports, or the nearest above it that
// has a name; "" where there is none.
func Word(lang, tree, node string) string {
	c, ok := catalogues.Load(lang)
	if !ok {
		opened, err := openCatalogue(lang)
		if err != nil {
			return ""
		}
		c, _ = catalogues.LoadOrStore(lang, opened)
	}
	if w := c.(*catalogue).word(tree, node); w != c.(*catalogue).text("not-said") {
		return w
	}
	return ""
}
