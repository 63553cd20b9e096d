package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/control"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Limits of what is read as layers.
const (
	maxLayerFile  = 64 << 20
	maxLayerBytes = 1 << 30
	maxLayerFiles = 10_000
)

// layerModel measures layers: GeoJSON has edges straight in longitude and
// latitude.
var layerModel = where.Model{Edges: where.Planar}

// controlOptions are the flags of judge that fill in who controlled a place.
type controlOptions struct {
	layers                            []string
	time, margin, widen, maxAge       string
	universe, rest                    []string
	series                            *control.Series
	sites                             map[string]bool // objects of annexes whose controller is stated
	read, skipped                     int
	stated, filled, several, unknowns int // scenarios
}

func (c *controlOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&c.layers, "control", nil, "HOLDER=PATH: GeoJSON layers (a folder or a file, dated by name or property) of what this party held; repeat for others")
	f.StringVar(&c.time, "control-time", "", "time of day of layers that name only a day, such as 03:00Z (without it: some instant of that day of UTC)")
	f.StringVar(&c.margin, "control-margin", "", "distance from the edge of a layer within which it is not known who holds, such as 2km; required with --control")
	f.StringVar(&c.widen, "control-widen", "0m", "what the margin widens by for each day of the age of a layer")
	f.StringVar(&c.maxAge, "control-max-age", "7 days", "older layers say nothing")
	f.StringSliceVar(&c.universe, "control-universe", nil, "where the layers speak: area codes (UA, UA-63) or GeoJSON files; required with --control")
	f.StringSliceVar(&c.rest, "control-rest", nil, "HOLDER=AREA+AREA,...: who holds what no layer shows, such as UA=UA")
}

// prepare reads the layers. It checks words before it reads files.
func (c *controlOptions) prepare(cmd *cobra.Command, o *judgeOptions) error {
	if len(c.layers) == 0 {
		for _, name := range []string{"time", "margin", "widen", "max-age", "universe", "rest"} {
			if cmd.Flags().Changed("control-" + name) {
				return fmt.Errorf("--control-%s does nothing without --control HOLDER=PATH", name)
			}
		}
		return nil
	}
	rules, err := c.rules()
	if err != nil {
		return err
	}
	paths := make([][2]string, len(c.layers))
	for i, l := range c.layers {
		holder, path, ok := strings.Cut(l, "=")
		if !ok || holder == "" || path == "" {
			return fmt.Errorf("--control %s: expected HOLDER=PATH, such as RU=layers/", l)
		}
		paths[i] = [2]string{holder, path}
	}
	layers, err := c.readLayers(cmd.ErrOrStderr(), paths, o.strict)
	if err != nil {
		return unread(err)
	}
	if c.series, err = control.New(layers, rules); err != nil {
		return unread(fmt.Errorf("--control: %w", err))
	}
	c.sites = map[string]bool{}
	for _, t := range o.terms {
		for _, a := range t.Annexes {
			for _, x := range a.Objects {
				if x.Controller != "" {
					c.sites[x.ID] = true
				}
			}
		}
	}
	return checkHolders(c.series.Holders(), o.terms)
}

// checkHolders refuses a holder whom no text names: a typing error would
// otherwise pass for an outsider.
func checkHolders(holders []string, ts []*terms.Terms) error {
	for _, h := range holders {
		known := false
		var all []string
		for _, t := range ts {
			_, ok := t.Actor(h)
			known = known || ok
			all = append(all, t.ActorNames(t.AllParties())...)
		}
		if !known {
			return fmt.Errorf("--control: %q is not named in the terms: expected one of %s", h, strings.Join(all, ", "))
		}
	}
	return nil
}

func (c *controlOptions) rules() (r control.Rules, err error) {
	if c.margin == "" {
		return r, fmt.Errorf("--control needs --control-margin: the distance from the edge of a layer within which it is not known who holds, such as 2km")
	}
	if len(c.universe) == 0 {
		return r, fmt.Errorf("--control needs --control-universe: the area of which the layers speak, such as UA; outside it nothing is known")
	}
	if r.Margin, err = distance(c.margin); err != nil {
		return r, fmt.Errorf("--control-margin: %w", err)
	}
	if r.WidenPerDay, err = distance(c.widen); err != nil {
		return r, fmt.Errorf("--control-widen: %w", err)
	}
	d, err := when.ParseDuration(c.maxAge)
	if err != nil {
		return r, fmt.Errorf("--control-max-age: %w", err)
	}
	if d.Days > 36500 || d.Days == 0 && d.Exact == 0 {
		return r, fmt.Errorf("--control-max-age %s: expected more than nothing and at most 36500 days", c.maxAge)
	}
	r.MaxAge = time.Duration(d.Days)*24*time.Hour + d.Exact
	if c.time != "" {
		if _, err := when.ParseRFC3339("2025-01-01T" + c.time); err != nil {
			return r, fmt.Errorf("--control-time %q: expected a time of day with its offset, such as 03:00Z", c.time)
		}
	}
	if r.Universe, err = areaOf("universe", c.universe); err != nil {
		return r, fmt.Errorf("--control-universe: %w", err)
	}
	r.Rest = map[string]*where.Zone{}
	for _, s := range c.rest {
		holder, areas, ok := strings.Cut(s, "=")
		if !ok || holder == "" || areas == "" {
			return r, fmt.Errorf("--control-rest %s: expected HOLDER=AREA, such as UA=UA", s)
		}
		if r.Rest[holder] != nil {
			return r, fmt.Errorf("--control-rest: %s stands twice: join its areas with +", holder)
		}
		if r.Rest[holder], err = areaOf("rest of "+holder, strings.Split(areas, "+")); err != nil {
			return r, fmt.Errorf("--control-rest: %w", err)
		}
	}
	return r, nil
}

var distanceForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?(km|m)$`)

// distance reads 2km, 500 m.
func distance(s string) (where.Metres, error) {
	m := distanceForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return 0, fmt.Errorf("%q is not a distance: expected such as 2km or 500m", s)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if m[2] == "km" {
		v *= 1000
	}
	if err != nil || v > math.Pi*6.4e6 {
		return 0, fmt.Errorf("%q is more than half way round the earth", s)
	}
	return where.Metres(v), nil
}

// areaOf makes a zone of area codes and files.
func areaOf(name string, parts []string) (*where.Zone, error) {
	var codes []string
	var zones []*where.Zone
	for _, p := range parts {
		if !isLayerFile(p) {
			codes = append(codes, strings.ToUpper(strings.TrimSpace(p)))
			continue
		}
		b, err := readLimited(p)
		if err != nil {
			return nil, err
		}
		mp, _, _, err := where.ParseGeoJSON(b)
		if err == nil && len(mp) == 0 {
			err = fmt.Errorf("no polygons")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		z, err := where.PolygonZone(p, mp)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		zones = append(zones, z)
	}
	if len(codes) > 0 {
		z, err := where.AreaZone(name, codes...)
		if err != nil {
			return nil, err
		}
		zones = append(zones, z)
	}
	if len(zones) == 1 {
		return zones[0], nil
	}
	return where.UnionZone(name, zones...), nil
}

func isLayerFile(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".geojson" || ext == ".json"
}

func readLimited(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxLayerFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxLayerFile {
		return nil, fmt.Errorf("%s: larger than %d MB", name, maxLayerFile>>20)
	}
	return b, nil
}

// readLayers reads folders and files. A file that cannot be read is named and
// left out as a whole: half of a layer would look like land lost.
func (c *controlOptions) readLayers(errs io.Writer, paths [][2]string, strict bool) ([]control.Layer, error) {
	var out []control.Layer
	seen := map[string]string{} // holder and time: the file
	total := 0
	for _, p := range paths {
		files, err := layerFiles(p[1])
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if c.read+c.skipped >= maxLayerFiles {
				return nil, fmt.Errorf("--control: more than %d files", maxLayerFiles)
			}
			b, err := readLimited(file)
			if total += len(b); total > maxLayerBytes {
				return nil, fmt.Errorf("--control: more than %d MB of layers", maxLayerBytes>>20)
			}
			var ls []control.Layer
			if err == nil {
				ls, err = parseLayers(file, b, p[0], c.time)
			}
			if err == nil {
				err = register(seen, ls)
			}
			if err != nil {
				if !strings.HasPrefix(err.Error(), "open ") && !strings.HasPrefix(err.Error(), file) {
					err = fmt.Errorf("%s: %w", file, err)
				}
				if strict {
					return nil, err
				}
				c.skipped++
				fmt.Fprintf(errs, "%s (layer left out)\n", err)
				continue
			}
			c.read++
			out = append(out, ls...)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("--control: no layer could be read")
	}
	return out, nil
}

// register notes what layers show, unless another file showed it.
func register(seen map[string]string, ls []control.Layer) error {
	for pass := 0; pass < 2; pass++ {
		for _, l := range ls {
			for h := range l.Held {
				key := h + " " + control.DateOf(l.At)
				if pass == 1 {
					seen[key] = l.Source
				} else if other, ok := seen[key]; ok {
					return fmt.Errorf("%s shows what %s held at %s too", other, h, control.DateOf(l.At))
				}
			}
		}
	}
	return nil
}

func layerFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if !e.IsDir() && isLayerFile(e.Name()) {
			out = append(out, filepath.Join(path, e.Name()))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no files that end in .geojson or .json", path)
	}
	return out, nil
}

// layerObject is what is read of GeoJSON beside its geometry.
type layerObject struct {
	Type       string            `json:"type"`
	Date       string            `json:"date"`
	Held       string            `json:"held"`
	Features   []json.RawMessage `json:"features"`
	Properties struct {
		Date   string `json:"date"`
		Holder string `json:"holder"`
	} `json:"properties"`
}

// parseLayers reads the layers of a file: one for each date that its features
// name. The property holder of a feature stands before the holder given.
func parseLayers(file string, b []byte, holder, timeOfDay string) ([]control.Layer, error) {
	var top layerObject
	if err := json.Unmarshal(b, &top); err != nil {
		return nil, fmt.Errorf("GeoJSON: %w", where.PlainJSON(b, err))
	}
	date := nonEmpty(top.Date, top.Properties.Date, dateOfName(file))
	features := top.Features
	if top.Type != "FeatureCollection" {
		features = []json.RawMessage{b}
	}
	zones := map[when.Range]map[string][]*where.Zone{}
	add := func(date, holder string, z ...*where.Zone) error {
		at, err := layerTime(date, timeOfDay)
		if err != nil {
			return err
		}
		if zones[at] == nil {
			zones[at] = map[string][]*where.Zone{}
		}
		zones[at][holder] = append(zones[at][holder], z...)
		return nil
	}
	for i, raw := range features {
		var f layerObject
		if err := json.Unmarshal(raw, &f); err != nil {
			return nil, fmt.Errorf("feature %d: %w", i+1, where.PlainJSON(raw, err))
		}
		mp, _, _, err := where.ParseGeoJSON(raw)
		if err != nil {
			return nil, fmt.Errorf("feature %d: %w", i+1, err)
		}
		if len(mp) == 0 {
			continue
		}
		z, err := where.PolygonZone(file, mp)
		if err == nil {
			err = add(nonEmpty(f.Properties.Date, date), nonEmpty(f.Properties.Holder, holder), z)
		}
		if err != nil {
			return nil, fmt.Errorf("feature %d: %w", i+1, err)
		}
	}
	switch {
	case top.Held != "" && top.Held != "nothing":
		return nil, fmt.Errorf(`"held" is %q: expected nothing, or no such member`, top.Held)
	case top.Held == "nothing" && len(zones) > 0:
		return nil, fmt.Errorf(`"held" is "nothing", but there are polygons`)
	case top.Held == "nothing":
		if err := add(date, holder); err != nil {
			return nil, err
		}
	case len(zones) == 0:
		return nil, fmt.Errorf(`no polygons: that does not say that nothing was held; a layer that means it has the member "held": "nothing"`)
	}
	var out []control.Layer
	for at, byHolder := range zones {
		l := control.Layer{At: at, Source: file, Held: map[string]*where.Zone{}}
		for h, zs := range byHolder {
			l.Held[h] = where.UnionZone(h, zs...)
			if len(zs) == 1 {
				l.Held[h] = zs[0]
			}
		}
		out = append(out, l)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].At.Earliest < out[j].At.Earliest })
	return out, nil
}

func nonEmpty(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

var dateInName = regexp.MustCompile(`(?:^|[^0-9])([0-9]{4})-?([0-9]{2})-?([0-9]{2})$`)

// dateOfName is the date that a file's name ends in, before the ending.
func dateOfName(file string) string {
	base := filepath.Base(file)
	m := dateInName.FindStringSubmatch(strings.TrimSuffix(base, filepath.Ext(base)))
	if m == nil {
		return ""
	}
	return m[1] + "-" + m[2] + "-" + m[3]
}

// layerTime reads the date of a layer, a day or an instant.
func layerTime(date, timeOfDay string) (when.Range, error) {
	if date == "" {
		return when.Range{}, fmt.Errorf("no date: expected a name that ends in _YYYYMMDD, or a property date")
	}
	if d, err := time.Parse("2006-01-02", date); err == nil {
		if timeOfDay == "" {
			return control.DayOf(d.Year(), d.Month(), d.Day()), nil
		}
		date += "T" + timeOfDay
	}
	at, err := when.ParseRFC3339(date)
	if err != nil {
		return when.Range{}, fmt.Errorf("date %q: expected such as 2025-03-18 or 2025-03-18T03:00Z", date)
	}
	return when.Exactly(at), nil
}

// fill gives the controller of every scenario that leaves it empty the possible
// holders of its place, and says so in a note. It never touches the actor: who
// holds a place is no evidence of who did what there.
func (c *controlOptions) fill(in *evidence.Incident) {
	if c.series == nil {
		return
	}
	for i := range in.Scenarios {
		s := &in.Scenarios[i]
		if len(s.Controller) > 0 || c.statedByAnnex(s) {
			c.stated++
			continue
		}
		a := c.series.At(s.Place, s.Time, layerModel)
		switch len(a.Holders) {
		case 0:
			c.unknowns++
		case 1:
			c.filled++
		default:
			c.several++
		}
		s.Controller = a.Holders
		if l := levelOfControl(in, s); a.Holders != nil && l != in.Level {
			s.Levels = maps.Clone(s.Levels)
			if s.Levels == nil {
				s.Levels = map[string]evidence.Level{}
			}
			s.Levels["controller"] = l
		}
		if note := "controller " + a.String(); !contains(in.Notes, note) {
			in.Notes = append(in.Notes[:len(in.Notes):len(in.Notes)], note)
		}
	}
}

func (c *controlOptions) statedByAnnex(s *evidence.Scenario) bool {
	for _, id := range s.Site {
		if c.sites[id] {
			return true
		}
	}
	return false
}

// levelOfControl is the level of a controller taken from a layer: a map is one
// report, and no better established than the place and time it was asked for.
func levelOfControl(in *evidence.Incident, s *evidence.Scenario) evidence.Level {
	l := evidence.Reported
	for _, fact := range []string{"place", "time_start"} {
		of, ok := s.Levels[fact]
		if !ok {
			of = in.Level
		}
		l = min(l, of)
	}
	return l
}

func (c *controlOptions) print(w io.Writer) {
	if c.series == nil {
		return
	}
	fmt.Fprintf(w, "control: %s read, %d left out; one holder for %s, several for %d, unknown for %d, stated for %d\n",
		brief.Count(c.read, "layer file"), c.skipped, brief.Count(c.filled, "scenario"), c.several, c.unknowns, c.stated)
}
