package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/truce-project/truce/internal/people"
)

// Files in what is sealed.
const (
	sealedKey    = "log.key"
	sealedPeople = "people.db"
)

func passphraseFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "passphrase", "", "file with the passphrase; where it is left out, TRUCE_PASSPHRASE, or it is asked for")
}

func promoteSeal() *cobra.Command {
	var data, out, from string
	cmd := &cobra.Command{Use: "seal", Short: "Seal the keys of a record for a machine that stands by", Args: cobra.NoArgs,
		Long: `Seal writes the key of the log, and what is kept of people (passwords, second factors,
keys of accounts), into a file that is encrypted with a passphrase (age, scrypt), also
while a server runs. Whoever has both can write in the name of the office: keep the
passphrase with the people who may decide on a promotion, and not beside the file.
Accounts that are made later are not in it: seal again.`,
		Example: "  truce promote seal --data hq --out hq.sealed",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := os.Stat(filepath.Join(data, sealedKey)); err != nil {
				return unread(fmt.Errorf("--data %s: no key of a record here (%w): expected the folder of the machine that writes", data, err))
			}
			phrase, err := passphrase(cmd, from)
			if err != nil {
				return unread(err)
			}
			b, err := sealed(cmd, data, phrase)
			if err == nil {
				err = os.WriteFile(out+".new", b, 0o600)
			}
			if err == nil {
				err = os.Rename(out+".new", out)
			}
			if err != nil {
				return unread(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: the keys of %s, sealed\n", out, data)
			return nil
		}}
	dataFlag(cmd, &data)
	cmd.Flags().StringVar(&out, "out", "", "file; one that is there is replaced")
	passphraseFlag(cmd, &from)
	return required(cmd, "out")
}

// minPhrase is the shortest passphrase, in bytes: the file may be copied and tried.
const minPhrase = 16

func passphrase(cmd *cobra.Command, file string) (string, error) {
	text := os.Getenv("TRUCE_PASSPHRASE")
	if file != "" {
		b, err := readPlain(file, 1<<12)
		if err != nil {
			return "", err
		}
		text = strings.TrimRight(string(b), "\r\n")
	} else if in, ok := cmd.InOrStdin().(*os.File); text == "" && ok && term.IsTerminal(int(in.Fd())) {
		fmt.Fprint(cmd.ErrOrStderr(), "passphrase: ")
		b, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
		if err != nil {
			return "", err
		}
		text = string(b)
	}
	if text == "" {
		return "", fmt.Errorf("no passphrase: expected at least %d letters, such as five words, in --passphrase FILE or TRUCE_PASSPHRASE, or a terminal at which it is asked for", minPhrase)
	}
	if len(text) < minPhrase {
		return "", fmt.Errorf("the passphrase is too short: expected at least %d letters, such as five words, in --passphrase FILE or TRUCE_PASSPHRASE", minPhrase)
	}
	return text, nil
}

func sealed(cmd *cobra.Command, data, phrase string) ([]byte, error) {
	key, err := os.ReadFile(filepath.Join(data, "log.key"))
	if err != nil {
		return nil, err
	}
	var plain bytes.Buffer
	t := tar.NewWriter(&plain)
	put := func(name string, b []byte) error {
		if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(b))}); err != nil {
			return err
		}
		_, err := t.Write(b)
		return err
	}
	if err := put(sealedKey, key); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(data, ".seal-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, sealedPeople)
	switch err := people.CopySecrets(cmd.Context(), data, name); {
	case errors.Is(err, fs.ErrNotExist): // nobody signs in here
	case err != nil:
		return nil, err
	default:
		b, err := os.ReadFile(name)
		if err == nil {
			err = put(sealedPeople, b)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	to, err := age.NewScryptRecipient(phrase)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err == nil {
		_, err = w.Write(plain.Bytes())
	}
	if err == nil {
		err = w.Close()
	}
	return out.Bytes(), err
}

// unseal reads what was sealed.
func unseal(cmd *cobra.Command, file, from string) (map[string][]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	phrase, err := passphrase(cmd, from)
	if err != nil {
		return nil, err
	}
	id, err := age.NewScryptIdentity(phrase)
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(bytes.NewReader(b), id)
	if err != nil {
		return nil, fmt.Errorf("%s: it was not sealed with this passphrase, or is damaged: %w", file, err)
	}
	out := map[string][]byte{}
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if out[h.Name], err = io.ReadAll(t); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if out[sealedKey] == nil {
		return nil, fmt.Errorf("%s holds no key of a log", file)
	}
	return out, nil
}

// putPeople puts what is kept of people beside a record.
func putPeople(data string, b []byte) error {
	name := filepath.Join(data, ".people.new")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		return err
	}
	return errors.Join(people.PutSecrets(data, name), os.Remove(name))
}
