package reader

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/talks"
)

// gist is what drafts say, without where their words stand.
func gist(a talks.Article, rename func(string) string) []string {
	var out []string
	all := func(list []string) []string {
		r := make([]string, len(list))
		for i, p := range list {
			r[i] = rename(p)
		}
		slices.Sort(r)
		return r
	}
	for _, d := range a.Drafts {
		date, cond, speaker := "", "", ""
		if d.Date != nil {
			date = d.Date.Value + d.Date.End + d.Date.Relative
		}
		for _, c := range d.Conditions {
			cond += c.Text + ";"
		}
		if d.Speaker != nil {
			speaker = rename(d.Speaker.Party)
		}
		var by []string
		for _, c := range d.ClaimedActor {
			by = append(by, fmt.Sprint(rename(c.By), ">", rename(c.Actor), c.Denied))
		}
		slices.Sort(by)
		out = append(out, fmt.Sprint(d.Kind, " ", rename(d.Party), all(d.Parties), all(d.First), all(d.Then), d.State, d.Stance, d.Scope, d.Days, d.Mode, rename(d.Accused), d.Norm, d.Place, d.Target, date, cond, speaker, by, len(d.Words)))
	}
	slices.Sort(out)
	return out
}

func same(p string) string { return p }

var boilerplateLines = []string{"Reporting by A. Writer; Editing by B. Editor", "Read more: what we know so far", "All rights reserved.", "Читайте також: усе про переговори",
	"Подписывайтесь на наш канал", "Sign up to our newsletter", "Advertisement", "* * *", "Photo: an agency"}

// TestBoilerplateChangesNothing: lines that are no part of the report, and
// paragraphs said twice, change no draft.
func TestBoilerplateChangesNothing(t *testing.T) {
	texts := ownArticles(t)
	var names []string
	for n := range texts {
		names = append(names, n)
	}
	slices.Sort(names)
	rapid.Check(t, func(t *rapid.T) {
		text := texts[rapid.SampledFrom(names).Draw(t, "article")]
		paras := strings.Split(text, "\n\n")
		at := rapid.IntRange(1, len(paras)).Draw(t, "at")
		extra := rapid.SampledFrom(boilerplateLines).Draw(t, "line")
		if rapid.Bool().Draw(t, "repeat") {
			extra = paras[rapid.IntRange(0, at-1).Draw(t, "which")]
		}
		more := strings.Join(slices.Insert(slices.Clone(paras), at, extra), "\n\n")
		if a, b := gist(Read(text, Options{}), same), gist(Read(more, Options{}), same); !slices.Equal(a, b) {
			t.Fatalf("with %q:\n%s\n\nbut:\n%s", extra, strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
	})
}

// parts are sentences about two parties, A and B.
var parts = []string{
	"A accepted a full 30-day ceasefire proposed by Washington, and B rejected it.",
	"B has yet to accept a 30-day halt of strikes on energy facilities.",
	"A will join the energy truce once a document sets out its terms, A said on Sunday.",
	"A accused B of violating the agreement every day.",
	"B denied the accusation.",
	"A blamed B for an explosion at a gas metering station on Friday.",
	"A and B accused each other of blowing up a gas pumping station.",
	"A did not agree to a maritime truce.",
	"The A delegation is headed by Ivan Petrenko.",
	"A said on Monday it reserved the right to a symmetrical response.",
	"A and B will hold talks in Riyadh on Tuesday.",
	"Talks between A and the United States will precede talks between B and the United States on Monday.",
	"B turned down a blanket truce; A has not said whether it supports the proposal.",
}

// TestPartiesAreEqual: with the names of the parties exchanged, the drafts are
// the same with the parties exchanged.
func TestPartiesAreEqual(t *testing.T) {
	write := func(list []string, a, b string) string {
		text := strings.Join(list, "\n")
		text = strings.ReplaceAll(text, "The A delegation", "The delegation of A")
		return strings.NewReplacer("A and B", a+" and "+b, "A ", a+" ", "B ", b+" ", " B.", " "+b+".", "of A ", "of "+a+" ").Replace(text)
	}
	swap := func(p string) string {
		return map[string]string{"UA": "RU", "RU": "UA"}[p] + strings.NewReplacer("UA", "", "RU", "").Replace(p)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "n")
		var list []string
		for range n {
			list = append(list, rapid.SampledFrom(parts).Draw(t, "part"))
		}
		one, two := write(list, "Ukraine", "Russia"), write(list, "Russia", "Ukraine")
		o := Options{Dateline: Day{2025, 3, 23}}
		a, b := gist(Read(one, o), same), gist(Read(two, o), swap)
		if !slices.Equal(a, b) {
			t.Fatalf("%s\n%s\n\n%s\n%s", one, strings.Join(a, "\n"), two, strings.Join(b, "\n"))
		}
	})
}

func TestNothingLeftToChance(t *testing.T) {
	for name, text := range ownArticles(t) {
		first := Read(text, Options{})
		for range 3 {
			if !reflect.DeepEqual(first, Read(text, Options{})) {
				t.Fatalf("%s: two readings differ", name)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range ownArticles(f) {
		f.Add(text)
	}
	f.Add("“Kyiv «accepted» \"it”, Moscow's — ні; the 30- day")
	f.Add("KYIV, February 29 (Reuters) - Ukraine and Russia met a day earlier.")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 20_000 {
			return
		}
		a := Read(text, Options{})
		checkWords(t, "fuzz", strings.ToValidUTF8(text, "?"), a)
	})
}

// BenchmarkRunOn reads a text without the end of a sentence, as nobody writes it.
func BenchmarkRunOn(b *testing.B) {
	text := strings.Repeat("Putin and Trump said the truce and Kyiv accepted it, which Russia said on Monday and ", 400)
	for b.Loop() {
		Read(text, Options{})
	}
}
