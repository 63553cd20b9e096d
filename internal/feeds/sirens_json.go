package feeds

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// apiAlert is an alert as the interface of alerts.in.ua has it. The interface marks
// what is still on by an end of null.
type apiAlert struct {
	ID       json.RawMessage `json:"id"`
	Title    string          `json:"location_title"`
	Type     string          `json:"location_type"` // oblast, raion, city, hromada, unknown
	Oblast   string          `json:"location_oblast"`
	Raion    string          `json:"location_raion"`
	Started  string          `json:"started_at"`
	Finished string          `json:"finished_at"`
	Kind     string          `json:"alert_type"`
}

// alertKinds are the kinds of warnings that the interface knows.
var alertKinds = []string{"air_raid", "artillery_shelling", "urban_fights", "chemical", "nuclear"}

var apiColumns = map[string]int{"oblast": 0, "raion": 1, "hromada": 2, "level": 3, "started_at": 4, "finished_at": 5, "source": 6, "alert_type": 7}

// alertsJSON reads {"alerts": [...]} or the array alone.
func (r *run) alertsJSON(br *bufio.Reader, head []byte) error {
	r.readAs("sirens")
	f, in, before := &sirensFeed{plain: plain{r}, online: true}, &scanner{br: br, line: 1}, r.sum.Rows
	if _, err := in.skip(); err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	err := f.alerts(in, head[0] == '[')
	if err == nil {
		err = r.rest(in)
	}
	if err == nil && r.sum.Rows == before {
		return r.empty()
	}
	return err
}

func (f *sirensFeed) alerts(in *scanner, bare bool) error {
	in.next() // the bracket that documentKind saw
	if bare {
		return f.alertArray(in)
	}
	for first := true; ; first = false {
		key, done, err := in.key(first)
		if done {
			return nil
		}
		if err == nil && key == "alerts" {
			if c, err := in.skip(); err != nil || c != '[' {
				return f.refuse("expected [ after \"alerts\"")
			}
			in.next()
			if err := f.alertArray(in); err != nil {
				return err
			}
			continue
		}
		if err == nil {
			_, err = in.value()
		}
		if err != nil {
			return fmt.Errorf("%s:%d: the answer breaks off here, what came before was read: %w", f.file, in.line, err)
		}
	}
}

func (f *sirensFeed) alertArray(in *scanner) error {
	return f.elements(in, "alerts break", func(line int, raw string) error {
		return f.apiAlert(&record{line: line, raw: raw, columns: apiColumns})
	})
}

// apiAlert lays an alert out as a row of the official list.
func (f *sirensFeed) apiAlert(rec *record) error {
	var a apiAlert
	if err := decode(rec, &a); err != nil {
		return f.reject(rec, err)
	}
	f.watch(rec, func() []field { return jsonFields([]byte(rec.raw)) })
	level, raion, hromada := a.Type, a.Raion, ""
	switch a.Type {
	case "raion":
		raion = cmp.Or(raion, a.Title)
	case "city", "hromada":
		level, hromada = "hromada", a.Title
	case "unknown", "":
		level = ""
	}
	if !slices.Contains(alertKinds, a.Kind) && a.Kind != "" {
		f.unmapped(rec, "alert_type", "%q is none of %s: kept as it is", clip(a.Kind), strings.Join(alertKinds, ", "))
	}
	rec.fields = []string{cmp.Or(a.Oblast, a.Title), raion, hromada, level, a.Started, a.Finished, "alerts.in.ua", a.Kind}
	return f.record(rec)
}
