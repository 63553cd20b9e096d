package feeds

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/when"
)

func koboKind() kind {
	return kind{
		name: "kobo", about: "KoboToolbox submissions, JSON (v2) or CSV, with questions named as the columns of the incidents file", tagged: true,
		match: func(c map[string]int) bool {
			return hasAll(c, "_submission_time") && (hasAll(c, "_uuid") || hasAll(c, "meta/instanceid") || hasAll(c, "_id"))
		},
		start: func(r *run, columns map[string]int) (handler, error) {
			return &koboTable{newKobo(r), slices.Sorted(maps.Keys(columns))}, nil
		},
	}
}

// koboFeed reads what monitors have sent in by forms. A later version of a
// submission replaces the earlier one, wherever it stands: all are held until
// the end. Who sent it and from where is not passed on.
type koboFeed struct {
	*run
	truce *truceFeed
	held  []*submission
	size  int
	newer map[string]string // id of a submission that was edited -> that of its new version
}

// submission is one form that was sent in.
type submission struct {
	rec      *record
	answers  map[string]string // by the name of the question, groups before it, lower case
	instance string            // its id, without uuid:
	fault    error
}

func newKobo(r *run) *koboFeed {
	return &koboFeed{run: r, truce: &truceFeed{run: r}, newer: map[string]string{}}
}

// koboTable takes the rows of a CSV export.
type koboTable struct {
	*koboFeed
	names []string
}

func (t *koboTable) record(rec *record) error {
	answers := map[string]string{}
	for _, name := range t.names {
		if v := rec.get(name); v != "" {
			answers[name] = v
		}
	}
	return t.hold(rec, answers, nil)
}

func (t *koboTable) broken(rec *record, because error) error { return t.reject(rec, because) }

// koboJSON reads the answer of the v2 interface, submission by submission.
func (r *run) koboJSON(br *bufio.Reader, _ []byte) error {
	r.readAs("kobo")
	f, in, before := newKobo(r), &scanner{br: br, line: 1}, r.sum.Rows
	err := f.answer(in)
	if err == nil {
		err = r.rest(in)
	}
	if end := f.end(); err == nil {
		err = end
	}
	if err == nil && r.sum.Rows == before {
		return r.empty()
	}
	return err
}

func (f *koboFeed) answer(in *scanner) error {
	if _, err := in.skip(); err != nil {
		return err
	}
	in.next()
	for first := true; ; first = false {
		key, done, err := in.key(first)
		if done {
			return nil
		}
		if err == nil && key == "results" {
			if err := f.results(in); err != nil {
				return err
			}
			continue
		}
		var raw []byte
		if err == nil {
			raw, err = in.value()
		}
		if err != nil {
			return fmt.Errorf("%s:%d: the answer breaks off here, what came before was read: %w", f.file, in.line, err)
		}
		if key == "next" && text(raw) != "" {
			f.remark(&record{line: in.line}, "next", "this is one page of several: get the others too")
		}
	}
}

func (f *koboFeed) results(in *scanner) error {
	c, err := in.skip()
	if err != nil || c != '[' {
		return f.refuse("expected [ after \"results\"")
	}
	in.next()
	return f.elements(in, "submissions break", func(line int, raw string) error { return f.one(&record{line: line, raw: raw}) })
}

func (f *koboFeed) one(rec *record) error {
	var members map[string]json.RawMessage
	if err := decode(rec, &members); err != nil {
		return f.reject(rec, err)
	}
	if members == nil {
		return f.reject(rec, &fault{msg: "not a submission: expected an object"})
	}
	answers := map[string]string{}
	var bad error
	for _, name := range slices.Sorted(maps.Keys(members)) {
		key := columnName(name)
		switch {
		case key == "_geolocation":
			var at []any
			if json.Unmarshal(members[name], &at) == nil && len(at) == 2 && at[0] != nil && at[1] != nil {
				answers[key] = "given"
			}
		case key == "_validation_status":
			var v struct{ Label, UID string }
			if json.Unmarshal(members[name], &v) == nil {
				answers[key] = joinText(v.Label)
				if v.Label == "" {
					answers[key] = v.UID
				}
			}
		default:
			v, err := cell(members[name])
			if err != nil { // a group that repeats, attachments, notes
				if _, column := featureColumns[question(key)]; column {
					bad = faultIn(key, "%v", err)
				} else {
					f.ignore(name)
				}
			}
			if v = strings.TrimSpace(v); v != "" {
				answers[key] = v
			}
		}
	}
	return f.hold(rec, answers, bad)
}

// question is the name of a question without the groups that it stands in.
func question(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

func bareUUID(s string) string { return strings.TrimPrefix(s, "uuid:") }

// hold keeps a submission until all are known.
func (f *koboFeed) hold(rec *record, answers map[string]string, bad error) error {
	if f.size += len(rec.raw); f.size > maxHeldSize {
		return f.refuse("more than %d MB of submissions: later versions replace earlier ones, so that all must be held; export them by months", maxHeldSize>>20)
	}
	s := &submission{rec: rec, answers: answers, fault: bad}
	f.watch(rec, func() []field {
		var out []field
		for _, name := range slices.Sorted(maps.Keys(answers)) {
			out = append(out, field{name, answers[name]})
		}
		return out
	})
	for _, name := range []string{"meta/instanceid", "_uuid", "_id"} {
		if v := answers[name]; v != "" && s.instance == "" {
			s.instance = bareUUID(v)
		}
	}
	if old := bareUUID(answers["meta/deprecatedid"]); old != "" && old != s.instance {
		f.newer[old] = s.instance
	}
	f.held = append(f.held, s)
	return nil
}

func (f *koboFeed) end() error {
	for _, s := range f.held {
		if err := f.submission(s); err != nil {
			return err
		}
	}
	f.held = nil
	return f.truce.end()
}

func (f *koboFeed) submission(s *submission) error {
	if by, old := f.newer[s.instance]; old && s.instance != "" {
		f.sum.Duplicates++
		if s.rec.row != nil {
			s.rec.row.replaced = true
		}
		f.remark(s.rec, "meta/deprecatedID", "submission %s was edited: its new version %s is taken", clip(s.instance), clip(by))
		return nil
	}
	if s.instance != "" {
		if fresh, err := f.fresh(s.rec, "uuid:"+s.instance, "meta/instanceID"); err != nil || !fresh {
			return err
		}
	}
	if s.fault != nil {
		return f.reject(s.rec, s.fault)
	}
	rec := newRecord(s.rec.line)
	rec.row = s.rec.row
	rec.raw = s.rec.raw
	if err := f.columns(rec, s); err != nil {
		return f.reject(s.rec, err)
	}
	if !eventful(rec) {
		f.sum.Reports++
		return nil
	}
	notes, err := f.position(rec, s)
	if err != nil {
		return f.reject(s.rec, err)
	}
	if s.instance != "" {
		rec.fill("id", "KOBO-"+s.instance)
	}
	return f.truce.described(rec, append(notes, koboNotes(s)...))
}

// columns fills a row of the answers to questions that are named as its columns.
// Several choices of one question are one of them.
func (f *koboFeed) columns(rec *record, s *submission) error {
	from := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.answers)) {
		column, v := question(name), s.answers[name]
		i, known := featureColumns[column]
		switch {
		case !known:
			if !koboMeta(name) {
				f.ignore(name)
			}
			continue
		case from[column] != "" && rec.fields[i] != v:
			return faultIn(column, "the questions %q and %q answer it differently: name only one of them so", clip(from[column]), clip(name))
		}
		if slices.Contains(setColumns, column) {
			v = strings.Join(strings.Fields(strings.ReplaceAll(v, "|", " ")), "|")
		}
		from[column], rec.fields[i] = name, v
	}
	return nil
}

// koboMeta reports whether a column is the form's own, and not a question.
func koboMeta(name string) bool {
	switch name {
	case "start", "end", "today", "username", "deviceid", "subscriberid", "simserial", "phonenumber", "formhub/uuid":
		return true
	}
	return strings.HasPrefix(name, "_") || strings.HasPrefix(name, "meta/") || strings.HasPrefix(question(name), "_")
}

var (
	geopoint  = regexp.MustCompile(`^(-?\d+(?:\.\d+)?)\s+(-?\d+(?:\.\d+)?)(?:\s+-?\d+(?:\.\d+)?(?:\s+(\d+(?:\.\d+)?))?)?$`)
	placeName = regexp.MustCompile(`^((incident|event|target|impact)_)?(place|location|site|position|geopoint)$`)
)

const koboWhere = "the form recorded a position, perhaps that of the one who filled it in: place left unknown; name the question place if it is that of the incident"

// position takes the position of a question that is named for the place of the
// incident. Where the form was filled in is another matter.
func (f *koboFeed) position(rec *record, s *submission) ([]string, error) {
	if rec.first("lat", "lon") != "" {
		return nil, nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.answers)) {
		m := geopoint.FindStringSubmatch(s.answers[name])
		if m == nil || !placeName.MatchString(question(name)) {
			continue
		}
		if _, err := point(m[1], m[2]); err != nil {
			return nil, faultIn(name, "%v", err)
		}
		if i := featureColumns["place"]; geopoint.MatchString(rec.fields[i]) {
			rec.fields[i] = ""
		}
		if i := featureColumns["site"]; geopoint.MatchString(strings.ReplaceAll(rec.fields[i], "|", " ")) {
			rec.fields[i] = ""
		}
		rec.fill("lat", m[1])
		rec.fill("lon", m[2])
		// A position set by hand on the map has the precision 0, which is none.
		if p, err := strconv.ParseFloat(m[3], 64); err == nil && p > 0 {
			rec.fill("precision_m", m[3])
		}
		return nil, nil
	}
	if s.answers["_geolocation"] != "" && rec.get("place") == "" {
		return []string{koboWhere}, nil
	}
	return nil, nil
}

// koboNotes say what became of a submission.
func koboNotes(s *submission) []string {
	var out []string
	if v := s.answers["_validation_status"]; v != "" {
		out = append(out, "validation status: "+clip(v))
	}
	if v := s.answers["meta/deprecatedid"]; v != "" {
		out = append(out, "edited: it replaces submission "+clip(bareUUID(v)))
	}
	if v := s.answers["_submission_time"]; v != "" {
		t, err := when.ParseRFC3339(v)
		if err != nil { // in UTC, which it does not say
			t, err = when.ParseRFC3339(v + "Z")
		}
		if err == nil {
			out = append(out, "submitted "+t.String())
		}
	}
	return out
}
