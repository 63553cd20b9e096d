package judge_test

import (
	"testing"

	"github.com/truce-project/truce/cases"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/regimes"
)

// BenchmarkStory judges the disputed incidents of the built-in story under
// the five readings of the energy halt; ns/op is for one incident under one
// reading, with its trace and deciding facts.
func BenchmarkStory(b *testing.B) {
	story, err := cases.Story()
	if err != nil {
		b.Fatal(err)
	}
	t, err := regimes.Open("energy-2025")
	if err != nil {
		b.Fatal(err)
	}
	var js []*judge.Judge
	for _, id := range t.ReadingIDs() {
		r, err := t.Under(id, nil, false)
		if err != nil {
			b.Fatal(err)
		}
		js = append(js, judge.New(r))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		js[i%len(js)].Incident(&story[i/len(js)%len(story)].Incident, nil)
	}
}

// BenchmarkCompile reads the energy halt and makes its five readings ready.
func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		t, err := regimes.Open("energy-2025")
		if err != nil {
			b.Fatal(err)
		}
		for _, id := range t.ReadingIDs() {
			r, err := t.Under(id, nil, false)
			if err != nil {
				b.Fatal(err)
			}
			judge.New(r)
		}
	}
}
