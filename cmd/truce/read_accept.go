package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/talks"
	"github.com/truce-project/truce/internal/talks/accept"
	"github.com/truce-project/truce/internal/talks/board"
	"github.com/truce-project/truce/record"
)

// acceptedDraft is what --accept did with a draft.
type acceptedDraft struct {
	Draft string `json:"draft"`
	Entry string `json:"entry,omitempty"`
	Kind  string `json:"kind,omitempty"`
	Why   string `json:"refused,omitempty"`
}

// enter records the drafts that a person accepts.
func (o *readOptions) enter(cmd *cobra.Command, list []talks.Article) (err error) {
	of, err := openOffice(cmd, o.data, "")
	if err != nil {
		return err
	}
	defer func() {
		if cerr := of.Close(); err == nil && cerr != nil {
			err = unread(cerr)
		}
	}()
	var done []acceptedDraft
	for i := range list {
		entries, refused := accept.Drafts(&list[i], o.accept, o.person)
		for _, r := range refused {
			done = append(done, acceptedDraft{Draft: r.Draft, Why: r.Why})
		}
		for _, e := range entries {
			d, err := o.enterOne(cmd, of, &list[i], e)
			if err != nil {
				return err
			}
			done = append(done, d)
		}
	}
	for _, id := range o.accept {
		if !slices.ContainsFunc(done, func(d acceptedDraft) bool { return d.Draft == id }) {
			done = append(done, acceptedDraft{Draft: id, Why: "there is no draft of this id: expected one that the same command prints without --accept"})
		}
	}
	return printAccepted(cmd.OutOrStdout(), done, o.asJSON)
}

// enterOne records one draft, unless the record has it.
func (o *readOptions) enterOne(cmd *cobra.Command, of *office.Office, a *talks.Article, e accept.Entry) (acceptedDraft, error) {
	out := acceptedDraft{Draft: e.Draft, Kind: e.Kind}
	if err := of.Log.Integrate(cmd.Context()); err != nil {
		return out, unread(err)
	}
	there, err := recorded(of.Log.Reader(), a, e)
	if err != nil {
		return out, unread(err)
	}
	if there != "" {
		out.Why = there
		return out, nil
	}
	seed := make([]byte, 32)
	_, _ = rand.Read(seed) // it does not fail
	env, _, err := of.Write(cmd.Context(), office.Draft{Kind: e.Kind, Payload: e.Payload, Made: time.Now(), Seed: seed})
	if err != nil {
		return out, unread(err)
	}
	out.Entry = env.ID
	return out, nil
}

// recorded says where the record has a draft already, or the version of a proposal.
func recorded(r *journal.Reader, a *talks.Article, e accept.Entry) (string, error) {
	p, proposal := e.Payload.(record.ProposalEntry)
	for x, err := range r.Range(0, r.Size()) {
		if err != nil {
			return "", err
		}
		if k := x.Envelope.Kind; k != "claim@1" && !slices.Contains(board.Kinds(), k) {
			continue
		}
		body, err := r.Payload(x.Index)
		if err != nil {
			continue // erased
		}
		if bytes.Contains(body.Bytes, []byte(e.Draft)) && bytes.Contains(body.Bytes, []byte(a.SHA256)) {
			return "it was accepted before, as " + x.Envelope.ID, nil
		}
		var old record.ProposalEntry
		if proposal && x.Envelope.Kind == record.KindProposal && json.Unmarshal(body.Bytes, &old) == nil && old.Proposal == p.Proposal && old.Version == p.Version {
			return fmt.Sprintf("the version %q of %s is on the table already, as %s", p.Version, p.Proposal, x.Envelope.ID), nil
		}
	}
	return "", nil
}

func printAccepted(out io.Writer, done []acceptedDraft, asJSON bool) error {
	bad := 0
	for _, d := range done {
		if d.Why != "" {
			bad++
		}
		switch {
		case asJSON:
		case d.Why != "":
			fmt.Fprintf(out, "%s: refused: %s\n", d.Draft, d.Why)
		default:
			fmt.Fprintf(out, "%s: %s %s\n", d.Draft, strings.Split(d.Kind, "@")[0], d.Entry)
		}
	}
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(done); err != nil {
			return err
		}
	}
	if bad > 0 {
		return failed(errors.New("not all drafts were entered"))
	}
	return nil
}
