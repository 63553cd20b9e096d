package vocab

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed core_words.csv
var coreWords string

// words is the table of core_words.csv; only the first comma of a row parts.
var words = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, line := range strings.Split(coreWords, "\n")[1:] {
		if path, text, ok := strings.Cut(line, ","); ok {
			out[path] = text
		}
	}
	return out
})

// Words names a node in English, for sentences that people read: "gas metering
// station" for energy.gas.metering-station. A node of another vocabulary is
// named by the last part of its path.
func Words(path string) string {
	if w, ok := words()[path]; ok {
		return w
	}
	return strings.ReplaceAll(path[strings.LastIndexByte(path, '.')+1:], "-", " ")
}
