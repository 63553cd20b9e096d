package fusing

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// article is a line of a file of news: one JSON object each.
type article struct {
	ID, Lang, Source, Title, Link, Published, Summary, Text string
}

// Limits of a file of articles.
const (
	maxArticle  = 4 << 20 // bytes of a line
	maxProblems = 1000
)

// Articles reads news, a JSON object on each line with source, title, link,
// published and text. What its words say of place and act are proposals; the
// time of what it tells is not read from it, only when it was published. A line
// that cannot be read is told and left out.
func (b *Builder) Articles(name string, r io.Reader, yield func(*evidence.Report) error) (feeds.Summary, error) {
	sum := feeds.Summary{File: name, As: "article"}
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), maxArticle)
	line := 0
	for in.Scan() {
		line++
		if strings.TrimSpace(in.Text()) == "" {
			continue
		}
		sum.Rows++
		pos := evidence.Position{File: name, Line: line}
		rep, problem := b.article(in.Bytes(), pos)
		if problem != "" {
			if len(sum.Problems) < maxProblems {
				sum.Problems = append(sum.Problems, feeds.Problem{Pos: pos, Msg: problem, Fatal: rep == nil})
			}
			if rep == nil {
				sum.Rejected++
				continue
			}
		}
		sum.Reports++
		if err := yield(rep); err != nil {
			return sum, err
		}
	}
	if err := in.Err(); err != nil {
		return sum, fmt.Errorf("%s:%d: %w: expected lines of at most %d MiB", name, line+1, err, maxArticle>>20)
	}
	return sum, nil
}

func (b *Builder) article(line []byte, pos evidence.Position) (*evidence.Report, string) {
	var a article
	if err := json.Unmarshal(line, &a); err != nil {
		return nil, fmt.Sprintf("this is no JSON object: %v; expected one with source, title, published and text", err)
	}
	text := a.Text
	if len(text) < len(a.Summary) {
		text = a.Summary
	}
	if strings.TrimSpace(a.Title+text) == "" {
		return nil, "neither title nor text: there is nothing to compare"
	}
	if a.ID == "" {
		a.ID = pos.String()
	}
	s := evidence.Unknown()
	in := &evidence.Incident{ID: a.ID, Scenarios: []evidence.Scenario{s}, Level: evidence.Reported, Source: a.Source, URL: a.Link, Text: strings.TrimSpace(a.Title + ". " + text), From: pos}
	rep := &evidence.Report{Incident: in, Published: when.Always}
	b.who(rep)
	if _, known := b.Sources.Named(a.Source); !known {
		if x, ok := b.Sources.At(a.Link); ok {
			rep.Outlet, rep.Party = x.ID, x.Party
		}
	}
	b.read(rep, in.Text)
	head := a.Title + ". " + firstOf(text, 600)
	b.facts(in, head)
	rep.Denies = denies(&evidence.Incident{Text: head, Scenarios: in.Scenarios})
	problem := ""
	if t, ok := published(a.Published); ok {
		rep.Published = when.Moment(when.At(t))
	} else if a.Published != "" {
		problem = fmt.Sprintf("published: %q is no time: expected such as 2025-05-26T11:49:00Z or Mon, 26 May 2025 11:52:40 GMT; it is left unknown", a.Published)
	}
	return rep, problem
}

func firstOf(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// facts proposes what the head of an article is about.
func (b *Builder) facts(in *evidence.Incident, head string) {
	p := feeds.Propose(head)
	s := &in.Scenarios[0]
	s.Act, s.Outcome, s.Target = p.Act, p.Outcome, p.Target
	var places []where.Region
	var area where.Region
	for _, m := range b.Gazetteer.Mentions(head) {
		if m.NotPlace != "" || len(m.Candidates) == 0 {
			continue
		}
		if m.Area || m.Adjective {
			if area.IsUnknown() {
				area, _ = where.AreaRegion(m.In()...)
			}
			continue
		}
		for _, c := range m.Candidates {
			places = append(places, c.Region())
		}
		s.PlaceName = m.Text
		break // the first that is named; others are in the names of the text
	}
	switch {
	case len(places) > 0:
		s.Place = where.UnionRegion(places...)
	case !area.IsUnknown():
		s.Place = area
	}
}

var clocks = []string{time.RFC3339, time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "2006-01-02T15:04:05-07:00", "2006-01-02"}

func published(s string) (time.Time, bool) {
	for _, layout := range clocks {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil && (strings.Contains(layout, "07") || strings.Contains(s, "GMT") || strings.Contains(s, "UTC") || strings.HasSuffix(s, "Z") || layout == "2006-01-02") {
			return t, true
		}
	}
	return time.Time{}, false
}
