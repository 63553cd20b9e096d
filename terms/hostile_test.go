package terms

import (
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/fstest"
)

// F35: texts that are made to take long. They are refused past limits that
// docs/hostile.md states, or are read. BenchmarkF35 says how long each takes.

// bomb is a text, the files beside it, and what is said about it; "" if it is
// read.
type bomb struct {
	text, want string
	beside     map[string]string
}

func clausesOf(n int, more func(i int) string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\n```truce\nclause: \"%d\"\nforbid: {act: attack.strike, target: energy%s}\n```\n", i+1, more(i))
	}
	return b.String()
}

// star is a ring of n vertices about a point, as GeoJSON.
func star(n int, lat, lon float64) string {
	var b strings.Builder
	for i := range n + 1 {
		if i > 0 {
			b.WriteByte(',')
		}
		a := 2 * math.Pi * float64(i%n) / float64(n)
		s, c := math.Sincos(a)
		r := 1 + 0.2*math.Sin(30*a)
		fmt.Fprintf(&b, "[%.7f,%.7f]", lon+r*c, lat+r*s)
	}
	return `{"type":"Polygon","coordinates":[[` + b.String() + `]]}`
}

func chain(n int, dimension, of, last string) string {
	var b strings.Builder
	for i := range n {
		value := fmt.Sprintf(of, i+1, i+1)
		if i == n-1 {
			value = last
		}
		b.WriteString(fenced(fmt.Sprintf("define: d%d\n%s: %s", i, dimension, value)))
	}
	return b.String()
}

// bombs takes how many zones of 199,000 vertices are united.
func bombs(parts int) map[string]bomb {
	none := func(int) string { return "" }
	million := map[string]string{}
	sum, names := "", []string{}
	for i := range parts {
		million[fmt.Sprintf("z%d.geojson", i)] = star(199_000, 45+float64(i), 30)
		sum += fenced(fmt.Sprintf("define: part%d\nzone: {file: z%d.geojson}", i, i))
		names = append(names, fmt.Sprintf("part%d", i))
	}
	sum += fenced("define: sum\nzone: {union: [" + strings.Join(names, ", ") + "]}")
	inZone := strings.Replace(body, "target: energy", "target: energy, zone: sum", 1)
	nested := ""
	for i := 2; i <= 200; i++ {
		kind := "permit"
		if i%2 == 1 {
			kind = "forbid"
		}
		if kind == "permit" {
			nested += fenced(fmt.Sprintf("clause: \"1.%d\"\nexcept: \"1.%d\"\npermit: {act: attack.strike, target: energy}", i, i-1))
		} else {
			nested += fenced(fmt.Sprintf("clause: \"1.%d\"\nreinstates: \"1.%d\"\nagainst: \"1.%d\"\nscope: {act: attack.strike, target: energy}", i, i-2, i-1))
		}
	}
	circle := fenced("clause: \"2\"\nexcept: [\"1.1\", \"4\"]\npermit: {act: attack.strike}") + fenced("clause: \"3\"\nreinstates: \"1.1\"\nagainst: \"2\"\nscope: {act: attack.strike}") +
		fenced("clause: \"4\"\nreinstates: \"1.1\"\nagainst: \"3\"\nscope: {act: attack.strike}")
	return map[string]bomb{
		"10,000 clauses":               {text: front + clausesOf(10_000, none), want: "more than 2000 clauses"},
		"2,000 clauses":                {text: front + clausesOf(2_000, none)},
		"a text of 5 MB":               {text: front + strings.Repeat("A line of prose.\n", 300_000), want: "larger than 4 MiB"},
		"1025 zones":                   {text: front + clausesOf(1, func(int) string { return ", zone: [" + manyZones(1025) + "]" }) + zonesOf(1025), want: "at most 1024 are weighed together"},
		"a zone of 250,000 vertices":   {text: front + inZone + fenced("define: sum\nzone: {file: z.geojson}"), beside: map[string]string{"z.geojson": star(250_000, 48, 30)}, want: "more than 200000 vertices"},
		"a sum of large zones":         {text: front + inZone + sum, beside: million},
		"a zone defined by itself":     {text: front + inZone + fenced("define: sum\nzone: {not: sum}"), want: `zone "sum" is defined by itself`},
		"zones in a circle":            {text: front + inZone + fenced("define: sum\nzone: {union: [a, UA-63]}") + fenced("define: a\nzone: {subtract: [UA, b]}") + fenced("define: b\nzone: {not: sum}"), want: "is defined by itself"},
		"targets in a circle":          {text: front + strings.Replace(body, "target: energy", "target: a", 1) + fenced("define: a\ntarget: [b, energy.coal]") + fenced("define: b\ntarget: a"), want: "stands for itself, by way of a, b"},
		"zones that double":            {text: front + strings.Replace(body, "target: energy", "zone: d0", 1) + chain(60, "zone", "{intersect: [{union: [d%d, UA-63]}, {union: [d%d, UA-59]}]}", "UA-63"), want: "more than 2000 parts"},
		"targets that double":          {text: front + strings.Replace(body, "target: energy", "target: d0", 1) + chain(60, "target", "[d%d, d%d]", "energy"), want: "stand for too much"},
		"exceptions 200 deep":          {text: front + body + nested, want: ""},
		"exceptions in a circle":       {text: front + body + circle, want: "run in a circle"},
		"an end in a million years":    {text: strings.Replace(front, "{for: 30 days}", `"1000000-01-01T00:00Z"`, 1) + body, want: "is not a time"},
		"an end in the year 9999":      {text: strings.Replace(front, "{for: 30 days}", `"9999-01-01T00:00Z"`, 1) + body, want: "outside 1800..2200"},
		"for a million years":          {text: strings.Replace(front, "30 days", "365000000 days", 1) + body, want: "is not a duration"},
		"for 99999 weeks":              {text: strings.Replace(front, "30 days", "99999 weeks", 1) + body},
		"YAML a thousand levels deep":  {text: front + fenced("clause: \"9\"\nforbid: {act: "+strings.Repeat("[", 1000)+"attack"+strings.Repeat("]", 1000)+"}"), want: "nested more than 64 deep"},
		"quotations a thousand deep":   {text: front + body + strings.Repeat("> ", 1000) + "deep\n", want: "quotations"},
		"anchors that unfold":          {text: strings.Replace(front, "title: A text", "title: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]", 1) + body, want: "anchors and aliases are not used"},
		"an annex outside the folder":  {text: strings.Replace(front, "others:", "annexes: {sites: ../../../etc/passwd}\nothers:", 1) + body, want: "etc/passwd"},
		"a zone file that is a device": {text: front + inZone + fenced("define: sum\nzone: {file: /dev/zero}"), want: "/dev/zero"},
		"a zone with a hole outside":   {text: front + inZone + fenced(`define: sum`+"\nzone: {geojson: '"+`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]],[[5,5],[6,5],[6,6],[5,5]]]}`+"'}"), want: "ring 2: a hole that lies at latitude 5.000000, longitude 5.000000 outside its outer ring"},
		"a zone in metres":             {text: front + inZone + fenced(`define: sum`+"\nzone: {geojson: '"+`{"type":"Polygon","crs":{"type":"name","properties":{"name":"EPSG:3857"}},"coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`+"'}"), want: "expected WGS 84 longitude and latitude"},
		"a bow tie":                    {text: front + inZone + fenced(`define: sum`+"\nzone: {geojson: '"+`{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}`+"'}"), want: "crosses itself, or runs back along itself, at latitude 1.000000, longitude 1.000000"},
	}
}

func zonesOf(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(fenced(fmt.Sprintf("define: z%d\nzone: {near: {points: [[%d, %d]], within: 5 km}}", i, 1+i%170, 1+i/170)))
	}
	return b.String()
}

func (b bomb) files() fs.FS {
	m := fstest.MapFS{"t.truce.md": {Data: []byte(b.text)}}
	for name, text := range b.beside {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

// read reads a text and resolves its reading.
func (b bomb) read() error {
	tm, problems := Parse(b.files(), "t.truce.md")
	if tm == nil {
		return problems
	}
	_, err := tm.Under("text", nil, false)
	return err
}

func TestF35RegimeBombs(t *testing.T) {
	for name, b := range bombs(2) {
		if testing.Short() && len(b.beside) > 1 {
			continue
		}
		err := b.read()
		switch {
		case b.want == "" && err != nil:
			t.Errorf("%s: %.500v", name, err)
		case b.want != "" && (err == nil || !strings.Contains(err.Error(), b.want)):
			t.Errorf("%s: %.500v, want %q", name, err, b.want)
		case err != nil && !strings.Contains(err.Error(), "t.truce.md:"):
			t.Errorf("%s: no place in %.200v", name, err)
		}
		for _, word := range []string{"json:", "strconv", "Go value", "yaml:", "runtime error"} {
			if err != nil && strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q in %.300v", name, word, err)
			}
		}
	}
}

// BenchmarkF35 measures how long each takes to be refused (under a second) or
// read (under ten).
func BenchmarkF35(b *testing.B) {
	for name, x := range bombs(5) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = x.read()
			}
		})
	}
}

// TestZonesInFilesAreReadOnce: a reading is resolved from what was read with
// the text, and the digest covers it.
func TestZonesInFilesAreReadOnce(t *testing.T) {
	b := bomb{text: front + strings.Replace(body, "target: energy", "zone: sum", 1) + fenced("define: sum\nzone: {file: z.geojson}"), beside: map[string]string{"z.geojson": star(100, 48, 30)}}
	files := b.files().(fstest.MapFS)
	tm, problems := Parse(files, "t.truce.md")
	if tm == nil {
		t.Fatal(problems)
	}
	delete(files, "z.geojson")
	r, err := tm.Under("text", nil, false)
	if err != nil || len(r.Zones) != 1 {
		t.Fatalf("%v, %+v", err, r)
	}
	b.beside["z.geojson"] = star(100, 48, 31)
	other, problems := Parse(b.files(), "t.truce.md")
	if other == nil {
		t.Fatal(problems)
	}
	if other.Digest == tm.Digest {
		t.Error("another zone has the same digest")
	}
}

// TestDamagedAnnexes: an annex that cannot be read is refused with its line.
func TestDamagedAnnexes(t *testing.T) {
	with := strings.Replace(front, "others:", "annexes: {sites: a.csv}\nothers:", 1) + body
	const head = "id,kind,lat,lon,owner\nS1,energy.coal,50,30,UA\n"
	for annex, want := range map[string]string{
		"": "a.csv:1:1: expected a header",
		head + "S2,energy.coal,51,30,\"UA\nS3,energy.coal,52,30,UA\n": "a.csv:3:1: annex sites: the quotes of this row are not closed",
		head + "S2,energy.coal,51,30,U\"A\n":                          "a.csv:3:1: annex sites: the quotes",
		head + "S2,energy.coal,51,30,caf\xe9\n":                       "a.csv:3:1: annex sites: this line is not UTF-8",
		"\xff\xfei\x00d\x00":                                          "a.csv:1:1: annex sites: this line is not UTF-8",
		head + "S2,energy.coal,0,0,UA\n":                              "null island",
		head + "S2,energy.coal,1e400,0,UA\n":                          "are not degrees",
		head + "S2,energy.coal,NaN,0,UA\n":                            "latitude is not a number",
		head + "S2,energy.coal,91,0,UA\n":                             "latitude 91 is outside",
		head + "S1,energy.coal,51,30,UA\n":                            "stands twice",
		head + strings.Repeat("x", 10) + strings.Repeat("\nq,,,,", 1): "",
		"id\n" + strings.Repeat("x\n", 1) + manyIDs(maxObjects+1):     "more than 20000 objects",
	} {
		b := bomb{text: with, beside: map[string]string{"a.csv": annex}}
		_, problems := Parse(b.files(), "t.truce.md")
		if want == "" && problems.Errors() != nil || !strings.Contains(problems.Error(), want) {
			t.Errorf("%.60q: %.300v, want %q", annex, problems, want)
		}
	}
}

func manyIDs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "n%d\n", i)
	}
	return b.String()
}

// FuzzCommitments and FuzzAnnex read what stands beside a text.
func FuzzCommitments(f *testing.F) {
	tm, problems := parse(front + body)
	if tm == nil {
		f.Fatal(problems)
	}
	f.Add("- {id: ru, party: RU, released: 2025-04-01T00:00Z}\n- {id: ua, party: UA, from: 2025-04-02T00:00Z, suspended: [{from: 2025-04-03T00:00Z, until: 2025-04-04T00:00Z}]}\n")
	f.Add("- {id: [, party: \x00}")
	f.Fuzz(func(t *testing.T, s string) {
		extra, problems := tm.ParseCommitments("notices.yaml", []byte(s))
		if problems.Errors() != nil {
			return
		}
		if _, err := tm.Under("text", extra, false); err != nil && err.Error() == "" {
			t.Fatal("an error without a message")
		}
	})
}

func FuzzAnnex(f *testing.F) {
	with := strings.Replace(front, "others:", "annexes: {sites: a.csv}\nothers:", 1) + body + fenced("define: z\nzone: {near: {sites: sites, within: 5 km}}")
	f.Add("id,kind,lat,lon,owner\nS1,energy.coal,50,30,UA\n")
	f.Add("id,kind,lat,lon,owner\nS1,energy.coal,NaN,1e400,UA\n\"")
	f.Fuzz(func(t *testing.T, s string) {
		b := bomb{text: with, beside: map[string]string{"a.csv": s}}
		tm, problems := Parse(b.files(), "t.truce.md")
		if tm == nil && problems.Errors() == nil {
			t.Fatal("neither terms nor an error")
		}
		if tm == nil {
			return
		}
		for _, a := range tm.Annexes {
			for _, o := range a.Objects {
				if o.HasPoint && o.Point.Valid() != nil {
					t.Fatalf("%+v", o)
				}
			}
		}
	})
}

// manyZones names z0, z1, ...
func manyZones(n int) string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprint("z", i)
	}
	return strings.Join(s, ", ")
}
