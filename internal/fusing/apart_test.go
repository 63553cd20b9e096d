package fusing

import (
	"strings"
	"testing"
)

func TestApartIsRead(t *testing.T) {
	held, err := ReadApart("apart.csv", strings.NewReader("a,b,reason,decision,by\nR-2,R-1,two craters,,anna\nR-3,R-4,two days,apart,\nR-4,R-3,one after all,withdrawn,\n"))
	if err != nil || len(held) != 1 || held[0].A != "R-1" || held[0].Reason != "two craters" || held[0].By != "anna" {
		t.Errorf("%+v, %v", held, err)
	}
	held, err = ReadApart("apart.json", strings.NewReader(`{"items":[{"a":"R-2","b":"R-1","reason":"two craters"}]}`))
	if err != nil || len(held) != 1 {
		t.Errorf("%+v, %v", held, err)
	}
	for text, want := range map[string]string{
		"a,b\nR-1,R-2\n": `apart.csv:1: no column "reason"`,
		"a,b,reason\nR-1,R-1,x\nR-1,,x\nR-1,R-2,\n": "apart.csv:2: R-1 is held apart from itself",
		"a,b,reason,decision\nR-1,R-2,x,perhaps\n":  `apart.csv:2: column decision: "perhaps": expected apart or withdrawn`,
		"":              "no columns: expected a,b,reason",
		"{\"items\":3}": "expected the answer of /api/apart",
		"{\"items\":[{\"a\":\"R-1\",\"b\":\"R-1\"}]}":         "item 1: R-1 is held apart from itself",
		"a,b,reason\n\"R-1,R-2,x\n":                           "apart.csv",
		"\xef\xbb\xbfa,b,reason\nR-1,R-2,x\nR-1,R-3,\nR-2,,y": "apart.csv:3: no reason",
	} {
		if _, err := ReadApart("apart.csv", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, expected %s", text, err, want)
		}
	}
}

func FuzzApart(f *testing.F) {
	f.Add("a,b,reason\nR-1,R-2,x\n")
	f.Add(`{"items":[{"a":"R-2","b":"R-1","reason":"two"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		held, err := ReadApart("apart", strings.NewReader(text))
		for _, h := range held {
			if err != nil || faulty(h) != "" {
				t.Fatalf("%+v, %v", h, err)
			}
		}
	})
}
