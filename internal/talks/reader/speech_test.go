package reader

import (
	"fmt"
	"slices"
	"testing"

	"github.com/truce-project/truce/internal/talks"
)

// TestWhoSaysIt: speakers, those who relay them, and speakers that stay open.
func TestWhoSaysIt(t *testing.T) {
	for _, c := range []struct {
		text, speaker string // party/name, or "open"
		relay         []string
	}{
		{"Reuters reported, citing TASS, which cited the Russian defence ministry, that Ukraine had rejected a full truce.", "RU/", []string{"Reuters", "TASS"}},
		{"Ukraine rejected a full truce, Kremlin spokesman Dmitry Peskov told TASS, Reuters reported.", "RU/Dmitry Peskov", []string{"Reuters", "TASS"}},
		{"According to the Kremlin, Ukraine rejected a full truce.", "RU/", nil},
		{"“Ukraine rejected a full truce,” said Sergei Lavrov.", "RU/Sergei Lavrov", nil},
		{"“Ukraine rejected a full truce,” said Jean Dupont.", "/Jean Dupont open", nil},
		{"Dmitry Peskov spoke at noon. He said that Ukraine had rejected a full truce.", "RU/Dmitry Peskov", nil},
		{"Dmitry Peskov met Andriy Yermak in Ankara. He said that Ukraine had rejected a full truce.", "/ open", nil},
		{"Ukraine rejected a full truce on Sunday.", "", nil},
		{"По словам Пескова, Украина отвергла полное перемирие.", "RU/Пескова", nil},
		{"Україна відхилила повне перемир'я, повідомив Укрінформ з посиланням на Офіс президента.", "UA/", []string{"Ukrinform"}},
		{"У Кремлі заявили, що Україна відхилила повне перемир'я.", "RU/", nil},
	} {
		a := Read(c.text, Options{})
		i := slices.IndexFunc(a.Drafts, func(d talks.Draft) bool { return d.Kind == talks.Position && d.Party == "UA" })
		if i < 0 {
			t.Errorf("%q: no position", c.text)
			continue
		}
		d, got := a.Drafts[i], ""
		if s := d.Speaker; s != nil {
			got = fmt.Sprintf("%s/%s", s.Party, s.Name)
			if s.Open != "" {
				got += " open"
			}
		}
		if got != c.speaker || !slices.Equal(d.Relay, c.relay) {
			t.Errorf("%q: %q by %v, expected %q by %v", c.text, got, d.Relay, c.speaker, c.relay)
		}
	}
}

// TestStances: a word more or less changes the draft.
func TestStances(t *testing.T) {
	for text, want := range map[string]string{
		"Moscow accepted a full ceasefire.":                                     "accepts",
		"Moscow agreed to a full ceasefire.":                                    "accepts",
		"Moscow did not agree to a full ceasefire.":                             "rejects",
		"Moscow has not agreed to a full ceasefire.":                            "rejects",
		"Moscow didn't accept a full ceasefire.":                                "rejects",
		"Moscow refused a full ceasefire.":                                      "rejects",
		"Moscow refused to accept a full ceasefire.":                            "rejects",
		"Moscow turned down a full ceasefire.":                                  "rejects",
		"Moscow stopped short of endorsing a full ceasefire.":                   "rejects",
		"Moscow has yet to accept a full ceasefire.":                            "silent",
		"Moscow has not said whether it supports a full ceasefire.":             "silent",
		"Moscow is studying a full ceasefire.":                                  "reserves",
		"Moscow will accept a full ceasefire if its terms are put on paper.":    "accepts-if",
		"Moscow would accept a full ceasefire only after elections in Ukraine.": "accepts-if",
		"A full ceasefire was accepted by Moscow.":                              "accepts",
		"A full ceasefire was rejected by Moscow.":                              "rejects",
		"Washington urged Moscow to accept a full ceasefire.":                   "",
		"Washington hopes that Moscow will accept a full ceasefire.":            "",
		"If Moscow accepts a full ceasefire, talks may follow.":                 "",
		"Moscow may accept a full ceasefire.":                                   "",
		"Москва не приняла полное перемирие.":                                   "rejects",
		"Москва до сих пор не согласилась на полное перемирие.":                 "silent",
		"Москва согласилась на полное перемирие.":                               "accepts",
		"Москва согласится на полное перемирие, если условия будут записаны.": "accepts-if",
		"Москва відмовилася від повного перемир'я.":                           "rejects",
		"Москва прийняла повне перемир'я.":                                    "accepts",
		"Москва ще не погодилася на повне перемир'я.":                         "silent",
		"Вашингтон закликав Москву прийняти повне перемир'я.":                 "",
	} {
		got := ""
		for _, d := range Read(text, Options{}).Drafts {
			if d.Kind == talks.Position {
				got += d.Stance
				if d.Party != "RU" {
					got += " by " + d.Party
				}
			}
		}
		if got != want {
			t.Errorf("%q: %q, expected %q", text, got, want)
		}
	}
}
