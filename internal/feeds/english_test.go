package feeds

import (
	"bufio"
	"encoding/json"
	"hash/fnv"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// keyed is a text with the file and the id that the hash goes by.
type keyed struct{ file, id, text string }

// part is the part of the texts that a row belongs to: part 3 of 7 was not
// looked at while the lexicon was written.
func (k keyed) part(of uint32) uint32 {
	h := fnv.New32a()
	h.Write([]byte(k.file + k.id))
	return h.Sum32() % of
}

// englishTexts are the English texts of the sources that hold such: what
// Bellingcat tells of an event, items of Wikipedia's current events, titles and
// summaries of articles, claims.
func englishTexts(t *testing.T) []keyed {
	t.Helper()
	out := append(bellingcatTexts(t), articleTexts(t)...)
	for _, r := range tableRows(t, shared(t, "claims/claims_energy_2025_part1.csv")) {
		out = append(out, keyed{"claims_energy_2025_part1.csv", r["claim_id"], joinText(r["object"], r["means"], r["consequence"], r["quote_fragment"])})
	}
	days, err := filepath.Glob(filepath.Join(shared(t, "news/wikipedia_current_events"), "*.md"))
	if err != nil || len(days) == 0 {
		t.Fatal("no days of current events", err)
	}
	for _, day := range days {
		out = append(out, currentEvents(t, day)...)
	}
	return out
}

func bellingcatTexts(t *testing.T) []keyed {
	t.Helper()
	const file = "bellingcat_export_events.json"
	raw, err := os.ReadFile(shared(t, "events/"+file))
	if err != nil {
		t.Fatal(err)
	}
	var list []struct{ ID, Description string }
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	var out []keyed
	for _, e := range list {
		out = append(out, keyed{file, e.ID, e.Description})
	}
	return out
}

func articleTexts(t *testing.T) []keyed {
	t.Helper()
	const file = "rss_ceasefire_2025-05-26.jsonl"
	f, err := os.Open(shared(t, "news/"+file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []keyed
	for d := json.NewDecoder(f); d.More(); {
		var a struct{ Link, Title, Summary string }
		if err := d.Decode(&a); err != nil {
			t.Fatal(err)
		}
		out = append(out, keyed{file, a.Link, a.Title + ". " + a.Summary})
	}
	return out
}

var (
	eventsHeading = regexp.MustCompile(`^#+ (Armed conflicts and attacks|Disasters and accidents|International relations|Law and crime)\s*$`)
	markdownLink  = regexp.MustCompile(`\[([^\[\]]*)\]\([^\s()]*(?: "[^"]*")?\)`)
	newsSource    = regexp.MustCompile(`\s*\[?\(\*?[^()]*\*?\)\]?\s*$`)
)

// currentEvents are the items of a day, those that end with their source; the
// line stands for an id.
func currentEvents(t *testing.T, path string) []keyed {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []keyed
	take, line := false, 0
	for s := bufio.NewScanner(f); s.Scan(); {
		line++
		text := s.Text()
		if strings.HasPrefix(text, "#") {
			take = eventsHeading.MatchString(text)
		}
		if !take || !strings.Contains(text, "[(") {
			continue
		}
		for was := ""; was != text; {
			was, text = text, markdownLink.ReplaceAllString(text, "$1")
		}
		text = strings.TrimLeft(text, " *")
		for newsSource.MatchString(text) {
			text = newsSource.ReplaceAllString(text, "")
		}
		out = append(out, keyed{filepath.Base(path), strconv.Itoa(line), text})
	}
	return out
}
