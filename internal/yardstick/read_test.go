package yardstick

import (
	"path/filepath"
	"testing"
)

// BenchmarkRead reads a hundred regimes as texts.
func BenchmarkRead(b *testing.B) {
	w, err := Read(filepath.Join(folder(b), "data"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := w.Terms(100); err != nil {
			b.Fatal(err)
		}
	}
}
