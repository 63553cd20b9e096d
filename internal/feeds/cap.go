package feeds

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Warning is an alert of the Common Alerting Protocol (CAP). It is no attack: it
// says that somebody warned of something, or, by its Status, only practised.
type Warning struct {
	Identifier string
	Sender     string
	Sent       when.Instant
	Status     string // Actual, Exercise, System, Test or Draft
	MsgType    string // Alert, Update, Cancel, Ack or Error
	Scope      string // Public, Restricted or Private: others than Public are not for passing on
	References []Reference
	Infos      []WarningInfo
}

// Real reports whether a warning was meant: neither practice, nor test, nor
// draft, nor a message between machines.
func (w Warning) Real() bool { return w.Status == "Actual" }

// Reference names another alert, which this one updates or cancels.
type Reference struct {
	Sender, Identifier string
	Sent               when.Instant
}

// WarningInfo is what an alert says, in one language or about one event.
type WarningInfo struct {
	Language, Event, Headline    string
	Urgency, Severity, Certainty string

	// Onset is when what it warns of begins: the time from which it holds, or
	// that of sending, where no onset is given.
	Onset    when.Instant
	Expires  when.Instant // when.Future if it is not given
	Area     where.Region // unknown if any part of it is
	AreaDesc string       // as given
}

// ReadWarnings reads CAP alerts, alone or in EDXL-DE or Atom, and calls yield
// with each, practice and cancellations included. See Read, which counts them
// and makes no incidents of them.
func ReadWarnings(name string, r io.Reader, opt Options, yield func(Warning) error) (Summary, error) {
	return readSide(name, r, opt, "cap", func(t *tools) { t.warning = yield })
}

// capFeed reads alerts, at whatever depth they stand.
type capFeed struct {
	*run
	in *markupReader
}

const capSpaces = "urn:oasis:names:tc:emergency:cap:"

func (r *run) cap(br *bufio.Reader) error {
	r.readAs("cap")
	f, before, inside := &capFeed{r, r.markupReader(br)}, r.sum.Rows, false
	for {
		start, err := f.in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return f.in.broken("the document", err)
		}
		if start.Name.Local != "alert" {
			inside = true
			continue
		}
		n, bad, err := f.in.element(start)
		if err != nil {
			return f.in.broken("the alert", err)
		}
		r.sum.Rows++
		rec := &record{line: f.in.line}
		if bad != nil {
			err = f.reject(rec, bad)
		} else {
			err = f.alert(rec, n)
		}
		if err != nil {
			return err
		}
	}
	if r.sum.Rows > before {
		return nil
	}
	if inside && r.opt.As == "" {
		return r.notUnderstood("it is XML (EDXL or Atom, perhaps), but holds no CAP alert")
	}
	return r.empty()
}

func (f *capFeed) alert(rec *record, n *node) error {
	if n.space != "" && !strings.HasPrefix(n.space, capSpaces) && !strings.HasPrefix(n.space, "http://www.incident.com/cap/") {
		return f.reject(rec, faultIn("alert", "its namespace %q is not that of CAP", clip(n.space)))
	}
	var b strings.Builder
	n.write(&b)
	rec.raw = b.String()
	f.watch(rec, n.fields)
	w, err := f.warning(rec, n)
	if err != nil {
		return f.reject(rec, err)
	}
	// The sender, the identifier and the time together name an alert.
	id := w.Sender + "," + w.Identifier + "," + n.value("sent")
	if fresh, err := f.fresh(rec, id, "identifier"); err != nil || !fresh {
		return err
	}
	f.sum.Reports++
	f.say(rec, w)
	if f.tools.warning != nil {
		return f.tools.warning(w)
	}
	return nil
}

// say remarks on alerts that are not what they seem.
func (f *capFeed) say(rec *record, w Warning) {
	if !w.Real() {
		f.remark(rec, "status", "%s: an exercise, a test or a message between machines, no warning that was meant", w.Status)
	}
	if w.MsgType == "Update" || w.MsgType == "Cancel" {
		var of []string
		for _, r := range w.References {
			of = append(of, r.Identifier)
		}
		f.remark(rec, "msgType", "%s of %s", w.MsgType, clip(strings.Join(of, ", ")))
	}
}

// The words of CAP, of which others are errors.
var (
	capStatus  = strings.Fields("Actual Exercise System Test Draft")
	capMsgType = strings.Fields("Alert Update Cancel Ack Error")
	capScope   = strings.Fields("Public Restricted Private")
)

func (f *capFeed) warning(rec *record, n *node) (Warning, error) {
	w := Warning{Identifier: n.value("identifier"), Sender: n.value("sender")}
	if w.Identifier == "" {
		return w, faultIn("identifier", "it is empty: expected what the sender calls this alert")
	}
	for _, c := range []struct {
		name  string
		to    *string
		words []string
	}{{"status", &w.Status, capStatus}, {"msgType", &w.MsgType, capMsgType}, {"scope", &w.Scope, capScope}} {
		v := n.value(c.name)
		for _, word := range c.words {
			if strings.EqualFold(v, word) {
				*c.to = word
			}
		}
		if *c.to == "" {
			return w, faultIn(c.name, "%q is none of %s", clip(v), strings.Join(c.words, ", "))
		}
	}
	var err error
	if w.Sent, err = when.ParseRFC3339(n.value("sent")); err != nil {
		return w, faultIn("sent", "%v", err)
	}
	w.References = references(n.value("references"))
	for _, i := range n.children("info") {
		info, err := f.info(rec, i, w.Sent)
		if err != nil {
			return w, err
		}
		w.Infos = append(w.Infos, info)
	}
	return w, nil
}

// references reads "sender,identifier,sent sender,identifier,sent". A sender or
// an identifier may hold no comma nor blank.
func references(text string) []Reference {
	var out []Reference
	for _, part := range strings.Fields(text) {
		p := strings.Split(part, ",")
		if len(p) != 3 {
			continue
		}
		r := Reference{Sender: p[0], Identifier: p[1]}
		if t, err := when.ParseRFC3339(p[2]); err == nil {
			r.Sent = t
		}
		out = append(out, r)
	}
	return out
}

func (f *capFeed) info(rec *record, n *node, sent when.Instant) (WarningInfo, error) {
	w := WarningInfo{
		Language: n.value("language"), Event: n.value("event"), Headline: n.value("headline"),
		Urgency: n.value("urgency"), Severity: n.value("severity"), Certainty: n.value("certainty"),
		Onset: sent, Expires: when.Future,
	}
	for _, c := range []struct {
		name string
		to   *when.Instant
	}{{"effective", &w.Onset}, {"onset", &w.Onset}, {"expires", &w.Expires}} {
		v := n.value(c.name)
		if v == "" {
			continue
		}
		t, err := when.ParseRFC3339(v)
		if err != nil {
			return w, faultIn(c.name, "%v", err)
		}
		*c.to = t
	}
	if w.Expires < w.Onset {
		f.remark(rec, "expires", "it expires (%s) before it begins (%s)", w.Expires, w.Onset)
	}
	f.areas(rec, n, &w)
	return w, nil
}

// areas unites the areas of an info. One that has no polygon nor circle, and a
// name that is not known, leaves the whole unknown.
func (f *capFeed) areas(rec *record, n *node, w *WarningInfo) {
	var all []where.Region
	var names []string
	for _, a := range n.children("area") {
		name := a.value("areaDesc")
		names = append(names, name)
		r, err := capArea(a)
		if err != nil {
			f.remark(rec, "area", "%v; the area is left unknown", err)
		} else if r.IsUnknown() {
			if h := f.tools.remembered("", areaNamed)(name); len(h.codes) > 0 {
				r, _ = where.AreaRegion(h.codes...)
			}
		}
		all = append(all, r)
	}
	w.AreaDesc = strings.Join(names, "; ")
	w.Area = where.UnionRegion(all...)
}

// capArea is the polygons and circles of one area.
func capArea(n *node) (where.Region, error) {
	var parts []where.Region
	var mp [][][][2]string
	for _, p := range n.children("polygon") {
		var ring [][2]string
		for _, pair := range strings.Fields(p.content()) {
			lat, lon, ok := strings.Cut(pair, ",")
			if _, err := point(lat, lon); err != nil || !ok {
				return where.Unknown(), faultIn("polygon", "%q is not a latitude and a longitude", clip(pair))
			}
			ring = append(ring, [2]string{lon, lat})
		}
		mp = append(mp, [][][2]string{ring})
	}
	if len(mp) > 0 {
		r, err := polygons(mp)
		if err != nil {
			return where.Unknown(), faultIn("polygon", "%v", err)
		}
		parts = append(parts, r)
	}
	for _, c := range n.children("circle") {
		r, err := capCircle(c.content())
		if err != nil {
			return where.Unknown(), err
		}
		parts = append(parts, r)
	}
	return where.UnionRegion(parts...), nil
}

// capCircle reads "lat,lon radius", the radius in kilometres.
func capCircle(text string) (where.Region, error) {
	part := strings.Fields(text)
	if len(part) != 2 {
		return where.Unknown(), faultIn("circle", "%q: expected lat,lon and a radius in km", clip(text))
	}
	lat, lon, _ := strings.Cut(part[0], ",")
	at, err := pointIn("circle", "circle", lat, lon)
	if err != nil {
		return where.Unknown(), err
	}
	km, err := strconv.ParseFloat(part[1], 64)
	if err != nil || !(km >= 0 && km <= 20_038) {
		return where.Unknown(), faultIn("circle", "%q is not a radius in km", clip(part[1]))
	}
	return where.Disc(at, where.Metres(km*1000)), nil
}

// polygons makes a region of rings of longitude and latitude as text. An open
// ring is closed.
func polygons(mp [][][][2]string) (where.Region, error) {
	var b strings.Builder
	b.WriteString(`{"type":"MultiPolygon","coordinates":[`)
	for i, p := range mp {
		sep(&b, i)
		b.WriteByte('[')
		for j, ring := range p {
			if n := len(ring); n > 0 && ring[0] != ring[n-1] {
				ring = append(ring[:n:n], ring[0])
			}
			sep(&b, j)
			b.WriteByte('[')
			for k, c := range ring {
				sep(&b, k)
				x, err1 := strconv.ParseFloat(c[0], 64)
				y, err2 := strconv.ParseFloat(c[1], 64)
				if err := errors.Join(err1, err2); err != nil {
					return where.Unknown(), err
				}
				fmt.Fprintf(&b, "[%s,%s]", plainNumber(x), plainNumber(y))
			}
			b.WriteByte(']')
		}
		b.WriteByte(']')
	}
	b.WriteString("]}")
	clean, _, _, err := where.ParseGeoJSON([]byte(b.String()))
	if err != nil {
		return where.Unknown(), err
	}
	if len(clean) == 0 {
		return where.Unknown(), errors.New("the polygon is empty")
	}
	return where.PolygonRegion(clean), nil
}

func plainNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func sep(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
}
