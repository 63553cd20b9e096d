package story

import (
	"io/fs"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/regimes"
)

// Texts are the texts of the record, and when the mission recorded each.
var Texts = []struct{ ID, At string }{
	{"blanket-30d", "2025-03-12T09:00Z"},
	{"energy-2025", "2025-03-26T07:00Z"},
	{"black-sea-2025", "2025-03-26T07:05Z"},
	{"easter-2025", "2025-04-19T15:30Z"},
}

// commitments of the blanket proposal, as its front matter has them: recorded so
// that the record itself says what each side had answered. Those of the energy halt
// differ by reading, and one entry would put one in the place of all: they stay in
// the text.
var commitments = []struct{ party, at, id, text string }{
	{"UA", "2025-03-12T09:30Z", "ukraine", `{id: ukraine, party: UA, act: "readiness to accept, in the joint statement", status: given, if: acceptance and concurrent implementation by the Russian Federation, met: no, source: "joint statement of Ukraine and the United States, Jeddah, 11 March 2025"}`},
	{"RU", "2025-03-13T19:00Z", "russia", `{id: russia, party: RU, act: answer of the President of the Russian Federation, status: refused, source: "statement of 13 March 2025; the proposal was not accepted as it stood"}`},
}

func texts(b *book) {
	for _, x := range Texts {
		t, err := regimes.Open(x.ID)
		if err != nil {
			b.fail("%v", err)
			return
		}
		file := x.ID + ".truce.md"
		text, err := fs.ReadFile(regimes.FS(), file)
		if err != nil {
			b.fail("%v", err)
			return
		}
		b.add(draft{name: "terms " + x.ID, by: "duty", at: at(x.At), kind: "terms@1", marking: "public", blobs: [][]byte{text},
			payload: record.TermsEntry{ID: t.ID, Digest: t.Digest, Title: t.TitleText(), Files: []string{file}}})
	}
	for _, c := range commitments {
		b.add(draft{name: "commitment " + c.party, by: "duty", at: at(c.at), kind: "commitment@1", marking: "public", refs: about("terms blanket-30d"),
			payload: record.CommitmentEntry{ID: c.id, Text: "blanket-30d", Party: c.party, Commitment: c.text}})
	}
}
