package web

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
)

// TestFalseFinding: a finding that does not follow from what it names is not recorded,
// and is told what does; a true one is, and so is one whose text is not here.
func TestFalseFinding(t *testing.T) {
	w := newWorld(t, nil)
	text, data := ulid(801), ulid(802)
	w.text(text, "energy-2025", "")
	const events = "id,time_start,time_end,lat,lon,precision_m,actor,act,outcome,target,owner,text\nX-1,2025-03-20T02:14Z,2025-03-20T02:30Z,50.04,36.22,50,RU,attack.strike.drone,impact,energy.power.substation,UA,The substation burns\n"
	_, sum := w.do("POST", "/api/blobs", "anna", "application/octet-stream", []byte(events), nil)
	w.post("/api/entries", "anna", fmt.Sprintf(`{"id":%q,"kind":"dataset@1","blobs":[%q],"payload":{"source":"x","name":"x.csv","format":"truce","parser":"truce","rows":1}}`, data, sha256Of(sum)))
	w.post("/api/reports", "anna", fmt.Sprintf(`{"id":%q,"row":{"act":"attack.strike"}}`, ulid(803)))
	parsed, problems := terms.Parse(regimes.FS(), "energy-2025.truce.md")
	if parsed == nil {
		t.Fatal(problems)
	}
	bench, err := office.NewBench(parsed, false)
	if err != nil {
		t.Fatal(err)
	}
	var right record.FindingEntry
	if _, err := feeds.Read("x.csv", strings.NewReader(events), feeds.Options{Vocabulary: parsed.Vocabulary}, func(i *evidence.Incident) (err error) {
		right, err = bench.Finding(i, "")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	hand := func(n int, f record.FindingEntry, refs ...string) (int, string) {
		p, _ := json.Marshal(f)
		var rs []string
		for _, r := range refs {
			rs = append(rs, fmt.Sprintf(`{"relation":"about","id":%q}`, r))
		}
		res, got := w.do("POST", "/api/entries", "check", "application/json", fmt.Appendf(nil, `{"id":%q,"kind":"finding@1","refs":[%s],"payload":%s}`, ulid(n), strings.Join(rs, ","), p), nil)
		return res.StatusCode, got
	}
	spoilt := func(f func(*record.FindingEntry)) record.FindingEntry {
		x := right
		x.Verdicts = maps.Clone(right.Verdicts)
		f(&x)
		return x
	}
	for name, x := range map[string]struct {
		f    record.FindingEntry
		refs []string
		says string
	}{
		"verdict":    {spoilt(func(f *record.FindingEntry) { f.Verdicts["kremlin"] = "permitted" }), []string{text, data}, fmt.Sprint(right.Verdicts)},
		"a reading":  {spoilt(func(f *record.FindingEntry) { f.Verdicts["nobody"] = "breach" }), []string{text, data}, "judged again"},
		"an act":     {spoilt(func(f *record.FindingEntry) { f.Incident = "X-2" }), []string{data, text}, "does not hold"},
		"the digest": {spoilt(func(f *record.FindingEntry) { f.Digest = "00" }), []string{text, data}, right.Digest},
		"the lines":  {spoilt(func(f *record.FindingEntry) { f.Findings = strings.Repeat("0", 64) }), []string{text, data}, right.Findings},
		"in force":   {spoilt(func(f *record.FindingEntry) { f.Assumed = "in-force" }), []string{text, data}, "it "},
		"twice":      {right, []string{text, text}, "expected the entry of a text"},
		"no text":    {right, []string{data}, "body.refs"},
		"a report":   {right, []string{data, ulid(803)}, "expected the entry of a text"},
	} {
		if status, got := hand(810, x.f, x.refs...); status != 422 || !strings.Contains(got, x.says) {
			t.Errorf("%s: %d %s", name, status, got)
		}
	}
	if status, got := hand(811, right, text, data); status != 201 {
		t.Errorf("a true finding: %d %s", status, got)
	}
	wrong := func(f *record.FindingEntry) { f.Verdicts["kremlin"] = "permitted" }
	if status, got := hand(812, spoilt(func(f *record.FindingEntry) { wrong(f); f.Digest = strings.Repeat("1", 64) }), ulid(998), data); status != 201 {
		t.Errorf("a finding by a text that is not here: %d %s", status, got)
	}
	if status, got := hand(813, spoilt(wrong), ulid(998), data); status != 422 || !strings.Contains(got, fmt.Sprint(right.Verdicts)) {
		t.Errorf("a false finding by a text that is here as another entry: %d %s", status, got)
	}
	if status, got := hand(814, right, ulid(998), data); status != 201 {
		t.Errorf("a true one by it: %d %s", status, got)
	}
	false1, true1 := w.signedEntry("check", "finding@1", spoilt(func(f *record.FindingEntry) { f.Verdicts["kremlin"] = "permitted" }), 820, text, data), w.signedEntry("check", "finding@1", right, 821, text, data)
	if status, got := false1(); status != 422 || !strings.Contains(got, "body.entries[0].payload") {
		t.Errorf("signed by its author: %d %s", status, got)
	}
	if status, got := true1(); status != 201 {
		t.Errorf("a true one signed by its author: %d %s", status, got)
	}
	w.follow()
	dir := filepath.Dir(w.web.o.LogDir)
	_, items, err := audit.VerifyDir(t.Context(), dir, audit.Options{Collect: office.CollectKinds()})
	if err != nil {
		t.Fatal(err)
	}
	var es []office.RecordedEntry
	for _, it := range items {
		es = append(es, office.RecordedEntry{Index: it.Index, Envelope: it.Envelope, Payload: it.Payload})
	}
	if out, err := office.Recompute(t.Context(), es, w.log.Blobs().Open); err != nil || out.Same != 3 || len(out.Differ) != 0 || len(out.Skipped) != 1 {
		t.Errorf("what verify says then: %+v %v", out, err)
	}
}

// Findings of many data sets at once would hold up for long whoever hands in a file, and
// so would one that says of each that it assumes something else.
func TestFindingsOfManySets(t *testing.T) {
	w := newWorld(t, nil)
	for name, assumed := range map[string]string{"pairs": "", "assumed": "x%d"} {
		var fs []handedFinding
		for i := range maxFindingSets + 1 {
			f := record.FindingEntry{Incident: "X-1"}
			text := ulid(900)
			if f.Assumed = assumed; assumed != "" {
				f.Assumed = fmt.Sprintf(assumed, i)
			} else {
				text = ulid(900 + i)
			}
			p, _ := json.Marshal(f)
			fs = append(fs, handedFinding{payload: p, refs: []record.Ref{{Relation: record.About, ID: text}, {Relation: record.About, ID: ulid(950)}}})
		}
		if _, err := w.web.untrueFindings(t.Context(), fs); err == nil || !strings.Contains(err.Error(), "send fewer") {
			t.Errorf("%s: %v", name, err)
		}
		if faults, err := w.web.untrueFindings(t.Context(), fs[1:]); err != nil || len(faults) > 0 {
			t.Errorf("%s, one fewer: %v %v", name, faults, err)
		}
	}
}

// signedEntry is an entry signed by a key of its own, ready to be sent by an account.
func (w *world) signedEntry(account, kind string, payload any, n int, about ...string) (send func() (int, string)) {
	w.t.Helper()
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.post("/api/entries", "adm", fmt.Sprintf(`{"id":%q,"kind":"key@1","payload":{"name":"collector","public":%q}}`, ulid(n+100), base64.StdEncoding.EncodeToString(public)))
	b, err := json.Marshal(payload)
	if err != nil {
		w.t.Fatal(err)
	}
	x := SignedIn{Salt: make([]byte, record.SaltSize), Payload: b}
	copy(x.Salt, ulid(n))
	e := &record.Envelope{Kind: kind, ID: ulid(n), Author: record.IDOf(public), Made: time.Unix(1_742_860_800, 0).UTC(), Payload: record.Commit([record.SaltSize]byte(x.Salt), b), Type: "application/json", Size: int64(len(b))}
	for _, id := range about {
		e.Refs = append(e.Refs, record.Ref{Relation: record.About, ID: id})
	}
	record.SortRefs(e.Refs)
	if err := record.Sign(key, []*record.Envelope{e}); err != nil {
		w.t.Fatal(err)
	}
	raw, err := e.Encode()
	if err != nil {
		w.t.Fatal(err)
	}
	x.Entry = string(raw)
	body, err := json.Marshal(map[string]any{"entries": []SignedIn{x}})
	if err != nil {
		w.t.Fatal(err)
	}
	return func() (int, string) {
		res, got := w.do("POST", "/api/signed", account, "application/json", body, nil)
		return res.StatusCode, got
	}
}
