package views

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/record"
)

// errErased means that a payload was destroyed which the views were built from:
// they must be built anew, so that nothing of it is left in them.
var errErased = errors.New("a payload was erased")

// batch applies entries in the order of the log. What it has done after an entry
// depends on the entries up to it and on nothing else.
type batch struct {
	assembler
	w       Writes
	texts   *texts
	rebuild bool // from nothing: what erasures name was never taken in
	changed map[uint32]bool
}

func newBatch(w Writes, t *texts, rebuild bool) *batch {
	return &batch{assembler: assembler{w}, w: w, texts: t.clone(), rebuild: rebuild, changed: map[uint32]bool{}}
}

// entry applies one entry.
func (b *batch) entry(d *Doc) error {
	if err := b.root(d); err != nil {
		return err
	}
	if err := b.touches(d); err != nil {
		return err
	}
	rejudged := ""
	switch d.Kind {
	case kindTerms, kindCommitment:
		rejudged, d.Problem = b.texts.apply(d)
	case record.KindErasure:
		if !b.rebuild {
			return errErased
		}
	}
	var rows []*evidence.Incident
	if d.Kind == kindDataset && !d.Erased {
		rows, d.Problem = b.rows(d)
	}
	if d.Kind == kindReport {
		if err := b.rowOf(d); err != nil {
			return err
		}
	}
	if err := b.w.PutDoc(d, indexed(spoken(d)...)); err != nil {
		return err
	}
	ids, err := b.touched(d)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := b.touch(id, d.Index); err != nil {
			return fmt.Errorf("entry %d, incident %s: %w", d.Index, id, err)
		}
	}
	if d.Kind == kindDataset {
		if err := b.dataset(d, rows); err != nil {
			return err
		}
	}
	if rejudged != "" {
		return b.rejudge(rejudged, d.Index)
	}
	return nil
}

// touches notes whether an entry has to do with an object of an annex.
func (b *batch) touches(d *Doc) error {
	var v Incident
	v.narrow(d)
	d.Touches = v.Narrowed.Site
	for _, r := range d.Refs {
		x, err := b.w.Doc(r.ID)
		if err != nil {
			return err
		}
		d.Touches = d.Touches || x != nil && x.Touches && d.Kind != record.KindErasure && d.Kind != record.KindAccess
	}
	return nil
}

// root finds what a correction or dispute is about in the end.
func (b *batch) root(d *Doc) error {
	rel := record.Supersedes
	switch d.Kind {
	case kindCorrection:
	case kindDispute:
		rel = record.Disputes
	default:
		return nil
	}
	to := d.ref(rel)
	if len(to) == 0 {
		d.Problem = "it names no entry that it " + string(rel)
		return nil
	}
	root, x, err := b.rootOf(to[0])
	if err != nil {
		return err
	}
	if root == d.ID || root == "" {
		d.Problem = "it is about itself, or about an entry that is about it: it has no effect"
		return nil
	}
	d.Root = root
	if x == nil { // it has not arrived yet
		return nil
	}
	if d.Kind == kindCorrection && !d.same(x) {
		d.Problem = "it corrects an entry by another author: it is kept as a dispute, until somebody who may adopts one of the two"
	}
	return nil
}

// rootOf follows corrections of corrections; "" where they go round in a circle.
// The document is nil where it is not there.
func (b *batch) rootOf(id string) (string, *Doc, error) {
	seen := map[string]bool{}
	for !seen[id] {
		seen[id] = true
		x, err := b.w.Doc(id)
		if err != nil || x == nil || x.Root == "" {
			return id, x, err
		}
		id = x.Root
	}
	return "", nil, nil
}

// spoken are the words of an entry for people.
func spoken(d *Doc) []string {
	var p struct {
		Row                                                   map[string]string
		Facts                                                 map[string]string
		Title, Reason, Says, By, Source, Note, Name, At, From string
	}
	d.read(&p)
	return []string{p.Title, p.Says, p.Reason, p.By, p.Source, p.Note, p.Name, p.From, p.Row["text"], p.Row["place"], p.Row["source"], p.Row["damage"], p.Facts["text"], p.Facts["place"]}
}

// touched are the incidents that an entry may change.
func (b *batch) touched(d *Doc) ([]string, error) {
	var out []string
	add := func(ids []string, err error) error { out = append(out, ids...); return err }
	whole := func(id string) error { // an incident, and those that were or are one with it
		ms, _, err := b.linked(id)
		for _, m := range ms {
			out = append(out, m.ID)
		}
		return err
	}
	var err error
	switch d.Kind {
	case kindReport:
		out = append(out, d.ID)
		err = add(b.incidentsOf(d))
	case kindIncident:
		out = append(out, d.ref(record.About)...)
		err = whole(d.ID)
	case kindMerge:
		for _, id := range d.ref(record.Merges) {
			err = errors.Join(err, whole(id))
		}
	case kindSplit:
		for _, id := range d.ref(record.Splits) {
			m, derr := b.w.Doc(id)
			if err = errors.Join(err, derr); m == nil {
				continue
			}
			for _, x := range m.ref(record.Merges) {
				err = errors.Join(err, whole(x))
			}
		}
	case kindApart:
		for _, id := range d.ref(record.About) {
			x, derr := b.w.Doc(id)
			if err = errors.Join(err, derr); x == nil {
				continue
			}
			out = append(out, id)
			err = errors.Join(err, whole(id))
			if x.Kind == kindReport {
				in, derr := b.holders(x)
				err = errors.Join(err, derr)
				for _, m := range in {
					err = errors.Join(err, whole(m.ID))
				}
			}
		}
	case kindClaim, kindDetermination:
		err = add(b.incidentsOf(d))
	case kindCorrection, kindDispute:
		err = b.about(d.Root, add)
	case kindAdoption:
		for _, id := range d.ref(record.Adopts) {
			err = errors.Join(err, b.about(id, add))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), err
}

// about adds the incidents that an entry, or what it corrects, belongs to.
func (b *batch) about(id string, add func([]string, error) error) error {
	_, d, err := b.rootOf(id)
	if err != nil || d == nil {
		return err
	}
	return add(b.incidentsOf(d))
}

// touch puts an incident together anew, as of an entry, and judges it where it
// has changed.
func (b *batch) touch(id string, at int64) error {
	v, in, err := b.assemble(id)
	if err != nil {
		return err
	}
	return b.settle(id, v, in, at)
}

// settle makes v the state of an incident from an entry on; nil ends it.
func (b *batch) settle(id string, v *Incident, in *evidence.Incident, at int64) error {
	num, known, err := b.w.Num(id)
	if err != nil || !known && v == nil {
		return err
	}
	var old *Version
	if known {
		if old, err = b.w.Version(num, Now); err != nil {
			return err
		}
	} else {
		if num, err = b.w.NewIncident(id); err != nil {
			return err
		}
	}
	switch {
	case v == nil && old == nil:
		return nil
	case v != nil && !known && v.State != "row":
		if v.Radio, err = b.radio(num, v); err != nil {
			return err
		}
	case v != nil && known:
		if v.Radio, err = b.radioOf(num); err != nil {
			return err
		}
	}
	if v == nil {
		b.changed[num] = true
		if err := b.w.EndVersion(num, at); err != nil {
			return err
		}
		return b.endAll(num, at)
	}
	if old == nil || plain(*v) != plain(old.Incident) {
		if err := b.version(num, v, old != nil, at); err != nil {
			return err
		}
	}
	// Judged also where the view of it is the same: not all facts are in it.
	for _, t := range b.texts.order {
		if err := b.judge(num, t, in, at); err != nil {
			return err
		}
	}
	return b.judged(num, at)
}

// version begins a version of an incident, and ends the one before.
func (b *batch) version(num uint32, v *Incident, had bool, at int64) (err error) {
	b.changed[num] = true
	if had {
		if err := b.w.EndVersion(num, at); err != nil {
			return err
		}
	}
	x := &Version{Num: num, Since: at, Incident: *v, Row: v.row(num)}
	if x.Row.Profile, err = b.w.Code("profile", v.profile(), at); err != nil {
		return err
	}
	return b.w.PutVersion(x, indexed(v.Searched()...))
}

// plain makes two incidents comparable: a list without members is none.
func plain(v Incident) string {
	return fmt.Sprintf("%q", []any{v.profile(), v.Marking, v.ID, v.Radio, v.Title, v.Members, v.Merges, v.Apart, v.Reports, v.Claims, v.Determinations, v.Corrections, v.Disputes, v.Dataset, v.Row,
		v.TimeStart, v.TimeEnd, number(v.Lat), number(v.Lon), number(v.PrecisionM), v.Place, fmt.Sprint(v.Scenarios, v.Erased), v.Killed, v.Injured, v.Damage, v.Severity, v.Source, v.Text, v.Notes, v.Problems, v.Fields, v.Words})
}

func number(f *float64) string {
	if f == nil {
		return ""
	}
	return fmt.Sprint(*f)
}

func (b *batch) radio(num uint32, v *Incident) (string, error) {
	area := area3(v)
	for n := 3; ; n++ {
		r := radioID(area, v.ID, n)
		_, taken, err := b.w.Num(r)
		if err != nil {
			return "", err
		}
		if !taken {
			return r, b.w.SetRadio(num, r)
		}
	}
}

func (b *batch) radioOf(num uint32) (string, error) {
	h, err := b.w.History(num)
	if err != nil || len(h) == 0 {
		return "", err
	}
	return h[0].Radio, nil
}

// judge finds what a text says of an incident. What is found anew stands beside
// what was found before.
func (b *batch) judge(num uint32, text string, in *evidence.Incident, at int64) error {
	have, err := b.w.Findings(num, Now)
	if err != nil {
		return err
	}
	for _, f := range b.texts.of[text].judge(in, at) {
		i := slices.IndexFunc(have, func(o Finding) bool { return o.Terms == f.Terms && o.Reading == f.Reading })
		if i >= 0 && same(have[i].Result, f.Result) {
			have = slices.Delete(have, i, i+1)
			continue
		}
		if i >= 0 {
			have = slices.Delete(have, i, i+1)
			if err := b.w.EndFinding(num, f.Terms, f.Reading, at); err != nil {
				return err
			}
		}
		if err := b.w.PutFinding(num, &f); err != nil {
			return err
		}
	}
	for _, f := range have { // readings that the text has no more
		if f.Terms == text {
			if err := b.w.EndFinding(num, f.Terms, f.Reading, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// same compares findings as they are written.
func same(a, b Result) bool { return fmt.Sprintf("%q", []any{a}) == fmt.Sprintf("%q", []any{b}) }

// judged notes what was found of an incident in its columns.
func (b *batch) judged(num uint32, at int64) error {
	fs, err := b.w.Findings(num, Now)
	if err != nil {
		return err
	}
	code, err := b.w.Code("judgement", judgement(fs), at)
	if err != nil {
		return err
	}
	row, had, err := b.w.Row(num, Now)
	if err != nil || had && row.Judged == code {
		return err
	}
	b.changed[num] = true
	if err := b.w.EndJudged(num, at); err != nil {
		return err
	}
	return b.w.PutJudged(num, at, code)
}

// endAll ends what was found of an incident that is none any more.
func (b *batch) endAll(num uint32, at int64) error {
	fs, err := b.w.Findings(num, Now)
	if err != nil {
		return err
	}
	for _, f := range fs {
		if err := b.w.EndFinding(num, f.Terms, f.Reading, at); err != nil {
			return err
		}
	}
	return b.w.EndJudged(num, at)
}

// rejudge judges all incidents by one text: it, or a commitment to it, has
// changed.
func (b *batch) rejudge(text string, at int64) error {
	var nums []uint32
	if err := b.w.Rows(Now, func(r Row) bool { nums = append(nums, r.Num); return true }); err != nil {
		return err
	}
	rows := map[string][]*evidence.Incident{}
	for _, num := range nums {
		v, err := b.w.Version(num, Now)
		if err != nil || v == nil {
			return err
		}
		in, err := b.evidence(v, rows)
		if err != nil {
			return err
		}
		if in == nil {
			continue
		}
		if err := b.judge(num, text, in, at); err != nil {
			return err
		}
		if err := b.judged(num, at); err != nil {
			return err
		}
		runtime.Gosched()
	}
	return nil
}

// evidence is the incident that a version is judged by. Rows of the data set that
// was asked for last are kept.
func (b *batch) evidence(v *Version, rows map[string][]*evidence.Incident) (*evidence.Incident, error) {
	if v.State != "row" {
		_, in, err := b.assemble(v.ID)
		return in, err
	}
	set, n := rowID(v.ID)
	if rows[set] == nil {
		clear(rows)
		d, err := b.r.Doc(set)
		if err != nil || d == nil {
			return nil, err
		}
		rows[set], _ = b.rows(d)
	}
	if n < 1 || n > len(rows[set]) {
		return nil, nil
	}
	in := rows[set][n-1]
	in.ID = v.ID
	return in, nil
}

// rowName is the id of a row.
func rowName(set string, n int) string { return set + "." + strconv.Itoa(n) }

// rowID reads the id of a row: that of the data set and the number of the row in
// it, from 1.
func rowID(id string) (set string, n int) {
	set, number, _ := strings.Cut(id, ".")
	n, _ = strconv.Atoi(number)
	return set, n
}

// maxDataset bounds the rows of a data set that views take in.
const maxDataset = 20_000_000

// rows reads the incidents of a data set.
func (b *batch) rows(d *Doc) (out []*evidence.Incident, problem string) {
	problem = b.eachRow(d, func(in *evidence.Incident) error {
		if len(out) >= maxDataset {
			return fmt.Errorf("more than %d rows", maxDataset)
		}
		out = append(out, in)
		return nil
	})
	return out, problem
}

// errEnough ends the reading of a data set of which no more is wanted.
var errEnough = errors.New("enough")

// eachRow calls yield with each incident of a data set, in order. What it returns
// says what could not be read.
func (b *batch) eachRow(d *Doc, yield func(*evidence.Incident) error) string {
	var p record.DatasetEntry
	if !d.read(&p) {
		return "the payload is no dataset@1"
	}
	if p.Each {
		return ""
	}
	if len(d.Blobs) == 0 {
		return "the entry names no file"
	}
	h, err := record.ParseHash(d.Blobs[0])
	if err != nil {
		return err.Error()
	}
	f, err := b.texts.blobs.Open(h)
	if err != nil {
		return "the file " + d.Blobs[0] + " cannot be read"
	}
	defer f.Close()
	sum, err := feeds.Read(p.Name, f, feeds.Options{As: p.Format, Vocabulary: Vocabulary()}, yield)
	switch {
	case errors.Is(err, errEnough):
		return ""
	case err != nil:
		return "the file cannot be read: " + err.Error()
	case sum.Rejected > 0:
		return fmt.Sprintf("%d rows could not be read, the first: %s", sum.Rejected, sum.Problems[0])
	}
	return ""
}

// rowOf ends the rows of a data set whose rows are recorded as entries after all, at
// the first of these: each would count twice.
func (b *batch) rowOf(d *Doc) error {
	for _, id := range d.ref(record.About) {
		x, err := b.w.Doc(id)
		if err != nil {
			return err
		}
		var set record.DatasetEntry
		var row record.ReportEntry
		if x == nil || x.Kind != kindDataset || !d.same(x) || !x.read(&set) || set.Each || !d.read(&row) || !strings.HasPrefix(row.Source, set.Name+", line ") {
			continue
		}
		if err := b.endRows(id, d.Index); err != nil {
			return err
		}
	}
	return nil
}

// endRows ends what the rows of a data set are, unless that was done before.
func (b *batch) endRows(set string, at int64) error {
	for n := 1; ; n++ {
		id := rowName(set, n)
		num, known, err := b.w.Num(id)
		if err != nil || !known {
			return err
		}
		if n == 1 {
			if v, err := b.w.Version(num, Now); err != nil || v == nil {
				return err
			}
		}
		if err := b.settle(id, nil, nil, at); err != nil {
			return err
		}
	}
}

// dataset puts the rows of a data set in the place of those of the edition that
// it supersedes.
func (b *batch) dataset(d *Doc, rows []*evidence.Incident) error {
	for _, old := range d.ref(record.Supersedes) {
		x, err := b.w.Doc(old)
		if err != nil {
			return err
		}
		if x == nil || x.Kind != kindDataset || !d.same(x) {
			continue
		}
		if err := b.endRows(old, d.Index); err != nil {
			return err
		}
	}
	for i, in := range rows {
		v := &Incident{ID: rowName(d.ID, i+1), State: "row", Dataset: d.ID, Row: in.ID, Marking: d.Marking}
		v.narrow(d)
		v.tell(in)
		in.ID = v.ID
		if err := b.settle(v.ID, v, in, d.Index); err != nil {
			return err
		}
		runtime.Gosched()
	}
	return nil
}
