package intake

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
)

const ukrainian = `№;Дата;Час;Населений пункт;Широта;Довгота;Тип події;Об'єкт;Поранено;Опис
1;18.03.2025;23:40;Слов'янськ;48,8530;37,6050;артилерійський обстріл;підстанція;2;Обстріл підстанції
2;19.03.2025;;Краматорськ;48,7230;37,5560;удар дрона;житловий будинок;;Удар
3;21.03.2025;07:05;Ізюм;49,2120;37,2480;салют;підстанція;;Невідомо
`

func readText_(t *testing.T, text string) *File {
	t.Helper()
	f, err := Read("f.csv", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestProposeUkrainian(t *testing.T) {
	p, err := Propose(readText_(t, ukrainian), "")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range p.Columns {
		got[c.From] = c.To
		if len(c.Reasons) == 0 {
			t.Errorf("%s: no reason", c.From)
		}
	}
	want := map[string]string{"№": "id", "Дата": "date", "Час": "clock", "Населений пункт": "place", "Широта": "lat", "Довгота": "lon", "Тип події": "act", "Об'єкт": "target", "Поранено": "injured", "Опис": "text"}
	for k, w := range want {
		if got[k] != w {
			t.Errorf("%s: %q, expected %q", k, got[k], w)
		}
	}
	if p.Mapping.Dates != "dmy" || len(p.Mapping.Key) != 1 || p.Mapping.Zone != "" {
		t.Errorf("mapping %+v", p.Mapping)
	}
	if s := strings.Join(p.Open, "\n"); !strings.Contains(s, "zone:") || !strings.Contains(s, "values:") {
		t.Errorf("open: %s", s)
	}
}

func mapped(t *testing.T, f *File, change func(*Mapping)) *Mapping {
	t.Helper()
	p, err := Propose(f, "")
	if err != nil {
		t.Fatal(err)
	}
	change(p.Mapping)
	return p.Mapping
}

func TestPreviewTellsEachFault(t *testing.T) {
	f := readText_(t, ukrainian)
	m := mapped(t, f, func(m *Mapping) { m.Zone = "Europe/Kyiv" })
	p, err := See(f, m, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Rows) != 3 || p.Rows[0].Incident == nil || p.Rows[1].Incident == nil || p.Rows[2].Incident != nil {
		t.Fatalf("%+v", p)
	}
	if in := p.Rows[0].Incident; in.ID != "1" || !strings.HasPrefix(in.Time, "2025-03-18T21:40") || !strings.HasPrefix(in.Act, "attack.strike.artillery") {
		t.Errorf("%+v", in)
	}
	if p.Rows[1].Columns["time_start"] != "2025-03-18T22:00:00Z" || p.Rows[1].Columns["time_end"] != "2025-03-19T22:00:00Z" {
		t.Errorf("a day is the whole of it: %v", p.Rows[1].Columns)
	}
	fatal := []string{}
	for _, x := range p.Faults {
		if x.Fatal {
			fatal = append(fatal, x.Error())
		}
	}
	if s := strings.Join(fatal, "\n"); len(fatal) != 1 || !strings.Contains(s, `f.csv:4: column Тип події (G4): "салют"`) || !strings.Contains(s, "unknown: allow") {
		t.Errorf("%d faults: %s", len(fatal), s)
	}
}

func TestAllowLeavesOpenAndCounts(t *testing.T) {
	f := readText_(t, ukrainian)
	m := mapped(t, f, func(m *Mapping) { m.Zone, m.Unknown = "Europe/Kyiv", Allow })
	var b bytes.Buffer
	c, err := Convert(f, m, &b)
	if err != nil {
		t.Fatal(err)
	}
	if s := strings.Join(c.Words(), ";"); !strings.Contains(s, "act: салют (1)") {
		t.Errorf("words: %s", s)
	}
	n := 0
	sum, err := feeds.Read("f.csv", &b, feeds.Options{As: "truce"}, func(in *evidence.Incident) error {
		n++
		if in.ID == "3" && in.Scenarios[0].Act != nil {
			t.Errorf("act %v: expected open", in.Scenarios[0].Act)
		}
		return nil
	})
	if err != nil || n != 3 || sum.Rejected != 0 {
		t.Errorf("%d incidents, %v, %v", n, sum, err)
	}
}

func TestDatesAreNotGuessed(t *testing.T) {
	for _, x := range []struct{ in, order, want string }{
		{"03/04/2025", "", ""}, {"03/04/2025", "dmy", "2025-4-3"}, {"03/04/2025", "mdy", "2025-3-4"}, {"13/04/2025", "", "2025-4-13"},
		{"04/13/2025", "", "2025-4-13"}, {"04/13/2025", "dmy", ""}, {"03.04.2025", "", "2025-4-3"}, {"03.04.25", "", ""}, {"03.04.25", "dmy", "2025-4-3"},
		{"2025-02-30", "", ""}, {"31.04.2025", "", ""}, {"2025-04-03T10:20", "", "2025-4-3"}, {"2025/04/03", "dmy", "2025-4-3"}, {"45734", "", ""}, {"вчора", "", ""},
	} {
		c, err := parseCivil(x.in, x.order)
		got := ""
		if err == nil {
			got = fmt.Sprintf("%d-%d-%d", c.y, c.m, c.d)
		}
		if got != x.want {
			t.Errorf("%q by %q: %q (%v), expected %q", x.in, x.order, got, err, x.want)
		}
	}
}

func TestDegrees(t *testing.T) {
	for _, x := range []struct {
		in   string
		lat  bool
		want float64
		ok   bool
	}{
		{"48.5167", true, 48.5167, true}, {"48,5167", true, 48.5167, true}, {"48°31'00\"N", true, 48.5166667, true}, {"35° 2' E", false, 35.0333333, true},
		{"N48.5", true, 48.5, true}, {"48.5 S", true, -48.5, true}, {"48.5E", true, 0, false}, {"48 516", true, 0, false}, {"4851670", true, 0, false},
		{"0x10", true, 0, false}, {"1e1", true, 0, false}, {"", true, 0, false}, {"35.1 сх", false, 35.1, true}, {"95", true, 0, false},
	} {
		v, err := parseDegrees(x.in, x.lat)
		if (err == nil) != x.ok || err == nil && v != x.want {
			t.Errorf("%q: %v %v", x.in, v, err)
		}
	}
}

// book makes a workbook with every trap.
func book(t *testing.T, since1904 bool) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &since1904}))
	must(f.SetSheetRow("Sheet1", "A1", &[]any{"Report of the week"}))
	must(f.SetSheetRow("Sheet1", "A3", &[]any{"ID", "Date", "Time", "Lat", "Lon", "Event type", "Killed", "Notes"}))
	must(f.SetSheetRow("Sheet1", "A4", &[]any{"a1", time.Date(2025, 3, 18, 0, 0, 0, 0, time.UTC), 0.5, 48.5167, "37,25", "shelling", 2, "=cmd"}))
	must(f.SetSheetRow("Sheet1", "A5", &[]any{"a2", nil, 0.75, "48.7", 37.3, "shelling", "3", "second of the day"}))
	must(f.SetSheetRow("Sheet1", "A6", &[]any{"a3", time.Date(2025, 3, 20, 6, 30, 0, 0, time.UTC), nil, 48.1, 37.1, "shelling", nil, "a date with its time"}))
	must(f.MergeCell("Sheet1", "A1", "H1"))
	must(f.MergeCell("Sheet1", "B4", "B5"))
	clock, err := f.NewStyle(&excelize.Style{NumFmt: 20})
	must(err)
	must(f.SetCellStyle("Sheet1", "C4", "C5", clock))
	must(f.SetCellFormula("Sheet1", "G6", "SUM(1,2)"))
	_, err = f.NewSheet("Secret")
	must(err)
	must(f.SetSheetRow("Secret", "A1", &[]any{"ID", "Date"}))
	must(f.SetSheetVisible("Secret", false))
	var b bytes.Buffer
	must(f.Write(&b))
	return edit(t, b.Bytes(), "xl/worksheets/sheet1.xml", ` t="str"><f>SUM`, `><f>SUM`)
}

// edit changes a part of an archive: the formula as programs write it that do not
// compute.
func edit(t *testing.T, b []byte, part, from, to string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == part {
			if !bytes.Contains(text, []byte(from)) {
				t.Fatalf("%s has no %s: %s", part, from, text)
			}
			text = bytes.ReplaceAll(text, []byte(from), []byte(to))
		}
		x, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWorkbook(t *testing.T) {
	for _, since1904 := range []bool{false, true} {
		f, err := Read("w.xlsx", bytes.NewReader(book(t, since1904)))
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Sheets) != 2 || !f.Sheets[1].Hidden || f.Sheets[0].Hidden {
			t.Fatalf("%+v", f.Sheets)
		}
		m := mapped(t, f, func(m *Mapping) { m.Zone = "UTC" })
		if m.Header != 3 || len(m.Key) != 1 {
			t.Errorf("mapping %+v", m)
		}
		p, err := See(f, m, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Rows) != 3 || p.Rows[0].Row != 4 {
			t.Fatalf("%+v", p.Rows)
		}
		if got := p.Rows[0].Columns; got["time_start"] != "2025-03-18T12:00:00Z" || got["lat"] != "48.5167" || got["lon"] != "37.25" || got["killed"] != "2" || got["text"] != "=cmd" {
			t.Errorf("1904 %v: %v", since1904, got)
		}
		if got := p.Rows[1].Columns["time_start"]; got != "2025-03-18T18:00:00Z" {
			t.Errorf("1904 %v: a merged date: %s", since1904, got)
		}
		if p.Rows[2].Incident != nil {
			t.Errorf("a formula without a value was read: %+v", p.Rows[2])
		}
		if len(p.Faults) == 0 || !strings.Contains(fmt.Sprint(p.Faults), "w.xlsx [Sheet1]:6: column Killed (G6)") {
			t.Errorf("%v", p.Faults)
		}
		if s := strings.Join(f.Sheets[0].Notes, ";"); !strings.Contains(s, "merged down") || !strings.Contains(s, "no saved value") || strings.Contains(s, "1904") != since1904 {
			t.Error(s)
		}
	}
}

func TestSerialDates(t *testing.T) {
	for v, want := range map[float64]string{1: "1900-01-01", 59: "1900-02-28", 61: "1900-03-01", 45734: "2025-03-18", 45734.5: "2025-03-18 12:00:00"} {
		if got := dayOf(v, false); got != want {
			t.Errorf("%v: %s", v, got)
		}
	}
	if got := dayOf(0, true); got != "1904-01-01" {
		t.Error(got)
	}
	for f, want := range map[string]bool{"yyyy-mm-dd": true, "[h]:mm": true, `0.00" days"`: false, "General": false, "#,##0.00": false, `[Red]0`: false, `dd.mm.yyyy\ hh:mm`: true, "0.00E+00": false, "[$-419]d mmm": true} {
		if showsDate(f) != want {
			t.Errorf("%s: %v", f, !want)
		}
	}
}

// TestEveryRowOnce: each row of the source is one row of what comes out, refused
// or read, whatever stands in it.
func TestEveryRowOnce(t *testing.T) {
	cell := rapid.SampledFrom([]string{"", "x", "18.03.2025", "31/31/2025", "48,5", "shelling", "a\nb", `"q`, "=1+1", "48°N", "attack", "attack|x", "-", "999", "2025-03-18T10:00:00Z", "24:00"})
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "rows")
		s := &Sheet{Rows: []Row{{Line: 1, Cells: []Cell{{Text: "id"}, {Text: "date"}, {Text: "time"}, {Text: "lat"}, {Text: "lon"}, {Text: "type"}, {Text: "notes"}, {Text: "killed"}}}}}
		for i := range n {
			r := Row{Line: i + 2}
			for range 8 {
				r.Cells = append(r.Cells, Cell{Text: cell.Draw(t, "cell"), Kind: rapid.SampledFrom([]Kind{Text, Text, Text, Number, Missing}).Draw(t, "kind")})
			}
			s.Rows = append(s.Rows, r)
		}
		f := &File{Name: "x", Kind: "csv", Sheets: []*Sheet{s}}
		m := &Mapping{Zone: "Europe/Kyiv", Unknown: rapid.SampledFrom([]string{"", Block, Allow}).Draw(t, "unknown"), Key: []string{"id"}, Columns: []Column{{From: "date", To: "date"}, {From: "time", To: "clock"}, {From: "lat", To: "lat"}, {From: "lon", To: "lon"}, {From: "type", To: "act"}, {From: "notes", To: "text"}, {From: "killed", To: "killed"}}}
		var b bytes.Buffer
		c, err := Convert(f, m, &b)
		if err != nil {
			t.Fatal(err)
		}
		if c.Rows != n || len(c.starts()) != n {
			t.Fatalf("%d rows, %d lines: expected %d", c.Rows, len(c.starts()), n)
		}
		refused := map[int]bool{}
		sum, err := feeds.Read("x", bytes.NewReader(b.Bytes()), feeds.Options{As: "truce"}, func(in *evidence.Incident) error {
			if c.refused[c.source(in.From.Line)] {
				t.Fatalf("row %d was refused and read:\n%s", c.source(in.From.Line), b.String())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range sum.Problems {
			if p.Fatal {
				refused[c.source(p.Pos.Line)] = true
			}
		}
		if sum.Rows != n || sum.Rejected != len(refused) || sum.Incidents+sum.Rejected != n {
			t.Fatalf("%v, %d refused, of %d:\n%s", sum, len(refused), n, b.String())
		}
		for l := range c.refused {
			if !refused[l] {
				t.Fatalf("row %d was refused by the mapping and not by the reader", l)
			}
		}
	})
}

func TestBombsAndOldBooks(t *testing.T) {
	for _, x := range []struct {
		b    string
		want string
	}{{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls"}, {"PK\x03\x04rubbish", "damaged"}, {"", "no rows"}, {"\xff\xfea\x00", "UTF-16"}} {
		if _, err := Read("x", strings.NewReader(x.b)); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q: %v", x.b, err)
		}
	}
	if _, err := Read("x", bytes.NewReader(zeros(t))); err == nil || !strings.Contains(err.Error(), "unpacks to") {
		t.Errorf("a bomb: %v", err)
	}
}

// TestRowOfNothing: a row in which no column of the mapping has a value is refused and
// named, and the rows after it keep their places.
func TestRowOfNothing(t *testing.T) {
	for _, constants := range []map[string]string{nil, {"actor": "RU"}} {
		f, err := Read("x.csv", strings.NewReader("act,remark\nattack,\n,see below\nattack.strike,\n"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := See(f, &Mapping{Zone: "UTC", Unknown: Allow, Constants: constants, Columns: []Column{{From: "act", To: "act"}}}, 20)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range p.Rows {
			got = append(got, fmt.Sprint(r.Row, " ", r.Columns["act"], " ", r.Refused != ""))
		}
		if want := []string{"2 attack false", "3  true", "4 attack.strike false"}; !slices.Equal(got, want) {
			t.Errorf("%q, expected %q", got, want)
		}
		if len(p.Faults) != 1 || !strings.Contains(p.Faults[0].Error(), "none of the columns") {
			t.Errorf("%v", p.Faults)
		}
	}
}
