package gazetteer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/where"
)

func TestResolve(t *testing.T) {
	g := Builtin()
	for _, c := range []struct{ text, region, notes string }{
		{"Pokrovsk", "48.2800,37.1800 ±8 km or 61.4800,129.1400 ±5 km", "Pokrovsk: 2 candidates: UA-14, RU-SA"},
		{"Покровську", "48.2800,37.1800 ±8 km or 61.4800,129.1400 ±5 km", "2 candidates"},
		{"Pokrovsk, Donetsk Oblast", "48.2800,37.1800 ±8 km", `narrowed from 2 candidates: UA-14, RU-SA by "Donetsk Oblast"`},
		{"Покровск (Якутия)", "61.4800,129.1400 ±5 km", `by "Якутия"`},
		{"Pokrovsk, Ukraine", "48.2800,37.1800 ±8 km", `by "Ukraine"`},
		{"Pokrovsk, UA14", "48.2800,37.1800 ±8 km", `by "UA14"`},
		{"Pokrovsk, Kharkiv Oblast", "48.2800,37.1800 ±8 km or 61.4800,129.1400 ±5 km or area UA-63", "no Pokrovsk is known in UA-63"},
		{"Pokrovsk, Nowhere", "48.2800,37.1800 ±8 km or 61.4800,129.1400 ±5 km", `"Nowhere" is not known as an area`},
		{"Kiev", "area UA-30", ""},
		{"Харкова", "area UA-63", ""},
		{"м. Харків", "49.9900,36.2300 ±20 km", `by "м."`},
		{"Donetsk", "area UA-14 or 48.3400,39.9500 ±8 km", "2 candidates: area UA-14, RU-ROS"},
		{"Kursk, Belgorod", "area RU-KRS or area RU-BEL", "2 candidates"},
		{"Glebovka", "area UA-43", ""},
		{"Voronizh", "51.7600,33.4600 ±5 km or area RU-LIP|RU-TAM|RU-VOR", "river in RU-LIP|RU-TAM|RU-VOR"},
		{"UA-63", "area UA-63", ""},
		{"UA14", "area UA-14", "P-code UA14 (Donetsk Oblast) is UA-14"},
		{"ua4402", "area UA-09", "lies in UA-09, whose boundary is taken"},
		{"UA01000000000013043", "area UA-43", "KATOTTH"},
		{"UA14160210010012345", "area UA-14", "lies in UA-14"},
		{"RU-MOW", "area RU-MOS", ""},
		{"Nowhere", "unknown", ""},
	} {
		r := g.Resolve(c.text)
		if got := r.Region.String(); got != c.region || !strings.Contains(strings.Join(r.Notes, "\n"), c.notes) || c.notes == "" && len(r.Notes) > 0 {
			t.Errorf("%s: %s %q %v\nwant %s %q", c.text, got, r.Notes, r.Err, c.region, c.notes)
		}
	}
	for _, text := range []string{"UA99", "UA-99", "UA14022", "RU001", "UA0200000000001304"} {
		if r := g.Resolve(text); r.Err == nil || r.Known {
			t.Errorf("%s was read as %v", text, r.Region)
		}
	}
}

func TestManyCandidatesBecomeTheirAreas(t *testing.T) {
	var all []Entry
	for i := range maxDiscs + 1 {
		p := where.Point{Lat: 47.2 + float64(i%10)*0.2, Lon: 33 + float64(i/10)*0.5}
		all = append(all, Entry{ID: fmt.Sprint(i), Names: []Name{{"Lots", "en"}}, Class: Settlement, HasPoint: true, Point: p, Radius: 1000})
	}
	list := New(all...).Lookup("lots")
	if len(list) != maxDiscs+1 {
		t.Fatalf("%d candidates", len(list))
	}
	r := Region(list)
	if s := r.String(); !strings.HasPrefix(s, "area ") {
		t.Error(s)
	}
	for _, e := range all {
		if where.NearSites("", []where.Point{e.Point}, 1).Relate(r, where.Model{}) == where.Outside {
			t.Errorf("%s was lost", e.ID)
		}
	}
}

func TestRomanise(t *testing.T) {
	// Examples of the resolution of 2010, and of BGN/PCGN for Russian.
	for name, want := range map[string]string{
		"Знам'янка": "znamianka", "Згурський": "zghurskyi", "Єнакієве": "yenakiieve", "Гаєвич": "haievych", "Їжакевич": "yizhakevych",
		"Кадиївка": "kadyivka", "Йосипівка": "yosypivka", "Стрий": "stryi", "Олексій": "oleksii", "Щербухи": "shcherbukhy", "Юрій": "yurii",
		"Яготин": "yahotyn", "Ічня": "ichnia", "Феодосія": "feodosiia",
	} {
		if got := Romanise(name, "uk"); !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{"Глебовка": "glebovka", "Ельск": "yelsk", "Макеевка": "makeyevka", "Красный": "krasnyy", "Грозный": "grozny", "Юрьев": "yuryev", "Щёлково": "shchelkovo"} {
		if got := Romanise(name, "ru"); !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %s", name, got, want)
		}
	}
	if Romanise("Kyiv", "uk") != nil {
		t.Error("a Latin name was written in Latin")
	}
}

func TestBearings(t *testing.T) {
	for text, want := range map[string]string{
		"1.5 km NE of Hnutove":                "Hnutove 45±22.5 1350..1650",
		"15 km northwest of Sudzha":           "Sudzha 315±22.5 13500..16500",
		"57km north-east of Donetsk":          "Donetsk 45±22.5 51300..62700",
		"2-4 km ENE of Pokrovsk":              "Pokrovsk 67.5±11.25 1500..4500",
		"about 5 km from Svatove":             "Svatove 0±180 3750..6250",
		"300 m south of Lyman":                "Lyman 180±22.5 270..330",
		"10 miles west of Izium":              "Izium 270±22.5 14484.096..17702.784",
		"15 km to the north-west of Sudzha":   "Sudzha 315±22.5 13500..16500",
		"за 15 км на північ від Суджі":        "Суджі 0±22.5 13500..16500",
		"20 км на північний захід від Сум":    "Сум 315±22.5 18000..22000",
		"за 3 км південно-східніше Лимана":    "Лимана 135±22.5 2500..3500",
		"в 15 км к северу от Суджи":           "Суджи 0±22.5 13500..16500",
		"10 км северо-западнее Купянска":      "Купянска 315±22.5 9000..11000",
		"примерно в 12 км от Рыльска":         "Рыльска 0±180 9000..15000",
		"1,5 км к юго-востоку от Святогорска": "Святогорска 135±22.5 1350..1650",
		"north of Sudzha":                     "Sudzha 0±22.5 0..0",
	} {
		b, ok := ParseBearing(text)
		if got := fmt.Sprintf("%s %g±%g %.8g..%.8g", b.From, b.Bearing, b.Half, float64(b.Min), float64(b.Max)); !ok || got != want {
			t.Errorf("%s: %v %s, want %s", text, ok, got, want)
		}
	}
	for _, text := range []string{"Sudzha", "15 km", "Kursk Oblast", "4-2 km N of X", "15 km northsouth of Sudzha", "9999 miles from Sudzha", "110 kV line Seimskaya"} {
		if b, ok := ParseBearing(text); ok {
			t.Errorf("%s was read as %+v", text, b)
		}
	}
}

func TestBearingsFromPlaces(t *testing.T) {
	g := Builtin()
	for _, c := range []struct{ text, region, notes string }{
		{"15 km northwest of Sudzha", "sector 51.1900,35.2700 bearing 315±27.9°, 12.25 km to 17.75 km", "13.5 km to 16.5 km"},
		{"15 km N of Pokrovsk", "sector 48.2800,37.1800 bearing 0±31.1°, 11.5 km to 18.5 km or sector 61.4800,129.1400 bearing 0±27.9°, 12.25 km to 17.75 km", "2 candidates"},
		{"15 km N of Pokrovsk, Donetsk oblast", "sector 48.2800,37.1800 bearing 0±31.1°, 11.5 km to 18.5 km", "narrowed"},
		{"40 km N of Dnipro", "sector 48.4600,35.0400 bearing 0±30.5°, 31 km to 49 km", "not from area UA-12, river in"},
		{"north of Sudzha", "unknown", "no distance"},
		{"15 km north of Nowhere", "unknown", ""},
		{"15 km north of Glebovka", "unknown", "no centre"},
	} {
		r := g.Resolve(c.text)
		if r.Region.String() != c.region || !strings.Contains(strings.Join(r.Notes, "\n"), c.notes) {
			t.Errorf("%s: %s %q, want %s %q", c.text, r.Region, r.Notes, c.region, c.notes)
		}
	}
}

func TestMentions(t *testing.T) {
	g := Builtin()
	for text, want := range map[string]string{
		"В Харьковской и Сумской областях обстрел":                 "Харьковской!UA-63 Сумской!UA-59",
		"У Київській та Івано-Франківській областях":               "Київській!UA-32 Івано-Франківській областях!UA-26",
		"На Харківщині вибух під Ізюмом":                           "Харківщині!UA-63 Ізюмом=UA-63",
		"удар по нафтопроводу «Дружба» у Брянській області":        "Дружба-pipeline Брянській!RU-BRY",
		"The Druzhba pipeline in Bryansk region":                   "Druzhba-pipeline Bryansk!RU-BRY",
		"обстріл села Дружба":                                      "Дружба=UA-59",
		"У Покровську вибух":                                       "Покровську=RU-SA|UA-14",
		"Киев отказался подтвердить":                               "Киев-government",
		"взрыв в Киеве":                                            "Киеве=UA-30",
		"на Донецькому напрямку":                                   "Донецькому~UA-14",
		"одеський порт":                                            "одеський~UA-51",
		"танкер \"Самара\" в море":                                 "Самара-vessel",
		"комбат бригады \"Азов\" у Кремінній":                      "Кремінній=UA-09",
		"в Кривом Роге и Новой Каховке":                            "Кривом Роге=UA-12 Новой Каховке=UA-65",
		"ракето-дрон «Паляниця»; суми грошей; НПЗ":                 "",
		"Shelling near Sudzha in Kursk Oblast, Russian Federation": "Sudzha=RU-KRS Kursk!RU-KRS",
	} {
		var got []string
		for _, m := range g.Mentions(text) {
			sign := "="
			switch {
			case m.NotPlace != "":
				got = append(got, m.Text+"-"+m.NotPlace)
				continue
			case m.Area:
				sign = "!"
			case m.Adjective:
				sign = "~"
			}
			got = append(got, m.Text+sign+strings.Join(m.In(), "|"))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s:\n got %s\nwant %s", text, s, want)
		}
	}
}

func TestNamed(t *testing.T) {
	for _, c := range []struct {
		text, name string
		named      bool
		notPlace   string
	}{
		{"У Ніжині ракетним ударом", "Nizhyn", true, ""},
		{"под Старой Руссой", "Staraya Russa", true, ""},
		{"у Баштанському районі", "Bashtanka", true, ""},
		{"у Баштанському районі", "Bashtanka ", true, ""},
		{"в районе Дружбы", "Druzhba", true, ""},
		{"нефтепровод «Дружба» остановлен", "Druzhba", true, "pipeline"},
		{"нефтепровод «Дружба»; село Дружба обстреляно", "Druzhba", true, ""},
		{"удар по Рязани", "Pustomyty", false, ""},
		{"", "Nizhyn", false, ""},
		{"Nizhyn", "", false, ""},
	} {
		if named, why := Named(c.text, c.name); named != c.named || why != c.notPlace {
			t.Errorf("%s, %s: %v %q", c.text, c.name, named, why)
		}
	}
}

func TestBuiltinDataIsWhole(t *testing.T) {
	g := Builtin()
	ids := map[string]bool{}
	for _, e := range g.Entries() {
		if ids[e.ID] {
			t.Errorf("%s stands twice", e.ID)
		}
		ids[e.ID] = true
		if e.Class == Settlement {
			lang := map[string]bool{}
			for _, n := range e.Names {
				lang[n.Lang] = true
			}
			if !lang["en"] || !lang["uk"] || !lang["ru"] || !e.HasPoint || len(e.Areas) != 1 {
				t.Errorf("%s: %+v", e.ID, e)
			}
			// The point must lie in its area, give or take its radius.
			z, err := where.AreaZone("", drawable(e.Areas)...)
			if e.ID == "slavutych" { // of Kyiv Oblast, and surrounded by another
				continue
			}
			if err != nil || z.Relate(e.Region(), where.Model{}) == where.Outside {
				t.Errorf("%s does not lie in %v: %v", e.ID, e.Areas, err)
			}
		}
		for _, n := range e.Names {
			list := g.Lookup(n.Text)
			if !slices.ContainsFunc(list, func(c Candidate) bool {
				return slices.ContainsFunc(c.Entries, func(x *Entry) bool { return x.ID == e.ID })
			}) {
				t.Errorf("%s is not found by %q", e.ID, n.Text)
			}
		}
	}
	for _, c := range contexts {
		if c.near < 1 || c.near > 5 || c.kind == "" || len(c.words) == 0 || !slices.Contains([]string{"before", "after", "any", "without"}, c.side) {
			t.Errorf("contexts.csv: %+v", c)
		}
	}
	for digits, iso := range ocha {
		c, ok, err := g.ByCode("UA" + digits)
		if !ok || err != nil || c.ISO != iso {
			t.Errorf("UA%s: %+v %v", digits, c, err)
		}
	}
	if len(ocha) != 27 {
		t.Errorf("%d P-codes, want 27", len(ocha))
	}
}
