package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/office"
)

const promoteHelp = `Promote makes a machine that stands by go on with the record of another, such as
headquarters that has lost its machine. It is a person's decision. The log stays the
same: its name, its key, every place, every receipt (docs/reliability.md).

The machine that stands by is an office of its own that holds a copy of the record,
with --may restricted, and the sealed key. Promote asks the other offices for what
they hold of the record, asks the witnesses what they have cosigned, and starts from
nothing less; it writes who writes from here on (tenure@1), and lets nobody write
until a quorum of witnesses has cosigned that. The machine before gets no cosignature
from then on, finds that out when it asks, and stops writing; what it had acknowledged
and nobody held is kept there and handed in again.

  truce promote seal       at the active machine, each time keys of accounts change
  truce promote            at the machine that stands by
  truce promote tail-out   at the machine before, when it comes back
  truce promote tail-in    at the machine that writes now

Exit status: 0 it writes, 1 it must not (yet): the reason is said, 3 not readable.`

const promoteExample = `  truce promote seal --data hq --out hq.sealed
  truce promote --standby hq2 --origin example.org/hq --data hq-new --sealed hq.sealed \
      --policy mission.policy --holder hq2 --by "A. Petrenko, duty officer" --reason "the server room is flooded"
  truce serve --data hq-new --peer-listen :8443`

type promoteOptions struct {
	standby, origin, data, sealed, passphrase string
	policy, holder, by, reason, receipts      string
	unfenced, although, asJSON                bool
	patience                                  time.Duration
}

func promoteCommand() *cobra.Command {
	var o promoteOptions
	cmd := &cobra.Command{Use: "promote", Short: "Let a machine that stands by write the record of another", Long: promoteHelp, Example: promoteExample, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) }}
	f := cmd.Flags()
	f.StringVar(&o.standby, "standby", "", "folder of the office that stands by: it holds the copy; its server must not run")
	f.StringVar(&o.origin, "origin", "", "name of the record that is taken over")
	f.StringVar(&o.data, "data", "", "new folder for the record")
	f.StringVar(&o.sealed, "sealed", "", "file that truce promote seal made")
	passphraseFlag(cmd, &o.passphrase)
	f.StringVar(&o.policy, "policy", "", "policy with the witnesses and their URLs")
	f.StringVar(&o.holder, "holder", "", "name of this machine")
	f.StringVar(&o.by, "by", "", "who decides it: a person's name")
	f.StringVar(&o.reason, "reason", "", "why, in words")
	f.StringVar(&o.receipts, "receipts", "", "folder of receipts (*.receipt) that people hold: those that are not met are named")
	f.BoolVar(&o.unfenced, "unfenced", false, "go on without a quorum of witnesses: nothing then keeps the machine before from writing too")
	f.BoolVar(&o.although, "although-it-answers", false, "go on although the machine before still answers")
	f.DurationVar(&o.patience, "patience", 5*time.Second, "how long an office may say nothing before it is not asked any more")
	f.BoolVar(&o.asJSON, "json", false, "print what became of it as JSON")
	cmd.AddCommand(promoteSeal(), tailOut(), tailIn())
	return required(cmd, "standby", "origin", "data", "sealed", "holder", "by", "reason")
}

func (o *promoteOptions) run(cmd *cobra.Command) error {
	if o.policy == "" && !o.unfenced {
		return errors.New("no witness is known: nothing would keep the machine before from writing too. Give --policy FILE, the witnesses with their URLs, or say --unfenced if it never comes back")
	}
	var err error
	p := office.Promotion{Dir: o.data, Holder: o.holder, By: o.by, Reason: o.reason, Unfenced: o.unfenced}
	if o.policy != "" {
		if _, err := readPolicy(o.policy); err != nil {
			return unread(fmt.Errorf("--policy: %w", err))
		}
		if p.Policy, err = readPlain(o.policy, maxNotes); err != nil {
			return unread(err)
		}
	}
	if p.Receipts, err = readReceipts(o.receipts); err != nil {
		return unread(err)
	}
	own, _, err := journal.OpenReader(journal.RealWorld(o.standby))
	if err != nil {
		return unread(fmt.Errorf("--standby %s: %w: expected the folder of the office that stands by", o.standby, err))
	}
	m, err := mirror.Open(mirror.Options{Dir: o.standby, Patience: o.patience, Own: func() *journal.Reader { return own }})
	if err != nil {
		return unread(fmt.Errorf("%w (end the server of the machine that stands by first)", err))
	}
	defer m.Close()
	if err := o.gather(cmd, m); err != nil {
		return err
	}
	if p.Copy = m.Log(o.origin).Reader(); p.Copy == nil {
		return unread(fmt.Errorf("nothing of %s is held in %s yet", o.origin, o.standby))
	}
	keys, err := unseal(cmd, o.sealed, o.passphrase)
	if err != nil {
		return unread(err)
	}
	p.LogKey = keys[sealedKey]
	out, err := office.Promote(cmd.Context(), p)
	var behind *office.Behind
	if errors.As(err, &behind) {
		return failed(err)
	}
	if err != nil {
		return unread(err)
	}
	if err := o.beside(m, keys); err != nil {
		return unread(err)
	}
	return o.print(cmd, out)
}

// gather asks the other offices for what they hold of the record. That the machine
// before answers itself is a reason to stop.
func (o *promoteOptions) gather(cmd *cobra.Command, m *mirror.Mirrors) error {
	if m.Log(o.origin) == nil {
		return unread(fmt.Errorf("%s does not know %q: truce peer list names the offices that it holds", o.standby, o.origin))
	}
	for _, s := range m.Status() {
		if s.URL == "" {
			continue
		}
		err := m.Pull(cmd.Context(), s.Origin)
		if err != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: nothing more could be taken from there: %v\n", s.Origin, err)
		}
		if err == nil && s.Origin == o.origin && !o.although {
			return failed(fmt.Errorf("%s still answers at %s: end it first, or cut it off; --although-it-answers goes on, and it is fenced as soon as the witnesses have cosigned", s.Origin, s.URL))
		}
	}
	return nil
}

// beside puts beside the record what is kept of people and of other offices.
func (o *promoteOptions) beside(m *mirror.Mirrors, keys map[string][]byte) error {
	if b := keys[sealedPeople]; b != nil {
		if _, err := os.Stat(filepath.Join(o.data, "secret", "people.db")); errors.Is(err, fs.ErrNotExist) {
			if err := putPeople(o.data, b); err != nil {
				return err
			}
		}
	}
	peers, err := mirror.ReadPeers(o.standby)
	if err != nil {
		return err
	}
	for _, p := range peers {
		if p.Origin == o.origin {
			continue
		}
		p.Headquarters = false
		if err := mirror.PutPeer(o.data, p); err != nil {
			return err
		}
		to := filepath.Join(o.data, "peers", mirror.Folder(p.Origin))
		if _, err := os.Stat(to); err == nil {
			continue
		}
		if err := copyOfPeer(filepath.Join(o.standby, "peers", mirror.Folder(p.Origin)), to); err != nil {
			return err
		}
	}
	own := m.Identity().Office
	return mirror.PutPeer(o.data, mirror.Peer{Origin: own.Origin, Key: own.Key, May: "restricted"})
}

// copyOfPeer copies the copy of another office's log, without what the machine that
// stood by had signed, or noted in its own record.
func copyOfPeer(from, to string) error {
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := os.CopyFS(to+".new", os.DirFS(from)); err != nil {
		return err
	}
	err := filepath.WalkDir(to+".new", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.Chmod(name, 0o700)
		}
		return os.Chmod(name, 0o600)
	})
	if err != nil {
		return err
	}
	for _, n := range []string{"cosignature", "anchored", "lock"} {
		if err := os.Remove(filepath.Join(to+".new", n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Rename(to+".new", to)
}

func (o *promoteOptions) print(cmd *cobra.Command, r *office.Promoted) error {
	w := cmd.OutOrStdout()
	if o.asJSON {
		if err := json.NewEncoder(w).Encode(r); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(w, "%s of %s taken over; witnesses had cosigned %d; entry %d says that %s writes from here on\n", entriesWord(r.Size), r.Origin, r.Asked, r.Tenure, o.holder)
		for _, c := range r.Cosigned {
			fmt.Fprintf(w, "%s has cosigned it\n", c)
		}
		for _, c := range r.Refused {
			fmt.Fprintf(w, "not cosigned: %s\n", c)
		}
		for _, u := range r.Unmet {
			what := fmt.Sprintf("entries %d to %d", u.First, u.Last)
			if u.First == u.Last {
				what = fmt.Sprintf("entry %d", u.First)
			}
			fmt.Fprintf(w, "%s promises %s, accepted %s: nobody who was asked holds them; they are on the disk of the machine before (truce promote tail-out), or their author sends them again\n", u.Receipt, what, u.Accepted)
		}
		if r.Without > 0 {
			fmt.Fprintf(w, "%s without payload: it was erased, or never given to this machine\n", brief.Count(int(r.Without), "entry"))
		}
	}
	if r.ReadOnly != "" {
		return failed(fmt.Errorf("%s stays read-only: %s", o.data, r.ReadOnly))
	}
	return nil
}

// readReceipts reads the receipts of a folder.
func readReceipts(dir string) (map[string][]byte, error) {
	if dir == "" {
		return nil, nil
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.receipt"))
	out := map[string][]byte{}
	for _, n := range names {
		if out[n], err = readPlain(n, maxNotes); err != nil {
			return nil, err
		}
	}
	return out, err
}

func tailOut() *cobra.Command {
	var data, out string
	var from int64
	var asJSON bool
	cmd := &cobra.Command{Use: "tail-out", Short: "Write out what this machine has acknowledged and nobody else held", Args: cobra.NoArgs,
		Long: `Tail-out writes what a record has acknowledged from a place on, with files, into a
new folder: for the machine that had been writing before another was promoted. It
reads entries that stand in no checkpoint too, changes nothing and signs nothing.
What the other machine holds already is recognised there: begin rather too early.`,
		Example: "  truce promote tail-out --data hq --from 70000 --out /media/stick/tail",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from < 0 {
				return fmt.Errorf("--from %d: expected the place of an entry, the size that truce promote took over", from)
			}
			t, err := office.TailOut(cmd.Context(), data, from, out)
			if err != nil {
				return unread(err)
			}
			if from > t.Size {
				return failed(fmt.Errorf("--from %d: %s has acknowledged %s: nothing was written out; is it the machine before, and the size that truce promote took over?", from, data, entriesWord(t.Size)))
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(t)
			}
			if from == t.Size {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: nothing to hand in: %s had acknowledged %s, and all were taken over\n", out, t.Origin, entriesWord(t.Size))
				return nil
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: entries %d to %d of %s, with %s\n", out, t.From, t.Size-1, t.Origin, brief.Count(t.Files, "file"))
			return nil
		}}
	dataFlag(cmd, &data)
	cmd.Flags().Int64Var(&from, "from", 0, "first entry: the size that truce promote took over")
	cmd.Flags().StringVar(&out, "out", "", "new folder")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return required(cmd, "out")
}

func tailIn() *cobra.Command {
	var data, in string
	var asJSON bool
	cmd := &cobra.Command{Use: "tail-in", Short: "Hand in what the machine before had acknowledged", Args: cobra.NoArgs,
		Long: `Tail-in records what truce promote tail-out wrote, as its authors signed it. Each entry
gets a new place, since the one that its receipt names was given to something else:
the old receipt stays a proof that it was accepted, and the list says where it stands
now. Notes of the machine before about itself are left out. The server of the record
must not run meanwhile. What is refused stays in the folder; then the exit status is 1.`,
		Example: "  truce promote tail-in --data hq-new --in /media/stick/tail",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := os.Stat(filepath.Join(data, "office.json")); err != nil {
				return unread(fmt.Errorf("--data %s: no record here (%w): expected the folder of the machine that writes now", data, err))
			}
			o, err := openOffice(cmd, data, "")
			if err != nil {
				return err
			}
			all, err := o.TailIn(cmd.Context(), in)
			if cerr := o.Close(); err == nil {
				err = cerr
			}
			if err != nil && len(all) == 0 {
				return unread(fmt.Errorf("--in %s: %w", in, err))
			}
			if perr := printHanded(cmd.OutOrStdout(), all, asJSON); perr != nil {
				return perr
			}
			if err != nil {
				return unread(err)
			}
			if n := countState(all, office.HandedRefused); n > 0 {
				return failed(fmt.Errorf("%s not taken: they stay in %s", brief.Count(n, "entry"), in))
			}
			return nil
		}}
	dataFlag(cmd, &data)
	cmd.Flags().StringVar(&in, "in", "", "folder that truce promote tail-out wrote")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return required(cmd, "in")
}

func countState(all []office.HandedIn, state string) int {
	n := 0
	for _, h := range all {
		if h.State == state {
			n++
		}
	}
	return n
}

func printHanded(w io.Writer, all []office.HandedIn, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(slices.Concat([]office.HandedIn{}, all))
	}
	for _, h := range all {
		switch h.State {
		case office.HandedTaken, office.HandedHeld:
			fmt.Fprintf(w, "%s %s: %s, was entry %d, is entry %d\n", h.ID, h.Kind, h.State, h.Was, h.Now)
		default:
			fmt.Fprintf(w, "%s %s: %s, was entry %d %s\n", h.ID, h.Kind, h.State, h.Was, h.Why)
		}
	}
	_, err := fmt.Fprintf(w, "%d taken, %d held already, %d left out, %d refused\n", countState(all, office.HandedTaken), countState(all, office.HandedHeld), countState(all, office.HandedLeft), countState(all, office.HandedRefused))
	return err
}
