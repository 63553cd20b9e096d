package feeds

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
)

var firmsColumns = strings.Fields(`
	country_id latitude longitude bright_ti4 bright_ti5 brightness bright_t31 scan track acq_date acq_time satellite instrument
	confidence version frp daynight type`)

func firmsKind() kind {
	return kind{
		name: "firms", about: "NASA FIRMS detections of heat with latitude, longitude, acq_date, acq_time (VIIRS or MODIS)", known: firmsColumns,
		match: func(c map[string]int) bool {
			return hasAll(c, "latitude", "longitude", "acq_date", "acq_time") && (hasAll(c, "bright_ti4") || hasAll(c, "brightness"))
		},
		start: func(r *run, _ map[string]int) (handler, error) { return &firmsFeed{plain{r}}, nil },
	}
}

// Detection is a spot that a satellite saw as hot; see evidence.Detection.
type Detection = evidence.Detection

// ReadDetections reads a file of detections of heat (NASA FIRMS) and calls
// yield with each. See Read, which counts them and makes no incidents of them.
func ReadDetections(name string, r io.Reader, opt Options, yield func(Detection) error) (Summary, error) {
	return readSide(name, r, opt, "firms", func(t *tools) { t.detection = yield })
}

// readSide reads a file of a kind whose rows are no incidents.
func readSide(name string, r io.Reader, opt Options, as string, take func(*tools)) (Summary, error) {
	sum := Summary{File: name}
	if opt.As != "" && opt.As != as {
		return sum, fmt.Errorf("%q holds nothing of that kind: expected %s", clip(opt.As), as)
	}
	opt.As = as
	run, err := newRun(name, opt, &sum, func(*evidence.Incident) error { return errors.New("an incident where none can be") })
	if err != nil {
		return sum, err
	}
	take(run.tools)
	return sum, run.open(r)
}

type firmsFeed struct{ plain }

func (f *firmsFeed) record(rec *record) error {
	row := f.rowHash(rec, "firms")
	if _, same := f.seen[row]; same {
		f.sum.Duplicates++
		return nil
	}
	d, err := detection(rec)
	if err != nil {
		return f.reject(rec, err)
	}
	f.seen[row] = struct{}{}
	f.sum.Reports++
	if d.Doubt = d.Doubted(); d.Doubt != "" {
		f.remark(rec, "acq_time", "%s", d.Doubt)
	}
	if f.tools.detection != nil {
		return f.tools.detection(d)
	}
	return nil
}

func detection(rec *record) (Detection, error) {
	d := Detection{Satellite: rec.get("satellite"), Instrument: rec.get("instrument")}
	if d.Instrument == "" {
		d.Instrument = "MODIS"
		if rec.first("bright_ti4", "bright_ti5") != "" {
			d.Instrument = "VIIRS"
		}
	}
	var err error
	if d.Place, err = pointIn("latitude", "longitude", rec.get("latitude"), rec.get("longitude")); err != nil {
		return d, err
	}
	if d.Time, err = acquired(rec.get("acq_date"), rec.get("acq_time")); err != nil {
		return d, err
	}
	if d.Confidence, err = confidence(rec.get("confidence")); err != nil {
		return d, err
	}
	switch t := rec.get("type"); t {
	case "", "0":
	case "1":
		d.Static = "a volcano"
	case "2":
		d.Static = "another static source on land, such as a flare or a works"
	case "3":
		d.Static = "a source offshore"
	default:
		return d, faultIn("type", "%q is none of 0 (vegetation), 1 (volcano), 2 (static on land) and 3 (offshore)", clip(t))
	}
	for _, c := range []struct {
		column   string
		to       *float64
		min, max float64
	}{
		{"scan", &d.Scan, 0, 20}, {"track", &d.Track, 0, 20}, {"frp", &d.FRP, 0, 1e6}, {"bright_ti4", nil, 150, 1000},
		{"bright_ti5", nil, 150, 1000}, {"brightness", nil, 150, 1000}, {"bright_t31", nil, 150, 1000},
	} {
		v, err := measured(c.column, rec.get(c.column), c.min, c.max)
		if err != nil {
			return d, err
		}
		if c.to != nil {
			*c.to = v
		}
	}
	if math.IsNaN(d.Scan) || math.IsNaN(d.Track) {
		d.Scan, d.Track = 0, 0
	}
	return d, nil
}

// measured reads a number within bounds; NaN if there is none.
func measured(column, text string, lo, hi float64) (float64, error) {
	if missing(text) {
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= lo && v <= hi) {
		return v, faultIn(column, "%q cannot be: expected a number from %g to %g", clip(text), lo, hi)
	}
	return v, nil
}

var (
	hhmm  = regexp.MustCompile(`^\d{1,4}$`)
	clock = regexp.MustCompile(`^(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|\+00:?00)?$`)
)

// acquired is the instant of a detection, in UTC. The time is HHMM, from which
// some programs take the leading zeros (45 is 00:45), or HH:MM, with or
// without the date before it.
func acquired(date, text string) (when.Instant, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil || day.Year() < 1970 || day.Year() > 2200 {
		return 0, faultIn("acq_date", "%q is not a date: expected such as 2022-08-29", clip(date))
	}
	h, m := 0, 0
	if hhmm.MatchString(text) {
		n, _ := strconv.Atoi(text)
		h, m = n/100, n%100
	} else if part := clock.FindStringSubmatch(text); part != nil {
		if part[1] != "" && part[1] != date {
			return 0, faultIn("acq_time", "%q is of another day than acq_date %s", clip(text), date)
		}
		h, _ = strconv.Atoi(part[2])
		m, _ = strconv.Atoi(part[3])
	} else {
		h = 24
	}
	if h > 23 || m > 59 {
		return 0, faultIn("acq_time", "%q is not a time: expected UTC as HHMM or HH:MM", clip(text))
	}
	return when.At(day.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute)), nil
}

// confidence reads the three words of VIIRS, or the percentage of MODIS.
func confidence(text string) (string, error) {
	switch v := strings.ToLower(text); v {
	case "l", "low":
		return "low", nil
	case "n", "nominal":
		return "nominal", nil
	case "h", "high":
		return "high", nil
	}
	if n, err := strconv.Atoi(text); err != nil || n < 0 || n > 100 {
		return "", faultIn("confidence", "%q is none of low, nominal, high, nor a number from 0 to 100", clip(text))
	}
	return text, nil
}
