package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/vocab"
)

// AsOf says as of which size of the log an answer is wanted, and what the client
// has already.
type AsOf struct {
	At   int64 `query:"at" doc:"as of this size of the log; the newest, where absent" minimum:"1"`
	Have have  `header:"If-None-Match" doc:"ETag of an answer that the client has"`
}

// have is what a client has; it is no part of what it asks, and of no ETag.
type have string

// Format prints nothing.
func (have) Format(fmt.State, rune) {}

func (a AsOf) size() int64 {
	if a.At == 0 {
		return views.Now
	}
	return a.At
}

// IncidentQuery filters incidents. Of an uncertain fact it asks whether it may be
// so. Where several values are given, any of them will do.
type IncidentQuery struct {
	AsOf
	From       string   `query:"from" doc:"time that may be at or after this: RFC 3339, with or without seconds, or a day (UTC)"`
	To         string   `query:"to" doc:"time that may be before this"`
	Box        string   `query:"bbox" doc:"west,south,east,north in degrees: the place may lie in it. West over east goes over the antimeridian"`
	State      []string `query:"state" enum:"report,incident,row,!report,!incident,!row"`
	Level      []string `query:"level" enum:"claimed,reported,corroborated,verified,determined,!claimed,!reported,!corroborated,!verified,!determined"`
	Marking    []string `query:"marking" enum:"public,parties,mission,restricted,!public,!parties,!mission,!restricted"`
	Actor      []string `query:"actor" doc:"party; unknown: not known"`
	Act        []string `query:"act" doc:"node of the tree, with all below it; unknown"`
	Outcome    []string `query:"outcome"`
	Means      []string `query:"means"`
	Target     []string `query:"target" doc:"node of the tree, with all below it; unknown"`
	Owner      []string `query:"owner"`
	Controller []string `query:"controller"`
	Field      []string `query:"field" doc:"FORM.FIELD=WORD, of a form's field with a closed vocabulary (yes-no, choice, choices)"`
	Terms      string   `query:"terms" doc:"id of a text: one of its findings is as the next three ask"`
	Reading    string   `query:"reading" doc:"of a reading; *: readings disagree"`
	Verdict    []string `query:"verdict" enum:"breach,permitted,not-covered,not-in-force,undetermined,contested,!breach,!permitted,!not-covered,!not-in-force,!undetermined,!contested"`
	Clause     string   `query:"clause" doc:"by this clause; verdict is then that of the clause; with ! before it: those on which it does not speak"`
	Q          string   `query:"q" doc:"all of these words, in any of their forms (English, Ukrainian, Russian)"`
}

// PageQuery asks for a part of a list.
type PageQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor string `query:"cursor" doc:"next of the page before"`
}

// filter reads the query; faults name the parameter.
func (q *IncidentQuery) filter(eyes *views.Eyes) (*views.Filter, error) {
	f := &views.Filter{Eyes: eyes, Terms: q.Terms, Reading: q.Reading, Clause: q.Clause, Fields: map[string][]string{}, Not: views.Without{Fields: map[string][]string{}}}
	f.Verdicts, f.Not.Verdicts = parted(q.Verdict)
	if not, ok := strings.CutPrefix(q.Clause, "!"); ok {
		f.Clause, f.Not.Clause = "", not
	}
	for name, values := range map[string][]string{"state": q.State, "level": q.Level, "marking": q.Marking, "actor": q.Actor, "act": q.Act, "outcome": q.Outcome, "means": q.Means, "target": q.Target, "owner": q.Owner, "controller": q.Controller, "field": q.Field} {
		f.Fields[name], f.Not.Fields[name] = parted(values)
	}
	var faults []error
	bad := func(name string, value any, format string, args ...any) {
		faults = append(faults, &huma.ErrorDetail{Message: fmt.Sprintf(format, args...), Location: "query." + name, Value: value})
	}
	minutes := func(name, s string, up bool) int64 {
		if s == "" {
			return 0
		}
		t, err := timeOf(s)
		if err != nil {
			bad(name, s, "%v", err)
			return 0
		}
		f.Timed = true
		m := int64(math.Floor(float64(t.Unix()) / 60))
		if up && t.Unix()%60 != 0 {
			m++
		}
		return m
	}
	f.From, f.To = math.MinInt64, 0
	if q.From != "" {
		f.From = minutes("from", q.From, false)
	}
	f.To = minutes("to", q.To, true)
	if q.From != "" && q.To != "" && len(faults) == 0 && f.From >= f.To {
		bad("to", q.To, "it is not after from")
	}
	if q.Box != "" {
		b, err := box(q.Box)
		if err != nil {
			bad("bbox", q.Box, "%v", err)
		}
		f.Box = b
	}
	if f := wordless(q.Q); f != nil {
		faults = append(faults, f)
	}
	v := views.Vocabulary()
	for name, tree := range map[string]*vocab.Tree{"act": v.Act, "outcome": v.Outcome, "means": v.Means, "target": v.Target} {
		faults = append(faults, noNodes(name, tree, append(slices.Clone(f.Fields[name]), f.Not.Fields[name]...))...)
	}
	for _, x := range q.Field {
		if form, word, ok := strings.Cut(strings.TrimPrefix(x, "!"), "="); !ok || word == "" || !strings.Contains(form, ".") {
			bad("field", x, "expected FORM.FIELD=WORD, such as shelling.observed=yes")
		}
	}
	if len(faults) > 0 {
		return nil, huma.Error422UnprocessableEntity("the question cannot be read", faults...)
	}
	return f, nil
}

// parted parts values that are asked for from those, with ! before them, that are not.
func parted(values []string) (with, without []string) {
	for _, v := range values {
		if not, ok := strings.CutPrefix(v, "!"); ok {
			without = append(without, not)
		} else {
			with = append(with, v)
		}
	}
	return with, without
}

func box(s string) (*views.Box, error) {
	parts := strings.Split(s, ",")
	err := fmt.Errorf("expected west,south,east,north in degrees, such as 30,44,41,53")
	if len(parts) != 4 {
		return nil, err
	}
	var d [4]float64
	for i, p := range parts {
		x, perr := strconv.ParseFloat(strings.TrimSpace(p), 64)
		most := 180.0
		if i%2 == 1 {
			most = 90
		}
		if perr != nil || math.IsNaN(x) || math.Abs(x) > most {
			return nil, err
		}
		d[i] = x
	}
	if d[1] > d[3] {
		return nil, err
	}
	return &views.Box{West: d[0], South: d[1], East: d[2], North: d[3]}, nil
}

// cursors are opaque to clients.
func cursorOf(k views.Key) string {
	var b [8]byte
	binary.BigEndian.PutUint32(b[:], uint32(k.Start))
	binary.BigEndian.PutUint32(b[4:], k.Num)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func keyOf(cursor string) (*views.Key, error) {
	if cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) != 8 {
		return nil, badCursor(cursor)
	}
	return &views.Key{Start: int32(binary.BigEndian.Uint32(b)), Num: binary.BigEndian.Uint32(b[4:])}, nil
}

func badCursor(cursor string) error {
	return huma.Error422UnprocessableEntity("the cursor cannot be read", &huma.ErrorDetail{Message: "expected next of the page before, or nothing for the first page", Location: "query.cursor", Value: cursor})
}

// etag names an answer: the size that it was computed from, what was asked, and
// who asked.
func etag(ctx context.Context, v views.Vector, asked any) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%v %+v %+v", v, whoOf(ctx), asked))
	return `"` + hex.EncodeToString(h[:12]) + `"`
}

// notModified is the answer to a client that has it already.
func notModified(has have, tag string) bool {
	for _, h := range strings.Split(string(has), ",") {
		if strings.TrimPrefix(strings.TrimSpace(h), "W/") == tag || strings.TrimSpace(h) == "*" {
			return true
		}
	}
	return false
}
