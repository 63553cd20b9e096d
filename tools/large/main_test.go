package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestPrefix: a shorter history is the beginning of a longer one, whatever file a
// row stands in, and another seed is another history.
func TestPrefix(t *testing.T) {
	text := func(seed uint64, from, to int64) string {
		var b bytes.Buffer
		if err := writeCSV(&b, seed, from, to); err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(b.String(), header)
	}
	if whole := text(1, 0, 500); whole != text(1, 0, 200)+text(1, 200, 500) || whole == text(2, 0, 500) {
		t.Error("rows depend on more than the seed and their number, or not on them")
	}
}
