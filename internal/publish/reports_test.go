package publish

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/record"
)

// TestReports: a report that was issued for the public is on the site to the byte, with
// its corrigendum, each naming the other and proved to be in the log; one that is for
// the mission is not, and no byte of it. What a delay, an embargo or a closer marking
// takes away, a report does not bring back.
func TestReports(t *testing.T) {
	w := newWorld(t)
	var shown *item
	g, err := gather(t.Context(), w.ask, &Rules{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range g.items {
		if s, ok := x.span(); ok && s.Start.Time().Format(time.DateOnly) == "2025-03-20" && g.pages[x.ID] != nil {
			shown = x
			break
		}
	}
	if shown == nil {
		t.Fatal("no incident on the day")
	}
	e := record.ReportIssueEntry{Title: "Daily report 79/2025", Lang: "en", From: "2025-03-19T17:30:00Z", To: "2025-03-20T17:30:00Z", Rule: "incident@1", Vector: []string{w.log.Office().Origin + " 1"}, Figures: map[string]string{"violations.total": "9"}, Marking: "public", Records: []string{shown.ID}}
	issue := func(e record.ReportIssueEntry, page, corrects string) string {
		t.Helper()
		id, err := w.of.IssueReport(t.Context(), e, []office.IssuedFile{{Name: "day.html", Bytes: []byte(page)}, {Name: "../x", Bytes: []byte("a name that leads out")}}, corrects)
		if err != nil {
			t.Fatal(err)
		}
		w.follow()
		return id
	}
	first := issue(e, "<!doctype html><title>79</title>nine", "")
	second := issue(e, "<!doctype html><title>79</title>ten", first)
	secret := e
	secret.Marking, secret.Title = "mission", "For the mission alone"
	hidden := issue(secret, "of the mission alone", "")
	gone := e
	gone.Records = []string{shown.ID, "01JPWM4DG0QX8V3A2B7Z9C5EKT"} // of one that is not for the public
	withdrawn := issue(gone, "tells of what is hidden", "")

	s := w.make(Rules{})
	if got := s.Files["reports/"+first+"/day.html"]; string(got) != "<!doctype html><title>79</title>nine" {
		t.Fatalf("the report is %q", got)
	}
	if s.Left.Reports != 1 {
		t.Errorf("%d reports are kept back", s.Left.Reports)
	}
	for _, lang := range []string{"", "uk/", "ru/"} {
		page := string(s.Files[lang+"reports.html"])
		of := func(id string) string {
			_, rest, ok := strings.Cut(page, `id="`+id+`"`)
			if !ok {
				t.Fatalf("%sreports.html does not name %s", lang, id)
			}
			part, _, _ := strings.Cut(rest, "</section>")
			return part
		}
		if !strings.Contains(of(first), `<a href="#`+second+`">`) || !strings.Contains(of(second), `<a href="#`+first+`">`) {
			t.Errorf("%sreports.html: the two do not name each other", lang)
		}
		if !strings.Contains(string(s.Files[lang+"corrections.html"]), "reports.html#"+second) {
			t.Errorf("%scorrections.html does not name the corrigendum", lang)
		}
	}
	if s.Files["proofs/"+first+".tlog-proof"] == nil || s.Files["proofs/"+second+".tlog-proof"] == nil {
		t.Error("a report without a proof")
	}
	for name, b := range s.Files {
		if strings.HasPrefix(name, "log/") || name == ListName {
			continue
		}
		if bytes.Contains(b, []byte("of the mission alone")) || bytes.Contains(b, []byte("For the mission alone")) || strings.Contains(name, hidden) || strings.Contains(name, withdrawn) || strings.Contains(name, "..") || bytes.Contains(b, []byte("tells of what is hidden")) {
			t.Errorf("%s tells of a report that is not for the public", name)
		}
	}
	dir := t.TempDir()
	if _, err := Write(dir, s); err != nil {
		t.Fatal(err)
	}
	if c := verified(t, dir); !c.OK() {
		t.Fatalf("%+v", c.Problems)
	}
	put(t, dir, "reports/"+first+"/day.html", []byte("<!doctype html><title>78</title>nine"))
	if c := verified(t, dir); c.OK() || !slices.ContainsFunc(c.Problems, func(p Problem) bool {
		return p.File == "reports/"+first+"/day.html" && strings.Contains(p.What, "line 1, column") && strings.Contains(p.What, "is '8', expected '9'")
	}) {
		t.Errorf("a changed digit in a report: %v", c.Problems)
	}

	now := time.Date(2025, 3, 21, 0, 0, 0, 0, time.UTC)
	for name, r := range map[string]Rules{
		"delay":   {Now: now, Delay: 12 * time.Hour},
		"embargo": {Now: now, Embargo: []Embargo{mustEmbargo(t, "id="+shown.ID+"@2025-04-01")}},
	} {
		g, err := gather(t.Context(), w.ask, &r)
		if err != nil {
			t.Fatal(err)
		}
		if g.files["reports/"+first+"/day.html"] != nil || g.left.Reports < 2 {
			t.Errorf("%s: the report is on the site, %d kept back", name, g.left.Reports)
		}
	}
	if g, err = gather(t.Context(), w.ask, &Rules{Now: now, Embargo: []Embargo{mustEmbargo(t, "id="+shown.ID+"@2025-03-20")}}); err != nil || g.files["reports/"+first+"/day.html"] == nil {
		t.Error("an embargo that is over keeps a report back")
	}
}

func mustEmbargo(t *testing.T, text string) Embargo {
	t.Helper()
	e, err := ParseEmbargo(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
