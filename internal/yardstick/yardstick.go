// Package yardstick reads the data set by which the speed of judging is
// measured: a hundred regimes as JSON, a hundred and twenty zones, and events
// as columns. It writes the regimes as ceasefire texts, so that what is
// measured is what judges texts, and turns outcomes into the bytes that the
// data set's own answers are given in.
//
// The data set is made by a program outside this repository; docs/performance.md
// says how to get and check it.
package yardstick

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// World is the data set without its events.
type World struct {
	Parent  []int // of the nodes of the target tree; -1: a root
	Zones   []Zone
	Regimes []Regime
}

// Zone is a union of polygons, or what is within Within metres of a line or of
// sites, as GeoJSON.
type Zone struct {
	Kind   string
	Within float64
	shapes []json.RawMessage
}

// Regime is a list of clauses.
type Regime struct {
	ID      int
	Clauses []Clause
}

// Clause forbids what matches it and none of its exceptions. Missing members
// mean any; From is included, To is not.
type Clause struct {
	Match
	Exceptions []Match
}

// Match is conditions on an event.
type Match struct {
	Actors, Acts, Targets []int
	Zone                  *int
	From, To              *int64 // Unix seconds
}

// Read reads taxonomy.json, regimes.json and zones.geojson from a folder.
func Read(dir string) (*World, error) {
	w := &World{}
	var tree struct{ Parent []int }
	if err := readJSON(filepath.Join(dir, "taxonomy.json"), &tree); err != nil {
		return nil, err
	}
	w.Parent = tree.Parent
	if err := readJSON(filepath.Join(dir, "regimes.json"), &w.Regimes); err != nil {
		return nil, err
	}
	var file struct {
		Features []struct {
			Properties struct {
				Kind string
				DM   float64 `json:"d_m"`
			}
			Geometry json.RawMessage
		}
	}
	if err := readJSON(filepath.Join(dir, "zones.geojson"), &file); err != nil {
		return nil, err
	}
	for _, f := range file.Features {
		z := Zone{Kind: f.Properties.Kind, Within: f.Properties.DM}
		if z.Kind != "polygons" {
			z.shapes = []json.RawMessage{f.Geometry}
			w.Zones = append(w.Zones, z)
			continue
		}
		var g struct{ Coordinates []json.RawMessage }
		if err := json.Unmarshal(f.Geometry, &g); err != nil {
			return nil, err
		}
		for _, c := range g.Coordinates {
			z.shapes = append(z.shapes, json.RawMessage(`{"type":"Polygon","coordinates":`+string(c)+`}`))
		}
		w.Zones = append(w.Zones, z)
	}
	return w, nil
}

func readJSON(name string, to any) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, to); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

const actors, acts = "ABCD", 24

// node is the path of a node of the target tree.
func (w *World) node(n int) string {
	if p := w.Parent[n]; p >= 0 {
		return fmt.Sprintf("%s.n%d", w.node(p), n)
	}
	return fmt.Sprintf("n%d", n)
}

// leaf is the leaf that an event on a node has: inner nodes have one of their
// own, since an event on them is on none of what is below.
func (w *World) leaf(n int) string {
	for _, p := range w.Parent {
		if p == n {
			return w.node(n) + ".self"
		}
	}
	return w.node(n)
}

func (w *World) vocabulary() []byte {
	var s strings.Builder
	s.WriteString("vocabulary yardstick@1\noutcome any\nmeans any\n")
	for a := range acts {
		fmt.Fprintf(&s, "act a%d\n", a)
	}
	for n := range w.Parent {
		fmt.Fprintf(&s, "target %s\n", w.leaf(n))
	}
	return []byte(s.String())
}

// Text writes a regime as a ceasefire text. Clauses come first, by their index
// in the data set; then exceptions, as permits that take one clause back.
func (w *World) Text(r *Regime) string {
	var s strings.Builder
	fmt.Fprintf(&s, "---\ntruce: 1\nid: yardstick-%d\nvocabulary: yardstick.txt\n", r.ID)
	s.WriteString("time: {zone: UTC, start: \"2000-01-01T00:00Z\", end: none}\n")
	s.WriteString("geometry: {distance: sphere, edges: planar, boundary: closed, lines: geodesic}\n")
	s.WriteString("parties: {A: {}, B: {}, C: {}, D: {}}\n---\n")
	var except strings.Builder
	used := map[int]bool{}
	for i, c := range r.Clauses {
		fmt.Fprintf(&s, "\n```truce\nclause: \"%d\"\nbound: [%s]\n%sforbid: {%s}\n```\n", i, letters(c.Actors), dates(c.Match), w.scope(c.Match, used))
		for k, x := range c.Exceptions {
			fmt.Fprintf(&except, "\n```truce\nclause: \"%d.%d\"\nexcept: [\"%d\"]\n%spermit: {%s}\n```\n", i, k, i, dates(x), w.scope(x, used, letters(x.Actors)))
		}
	}
	s.WriteString(except.String())
	for z := range w.Zones {
		if used[z] {
			fmt.Fprintf(&s, "\n```truce\ndefine: z%d\nzone: %s\n```\n", z, w.zone(z))
		}
	}
	return s.String()
}

func (w *World) zone(i int) string {
	z := &w.Zones[i]
	switch z.Kind {
	case "line":
		return fmt.Sprintf("{near: {line: z%d-0.geojson, within: %g m}}", i, z.Within)
	case "sites":
		return fmt.Sprintf("{near: {points: z%d-0.geojson, within: %g m}}", i, z.Within)
	}
	var parts []string
	for k := range z.shapes {
		parts = append(parts, fmt.Sprintf("{file: z%d-%d.geojson}", i, k))
	}
	return "{union: [" + strings.Join(parts, ", ") + "]}"
}

func letters(actors []int) string {
	var out []string
	for _, a := range actors {
		out = append(out, string("ABCD"[a]))
	}
	return strings.Join(out, ", ")
}

func dates(m Match) string {
	s := ""
	if m.From != nil {
		s += "from: \"" + time.Unix(*m.From, 0).UTC().Format(time.RFC3339) + "\"\n"
	}
	if m.To != nil {
		s += "until: \"" + time.Unix(*m.To, 0).UTC().Format(time.RFC3339) + "\"\n"
	}
	return s
}

// scope writes conditions, with those on actors if they are not in bound.
func (w *World) scope(m Match, used map[int]bool, actor ...string) string {
	var parts []string
	list := func(name string, n []int, show func(int) string) {
		if n == nil {
			return
		}
		var s []string
		for _, v := range n {
			s = append(s, show(v))
		}
		parts = append(parts, name+": ["+strings.Join(s, ", ")+"]")
	}
	if len(actor) > 0 && actor[0] != "" {
		parts = append(parts, "actor: ["+actor[0]+"]")
	}
	list("act", m.Acts, func(a int) string { return fmt.Sprintf("a%d", a) })
	list("target", m.Targets, w.node)
	if m.Zone != nil {
		used[*m.Zone] = true
		parts = append(parts, fmt.Sprintf("zone: z%d", *m.Zone))
	}
	if len(parts) == 0 {
		parts = []string{`act: "*"`}
	}
	return strings.Join(parts, ", ")
}

// Terms reads the first n regimes as texts, on all processors.
func (w *World) Terms(n int) ([]*terms.Regime, error) {
	fsys := fstest.MapFS{"yardstick.txt": {Data: w.vocabulary()}}
	for i := range w.Zones {
		for k, s := range w.Zones[i].shapes {
			fsys[fmt.Sprintf("z%d-%d.geojson", i, k)] = &fstest.MapFile{Data: s}
		}
	}
	out := make([]*terms.Regime, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				out[i], errs[i] = w.one(fsys, i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	return out, errors.Join(errs...)
}

func (w *World) one(fsys fstest.MapFS, i int) (*terms.Regime, error) {
	t, problems := terms.ParseBytes(fsys, fmt.Sprintf("r%d.truce.md", i), []byte(w.Text(&w.Regimes[i])))
	if t == nil {
		return nil, problems
	}
	return t.Under("text", nil, false)
}

// Events are the columns of an events file.
type Events struct {
	judge.Events
	N int
}

// ReadEvents reads a file of columns: "TRW1", u32 version, u64 number, then
// Unix seconds u32, longitude and latitude i32 in 1e-6 degrees, radius u16 in
// metres, actor, act and target u8, all little endian. With discs unset, places
// are taken as exact.
func (w *World) ReadEvents(name string, m *judge.Many, discs bool) (*Events, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if len(b) < 16 || !bytes.Equal(b[:4], []byte("TRW1")) {
		return nil, fmt.Errorf("%s: expected TRW1 at the start", name)
	}
	n := int(binary.LittleEndian.Uint64(b[8:]))
	if b = b[16:]; len(b) != 17*n {
		return nil, fmt.Errorf("%s: expected %d bytes of columns, got %d", name, 17*n, len(b))
	}
	ev := &Events{N: n}
	u32 := func() []byte { c := b[:4*n]; b = b[4*n:]; return c }
	ts, lon, lat := u32(), u32(), u32()
	prec := b[:2*n]
	bytesOf := [3][]byte{b[2*n : 3*n], b[3*n : 4*n], b[4*n : 5*n]}
	ev.Time, ev.Lat, ev.Lon = make([]when.Instant, n), make([]where.E7, n), make([]where.E7, n)
	for i := range n {
		ev.Time[i] = when.Instant(binary.LittleEndian.Uint32(ts[4*i:])) * 1000
		ev.Lon[i] = where.E7(int32(binary.LittleEndian.Uint32(lon[4*i:]))) * 10
		ev.Lat[i] = where.E7(int32(binary.LittleEndian.Uint32(lat[4*i:]))) * 10
	}
	if discs {
		ev.Radius = make([]float32, n)
		for i := range n {
			ev.Radius[i] = float32(binary.LittleEndian.Uint16(prec[2*i:]))
		}
	}
	ev.Actor = values(bytesOf[0], func(a int) judge.Value { return m.Value("actor", string(actors[a])) })
	ev.Act = values(bytesOf[1], func(a int) judge.Value { return m.Value("act", fmt.Sprintf("a%d", a)) })
	ev.Target = values(bytesOf[2], func(a int) judge.Value { return m.Value("target", w.leaf(a)) })
	return ev, nil
}

func values(b []byte, value func(int) judge.Value) []judge.Value {
	var known [256]judge.Value
	var seen [256]bool
	out := make([]judge.Value, len(b))
	for i, v := range b {
		if !seen[v] {
			known[v], seen[v] = value(int(v)), true
		}
		out[i] = known[v]
	}
	return out
}

// The verdicts of the data set, in the high half of a byte; the low half is
// the index of the clause.
const (
	CodeNone         = 0
	CodePermitted    = 1 << 4
	CodeUndetermined = 2 << 4
	CodeBreach       = 3 << 4
)

// Code turns an outcome into the data set's byte. Where an exception alone
// speaks, the act is permitted; the data set knows only clauses, and has 0 for
// that as for what no clause covers or what lies outside its dates.
func (w *World) Code(o judge.Outcome, regime int) byte {
	c := o.Clause()
	clause := c >= 0 && c < len(w.Regimes[regime].Clauses)
	switch o.Verdict() {
	case judge.Breach:
		return CodeBreach | byte(c)
	case judge.Permitted:
		if clause {
			return CodePermitted | byte(c)
		}
	case judge.Undetermined:
		if o.May(judge.Breach) {
			if !clause {
				c = 15
			}
			return CodeUndetermined | byte(c)
		}
	}
	return CodeNone
}

// Summary is how often each answer was given under one regime, and the digest of
// the answers, as the data set's programs write it.
type Summary struct {
	Counts map[string]int `json:"counts"`
	Digest string         `json:"digest"`
}

var codeNames = [4]string{"not_covered", "permitted", "undetermined", "breach"}

// Summarise sums up outcomes under regime k of n.
func (w *World) Summarise(out []judge.Outcome, k, n int) Summary {
	codes := make([]byte, len(out)/n)
	s := Summary{Counts: map[string]int{}}
	for i := range codes {
		c := w.Code(out[i*n+k], k)
		codes[i] = c
		name := codeNames[c>>4]
		if c > 0 {
			name += fmt.Sprintf(":%d", c&15)
		}
		s.Counts[name]++
	}
	s.Digest = fmt.Sprintf("%016x", Digest(codes, 1))
	return s
}

// Digest is the order-independent digest of the data set's answers: the sum of
// a mix of event number and byte.
func Digest(codes []byte, stride int) uint64 {
	var sum uint64
	for i := 0; i*stride < len(codes); i++ {
		sum += mix(uint64(i)<<8 | uint64(codes[i*stride]))
	}
	return sum
}

// mix is the finaliser of splitmix64.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}
