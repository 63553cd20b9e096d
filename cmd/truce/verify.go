package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/publish"
	tsa "github.com/truce-project/truce/internal/stamp"
	"github.com/truce-project/truce/record"
)

const verifyHelp = `Verify checks a record from outside: a data directory, a log that is served as
static files, a bundle that truce export made, or a site that truce publish made. It
needs no network for a directory or a bundle, and changes nothing.

Checked are the signature of the checkpoint, every tile and bundle by hash,
every entry's encoding, its author's signature and whether the key could sign
at that place, payloads by their commitments, files by their hashes, receipts
(one whose entry is not there proves an omission), checkpoints that were kept,
cosignatures by a policy, time stamps on checkpoints, and recorded findings, which
are judged again.

Of a site are checked the signature over its list of files, each file by SHA-256 (a
single changed digit is named with its place and what was published), the log in it,
and the proofs of the entries that it shows.

Copies of other offices' records that lie in the folder (peers/) are checked too, by
the keys by which these offices are known here.

What is wrong is named with its file and the entries that it touches. What was
not checked is said at the end.

Given two checkpoints of one log, verify proves that they contradict each
other, if they do; --proof writes the proof, which verify checks as well.

Exit status: 0 if it holds, 1 if not, 2 usage, 3 if nothing could be checked.`

const verifyExample = `  truce verify data/
  truce verify https://example.org/north --key example.org/north+1a2b3c4d+AX... --since kept.ckpt
  truce verify https://example.org/site --key office.json
  truce verify entry.bundle --policy mission.policy
  truce verify monday.ckpt tuesday.ckpt --key KEY --proof split.proof`

// verifyOptions are the flags of verify.
type verifyOptions struct {
	policy, key, proof string
	since, receipts    []string
	asJSON, noFindings bool
	roots              string     // of those who stamp time
	stamps             []tsa.Kept // of a folder
	opt                audit.Options
}

func verifyCommand() *cobra.Command {
	o := &verifyOptions{}
	cmd := &cobra.Command{
		Use: "verify DIR|URL|BUNDLE", Short: "Check a record: signatures, tree, witnesses, findings", Long: verifyHelp, Example: verifyExample,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.prepare(); err != nil {
				return err
			}
			if len(args) == 2 {
				return o.split(cmd, args)
			}
			return o.run(cmd, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.policy, "policy", "", "file that says whose cosignatures count (C2SP tlog-policy)")
	f.StringVar(&o.key, "key", "", "public key that the log must have, as office.json has it, or a file with it")
	f.StringArrayVar(&o.since, "since", nil, "checkpoint that was kept: the log must continue it (repeatable)")
	f.StringArrayVar(&o.receipts, "receipt", nil, "receipt that was given, or a folder of them: the log must hold its entries (repeatable)")
	f.StringVar(&o.proof, "proof", "", "where history was rewritten: write the proof here")
	f.StringVar(&o.roots, "tsa-roots", "", "certificates (PEM) that time stamps must lead to; without, any signer of a stamp is named and none is trusted")
	f.BoolVar(&o.noFindings, "no-findings", false, "do not judge recorded findings again")
	f.BoolVar(&o.asJSON, "json", false, "print the report as JSON")
	return cmd
}

func (o *verifyOptions) prepare() (err error) {
	o.opt = audit.Options{Now: time.Now()}
	if o.opt.Policy, err = readPolicy(o.policy); err != nil {
		return err
	}
	if o.opt.Key, err = readKey(o.key); err != nil {
		return err
	}
	if o.opt.Known, err = readNotes(o.since); err != nil {
		return err
	}
	o.opt.Receipts, err = readNotes(o.receipts)
	return err
}

// maxNotes bounds a signed note or policy that is read.
const maxNotes = 1 << 20

func readPolicy(name string) (*audit.Policy, error) {
	if name == "" {
		return nil, nil
	}
	b, err := readPlain(name, maxNotes)
	if err != nil {
		return nil, unread(err)
	}
	p, err := audit.ParsePolicy(b)
	if err != nil {
		return nil, unread(fmt.Errorf("%s: %w", name, err))
	}
	return p, nil
}

// readKey reads the public key of a log: the text itself, a file with it, or the
// office.json of a record.
func readKey(text string) (note.Verifier, error) {
	if text == "" {
		return nil, nil
	}
	if b, err := readPlain(text, maxNotes); err == nil {
		var office struct{ Key string }
		if text = strings.TrimSpace(string(b)); json.Unmarshal(b, &office) == nil && office.Key != "" {
			text = office.Key
		}
	}
	v, err := audit.LogVerifier(text)
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	return v, nil
}

// readNotes reads signed notes from files, and from the files in folders.
func readNotes(names []string) ([]audit.Note, error) {
	var out []audit.Note
	for _, n := range names {
		files := []string{n}
		if info, err := os.Stat(n); err == nil && info.IsDir() {
			if files, err = filepath.Glob(filepath.Join(n, "*")); err != nil {
				return nil, unread(err)
			}
		}
		for _, f := range files {
			b, err := readPlain(f, maxNotes)
			if err != nil {
				return nil, unread(err)
			}
			out = append(out, audit.Note{Name: f, Bytes: b})
		}
	}
	return out, nil
}

func (o *verifyOptions) run(cmd *cobra.Command, target string) error {
	if site, err := publish.Place(target); err == nil && publish.IsSite(cmd.Context(), site) {
		return o.site(cmd, target, site)
	}
	if s, ok := o.splitFile(target); ok {
		return o.checkSplit(cmd, s)
	}
	r, err := o.audit(cmd, target)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return failed(errors.New("interrupted; what was not reached was not checked"))
		}
		if r == nil || len(r.Problems) == 0 {
			return unread(err)
		}
		r.Skip("the rest: %v", err)
	}
	beside, err := o.copies(cmd.Context(), target)
	if err != nil {
		return err
	}
	if err := o.print(cmd.OutOrStdout(), target, r, beside); err != nil {
		return err
	}
	if !r.OK() {
		return failed(o.prove(cmd, target, r))
	}
	for _, c := range beside {
		if !c.OK {
			return failed(nil)
		}
	}
	return nil
}

// audit checks what the argument names.
func (o *verifyOptions) audit(cmd *cobra.Command, target string) (*audit.Report, error) {
	ctx := cmd.Context()
	bar := &progress{w: cmd.ErrOrStderr(), started: time.Now()}
	defer bar.done()
	o.opt.Progress = func(done, total int64) { bar.show(fmt.Sprintf("%d of %d entries", done, total)) }
	if !o.noFindings {
		o.opt.Collect = office.CollectKinds()
	}
	info, err := os.Stat(target)
	switch {
	case strings.Contains(target, "://"):
		r, _, err := audit.VerifyWeb(ctx, target, o.opt)
		if r != nil && r.Kinds["finding@1"] > 0 {
			r.Skip("%d findings: their payloads are not served", r.Kinds["finding@1"])
		}
		return r, err
	case err != nil:
		return nil, err
	case info.IsDir():
		if err := o.readStamps(target); err != nil {
			return nil, err
		}
		r, items, err := audit.VerifyDir(ctx, target, o.opt)
		if r != nil {
			o.addStamps(r)
		}
		if err != nil || o.noFindings {
			return r, err
		}
		return r, o.recompute(ctx, target, r, items)
	}
	f, err := os.Open(target)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := audit.ReadBundle(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", target, err)
	}
	r, item, err := audit.VerifyBundle(ctx, b, o.opt)
	if item != nil && r != nil {
		r.Levels = o.levels(r, item.Index)
	}
	return r, err
}

// levels are those of one entry.
func (o *verifyOptions) levels(r *audit.Report, i int64) []audit.LevelSize {
	var out []audit.LevelSize
	for _, l := range levelsOf(o.opt.Policy, r) {
		if i < l.Size {
			out = append(out, l)
		}
	}
	return out
}

func levelsOf(p *audit.Policy, r *audit.Report) []audit.LevelSize {
	sizes := map[string]int64{}
	for _, c := range r.Cosigned {
		sizes[c.Witness] = c.Size
	}
	return p.Levels(r.Size, sizes)
}

// recompute judges recorded findings again.
func (o *verifyOptions) recompute(ctx context.Context, dir string, r *audit.Report, items []audit.Item) error {
	entries := make([]office.RecordedEntry, len(items))
	ids := map[int64]string{}
	for i, it := range items {
		ids[it.Index] = it.Envelope.ID
		entries[i] = office.RecordedEntry{Index: it.Index, Envelope: it.Envelope, Payload: it.Payload}
	}
	out, err := office.Recompute(ctx, entries, func(h record.Hash) (io.ReadCloser, error) {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(audit.BlobName(h))))
		if err == nil && audit.HashBytes(b) != h {
			err = fmt.Errorf("file %s is damaged", h.Hex())
		}
		return io.NopCloser(bytes.NewReader(b)), err
	})
	if err != nil {
		return err
	}
	r.Findings = out.Same
	answers, err := o.answers(ctx, dir, out.Differ, ids)
	if err != nil {
		return err
	}
	for _, d := range out.Differ {
		if by := answers[ids[d.Index]]; by != nil {
			r.False = append(r.False, audit.FalseFinding{Entry: d.Index, ID: ids[d.Index], What: d.What, By: by})
			continue
		}
		r.Add(audit.Problem{About: audit.OfFinding, File: "findings", What: d.What, Entries: &audit.Entries{First: d.Index, Last: d.Index}})
	}
	for i := range out.Skipped {
		r.Skip("%s", out.Skipped[i].String())
	}
	r.Unjudged = out.Skipped
	r.Sort()
	return nil
}

// answers are the later entries that correct or dispute findings that do not follow from
// what they name: a record is only added to, so that this is the way to put one right.
// They are looked for only where there is such a finding.
func (o *verifyOptions) answers(ctx context.Context, dir string, wrong []office.Difference, ids map[int64]string) (map[string][]audit.Answered, error) {
	out := map[string][]audit.Answered{}
	if len(wrong) == 0 {
		return out, nil
	}
	place := map[string]int64{}
	for _, d := range wrong {
		place[ids[d.Index]] = d.Index
	}
	opt := audit.Options{Collect: map[string]bool{"correction@1": true, "dispute@1": true}}
	_, items, err := audit.VerifyDir(ctx, dir, opt)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		for _, ref := range it.Envelope.Refs {
			at, ok := place[ref.ID]
			if !ok || it.Index < at {
				continue
			}
			switch ref.Relation {
			case record.Supersedes:
				out[ref.ID] = append(out[ref.ID], audit.Answered{How: "corrected", Entry: it.Index, ID: it.Envelope.ID})
			case record.Disputes:
				out[ref.ID] = append(out[ref.ID], audit.Answered{How: "disputed", Entry: it.Index, ID: it.Envelope.ID})
			}
		}
	}
	return out, nil
}

func (o *verifyOptions) print(w io.Writer, target string, r *audit.Report, beside []copyOf) error {
	if r.Levels == nil {
		r.Levels = levelsOf(o.opt.Policy, r)
	}
	if o.asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			OK bool `json:"ok"`
			*audit.Report
			Stamps []*tsa.Stamp `json:"time_stamps,omitempty"`
			Copies []copyOf     `json:"copies,omitempty"`
		}{r.OK(), r, o.stamped(), beside})
	}
	for _, p := range r.Problems {
		fmt.Fprintln(w, p.Error())
	}
	if r.More > 0 {
		fmt.Fprintf(w, "and %d more\n", r.More)
	}
	state := "holds"
	if n := len(r.False); n > 0 {
		state += fmt.Sprintf("; %s in it %s false, as later entries say", brief.Count(n, "finding"), map[bool]string{true: "is", false: "are"}[n == 1])
	}
	if !r.OK() {
		state = fmt.Sprintf("DOES NOT HOLD: %s", brief.Count(len(r.Problems)+r.More, "problem"))
	}
	fmt.Fprintf(w, "%s: %s, key %s: %s\n", target, r.Origin, r.Key, state)
	fmt.Fprintf(w, "  checkpoint of %s, root %s\n", entriesWord(r.Size), r.Root)
	if r.Waiting > 0 {
		fmt.Fprintf(w, "  %s acknowledged after it\n", entriesWord(r.Waiting))
	}
	fmt.Fprintf(w, "  checked: %d payloads (%d erased), %d files, %d receipts, %d earlier checkpoints, %d findings judged again\n", r.Payloads, r.Erased, r.Blobs, r.Receipts, r.Earlier, r.Findings)
	if r.Awaiting > 0 {
		fmt.Fprintf(w, "  %d receipts whose time is not up\n", r.Awaiting)
	}
	for _, m := range r.Moved {
		fmt.Fprintf(w, "  %s: named entry %d, given by a machine that had lost its tenure (entry %d); handed in again, it is entry %d\n", m.Receipt, m.Was, m.Tenure, m.Now)
	}
	for _, c := range r.Cosigned {
		fmt.Fprintf(w, "  %s has cosigned %s\n", c.Witness, entriesWord(c.Size))
	}
	for _, l := range r.Levels {
		fmt.Fprintf(w, "  level %s: %s\n", l.Level, entriesWord(l.Size))
	}
	o.printStamps(w)
	for i := range r.False {
		fmt.Fprintf(w, "  %s\n", r.False[i].String())
	}
	for _, s := range r.Unchecked {
		fmt.Fprintf(w, "  not checked: %s\n", s)
	}
	printCopies(w, beside)
	return nil
}

func entriesWord(n int64) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// prove writes the proof of a rewritten history, where one was found and asked
// for.
func (o *verifyOptions) prove(cmd *cobra.Command, target string, r *audit.Report) error {
	if o.proof == "" {
		return nil
	}
	var tiles audit.Source = audit.Dir(filepath.Join(target, "log"))
	base := target
	if strings.Contains(target, "://") {
		w, err := audit.NewWeb(target)
		if err != nil {
			return err
		}
		tiles, base = w, ""
	} else if _, err := os.Stat(filepath.Join(target, "log")); err != nil {
		tiles = audit.Dir(target)
	}
	here, err := tiles.Read(cmd.Context(), "checkpoint", maxNotes)
	if err != nil {
		return err
	}
	key := o.opt.Key
	if key == nil {
		if key, err = readKey(filepath.Join(base, "office.json")); err != nil {
			return err
		}
	}
	for _, p := range r.Problems {
		if p.About != audit.OfFork {
			continue
		}
		old, err := os.ReadFile(p.File)
		if err != nil {
			if old, err = os.ReadFile(filepath.Join(base, filepath.FromSlash(p.File))); err != nil {
				return err
			}
		}
		s, err := audit.ProveSplit(cmd.Context(), old, here, key, tiles)
		if err != nil {
			continue
		}
		return o.writeProof(cmd, s)
	}
	return errors.New("no proof was written: no two checkpoints of the log contradict each other")
}

func (o *verifyOptions) writeProof(cmd *cobra.Command, s *audit.Split) error {
	f, err := newFile(o.proof)
	if err != nil {
		return unread(err)
	}
	_, err = f.Write(s.Marshal())
	if err := f.finish(err); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: the proof, for everybody who has the key of the log: truce verify %s --key KEY\n", o.proof, o.proof)
	return nil
}

// split compares two checkpoints of one log.
func (o *verifyOptions) split(cmd *cobra.Command, files []string) error {
	notes, err := readNotes(files)
	if err != nil {
		return err
	}
	key := o.opt.Key
	if key == nil && o.opt.Policy != nil && len(o.opt.Policy.Logs) == 1 {
		key = o.opt.Policy.Logs[0]
	}
	if key == nil {
		return errors.New("two checkpoints need the key of their log: give it with --key")
	}
	s, err := audit.ProveSplit(cmd.Context(), notes[0].Bytes, notes[1].Bytes, key, nil)
	switch {
	case errors.Is(err, audit.ErrNoSplit):
		fmt.Fprintf(cmd.OutOrStdout(), "%s and %s are of one history\n", files[0], files[1])
		return nil
	case err != nil:
		return unread(err)
	}
	o.sayContradiction(cmd.OutOrStdout(), s, key)
	if o.proof != "" {
		return failed(o.writeProof(cmd, s))
	}
	return failed(nil)
}

func (o *verifyOptions) sayContradiction(w io.Writer, s *audit.Split, key note.Verifier) {
	a, b, err := s.Check(key)
	if err != nil {
		return
	}
	fmt.Fprintf(w, "%s has signed two histories, which only whoever holds its key can do:\n  %s with root %s\n  %s with root %s", key.Name(), entriesWord(a.Size), a.Root, entriesWord(b.Size), b.Root)
	if a.Size != b.Size {
		fmt.Fprintf(w, ", whose first %d have root %s", a.Size, s.Root)
	}
	fmt.Fprintln(w)
}

// splitFile reads a proof of a split history, if the file is one.
func (o *verifyOptions) splitFile(name string) (*audit.Split, bool) {
	b, err := readPlain(name, maxNotes)
	if err != nil {
		return nil, false
	}
	s, err := audit.ParseSplit(b)
	return s, err == nil
}

func (o *verifyOptions) checkSplit(cmd *cobra.Command, s *audit.Split) error {
	if o.opt.Key == nil {
		return errors.New("a proof needs the key of the log: give it with --key")
	}
	if _, _, err := s.Check(o.opt.Key); err != nil {
		return failed(fmt.Errorf("the proof proves nothing: %w", err))
	}
	o.sayContradiction(cmd.OutOrStdout(), s, o.opt.Key)
	return nil
}
