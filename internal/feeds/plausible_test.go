package feeds

import (
	"encoding/csv"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/where"
	"github.com/truce-project/truce/where/gazetteer"
)

// viinaRows writes rows of VIINA: name, oblast, text.
func viinaRows(rows ...[3]string) string {
	var b strings.Builder
	b.WriteString("event_id_1pd,date,target_classes,attack_terms,asciiname,ADM1_NAME,longitude,latitude,representative_text\n")
	for i, r := range rows {
		fmt.Fprintf(&b, "%d,20300101,PIPELINE_PUMPING,удар,%s,%s,37.5,48.5,%q\n", i+1, r[0], r[1], r[2])
	}
	return b.String()
}

func TestPlaceAgainstText(t *testing.T) {
	for _, c := range []struct {
		name, area, text string
		place, note      string
	}{
		{"Testove", "Donets'k", "удар біля Тестового", "area UA-14", ""},
		{"Testove", "Donets'k", "Удар по складу в Самарской области", "area UA-14 or area RU-SAM", "the text names Самарской (RU-SAM); the place that is given lies elsewhere"},
		{"Druzhba", "Donets'k", "удар по нафтопроводу Дружба", "unknown", "the text names Druzhba as a pipeline and no place: judged as unknown place"},
		{"Druzhba", "Donets'k", "удар по нафтопроводу Дружба у Брянській області", "area UA-14 or area RU-BRY", "as a pipeline and no place, and names Брянській (RU-BRY)"},
		{"Druzhba", "Donets'k", "удар по селу Дружба", "area UA-14", ""},
		{"Pustomyty", "L'viv", "Удар по аеродрому в Енгельсі", "area UA-46 or 51.4900,46.1200 ±10 km", "the text names Енгельсі (RU-SAR)"},
		{"Engels", "Donets'k", "Удар по аеродрому в Енгельсі Саратовської області", "area UA-14 or area RU-SAR", "another Engels is known there: 1 candidate: RU-SAR"},
		{"Kharkiv", "Kharkiv", "Обстріл Харкова з Бєлгородської області", "area UA-63", ""},
		{"Testove", "Kiev City", "удар в Киевской области", "area UA-30", ""},
		{"Testove", "Sevastopol'", "удар в Криму", "area UA-40", ""},
		{"Testove", "Odessa", "удар по одеському порту та на Херсонщині", "area UA-51", ""},
		{"Pokrovsk", "Donets'k", "Обстріл Покровська з Бєлгородської області", "area UA-14", ""},
		{"Pokrovsk", "Donets'k", "Пожежа у Покровську в Якутії", "area UA-14 or area RU-SA", "another Pokrovsk is known there: 1 candidate: RU-SA"},
		{"Kropyvnytskyy", "Kirovohrad", "у Кропивницькому влучання, на Херсонщині теж", "area UA-35", ""},
	} {
		list, _, err := read(t, viinaRows([3]string{c.name, c.area, c.text}), Options{})
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %v %v", c.text, list, err)
			continue
		}
		notes := strings.Join(list[0].Notes, "\n")
		if got := list[0].Scenarios[0].Place.String(); got != c.place || !strings.Contains(notes, c.note) || c.note == "" && strings.Contains(notes, "the text names") {
			t.Errorf("%s: %s\n%s\nwant %s, %s", c.text, got, notes, c.place, c.note)
		}
	}
}

// TestPlaceIsNeverNarrowedByText: whatever a text says, the place that is given
// stays possible.
func TestPlaceIsNeverNarrowedByText(t *testing.T) {
	texts := []string{"", "в Самарской области", "Druzhba pipeline", "Харків, Суми", "Kyiv", "на Донецькому напрямку", "у Брянській, Курській областях"}
	r, err := newRun("x", Options{}, &Summary{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range where.Areas() {
		given, err := where.AreaRegion(a.Code)
		if err != nil {
			continue
		}
		at, _ := given.Centre()
		for _, text := range texts {
			for _, place := range []where.Region{given, where.Disc(at, 5000)} {
				s := evidence.Scenario{Place: place}
				r.withText(&evidence.Incident{Text: text}, &s, "Druzhba", true)
				if s.Place.IsUnknown() {
					continue
				}
				if !strings.HasPrefix(s.Place.String(), place.String()) {
					t.Fatalf("%s, %q: %s became %s", a.Code, text, place, s.Place)
				}
			}
		}
	}
}

// TestCuratedPlacesAreLeft: where people have placed a row, its text only
// raises a doubt.
func TestCuratedPlacesAreLeft(t *testing.T) {
	const csv = "id,time_start,act,lat,lon,precision_m,text\nA,2030-01-01T00:00Z,attack,48.5,37.5,1000,Strike in Samara Oblast\n"
	list, _, err := read(t, csv, Options{})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if got := list[0].Scenarios[0].Place.String(); got != "48.5000,37.5000 ±1 km" {
		t.Error(got)
	}
	wantText(t, "notes", strings.Join(list[0].Notes, "\n"), "the text names Samara (RU-SAM)", "the place is doubtful, and left as given")
}

func TestPlaceColumnNamesEveryCandidate(t *testing.T) {
	const csv = "id,time_start,act,place\nA,2030-01-01T00:00Z,attack,Pokrovsk\nB,2030-01-01T00:00Z,attack,\"Pokrovsk, Donetsk Oblast\"\nC,2030-01-01T00:00Z,attack,15 km NW of Sudzha\nD,2030-01-01T00:00Z,attack,UA4402\nE,2030-01-01T00:00Z,attack,UA99\nF,2030-01-01T00:00Z,attack,Testove\nG,2030-01-01T00:00Z,attack,\"Kursk Oblast, Belgorod Oblast\"\n"
	more := gazetteer.Builtin().With(gazetteer.Entry{ID: "t", Names: []gazetteer.Name{{Text: "Testove", Lang: "en"}}, Class: gazetteer.Settlement, HasPoint: true, Point: where.Point{Lat: 50, Lon: 36}, Radius: 1000})
	for _, g := range []*gazetteer.Gazetteer{nil, more} {
		list, sum, err := read(t, csv, Options{Gazetteer: g})
		if err != nil || len(list) != 6 || sum.Rejected != 1 {
			t.Fatalf("%v %v %v", list, sum, err)
		}
		wantText(t, "problems", problems(sum), `column place: P-code "UA99"`)
		for id, want := range map[string]string{
			"A": "48.2800,37.1800 ±8 km or 61.4800,129.1400 ±5 km", "B": "48.2800,37.1800 ±8 km", "C": "sector 51.1900,35.2700 bearing 315±27.9°, 12.25 km to 17.75 km",
			"D": "area UA-09", "F": map[bool]string{true: "unknown", false: "50.0000,36.0000 ±1 km"}[g == nil], "G": "area RU-KRS or area RU-BEL",
		} {
			if got := byID(t, list, id).Scenarios[0].Place.String(); got != want {
				t.Errorf("%s: %s, want %s", id, got, want)
			}
		}
		wantText(t, "A", strings.Join(byID(t, list, "A").Notes, "\n"), "Pokrovsk: 2 candidates: UA-14, RU-SA")
	}
}

// TestRealViinaPlaces counts the rows of which text and place disagree, over
// every row, reports too. Each of the rows was read by eye (docs/places.md): when
// a count changes, read those that are new.
func TestRealViinaPlaces(t *testing.T) {
	for file, want := range map[string]string{
		"events/viina_energy_military_2022.csv": "area 19, place 13, no-place 3",
		"events/viina_energy_military_2024.csv": "area 16, place 1, no-place 2",
	} {
		f, err := os.Open(shared(t, file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		column := map[string]int{}
		for i, name := range rows[0] {
			column[name] = i
		}
		tools, count := newTools(nil), map[string]int{}
		for _, r := range rows[1:] {
			area := r[column["ADM1_NAME"]]
			if missing(area) {
				continue
			}
			place, _ := anyOf([]string{area}, tools.remembered("viina ", viinaArea))
			if d := tools.disagreement(r[column["representative_text"]], place, r[column["asciiname"]]); d.note != "" {
				count[d.kind]++
			}
		}
		if got := fmt.Sprintf("area %d, place %d, no-place %d", count["area"], count["place"], count["no-place"]); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
}
