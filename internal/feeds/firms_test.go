package feeds

import (
	"errors"
	"math"
	"os"
	"strings"
	"testing"
)

func FuzzFirms(f *testing.F) { fuzz(f, "firms", "firms_viirs.csv", "firms_modis.csv") }

// detections reads a file of detections.
func detections(t *testing.T, path string) ([]Detection, Summary) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []Detection
	sum, err := ReadDetections(path, f, Options{}, func(d Detection) error {
		out = append(out, d)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, sum
}

func TestFirms(t *testing.T) {
	list, sum := detections(t, "testdata/firms_viirs.csv")
	wantCounts(t, sum, 12, 0, 6, 0, 1)
	wantReports(t, sum, 5)
	wantText(t, "problems", problems(sum), `acq_time: "2400"`, "is of another day", "column confidence: ", "column frp: ", "column latitude: ", "column acq_date: ")
	for i, want := range []string{"2031-03-26T00:45Z", "2031-03-26T01:30Z", "2031-03-26T01:31Z", "2031-03-26T01:32Z", "2031-03-26T01:36Z"} {
		if got := list[i].Time.String(); got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
	if d := list[0]; d.Confidence != "nominal" || d.Scan != 0.49 || d.Track != 0.41 || d.Satellite != "N20" || d.Instrument != "VIIRS" || d.FRP != 6.65 || d.Place.Lat != 48.1 {
		t.Errorf("first: %+v", d)
	}
	if d := list[4]; d.Scan != 0 || d.Track != 0 {
		t.Errorf("no size: %+v", d)
	}
	list, sum = detections(t, "testdata/firms_modis.csv")
	wantCounts(t, sum, 2, 0, 1, 0, 0)
	if d := list[0]; d.Confidence != "83" || d.Instrument != "MODIS" || d.Time.String() != "2031-03-26T09:30Z" {
		t.Errorf("MODIS: %+v", d)
	}
}

func TestAcquired(t *testing.T) {
	for text, want := range map[string]string{
		"0": "2031-03-26T00:00Z", "5": "2031-03-26T00:05Z", "45": "2031-03-26T00:45Z", "0045": "2031-03-26T00:45Z", "930": "2031-03-26T09:30Z",
		"2359": "2031-03-26T23:59Z", "9:30": "2031-03-26T09:30Z", "09:30:12": "2031-03-26T09:30Z", "2031-03-26T09:30Z": "2031-03-26T09:30Z",
		"60": "", "2400": "", "99": "", "": "", "-5": "", "12345": "", "09:30+03:00": "", "2031-03-25 09:30": "", "24:00": "",
	} {
		got, err := acquired("2031-03-26", text)
		if want == "" && err == nil || want != "" && (err != nil || got.String() != want) {
			t.Errorf("%q: %s, %v, want %q", text, got, err, want)
		}
	}
}

func TestReadingDetectionsOnly(t *testing.T) {
	f, err := os.Open("testdata/acled_2025.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := ReadDetections("acled", f, Options{}, nil); err == nil {
		t.Error("events were read as detections")
	}
	if _, err := ReadDetections("x", f, Options{As: "sirens"}, nil); err == nil {
		t.Error("sirens were asked for")
	}
	in, err := os.Open("testdata/firms_viirs.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	stop := errors.New("stop")
	if _, err := ReadDetections("x", in, Options{}, func(Detection) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("yield's error is lost: %v", err)
	}
}

func TestRealFirms(t *testing.T) {
	path := shared(t, "events/firms_viirs_snpp_europe_2022-08-29_7d.csv")
	list, sum := detections(t, path)
	rows := realRows(t, path, ',', 1)
	wantCounts(t, sum, len(rows), 0, 0, 0, 0)
	wantReports(t, sum, 5968)
	incidents, sum := readPath(t, path, Options{})
	if len(rows) != 5968 || len(list) != len(rows) || len(incidents) != 0 || sum.As != "firms" || sum.Reports != len(rows) {
		t.Errorf("%d rows, %d detections, %d incidents: %v", len(rows), len(list), len(incidents), sum)
	}
	for i, d := range list {
		at := d.Time.Time()
		if at.Format("2006-01-02") != rows[i][5] || at.Format("1504") != rows[i][6] || d.Scan <= 0 || d.Track <= 0 || math.IsNaN(d.FRP) || d.Instrument != "VIIRS" {
			t.Errorf("%v: %+v", rows[i], d)
		}
	}
}

// TestStaticSources: what the archive calls no fire is kept with what it is called.
func TestStaticSources(t *testing.T) {
	const head = "latitude,longitude,brightness,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_t31,frp,daynight,type\n"
	const row = "51.1,35.2,330,1,1,2025-03-20,2330,Terra,MODIS,80,6.1,290,12,N,"
	for kind, want := range map[string]string{"": "", "0": "", "2": "another static source on land, such as a flare or a works", "3": "a source offshore", "9": "refused"} {
		got := "refused"
		sum, err := ReadDetections("f", strings.NewReader(head+row+kind+"\n"), Options{}, func(d Detection) error { got = d.Static; return nil })
		if err != nil || got != want || (want == "refused") != (sum.Rejected == 1) {
			t.Errorf("type %q: %q, expected %q; %+v %v", kind, got, want, sum, err)
		}
	}
}
