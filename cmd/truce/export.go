package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/akn"
	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/people"
)

const exportHelp = `Export writes one entry with everything that proves it into a file of its own:
the entry, its payload, the proofs that it is in the log, the checkpoints with
the cosignatures that there are, and the keys of the log with theirs. truce
verify checks it without the record.

--terms writes a text instead, as Akoma Ntoso 1.0 (OASIS LegalDocumentML) for
libraries and archives of law: one document for each language and version, each
numbered sentence under its number. --lang chooses the language, the authentic one
where it is not given; --lang all writes each into a file of its own, by a name with
{lang} in it.`

const exportExample = `  truce export --data north --id 01JQ... --out entry.bundle
  truce export --data north --id 01JQ... --no-payload --policy mission.policy --out public.bundle
  truce export --terms energy-2025 --lang ru --out energy-2025.akn.xml
  truce export --terms my.truce.md --lang all --out my.{lang}.akn.xml`

func exportCommand() *cobra.Command {
	var data, id, out, policy, text, lang, format string
	var noPayload, blobs bool
	cmd := &cobra.Command{Use: "export --data DIR --id ULID --out FILE", Short: "One entry with everything that proves it; a text as Akoma Ntoso", Long: exportHelp, Example: exportExample, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case text != "" && (data != "" || id != ""):
				return errors.New("--terms is of a text: leave --data and --id away")
			case text != "" && format != "akn":
				return fmt.Errorf("--format %q: expected akn", format)
			case text != "":
				return exportText(cmd, text, lang, out)
			case data == "" || id == "" || out == "":
				return errors.New("expected --data DIR, --id ULID and --out FILE, or --terms TEXT")
			}
			p, err := readPolicy(policy)
			if err != nil {
				return err
			}
			b, err := office.Export(cmd.Context(), data, id, office.ExportOptions{Payload: !noPayload, Blobs: blobs})
			if err != nil {
				return unread(err)
			}
			r, item, err := audit.VerifyBundle(cmd.Context(), b, audit.Options{Policy: p})
			if err != nil {
				return unread(err)
			}
			if !r.OK() {
				return failed(fmt.Errorf("the record does not verify, nothing was written: %w", r.Problems[0]))
			}
			f, err := newFile(out)
			if err != nil {
				return unread(err)
			}
			if err := f.finish(b.Write(f)); err != nil {
				return unread(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, entry %d of %s\n", out, item.Envelope.Kind, item.Index, r.Origin)
			for _, l := range audit.LevelOf(item.Index, levelsOf(p, r)) {
				fmt.Fprintf(cmd.OutOrStdout(), "  level %s\n", l)
			}
			return nil
		}}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "folder of the record")
	f.StringVar(&text, "terms", "", "a text, or the id of one that comes with truce, instead of an entry")
	f.StringVar(&lang, "lang", "", "language of the text, such as ru; all is each of them")
	f.StringVar(&format, "format", "akn", "of a text: akn, Akoma Ntoso")
	f.StringVar(&id, "id", "", "id of the entry")
	f.StringVar(&out, "out", "", "file of the bundle")
	f.StringVar(&policy, "policy", "", "policy by which the level is shown")
	f.BoolVar(&noPayload, "no-payload", false, "leave the payload out: the bundle proves that the entry was made, not what it says")
	f.BoolVar(&blobs, "files", false, "put the files that the entry names into the bundle")
	return cmd
}

// exportText writes a text as Akoma Ntoso, to standard output where no file is named.
func exportText(cmd *cobra.Command, name, lang, out string) error {
	t, problems, err := openTerms(name)
	if err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Fprintln(cmd.ErrOrStderr(), p.Error())
	}
	if t == nil {
		return unread(fmt.Errorf("%s cannot be used: mend the problems above", name))
	}
	langs := []string{lang}
	if lang == "all" {
		if langs = akn.Languages(t); !strings.Contains(out, "{lang}") {
			return fmt.Errorf("--lang all: expected --out with {lang} in its name, such as text.{lang}.akn.xml: %s has %s", t.ID, strings.Join(langs, ", "))
		}
	}
	for _, l := range langs {
		if out == "" {
			return akn.Write(cmd.OutOrStdout(), t, l)
		}
		name := strings.ReplaceAll(out, "{lang}", l)
		if sameFile(t.File, name) {
			return fmt.Errorf("--out %s would replace the text that is read: write to another file", name)
		}
		var b bytes.Buffer
		if err := akn.Write(&b, t, l); err != nil {
			return err
		}
		f, err := newFile(name)
		if err != nil {
			return unread(err)
		}
		_, err = f.Write(b.Bytes())
		if err := f.finish(err); err != nil {
			return unread(err)
		}
		fmt.Fprintln(cmd.OutOrStdout(), "wrote", name)
	}
	return nil
}

const backupHelp = `Backup writes a copy of a record as of its last checkpoint, while another
process may write. It holds the key of the log and all payloads: whoever has it
can write in the name of the office. What was acknowledged after the checkpoint
is not in it.

Passwords, second factors and the keys of accounts are not in it either: with
them its holder could write in the name of people. --people copies them to a file
of its own, to be kept elsewhere; sessions and one-time links are left out.`

func backupCommand() *cobra.Command {
	var data, out, apart string
	cmd := &cobra.Command{Use: "backup --data DIR --out FILE", Short: "A copy of a record, while it is written to", Long: backupHelp, Example: "  truce backup --data north --out north.tar --people elsewhere/north-people.db", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := newFile(out)
			if err != nil {
				return unread(err)
			}
			c, err := office.Backup(cmd.Context(), data, f)
			if err == nil {
				err = f.Sync()
			}
			if err := f.finish(err); err != nil {
				return unread(err)
			}
			if err := os.Chmod(out, 0o600); err != nil {
				return unread(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s of %s, with its key\n", out, entriesWord(c.Size), c.Origin)
			return copyPeople(cmd, data, apart)
		}}
	dataFlag(cmd, &data)
	cmd.Flags().StringVar(&out, "out", "", "file of the copy")
	cmd.Flags().StringVar(&apart, "people", "", "file for a copy of passwords, second factors and keys of accounts, apart from the rest")
	return required(cmd, "out")
}

// copyPeople copies what is kept of people, or says that it is in no copy.
func copyPeople(cmd *cobra.Command, data, apart string) error {
	if apart == "" {
		if _, err := os.Stat(filepath.Join(data, "secret", "people.db")); err == nil {
			fmt.Fprintln(cmd.OutOrStdout(), "not in it: passwords, second factors and keys of accounts; --people FILE copies them apart")
		}
		return nil
	}
	if err := people.CopySecrets(cmd.Context(), data, apart); err != nil {
		return unread(err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: passwords, second factors and keys of accounts; keep it apart from the rest\n", apart)
	return nil
}

const restoreHelp = `Restore puts a backup into a new folder. A log that goes on from an old state
gives places twice, and is a fork: so restore asks what the log had said after
the backup, and fetches that from a mirror. --known names who is asked: a file
with a checkpoint, the folder of a witness, a mirror (a folder or a URL).

Where the newest known checkpoint cannot be reached, and where nobody was asked,
the record stays read-only. Payloads that no mirror has are lost, and an entry
says so.

Without --people nobody signs in with an old password, and accounts that there were
write no more: their keys are gone. Make new ones with truce user add. With it, what
was changed after the copy is as it was before: a password, a second factor, a
recovery code that was used since.
Exit status: 0 restored, 1 it stays read-only, 2 usage, 3 it could not be read.`

func restoreCommand() *cobra.Command {
	var data, in, apart string
	var known []string
	var asJSON bool
	cmd := &cobra.Command{Use: "restore --data DIR --in FILE --known WHO", Short: "Put a backup back without making a fork", Long: restoreHelp,
		Example: "  truce restore --data north --in north.tar --known https://mirror.example.org/north --known stick/witness", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := os.Open(in)
			if err != nil {
				return unread(err)
			}
			defer f.Close()
			r, err := office.Restore(cmd.Context(), f, data, known)
			if err != nil {
				return unread(err)
			}
			if apart != "" {
				if err := people.PutSecrets(data, apart); err != nil {
					return unread(err)
				}
			}
			if asJSON {
				if err := json.NewEncoder(cmd.OutOrStdout()).Encode(r); err != nil {
					return err
				}
			} else {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s of %s: %d from the backup, %d fetched (%d with payloads); others know of %d\n", data, entriesWord(r.Size), r.Origin, r.Backup, r.Fetched, r.Payloads, r.Known)
			}
			if r.ReadOnly != "" {
				return failed(fmt.Errorf("%s stays read-only: %s", data, r.ReadOnly))
			}
			return nil
		}}
	dataFlag(cmd, &data)
	cmd.Flags().StringVar(&in, "in", "", "file of the backup")
	cmd.Flags().StringVar(&apart, "people", "", "file that backup --people made: accounts sign in and write again")
	cmd.Flags().StringArrayVar(&known, "known", nil, "who is asked what the log had said: a checkpoint, a witness, a mirror (repeatable)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what became of it as JSON")
	return required(cmd, "in")
}
