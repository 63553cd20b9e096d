package office

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Bench judges one text under its readings.
type Bench struct {
	terms  *terms.Terms
	judges []*judge.Judge
}

// NewBench lays out all readings of a text.
func NewBench(t *terms.Terms, assume bool) (*Bench, error) {
	b := &Bench{terms: t}
	for _, id := range t.ReadingIDs() {
		r, err := t.Under(id, nil, assume)
		if err != nil {
			return nil, err
		}
		b.judges = append(b.judges, judge.New(r))
	}
	return b, nil
}

// Finding judges an incident, and says the result in the form of finding@1.
func (b *Bench) Finding(in *evidence.Incident, assumed string) (record.FindingEntry, error) {
	fs := make([]judge.Finding, len(b.judges))
	e := record.FindingEntry{Incident: in.ID, Terms: b.terms.ID, Digest: b.terms.Digest, Engine: judge.Engine, TZData: when.TZData, Verdicts: map[string]string{}, Assumed: assumed}
	for i, j := range b.judges {
		fs[i] = j.Incident(in, nil)
		e.Verdicts[fs[i].Regime.ReadingID] = fs[i].Verdict.String()
	}
	sum := sha256.New()
	for _, r := range brief.Records(fs) {
		line, err := json.Marshal(r)
		if err != nil {
			return e, err
		}
		sum.Write(append(line, '\n'))
	}
	e.Findings = record.Hash(sum.Sum(nil)).Hex()
	return e, nil
}

// Judged is what recording findings did.
type Judged struct {
	Terms    string `json:"terms"`
	Dataset  string `json:"dataset"`
	Findings int64  `json:"findings"`
}

// Judge imports a file, judges its incidents by a text, and records text and
// findings. file is the text's name in fsys, where its annexes are too.
func (o *Office) Judge(ctx context.Context, fsys fs.FS, file, events string, assume bool, opt ImportOptions) (*Judged, error) {
	t, problems := terms.Parse(fsys, file)
	if t == nil {
		return nil, problems
	}
	opt.Held = true // judging an earlier edition does not make it the latest
	imp, err := o.Import(ctx, events, opt)
	if err != nil {
		return nil, err
	}
	taken, err := o.TakeText(ctx, fsys, file, false)
	if err != nil {
		return nil, err
	}
	text := taken.Entry
	b, err := NewBench(t, assume)
	if err != nil {
		return nil, err
	}
	sum, err := record.ParseHash(imp.SHA256)
	if err != nil {
		return nil, err
	}
	in, err := o.Log.Blobs().Open(sum)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	refs := []record.Ref{{Relation: record.About, ID: text}, {Relation: record.About, ID: imp.Entry}}
	out := &Judged{Terms: text, Dataset: imp.Entry}
	var ds []draft
	flush := func() error {
		if len(ds) == 0 {
			return nil
		}
		_, _, _, err := o.record(ctx, ds...)
		out.Findings += int64(len(ds))
		ds = nil
		return err
	}
	_, err = feeds.Read(path.Base(events), in, feeds.Options{As: opt.As, Vocabulary: t.Vocabulary}, func(i *evidence.Incident) error {
		e, err := b.Finding(i, assumed(assume))
		if err != nil {
			return err
		}
		ds = append(ds, draft{kind: "finding@1", payload: e, refs: slices.Clone(refs)})
		if len(ds) == perBatch {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	return out, err
}

func assumed(assume bool) string {
	if assume {
		return "in-force"
	}
	return ""
}

// Recomputed is what judging recorded findings again gave.
type Recomputed struct {
	Same    int64
	Differ  []Difference
	Skipped []audit.Unjudged
}

// Difference is a recorded finding that does not follow from what it names.
type Difference struct {
	Index int64
	What  string
}

// CollectKinds are the kinds that Recompute needs.
func CollectKinds() map[string]bool {
	return map[string]bool{"terms@1": true, "dataset@1": true, "finding@1": true}
}

// RecordedEntry is an entry of one of these kinds, with its payload.
type RecordedEntry struct {
	Index    int64
	Envelope *record.Envelope
	Payload  []byte // nil where it is not here
}

// judgedBy is what findings are judged again from.
type judgedBy struct {
	text, data *RecordedEntry
	assumed    string
}

// Recompute judges recorded findings again, from the terms and the datasets that
// they name. A text that is not here as the entry that they name is looked for by its
// digest: it may have come since, in an entry of its own. blob opens a file by its hash.
func Recompute(ctx context.Context, entries []RecordedEntry, blob func(record.Hash) (io.ReadCloser, error)) (*Recomputed, error) {
	r := &recomputing{blob: blob, byID: map[string]*RecordedEntry{}, byDigest: map[string]*RecordedEntry{}, out: &Recomputed{}}
	for i := range entries {
		e := &entries[i]
		r.byID[e.Envelope.ID] = e
		var t record.TermsEntry
		if e.Envelope.Kind == "terms@1" && e.Payload != nil && json.Unmarshal(e.Payload, &t) == nil && r.byDigest[t.Digest] == nil {
			r.byDigest[t.Digest] = e
		}
	}
	groups := map[judgedBy][]*RecordedEntry{}
	var order []judgedBy
	for i := range entries {
		e := &entries[i]
		if e.Envelope.Kind != "finding@1" {
			continue
		}
		k, ok := r.from(e)
		if !ok {
			continue
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], e)
	}
	for _, k := range order {
		if err := ctx.Err(); err != nil {
			return r.out, err
		}
		if err := r.group(ctx, k, groups[k]); err != nil {
			return r.out, err
		}
	}
	return r.out, nil
}

type recomputing struct {
	blob     func(record.Hash) (io.ReadCloser, error)
	byID     map[string]*RecordedEntry
	byDigest map[string]*RecordedEntry // texts
	out      *Recomputed
}

// from finds what a finding is judged again from, or says why it cannot be.
func (r *recomputing) from(e *RecordedEntry) (k judgedBy, ok bool) {
	var f record.FindingEntry
	switch {
	case e.Payload == nil:
		r.skip(e, audit.Unjudged{Why: "the payload is not here, or was erased"})
		return k, false
	case json.Unmarshal(e.Payload, &f) != nil || len(e.Envelope.Refs) != 2:
		r.out.Differ = append(r.out.Differ, Difference{e.Index, "is no finding: it names no text and no dataset"})
		return k, false
	case f.Engine != judge.Engine || f.TZData != when.TZData:
		r.skip(e, audit.Unjudged{Why: fmt.Sprintf("by %s with time zones %s: this is %s with %s; the version that made them judges them again", f.Engine, f.TZData, judge.Engine, when.TZData)})
		return k, false
	}
	k.assumed = f.Assumed
	for _, ref := range e.Envelope.Refs {
		switch x := r.byID[ref.ID]; {
		case x == nil || x.Payload == nil:
		case x.Envelope.Kind == "terms@1":
			k.text = x
		case x.Envelope.Kind == "dataset@1":
			k.data = x
		}
	}
	if k.text == nil {
		k.text = r.byDigest[f.Digest]
	}
	switch {
	case k.text == nil:
		r.skip(e, audit.Unjudged{Text: f.Terms, Digest: f.Digest, Why: fmt.Sprintf("the text %s (digest %.16s) is not in this record, or its payload was erased; they are judged as soon as it is here", f.Terms, f.Digest)})
	case k.data == nil:
		r.skip(e, audit.Unjudged{Why: "the data set is not in this record, or its payload was erased; they are judged as soon as it is here"})
	}
	return k, k.text != nil && k.data != nil
}

// skip notes that a finding cannot be judged again, with others that cannot be for the
// same reason.
func (r *recomputing) skip(e *RecordedEntry, u audit.Unjudged) {
	i := slices.IndexFunc(r.out.Skipped, func(o audit.Unjudged) bool { return o.Why == u.Why && o.Text == u.Text && o.Digest == u.Digest })
	if i < 0 {
		i = len(r.out.Skipped)
		r.out.Skipped = append(r.out.Skipped, u)
	}
	s := &r.out.Skipped[i]
	if s.Findings++; len(s.Entries) < audit.MaxUnjudged {
		s.Entries = append(s.Entries, e.Index)
	}
}

// group judges the findings of one dataset by one text.
func (r *recomputing) group(ctx context.Context, k judgedBy, es []*RecordedEntry) error {
	b, err := r.bench(k.text, k.assumed != "")
	if err != nil {
		r.blame(es, err)
		return nil
	}
	again, err := r.judgeNamed(ctx, b, k.data, k.assumed, es)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		r.blame(es, err)
		return nil
	}
	for _, e := range es {
		var f record.FindingEntry
		if err := json.Unmarshal(e.Payload, &f); err != nil {
			return err
		}
		g, ok := again[f.Incident]
		switch {
		case !ok:
			r.out.Differ = append(r.out.Differ, Difference{e.Index, fmt.Sprintf("is about incident %q, which the dataset does not hold", f.Incident)})
		case f.Digest != g.Digest:
			r.out.Differ = append(r.out.Differ, Difference{e.Index, fmt.Sprintf("names the digest %s; the text that is recorded has %s", f.Digest, g.Digest)})
		case !sameVerdicts(f.Verdicts, g.Verdicts):
			r.out.Differ = append(r.out.Differ, Difference{e.Index, fmt.Sprintf("says %v of incident %s; judged again it is %v", f.Verdicts, f.Incident, g.Verdicts)})
		case f.Findings != g.Findings:
			r.out.Differ = append(r.out.Differ, Difference{e.Index, fmt.Sprintf("has the verdicts of incident %s right, but other findings behind them: it says %s, judged again they are %s", f.Incident, f.Findings, g.Findings)})
		default:
			r.out.Same++
		}
	}
	return nil
}

func sameVerdicts(a, b map[string]string) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return len(a) == len(b)
}

// blame says that findings cannot be judged again though what they name is here.
func (r *recomputing) blame(es []*RecordedEntry, err error) {
	var gone *fs.PathError
	for _, e := range es {
		if errors.As(err, &gone) || errors.Is(err, fs.ErrNotExist) {
			r.skip(e, audit.Unjudged{Why: "files of the text or of the data set are not here"})
			continue
		}
		r.out.Differ = append(r.out.Differ, Difference{e.Index, "cannot be judged again: " + err.Error()})
	}
}

func (r *recomputing) bench(e *RecordedEntry, assume bool) (*Bench, error) {
	var t record.TermsEntry
	err := json.Unmarshal(e.Payload, &t)
	if len(t.Files) == 0 && len(e.Envelope.Blobs) == 1 { // the text is alone
		t.Files = []string{"terms.truce.md"}
	}
	if err != nil || len(t.Files) != len(e.Envelope.Blobs) || len(t.Files) == 0 {
		return nil, fmt.Errorf("entry %d does not hold a text", e.Index)
	}
	files := memFS{}
	for i, h := range e.Envelope.Blobs {
		f, err := r.blob(h)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			return nil, err
		}
		files[t.Files[i]] = b
	}
	text, problems := terms.Parse(files, t.Files[0])
	if text == nil {
		return nil, problems
	}
	if text.Digest != t.Digest {
		return nil, fmt.Errorf("entry %d names digest %s, but the text in its files has %s", e.Index, t.Digest, text.Digest)
	}
	return NewBench(text, assume)
}

// judgeNamed judges the incidents of a dataset that findings are of: of a large one that
// takes no longer than to read it.
func (r *recomputing) judgeNamed(ctx context.Context, b *Bench, e *RecordedEntry, assumed string, es []*RecordedEntry) (map[string]record.FindingEntry, error) {
	named := map[string]bool{}
	for _, x := range es {
		var f record.FindingEntry
		if err := json.Unmarshal(x.Payload, &f); err != nil {
			return nil, err
		}
		named[f.Incident] = true
	}
	var d record.DatasetEntry
	if err := json.Unmarshal(e.Payload, &d); err != nil || len(e.Envelope.Blobs) == 0 {
		return nil, fmt.Errorf("entry %d does not hold a dataset", e.Index)
	}
	f, err := r.blob(e.Envelope.Blobs[0])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[string]record.FindingEntry{}
	_, err = feeds.Read(d.Name, f, feeds.Options{Vocabulary: b.terms.Vocabulary}, func(i *evidence.Incident) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !named[i.ID] {
			return nil
		}
		e, err := b.Finding(i, assumed)
		out[i.ID] = e
		return err
	})
	return out, err
}
