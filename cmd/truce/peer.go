package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/web"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

const peerHelp = `Peer keeps the other offices of a mission: who they are, where they answer, and
what they may hold of this one. Each office writes a record of its own and takes
copies of the others', which it checks (docs/offices.md).

All that two offices give each other is one line, the key of their log, by hand or
by telephone. By it they know each other on any network.`

const peerExample = `  truce peer key --data north                       the line to give to others
  truce peer add --data north --headquarters "https://hq.example.org:8443#example.org/hq+1a2b...+A..."
  truce peer pull --data north                      once, now
  truce peer list --data north`

func peerCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "peer", Short: "The other offices of a mission: make known, follow, revoke", Long: peerHelp, Example: peerExample,
		Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(peerKey(), peerAdd(), peerRemove(), peerList(), peerPull(), peerRecover(), peerRevoke())
	return cmd
}

func peerKey() *cobra.Command {
	var data string
	cmd := &cobra.Command{Use: "key", Short: "The line by which others know this office", Args: cobra.NoArgs, Example: "  truce peer key --data north",
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, _, err := journal.OpenReader(journal.RealWorld(data))
			if err != nil {
				return unread(err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), r.Office.Key)
			return err
		}}
	dataFlag(cmd, &data)
	return cmd
}

func peerAdd() *cobra.Command {
	var data, may string
	var hq bool
	cmd := &cobra.Command{Use: "add URL#KEY", Short: "Make an office known, or change what it may hold", Args: cobra.ExactArgs(1),
		Example: `  truce peer add --data north --headquarters "https://hq.example.org:8443#example.org/hq+1a2b...+A..."
  truce peer add --data north "example.org/south+3c4d...+A..."     reached through headquarters, or by stick`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := mirror.ParsePeer(args[0])
			if err == nil && p.Key == "" {
				err = fmt.Errorf("%q: expected URL#KEY, with the key that truce peer key prints at that office", args[0])
			}
			if err != nil {
				return err
			}
			p.Headquarters, p.May = hq, rights.Marking(may)
			if hq && may == "" {
				p.May = rights.Restricted // headquarters answers for the mission
			}
			if err := mirror.PutPeer(data, p); err != nil {
				return unread(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is known\n", p.Origin)
			return nil
		}}
	dataFlag(cmd, &data)
	cmd.Flags().BoolVar(&hq, "headquarters", false, "its revocations of offices are heeded, and it may hold restricted payloads unless --may says otherwise")
	cmd.Flags().StringVar(&may, "may", "", "most closed marking of payloads that it may hold: public, parties, mission (where nothing is said), restricted")
	return cmd
}

func peerRemove() *cobra.Command {
	var data string
	cmd := &cobra.Command{Use: "remove ORIGIN", Short: "Forget an office; its copy stays", Args: cobra.ExactArgs(1), Example: "  truce peer remove --data north example.org/south",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := mirror.DropPeer(data, args[0]); err != nil {
				return unread(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is not known any more; what is held of it stays in %s/peers\n", args[0], data)
			return nil
		}}
	dataFlag(cmd, &data)
	return cmd
}

// openMirrors opens the copies beside a record, for a command.
func openMirrors(data string) (*mirror.Mirrors, error) {
	r, _, err := journal.OpenReader(journal.RealWorld(data))
	if err != nil {
		return nil, unread(err)
	}
	m, err := mirror.Open(mirror.Options{Dir: data, Own: func() *journal.Reader { return r }})
	if err != nil {
		return nil, unread(fmt.Errorf("%w (a server that runs keeps the copies itself: ask it at /api/peers)", err))
	}
	return m, nil
}

// takingMirrors opens the copies beside a record for a command that takes entries in.
// How far the logs of others are held is then noted in the record, by which they count
// here. A record that may not be written to takes copies all the same.
func takingMirrors(cmd *cobra.Command, data string) (*mirror.Mirrors, func() error, error) {
	of, err := office.Open(data, "", journal.Options{Interval: -1})
	if errors.Is(err, journal.ErrLocked) {
		return nil, nil, unread(fmt.Errorf("%w (a server that runs keeps the copies itself: end it first, or ask it at /api/peers)", err))
	}
	if err != nil {
		m, merr := openMirrors(data)
		if merr != nil {
			return nil, nil, merr
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "what is taken in is not noted in this record, and counts here once it is: %v\n", err)
		return m, m.Close, nil
	}
	m, err := mirror.Open(mirror.Options{Dir: data, Own: of.Log.Reader, Mirrored: anchors(of).Told, Halt: of.Log.Halt})
	if err != nil {
		return nil, nil, errors.Join(unread(err), of.Close())
	}
	return m, func() error {
		err := of.Log.Integrate(context.WithoutCancel(cmd.Context()))
		if errors.Is(err, journal.ErrStopped) {
			err = nil // others hold more of this log: said where it was noticed
		}
		return errors.Join(err, m.Close(), of.Close())
	}, nil
}

func peerList() *cobra.Command {
	var data string
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "What is held of the other offices", Args: cobra.NoArgs, Example: "  truce peer list --data north",
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := openMirrors(data)
			if err != nil {
				return err
			}
			defer m.Close()
			return printPeers(cmd, m, asJSON)
		}}
	dataFlag(cmd, &data)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

// printPeers prints how offices are followed; an alarm is status 1.
func printPeers(cmd *cobra.Command, m *mirror.Mirrors, asJSON bool) error {
	all, alarms := []web.PeerState{}, 0
	for _, s := range m.Status() {
		all = append(all, web.PeerStateOf(s, m.Own().Size(), time.Now()))
		alarms += len(s.Alarms)
	}
	out := cmd.OutOrStdout()
	if asJSON {
		if err := json.NewEncoder(out).Encode(all); err != nil {
			return err
		}
	} else if err := peerTable(out, all); err != nil {
		return err
	}
	if alarms > 0 {
		return failed(fmt.Errorf("%s: somebody has to look", brief.Count(alarms, "alarm")))
	}
	return nil
}

func peerTable(out io.Writer, all []web.PeerState) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "office\tseen\theld\twith payloads\tnot given\tholds of us\tmissing")
	for _, s := range all {
		var q []string
		for _, x := range s.Queue {
			q = append(q, fmt.Sprintf("%s %d", x.What, x.Count))
		}
		switch {
		case s.Seen == 0:
			q = []string{"never seen"}
		case len(q) == 0:
			q = []string{"nothing that is known of"}
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%s\n", s.Origin, s.Seen, s.Held, s.Complete, s.Withheld, s.OfUs, strings.Join(q, ", "))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, s := range all {
		if s.Revocation != nil {
			fmt.Fprintf(out, "%s: its key was revoked: entries from %d on are kept and count for nobody (%s)\n", s.Origin, s.Revocation.Size, s.Revocation.Reason)
		}
		for _, a := range s.Alarms {
			fmt.Fprintf(out, "ALARM %s, entry %d of %s: %s\n", a.What, a.Index, s.Origin, a.Says)
		}
	}
	return nil
}

func peerPull() *cobra.Command {
	var data string
	var asJSON bool
	cmd := &cobra.Command{Use: "pull [ORIGIN...]", Short: "Take what other offices have, once", Example: "  truce peer pull --data north example.org/hq",
		RunE: func(cmd *cobra.Command, args []string) (failure error) {
			m, done, err := takingMirrors(cmd, data)
			if err != nil {
				return err
			}
			defer func() {
				if cerr := done(); failure == nil && cerr != nil {
					failure = unread(cerr)
				}
			}()
			var errs []error
			for _, s := range m.Status() {
				if s.URL == "" || len(args) > 0 && !slices.Contains(args, s.Origin) {
					continue
				}
				if err := m.Pull(cmd.Context(), s.Origin); err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", s.Origin, err))
				}
			}
			if err := printPeers(cmd, m, asJSON); err != nil {
				return errors.Join(append([]error{err}, errs...)...)
			}
			if len(errs) > 0 {
				return unread(errors.Join(errs...))
			}
			return nil
		}}
	dataFlag(cmd, &data)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

func peerRecover() *cobra.Command {
	var data string
	var asJSON bool
	cmd := &cobra.Command{Use: "recover", Short: "Get back from other offices what this one has lost of its own record", Args: cobra.NoArgs,
		Long: `Recover asks the other offices for what they hold of this office's own record, and
continues the record by it, so that it gives no place twice. It is the way out where
truce serve refuses to write because others hold more than is here: after a backup
was put back, or the end of the record was lost. Payloads that nobody had been given
are marked as absent. Where others hold another history nothing is changed.`,
		Example: "  truce peer recover --data north",
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := mirror.Recover(cmd.Context(), mirror.Options{Dir: data})
			if asJSON {
				if jerr := json.NewEncoder(cmd.OutOrStdout()).Encode(all); jerr != nil {
					return jerr
				}
			} else {
				for _, r := range all {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: %d entries were here, %d are now; %d payloads came with them, %d nobody had been given\n", r.From, r.Before, r.Size, r.Payloads, r.Without)
					if r.Tenure != nil {
						fmt.Fprintf(cmd.OutOrStdout(), "%s writes this log now: this record stays read-only\n", r.Tenure.Holder)
					}
				}
			}
			var fork *journal.Forked
			switch {
			case errors.As(err, &fork):
				return failed(fmt.Errorf("another history is held elsewhere; nothing was changed: %w", err))
			case err != nil:
				return unread(err)
			case len(all) == 0:
				return unread(errors.New("no office with an address is known here that could be asked: truce peer add makes one known"))
			}
			return nil
		}}
	dataFlag(cmd, &data)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

func peerRevoke() *cobra.Command {
	var data, reason string
	var size int64
	cmd := &cobra.Command{Use: "revoke ORIGIN", Short: "Record that the key of an office is not trusted any more", Args: cobra.ExactArgs(1),
		Long: `Revoke records that the key of another office was stolen. What its log holds before
--from still counts; what stands later is kept and counts for nobody. The office is
answered no more. Whoever follows this record as headquarters heeds it. An office
goes on by a new name with a new key.`,
		Example: `  truce peer revoke --data hq example.org/south --from 4711 --reason "laptop taken on 2 April"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return errors.New("no reason: expected --reason with words that others will read")
			}
			if size < 0 {
				return errors.New("--from: expected the first entry that does not count any more; 0 counts none of it")
			}
			peers, err := mirror.ReadPeers(data)
			if err != nil {
				return unread(err)
			}
			if !slices.ContainsFunc(peers, func(p mirror.Peer) bool { return p.Origin == args[0] }) {
				return unread(fmt.Errorf("no office %q is known here: truce peer list names those that are", args[0]))
			}
			o, err := openOffice(cmd, data, "")
			if err != nil {
				return err
			}
			_, ack, err := o.Write(cmd.Context(), officeDraft(record.KindOfficeRevoke, record.OfficeRevokeEntry{Origin: args[0], Size: size, Reason: reason}))
			if cerr := o.Close(); err == nil {
				err = cerr
			}
			if err != nil {
				return unread(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "entry %d: what %s signs from entry %d on counts for nobody\n", ack.Index, args[0], size)
			return nil
		}}
	dataFlag(cmd, &data)
	cmd.Flags().Int64Var(&size, "from", -1, "first entry of its log that does not count any more")
	cmd.Flags().StringVar(&reason, "reason", "", "why, in words")
	return required(cmd, "from", "reason")
}

// officeDraft is an entry that the office makes now.
func officeDraft(kind string, payload any) office.Draft {
	seed := make([]byte, 32)
	rand.Read(seed)
	return office.Draft{Kind: kind, Payload: payload, Made: clock(), Seed: seed}
}

// noteEvery is how often it is noted at most how far another office is held; 0: as ever.
// Tests put a shorter time in its place.
var noteEvery time.Duration

// anchors write into a record how far the logs of others are held.
func anchors(of *office.Office) *mirror.Anchors {
	return &mirror.Anchors{Now: clock, Every: noteEvery, Write: func(ctx context.Context, e record.MirrorEntry) error {
		_, _, err := of.Write(ctx, officeDraft(record.KindMirror, e))
		return err
	}}
}

// bitRate reads a rate such as 9.6kbit or 2mbit, or a number of kbit a second, as
// bytes a second; empty is no limit.
func bitRate(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	number, times := strings.TrimSpace(strings.ToLower(text)), 1000.0
	for unit, k := range map[string]float64{"kbit": 1e3, "mbit": 1e6} {
		if rest, ok := strings.CutSuffix(number, unit); ok {
			number, times = strings.TrimSpace(rest), k
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q: expected a rate such as 9.6kbit or 2mbit (a second)", text)
	}
	return n * times / 8, nil
}
