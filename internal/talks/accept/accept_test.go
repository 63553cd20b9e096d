package accept

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/talks/board"
	"github.com/truce-project/truce/internal/talks/reader"
	"github.com/truce-project/truce/record"
)

// TestArticles: every draft of every article that the reader is tested on is entered,
// or refused with a reason. What is entered quotes the article word for word, has no
// fault, and together makes talks.
func TestArticles(t *testing.T) {
	files, err := filepath.Glob("../reader/testdata/articles/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	kinds := map[string]int{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		a := reader.Read(string(text), reader.Options{Name: f})
		var ids []string
		for _, d := range a.Drafts {
			ids = append(ids, d.ID)
		}
		entries, refused := Drafts(&a, ids, "duty officer")
		if len(entries)+len(refused) != len(a.Drafts) {
			t.Errorf("%s: %d entered and %d refused of %d", f, len(entries), len(refused), len(a.Drafts))
		}
		for _, r := range refused {
			if r.Why == "" || strings.Contains(r.Why, "expected one of planned") {
				t.Errorf("%s: %s is refused: %q", f, r.Draft, r.Why)
			}
		}
		var talks []board.Entry
		for i, e := range entries {
			kinds[e.Kind]++
			b, err := json.Marshal(e.Payload)
			if err != nil {
				t.Fatal(err)
			}
			var said struct {
				Quotation, Says, At string
				Read                map[string]string
			}
			_ = json.Unmarshal(b, &said)
			for _, q := range strings.Split(said.Quotation+said.Says, " [...] ") {
				if !strings.Contains(string(text), q) {
					t.Errorf("%s: %s quotes what the article does not say: %q", f, e.Draft, q)
				}
			}
			if !strings.Contains(said.At+said.Read["text_sha256"], a.SHA256) || !strings.Contains(string(b), "duty officer") {
				t.Errorf("%s: %s does not say of which text it is, or who accepted it: %s", f, e.Draft, b)
			}
			if e.Kind == "claim@1" {
				continue
			}
			if faults := board.Faults(e.Kind, b, ""); len(faults) > 0 {
				t.Errorf("%s: %s: %v", f, e.Draft, faults)
			}
			talks = append(talks, board.Entry{Index: int64(i), ID: e.Draft, Kind: e.Kind, Payload: b})
		}
		s := board.Of(talks)
		for _, p := range s.Problems {
			if !strings.Contains(p.Why, "a version is never changed") { // the article tells of it twice
				t.Errorf("%s: %+v", f, p)
			}
		}
	}
	for _, k := range []string{record.KindMeeting, record.KindSequence, record.KindAgenda, record.KindDelegation, record.KindProposal, record.KindPosition, "claim@1"} {
		if kinds[k] == 0 {
			t.Errorf("no %s came of any article", k)
		}
	}
	t.Log(kinds)
}
