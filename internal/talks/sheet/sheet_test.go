package sheet

import (
	"regexp"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/talks"
	"github.com/truce-project/truce/internal/talks/reader"
)

const story = `RIYADH, March 23, 2025 (Reuters) - U.S. and Ukrainian officials met in Riyadh on Sunday. The Ukrainian team is technical, a Ukrainian official said.
Moscow rejected a blanket 30-day truce that Kyiv accepted. Last Tuesday President Vladimir Putin agreed to a 30-day halt of strikes on energy facilities and ordered his military to stop them.
Ukraine said it would join the halt once a document sets out its terms.
Russia and Ukraine accused each other of blowing up a gas metering station at Sudzha. Russia reserves the right to a symmetrical response.
The sides must settle the modalities: how to monitor the halt, and what is in scope.`

// TestBriefStandsOnWords: every line of the page has words, and they stand in the
// article.
func TestBriefStandsOnWords(t *testing.T) {
	a := reader.Read(story, reader.Options{Name: "a.txt"})
	p := Brief([]talks.Article{a})
	for name, lines := range map[string][]Line{"regimes": p.Regimes, "bound": p.Bound, "scope": p.Scope, "means": p.Means, "questions": p.Questions, "talks": p.Talks} {
		if len(lines) == 0 {
			t.Errorf("%s: no lines", name)
		}
		for _, l := range lines {
			if len(l.Words) == 0 || l.Article != "a.txt" {
				t.Errorf("%s: %q rests on nothing", name, l.Says)
			}
			for _, w := range l.Words {
				if story[w.Start:w.End] != w.Text {
					t.Errorf("%s: %q does not stand there", name, w.Text)
				}
			}
		}
	}
	var out strings.Builder
	p.Write(&out)
	for _, want := range []string{
		"RU rejects: a truce of all fighting, 30 days",
		"RU accepts: a halt of strikes on energy, 30 days; since 2025-03-18",
		"UA accepts on a condition: a halt of strikes on energy, 30 days; condition: “once a document sets out its terms”",
		"RU is said to have ordered its forces: “to stop them”, 2025-03-18",
		"which facilities are on the list, and who certifies it?",
		"Who did it stays open: RU names UA; UA names RU",
		"RU reserves a response (symmetrical)",
		"To be settled: how to monitor the halt",
		"Is what UA says it accepts within the mandate",
		"satellite detections of fire",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, out.String())
		}
	}
	if !regexp.MustCompile(`(?m)^  \[\d+\] “Ukraine said it would join`).MatchString(out.String()) {
		t.Error("the words are not at the foot")
	}
}

func TestNothingToSay(t *testing.T) {
	var out strings.Builder
	Brief([]talks.Article{reader.Read("The weather was fine.", reader.Options{})}).Write(&out)
	for _, want := range []string{"no proposal is told", "nobody is told to be bound", "no talks are told"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said", want)
		}
	}
}
