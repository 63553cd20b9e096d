package where

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/where/internal/areagen"
)

func TestAreasAreWhatTheGeneratorGives(t *testing.T) {
	var folder string
	for _, f := range []string{"../../shared/data/boundaries/"} {
		if _, err := os.Stat(f); err == nil {
			folder = f
			break
		}
	}
	if folder == "" {
		t.Skip("SKIPPED: the source boundaries are not here: no folder ../../shared/data/boundaries, so areas.geojson is not compared with its source")
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	got, err := areagen.Generate([]byte(areasCSV),
		read(folder+"ukraine_admin1_naturalearth.geojson"), read(folder+"russia_admin1_naturalearth.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, areasGeoJSON) {
		t.Error("areas.geojson differs from what the generator gives: run where/data/generate.go")
	}
}

func TestAreaCodes(t *testing.T) {
	ukraine := strings.Fields("05 07 09 12 14 18 21 23 26 30 32 35 40 43 46 48 51 53 56 59 61 63 65 68 71 74 77")
	russia := strings.Fields(`AD AL ALT AMU ARK AST BA BEL BRY BU CE CHE CHU CU DA IN IRK IVA KAM KB KC KDA KEM KGD KGN KHA KHM
		KIR KK KL KLU KO KOS KR KRS KYA LEN LIP MAG ME MO MOS MOW MUR NEN NGR NIZ NVS OMS ORE ORL PER PNZ PRI PSK ROS RYA SA SAK SAM
		SAR SE SMO SPE STA SVE TA TAM TOM TUL TVE TY TYU UD ULY VGG VLA VLG VOR YAN YAR YEV ZAB`)
	if len(ukraine) != 27 || len(russia) != 83 || len(Areas()) != 110 {
		t.Fatalf("%d, %d and %d areas", len(ukraine), len(russia), len(Areas()))
	}
	missing := []string{"RU-MOW", "RU-CHU"}
	for country, codes := range map[string][]string{"UA-": ukraine, "RU-": russia} {
		for _, c := range codes {
			_, ok := Area(country + c)
			_, err := AreaRegion(country + c)
			if want := !slices.Contains(missing, country+c); ok != want || (err == nil) != want {
				t.Errorf("%s%s: boundary %t, error %v", country, c, ok, err)
			}
		}
	}
	if _, err := AreaRegion("RU-MOW"); err == nil || !strings.Contains(err.Error(), "inside RU-MOS") {
		t.Errorf("RU-MOW: %v", err)
	}
}

func TestAreasAreValid(t *testing.T) {
	for _, a := range Areas() {
		mp, ok := Area(a.Code)
		if !ok {
			continue
		}
		if _, err := cleanPolygons(mp); err != nil {
			t.Errorf("%s: %v", a.Code, err)
		}
	}
}

func TestNeighboursDoNotOverlap(t *testing.T) {
	s, err := areaShape([]string{"UA", "RU"})
	if err != nil {
		t.Fatal(err)
	}
	border := s.at(Geodesic).border
	for i := range border.edges {
		e := &border.edges[i]
		border.visit(e.va.add(e.vb).unit(), e.va.chord(e.vb)/2, func(f *edge) {
			if e != f && math.Abs(e.a.Lon) < 180 && math.Abs(e.b.Lon) < 180 && crosses(Geodesic, e, f) {
				t.Errorf("outer borders cross near %v", e.a)
			}
		})
	}
}

var cities = []struct {
	name     string
	lat, lon float64
	code     string
}{
	{"Simferopol", 44.952, 34.102, "UA-43"}, {"Kerch", 45.357, 36.468, "UA-43"}, {"Sevastopol", 44.60795, 33.52134, "UA-40"},
	{"Kyiv", 50.45466, 30.5238, "UA-30"}, {"Bila Tserkva", 49.8, 30.115, "UA-32"}, {"Brovary", 50.511, 30.79, "UA-32"},
	{"Kharkiv", 49.98081, 36.25272, "UA-63"}, {"Izium", 49.209, 37.257, "UA-63"}, {"Kupiansk", 49.711, 37.615, "UA-63"},
	{"Kropyvnytskyi", 48.5132, 32.2597, "UA-35"}, {"Donetsk", 48.023, 37.80224, "UA-14"}, {"Bakhmut", 48.595, 38.0, "UA-14"},
	{"Pokrovsk", 48.282, 37.176, "UA-14"}, {"Mariupol", 47.11, 37.55, "UA-14"}, {"Luhansk", 48.56705, 39.31706, "UA-09"},
	{"Dnipro", 48.4593, 35.03865, "UA-12"}, {"Kryvyi Rih", 47.91, 33.39, "UA-12"}, {"Zaporizhzhia", 47.82289, 35.19031, "UA-23"},
	{"Melitopol", 46.85, 35.37, "UA-23"}, {"Kherson", 46.65581, 32.6178, "UA-65"}, {"Mykolaiv", 46.96591, 31.9974, "UA-48"},
	{"Odesa", 46.47747, 30.70, "UA-51"}, {"Izmail", 45.36, 28.84, "UA-51"}, {"Sumy", 50.9216, 34.80029, "UA-59"},
	{"Chernihiv", 51.50551, 31.28487, "UA-74"}, {"Chernivtsi", 48.29149, 25.94034, "UA-77"}, {"Cherkasy", 49.42854, 32.06207, "UA-71"},
	{"Poltava", 49.59373, 34.54073, "UA-53"}, {"Lviv", 49.83826, 24.02324, "UA-46"}, {"Lutsk", 50.75932, 25.34244, "UA-07"},
	{"Rivne", 50.62308, 26.22743, "UA-56"}, {"Ternopil", 49.55342, 25.58918, "UA-61"}, {"Uzhhorod", 48.61667, 22.3, "UA-21"},
	{"Vinnytsia", 49.23278, 28.48097, "UA-05"}, {"Zhytomyr", 50.26487, 28.67669, "UA-18"}, {"Khmelnytskyi", 49.42161, 26.99653, "UA-68"},
	{"Ivano-Frankivsk", 48.9215, 24.70972, "UA-26"},
	{"Kursk", 51.73733, 36.18735, "RU-KRS"}, {"Sudzha", 51.197, 35.272, "RU-KRS"}, {"Belgorod", 50.61074, 36.58015, "RU-BEL"},
	{"Bryansk", 53.25209, 34.37167, "RU-BRY"}, {"Rostov-on-Don", 47.23135, 39.72328, "RU-ROS"}, {"Krasnodar", 45.04484, 38.97603, "RU-KDA"},
	{"Maykop", 44.60778, 40.10583, "RU-AD"}, {"Voronezh", 51.67204, 39.1843, "RU-VOR"}, {"Saratov", 51.54056, 46.00861, "RU-SAR"},
	{"Saransk", 54.1838, 45.1749, "RU-MO"}, {"Moscow, held by its oblast", 55.75222, 37.61556, "RU-MOS"},
	{"Saint Petersburg", 59.93863, 30.31413, "RU-SPE"}, {"Samara", 53.20007, 50.15, "RU-SAM"}, {"Kazan", 55.78874, 49.12214, "RU-TA"},
	{"Yakutsk", 62.03389, 129.73306, "RU-SA"}, {"Gorno-Altaysk", 51.96056, 85.91892, "RU-AL"}, {"Barnaul", 53.36056, 83.76361, "RU-ALT"},
	{"Kyzyl", 51.71081, 94.45338, "RU-TY"}, {"Vladikavkaz", 43.03667, 44.66778, "RU-SE"}, {"Salekhard", 66.53, 66.60194, "RU-YAN"},
}

func TestCities(t *testing.T) {
	for _, c := range cities {
		if got := AreasAt(Point{c.lat, c.lon}); !slices.Equal(got, []string{c.code}) {
			t.Errorf("%s: %v, want %s", c.name, got, c.code)
		}
	}
}

func TestAreaByName(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"Kharkiv oblast", "UA-63"}, {"Kharkivska", "UA-63"}, {"Харківська область", "UA-63"}, {"Харьковская область", "UA-63"},
		{"KHARKIV REGION", "UA-63"}, {"Kharkovskaya oblast", "UA-63"}, {"Donets'k", "UA-14"}, {"Donets’k", "UA-14"}, {"Donetsk", "UA-14"},
		{"Luhans'k", "UA-09"}, {"Kiev City", "UA-30"}, {"Kyiv", "UA-30"}, {"Kyiv oblast", "UA-32"}, {"Kiev", "UA-30"},
		{"Київ", "UA-30"}, {"Київська область", "UA-32"}, {"Kyivska", "UA-32"}, {"Krasnodar Krai", "RU-KDA"}, {"Krasnodarskiy kray", "RU-KDA"},
		{"Republic of Mordovia", "RU-MO"}, {"Mordovia", "RU-MO"}, {"Crimea", "UA-43"}, {"Autonomous Republic of Crimea", "UA-43"},
		{"Крим", "UA-43"}, {"Sevastopol", "UA-40"}, {"Moscow", "RU-MOW"}, {"Moscow Oblast", "RU-MOS"}, {"Kirovohrad", "UA-35"},
		{"Zaporizhzhia", "UA-23"}, {"Zaporizka", "UA-23"}, {"Altai Krai", "RU-ALT"}, {"Altai Republic", "RU-AL"}, {"Belgorod", "RU-BEL"},
		{"Курская область", "RU-KRS"}, {"Курська область", "RU-KRS"}, {"UA-63", "UA-63"}, {"Rostov Oblast", "RU-ROS"},
		{"Kyiv City", "UA-30"}, {"м. Київ", "UA-30"}, {"Altai", "RU-AL RU-ALT"}, {"Atlantis", ""}, {"", ""}, {"oblast", ""},
	} {
		if got := strings.Join(AreaByName(c.name), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.name, got, c.want)
		}
	}
}
