package mirror

import (
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// Rank says what goes first over a link that is too thin for all of it.
type Rank int

// The ranks, in the order in which they are fetched; checkpoints go before all.
// Entries, without which payloads cannot be proved, go before reports.
const (
	Hotline    Rank = iota // messages between the parties, notices, keys, erasures
	Procedure              // complaints, cases, duties, texts, talks
	Entries                // the entries themselves, without payloads
	Reports                // everything else
	SmallFiles             // thumbnails, public copies: at most one piece
	Files                  // evidence and data sets, piece by piece
	Ranks
)

var rankNames = [Ranks]string{"hotline", "procedure", "entries", "reports", "small files", "files"}

func (r Rank) String() string { return rankNames[r] }

// piece is how much of a file is fetched before it is asked again what is more
// urgent, in bytes.
const piece = 256 << 10

var ranks = map[string]Rank{
	record.KindMessage: Hotline, record.KindAcknowledged: Hotline, "notice@1": Hotline, record.KindActivity: Hotline, record.KindWindow: Hotline, record.KindWindowStep: Hotline,
	record.KindKey: Hotline, record.KindRevoke: Hotline, record.KindErasure: Hotline, record.KindClock: Hotline, "mirror@1": Hotline,
	"report@1": Reports, "incident@1": Reports, "claim@1": Reports, "dataset@1": Reports, "evidence@1": Reports, "finding@1": Reports, "correction@1": Reports,
	"form@1": Reports, "merge@1": Reports, "split@1": Reports, "dispute@1": Reports, "adoption@1": Reports, record.KindTriage: Reports,
	record.KindAccess: Reports, record.KindAccount: Reports, record.KindToken: Reports, record.KindNote: Reports,
	record.KindPatrol: Reports, record.KindCoverage: Reports, record.KindMeans: Reports, record.KindTask: Reports, record.KindWatchLine: Reports, record.KindHandover: Reports,
}

// readFiles are the kinds whose files answers are made of: rows of data sets, words of
// texts. Entries count once these are here, or what is answered would depend on when a
// file came.
var readFiles = map[string]bool{"dataset@1": true, "terms@1": true}

// RankOf is the rank of the payload of a kind. What is in none of the lists is
// procedure: complaints, steps, signatures, responses, talks, texts.
func RankOf(kind string) Rank {
	if r, ok := ranks[kind]; ok {
		return r
	}
	return Procedure
}

// MarkingOf is for whom a payload is, all of it: what it says of itself, or else
// what its kind has, and no wider than the narrowest of its fields, since a payload
// goes whole or not at all. Of what cannot be read, it is for nobody else.
func MarkingOf(kind string, payload []byte) rights.Marking {
	t := rights.Default()
	d, err := t.DocumentOf(kind, "", payload)
	if err != nil {
		return rights.Restricted
	}
	m := d.Marking
	for _, f := range d.Fields {
		if f.Marking != "" {
			m = rights.Narrower(m, f.Marking)
		} else if rule, known := t.Fields[f.Name]; known && rule.Marking == rights.Restricted && f.Value != "" {
			m = rights.Restricted
		}
	}
	return m
}

// Allows reports whether who may have payloads up to one marking may have one of
// another.
func Allows(up, m rights.Marking) bool {
	a, b := -1, -1
	for i, x := range rights.Markings() {
		if x == up {
			a = i
		}
		if x == m {
			b = i
		}
	}
	return b >= 0 && b <= a
}
