package views

import (
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
)

// drawn is a text that draws a zone in a file and lists objects in another.
const drawn = `---
truce: 1
id: line
title: A line
vocabulary: truce-core@1
time: {zone: UTC, start: "2025-01-01T00:00Z", end: none}
geometry: {distance: sphere, edges: planar, boundary: closed}
parties: {RU: {}, UA: {}}
annexes: {sites: lists/sites.csv}
---
> 1 Nobody fires into the zone.

` + "```truce\nclause: \"1\"\nforbid: {act: attack, zone: strip}\n```\n\n```truce\ndefine: strip\nzone: {file: maps/strip.geojson}\n```\n"

const sites = "id,kind,name,lat,lon\nS-1,energy.power.substation,North,50.5,35.2\n"

// strip is a zone of two degrees round a latitude.
func strip(lat int) string {
	return fmt.Sprintf(`{"type":"Polygon","coordinates":[[[34,%d],[36,%d],[36,%d],[34,%d],[34,%d]]]}`, lat-1, lat-1, lat+1, lat+1, lat-1)
}

func drawnFiles(lat int) fstest.MapFS {
	return fstest.MapFS{"deep/line.truce.md": {Data: []byte(drawn)}, "deep/maps/strip.geojson": {Data: []byte(strip(lat))}, "deep/lists/sites.csv": {Data: []byte(sites)}}
}

// drawnText enters the text with its files.
func (o *office) drawnText(lat int, change func(p *record.TermsEntry, blobs *[]record.Hash), refs ...record.Ref) string {
	o.t.Helper()
	files := drawnFiles(lat)
	t, problems := terms.Parse(files, "deep/line.truce.md") // as the command line does
	if t == nil {
		o.t.Fatal(problems)
	}
	p := record.TermsEntry{ID: t.ID, Digest: t.Digest, Title: t.TitleText(), Files: []string{"deep/line.truce.md", "deep/maps/strip.geojson", "deep/lists/sites.csv"}}
	var blobs []record.Hash
	for _, n := range p.Files {
		b, err := fs.ReadFile(files, n)
		if err != nil {
			o.t.Fatal(err)
		}
		blobs = append(blobs, o.blob(string(b)))
	}
	if change != nil {
		change(&p, &blobs)
	}
	return o.putBlob("terms@1", "anna", p, blobs, refs...)
}

func (v *Views) verdict(t testing.TB, id string, at int64) (out string) {
	t.Helper()
	err := v.Read(at, func(s *Snapshot) error {
		num, _, err := s.Store().Num(id)
		if err != nil {
			return err
		}
		fs, err := s.Store().Findings(num, s.At)
		for _, f := range fs {
			out += f.Terms + " " + f.Verdict + " " + f.Digest[:8] + "\n"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (v *Views) problem(t testing.TB, id string) string {
	t.Helper()
	d, err := v.store.Doc(id)
	if err != nil || d == nil {
		t.Fatal(d, err)
	}
	return d.Problem
}

// TestTextWithFiles: a text that draws zones in files of its own is judged by, with
// the digest that the command line gives it; another drawing is another version.
func TestTextWithFiles(t *testing.T) {
	o := newOffice(t)
	grown := o.views()
	report := o.put("report@1", "anna", map[string]any{"format": "truce", "row": map[string]string{"act": "attack.strike.drone", "lat": "50.5", "lon": "35.2", "precision_m": "100", "time_start": "2025-03-20T10:00Z", "time_end": "2025-03-20T10:05Z"}})
	first := o.drawnText(50, nil)
	o.update(grown, o.reader())
	before := o.reader().Size()
	if p := grown.problem(t, first); p != "" {
		t.Fatal(p)
	}
	of := func(lat int) string {
		x, problems := terms.Parse(drawnFiles(lat), "deep/line.truce.md")
		if x == nil {
			t.Fatal(problems)
		}
		return x.Digest[:8]
	}
	in, out := "line breach "+of(50)+"\n", "line not-covered "+of(44)+"\n"
	if got := grown.verdict(t, report, Now); got != in {
		t.Errorf("in the zone: %q, want %q", got, in)
	}
	second := o.drawnText(44, nil, ref(record.Supersedes, first))
	o.update(grown, o.reader())
	if p := grown.problem(t, second); p != "" {
		t.Fatal(p)
	}
	if got := grown.verdict(t, report, Now); got != out {
		t.Errorf("by the other drawing: %q, want %q", got, out)
	}
	if got := grown.verdict(t, report, before); got != in {
		t.Errorf("as of %d: %q, want %q", before, got, in)
	}
	err := grown.Read(before, func(s *Snapshot) error {
		if x := s.Texts(); len(x) != 1 || x[0].Terms.Digest[:8] != of(50) || len(x[0].Regimes[0].Objects) != 1 {
			t.Errorf("texts as of %d: %+v", before, x)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	built := o.views()
	o.update(built, o.reader())
	if a, b := dumpOf(t, grown), dumpOf(t, built); a != b {
		t.Errorf("grown and built differ: %s", firstDifference(a, b))
	}
}

// TestTextFilesAreNotTrusted: names that lead elsewhere, files that are not here or
// hold other bytes, and numbers that do not fit are said, and nothing is judged.
func TestTextFilesAreNotTrusted(t *testing.T) {
	o := newOffice(t)
	secret := filepath.Join(o.dir, "log.key")
	if _, err := os.Stat(secret); err != nil {
		t.Fatal(err)
	}
	report := o.put("report@1", "anna", map[string]any{"format": "truce", "row": map[string]string{"act": "attack.strike.drone", "lat": "50.5", "lon": "35.2"}})
	name := func(n string) func(*record.TermsEntry, *[]record.Hash) {
		return func(p *record.TermsEntry, _ *[]record.Hash) { p.Files[1] = n }
	}
	absent := record.Hash{1, 2, 3}
	damaged := o.blob(strip(50) + " ")
	b := filepath.Join(o.dir, "blob", damaged.Hex()[:2], damaged.Hex()[2:])
	cases := []struct {
		change func(*record.TermsEntry, *[]record.Hash)
		says   string
	}{
		{name("../log.key"), "is no name of a file below"},
		{name("deep/../../log.key"), "is no name of a file below"},
		{name("/etc/passwd"), "is no name of a file below"},
		{name(secret), "is no name of a file below"},
		{name(`..\log.key`), "is no name of a file below"},
		{name("deep/maps/strip.geojson\x00"), "is no name of a file below"},
		{name("."), "is no name of a file below"},
		{name(""), "is no name of a file below"},
		{name("deep/line.truce.md"), "stands twice"},
		{name("deep/maps/other.geojson"), `file "maps/strip.geojson" cannot be read: no such file`},
		{name("deep/maps"), `file "maps/strip.geojson" cannot be read: no such file`},
		{func(p *record.TermsEntry, _ *[]record.Hash) { p.Files = p.Files[:2] }, "2 names for 3 files"},
		{func(p *record.TermsEntry, _ *[]record.Hash) { p.Files = nil }, "0 names for 3 files"},
		{func(_ *record.TermsEntry, h *[]record.Hash) { *h = nil }, "the entry names no file"},
		{func(p *record.TermsEntry, h *[]record.Hash) { p.Files, *h = nil, (*h)[:1] }, "cannot be read"},
		{func(_ *record.TermsEntry, h *[]record.Hash) { (*h)[1] = absent }, "the file " + absent.Hex() + " is not here"},
		{func(_ *record.TermsEntry, h *[]record.Hash) { (*h)[1] = damaged }, "holds other bytes"},
		{func(_ *record.TermsEntry, h *[]record.Hash) { (*h)[1] = o.blob(strip(51)) }, "the text has the digest"},
		{func(_ *record.TermsEntry, h *[]record.Hash) { (*h)[1], (*h)[2] = (*h)[2], (*h)[1] }, "cannot be read"},
		{func(p *record.TermsEntry, _ *[]record.Hash) { p.Digest = hex.EncodeToString(make([]byte, 32)) }, "the text has the digest"},
		{func(p *record.TermsEntry, _ *[]record.Hash) { p.ID = "other" }, `the entry says "other"`},
	}
	if err := os.WriteFile(b, []byte(strip(49)), 0o600); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range cases {
		ids = append(ids, o.drawnText(50, c.change))
	}
	v := o.views()
	o.update(v, o.reader())
	key, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		if p := v.problem(t, ids[i]); !strings.Contains(p, c.says) || strings.Contains(p, strings.TrimSpace(string(key))) {
			t.Errorf("case %d: %q, want %q", i, p, c.says)
		}
	}
	if got := v.verdict(t, report, Now); got != "" {
		t.Errorf("it is judged by a text that cannot be read: %s", got)
	}
	good := o.drawnText(50, nil)
	o.update(v, o.reader())
	if p := v.problem(t, good); p != "" || v.verdict(t, report, Now) == "" {
		t.Errorf("the good one: %q", p)
	}
}

// TestTextFilesAreBounded: files of one text are not more than memory has.
func TestTextFilesAreBounded(t *testing.T) {
	o := newOffice(t)
	big := o.blob(strings.Repeat(" ", maxFiles+1))
	id := o.drawnText(50, func(_ *record.TermsEntry, h *[]record.Hash) { (*h)[1] = big })
	long := o.drawnText(50, func(_ *record.TermsEntry, h *[]record.Hash) { (*h)[0] = big })
	v := o.views()
	o.update(v, o.reader())
	for _, x := range []string{id, long} {
		if p := v.problem(t, x); !strings.Contains(p, "longer than") {
			t.Errorf("%q", p)
		}
	}
}
