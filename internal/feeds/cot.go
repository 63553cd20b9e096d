package feeds

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// cotFeed reads a stream of Cursor on Target events. Most of them say where
// somebody or something is, which is no incident. Those that report something
// seen are, where they say in words what; a type that calls a thing a friend or
// a foe says so from the side of its sender and never makes an author.
type cotFeed struct {
	*run
	in *markupReader
}

func (r *run) cot(br *bufio.Reader) error {
	r.readAs("cot")
	f, before := &cotFeed{r, r.markupReader(br)}, r.sum.Rows
	for {
		start, err := f.in.next()
		if err == nil && start.Name.Local == "events" {
			continue
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && start.Name.Local == "event" {
			err = f.one(f.in.element(start))
		} else if err == nil {
			_, _, err = f.in.element(start) // something else between events
		}
		if err = f.mend(err); errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if r.sum.Rows == before {
		return r.empty()
	}
	return nil
}

// errYield marks what came from the caller, and not from the stream.
type errYield struct{ error }

// mend goes on at the next event after one that is not sound XML.
func (f *cotFeed) mend(err error) error {
	if err == nil {
		return nil
	}
	var own errYield
	if errors.As(err, &own) {
		return own.error
	}
	if errors.Is(err, errEntities) || errors.Is(err, errCharset) || errors.Is(err, errRation) || f.in.in.failed() {
		return f.in.broken("the stream of events", err)
	}
	if strings.Contains(err.Error(), "unexpected end element </events>") {
		f.in.restart() // the list that a restart has forgotten
		return nil
	}
	f.sum.Rows++
	if err := f.reject(&record{line: f.in.in.line}, &fault{msg: fmt.Sprintf("not sound XML: %v; reading goes on at the next <event", cause(err))}); err != nil {
		return err
	}
	err = f.in.in.passTo("<event")
	f.in.restart()
	return err
}

func (f *cotFeed) one(n *node, bad *fault, err error) error {
	if err != nil {
		return err
	}
	f.sum.Rows++
	rec := &record{line: f.in.line}
	if bad != nil {
		return own(f.reject(rec, bad))
	}
	return own(f.event(rec, n))
}

func own(err error) error {
	if err == nil {
		return nil
	}
	return errYield{err}
}

// spotTypes are the types of events that report what was seen: reports,
// alarms, and the marker that is set by hand on a map.
var spotTypes = []string{"b-r", "b-a", "b-m-p-s-m"}

// spot reports whether an event reports something seen, in words.
func spot(n *node) bool {
	for _, t := range spotTypes {
		if v := n.attr("type"); v == t || strings.HasPrefix(v, t+"-") {
			return n.child("detail").words() != ""
		}
	}
	return false
}

// words are what the sender of an event wrote.
func (n *node) words() string {
	if n == nil {
		return ""
	}
	return n.value("remarks")
}

func (f *cotFeed) event(rec *record, n *node) error {
	uid := n.attr("uid")
	if uid == "" {
		return f.reject(rec, faultIn("uid", "it is empty: expected an id of the event"))
	}
	var b strings.Builder
	n.write(&b)
	rec.raw = b.String()
	f.watch(rec, n.fields)
	if row := f.rowHash(rec, "cot"); !f.first(row) {
		f.sum.Duplicates++
		return nil
	}
	for _, l := range n.child("detail").links() {
		if t, err := when.ParseRFC3339(l.attr("production_time")); err == nil && t.Time().Year() < 1990 {
			f.remark(rec, "production_time", "%s is near 1970: seconds were written as milliseconds; it is not used", l.attr("production_time"))
		}
	}
	if _, err := cotTime(n, "time"); err != nil {
		return f.reject(rec, err)
	}
	place, note, err := cotPlace(n.child("point"))
	if err != nil {
		return f.reject(rec, err)
	}
	if !spot(n) {
		f.sum.Reports++
		return nil
	}
	h := f.rowHash(&record{}, "cot uid "+uid)
	if !f.first(h) {
		f.sum.Reports++
		f.remark(rec, "uid", "%q was reported before: this is an update of it; the first report is kept", clip(uid))
		return nil
	}
	return f.incident(rec, n, place, note)
}

// first reports whether a hash was not seen before.
func (r *run) first(h uint64) bool {
	_, seen := r.seen[h]
	r.seen[h] = struct{}{}
	return !seen
}

func (n *node) links() []*node {
	if n == nil {
		return nil
	}
	return n.children("link")
}

const (
	cotTypeNote = "a spot report in words: what was done, by whom and at what is left unknown"
	cotTimeNote = "the time is that of the report: it happened then or before"
)

func (f *cotFeed) incident(rec *record, n *node, place where.Region, note string) error {
	t, err := cotTime(n, "time")
	if err != nil {
		return f.reject(rec, err)
	}
	s := evidence.Unknown()
	s.Place = place
	inc := &evidence.Incident{
		ID: "COT-" + n.attr("uid"), Level: evidence.Reported, Text: joinText(callsign(n), n.child("detail").words()),
		From: f.pos(rec.line), Notes: []string{cotTypeNote + "; type " + clip(n.attr("type"))},
	}
	if note != "" {
		inc.Notes = append(inc.Notes, note)
	}
	if t.Time().Year() < 1990 {
		inc.Notes = append(inc.Notes, fmt.Sprintf("its time %s is near 1970: a clock that was not set, or seconds written as milliseconds; time left unknown", t))
		f.remark(rec, "time", "%s is near 1970: not used", t)
	} else {
		s.Time = when.Span{Start: when.Past, End: t.Add(time.Millisecond)}
		inc.Notes = append(inc.Notes, cotTimeNote)
	}
	inc.Scenarios = []evidence.Scenario{s}
	return f.emit(inc)
}

func callsign(n *node) string { return n.child("detail").child("contact").attr("callsign") }

// cotTime reads one of the times of an event.
func cotTime(n *node, name string) (when.Instant, error) {
	t, err := when.ParseRFC3339(n.attr(name))
	if err != nil {
		return 0, faultIn(name, "%v", err)
	}
	return t, nil
}

// cotUnknown stands for a number that is not known.
const cotUnknown = 9999999

// cotGuess is the radius of a place whose error is not given.
const cotGuess where.Metres = 1_000

// cotPlace reads the point of an event. Its error is that of the position; what
// a report speaks of may lie at some distance.
func cotPlace(p *node) (where.Region, string, error) {
	if p == nil {
		return where.Unknown(), "", faultIn("point", "there is none: expected <point lat lon ce>")
	}
	lat, err1 := strconv.ParseFloat(p.attr("lat"), 64)
	lon, err2 := strconv.ParseFloat(p.attr("lon"), 64)
	if err1 == nil && err2 == nil && (lat == 0 && lon == 0 || lat == cotUnknown && lon == cotUnknown) {
		return where.Unknown(), "no position is given", nil
	}
	at, err := pointIn("lat", "lon", p.attr("lat"), p.attr("lon"))
	if err != nil {
		return where.Unknown(), "", err
	}
	ce := p.attr("ce")
	if v, err := strconv.ParseFloat(ce, 64); ce == "" || err == nil && v >= cotUnknown {
		return where.Disc(at, cotGuess), fmt.Sprintf("the error of the position is not given: %s round it", cotGuess), nil
	}
	r, err := metres("ce", ce)
	if err != nil {
		return where.Unknown(), "", err
	}
	return where.Disc(at, where.Metres(r)), "", nil
}
