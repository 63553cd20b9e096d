package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Rules say what is kept back for a time. They only ever take away.
type Rules struct {
	Now time.Time // what delays and embargoes are held against
	// Delay keeps back incidents that may have happened, and whatever was written,
	// within this time before Now. 0: nothing.
	Delay   time.Duration
	Embargo []Embargo
}

// Embargo keeps back, until a time, all incidents that a filter finds. A filter
// finds what may be so: what is not known is kept back too.
type Embargo struct {
	Filter url.Values
	Until  time.Time
	text   string
}

// filters are the questions by which an embargo can ask: those of lists.
var filters = strings.Fields("id from to bbox state level actor act outcome means target owner controller field")

// ParseEmbargo reads FILTER@UNTIL, such as target=energy.power@2025-04-01T06:00:00Z,
// or id=KHA-4F7Q@2025-04-01.
func ParseEmbargo(s string) (Embargo, error) {
	i := strings.LastIndexByte(s, '@')
	bad := func(format string, args ...any) (Embargo, error) {
		return Embargo{}, fmt.Errorf("embargo %q: %s: expected FILTER@UNTIL, such as target=energy.power@2025-04-01T06:00:00Z or id=KHA-4F7Q@2025-04-01", s, fmt.Sprintf(format, args...))
	}
	if i < 0 {
		return bad("it has no end")
	}
	until, err := time.Parse(time.RFC3339, s[i+1:])
	if err != nil {
		if until, err = time.Parse("2006-01-02", s[i+1:]); err != nil {
			return bad("%q is no time", s[i+1:])
		}
	}
	q, err := url.ParseQuery(s[:i])
	if err != nil || len(q) == 0 {
		return bad("%q is no filter", s[:i])
	}
	for k, v := range q {
		if !slices.Contains(filters, k) {
			return bad("there is no filter %q, only %s", k, strings.Join(filters, ", "))
		}
		if slices.Contains(v, "") {
			return bad("%s is empty", k)
		}
	}
	if q.Has("id") && len(q) > 1 {
		return bad("id stands alone")
	}
	return Embargo{q, until.UTC(), s}, nil
}

// embargoed finds the incidents that are under an embargo.
func (r *Rules) embargoed(ctx context.Context, ask Asker, items []*item) (map[string]bool, error) {
	out := map[string]bool{}
	for _, e := range r.Embargo {
		if !r.Now.Before(e.Until) {
			continue
		}
		if ids := e.Filter["id"]; len(ids) > 0 {
			for _, x := range items {
				if slices.ContainsFunc(ids, x.called) {
					out[x.ID] = true
				}
			}
			continue
		}
		// What has no place or no time is not found by a box or a span, and may be in it.
		for _, x := range items {
			if e.Filter.Has("bbox") && x.Lat == nil || (e.Filter.Has("from") || e.Filter.Has("to")) && x.TimeStart == "" {
				out[x.ID] = true
			}
		}
		err := ask.pages(ctx, "/api/incidents", e.Filter, func(b []byte) error {
			var l struct{ Items []struct{ ID string } }
			err := json.Unmarshal(b, &l)
			for _, x := range l.Items {
				out[x.ID] = true
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("embargo %q: %w", e.text, err)
		}
		// The filter of a fact finds what is not known only where it is asked for.
		for k := range e.Filter {
			if k == "bbox" || k == "from" || k == "to" || k == "state" || k == "level" || k == "field" {
				continue
			}
			for _, x := range items {
				if x.fact(k) == "" {
					out[x.ID] = true
				}
			}
		}
	}
	return out, nil
}

// idle are the embargoes that hold and name an id that no item has.
func (r *Rules) idle(items []*item) (out []string) {
	for _, e := range r.Embargo {
		for _, id := range e.Filter["id"] {
			if r.Now.Before(e.Until) && !slices.ContainsFunc(items, func(x *item) bool { return x.called(id) }) {
				out = append(out, e.text)
			}
		}
	}
	return out
}

// called reports whether an id means the incident: its own, as it is read over a
// radio, or that of its data set. Letters may be small.
func (x *item) called(id string) bool {
	id = strings.ToUpper(strings.TrimSpace(id))
	return id == strings.ToUpper(x.ID) || x.Radio != "" && id == x.Radio || x.Dataset != "" && id == x.Dataset
}

// fact is a fact of an incident by the name of its filter.
func (x *item) fact(name string) string {
	switch name {
	case "actor":
		return x.Actor
	case "act":
		return x.Act
	case "outcome":
		return x.Outcome
	case "means":
		return x.Means
	case "target":
		return x.Target
	case "owner":
		return x.Owner
	}
	return x.Controller
}

// horizon is the place in the log from which on entries are too new: the first that
// says it was made within the delay.
func (r *Rules) horizon(ctx context.Context, ask Asker, size int64) (int64, error) {
	if r.Delay < 0 {
		return 0, errors.New("a delay below 0")
	}
	if r.Delay == 0 {
		return size, nil
	}
	first, cut := size, r.Now.Add(-r.Delay)
	err := ask.pages(ctx, "/api/entries", nil, func(b []byte) error {
		var l struct {
			Items []struct {
				Index int64
				Made  time.Time
			}
		}
		err := json.Unmarshal(b, &l)
		for _, e := range l.Items {
			if e.Made.After(cut) {
				first = min(first, e.Index)
			}
		}
		return err
	})
	return first, err
}

// tooNew reports whether an incident is kept back by the delay: something of it was
// written after the horizon, or it may have happened after the cut.
func (r *Rules) tooNew(x *item, horizon int64) bool {
	if r.Delay == 0 {
		return false
	}
	if x.Since >= horizon {
		return true
	}
	for _, s := range []string{x.TimeStart, x.TimeEnd} {
		if t, err := time.Parse(time.RFC3339, s); err == nil && t.After(r.Now.Add(-r.Delay)) {
			return true
		}
	}
	return false
}
