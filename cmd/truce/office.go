package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/record"
)

const officeHelp = `Office keeps the keys of a record. Keys are entries: one that is introduced may
sign from there on, one that is revoked may not, and what it signed at earlier
places stays valid. Whoever is behind a key makes it and keeps its private half;
only the public half comes here.`

const officeExample = `  truce office key list --data north
  truce office key add --data north --name "patrol 4" --role reporter --public BASE64
  truce office key rotate --data north --key ID --public BASE64
  truce office key revoke --data north --key ID --reason stolen`

func officeCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "office", Short: "Keys of a record: add, rotate, revoke, list", Long: officeHelp, Example: officeExample,
		Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	key := &cobra.Command{Use: "key", Short: "Keys of a record", Long: officeHelp, Example: officeExample,
		Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	key.AddCommand(keyList(), keyAdd(), keyRotate(), keyRevoke())
	cmd.AddCommand(key)
	return cmd
}

func keyList() *cobra.Command {
	var data string
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "The keys as of the last checkpoint", Args: cobra.NoArgs, Example: "  truce office key list --data north",
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, _, err := journal.OpenReader(journal.RealWorld(data))
			if err != nil {
				return unread(err)
			}
			ring, err := r.KeyRing()
			if err != nil {
				return unread(err)
			}
			keys := office.KeyStates(ring)
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(keys)
			}
			for _, k := range keys {
				state := "may sign"
				if k.Revoked {
					state = "revoked"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %-8s  %s  %s %s\n", k.ID, state, k.Name, k.Role, k.Party)
			}
			return nil
		}}
	dataFlag(cmd, &data)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as JSON")
	return cmd
}

// changing makes a command that writes a change of keys.
func changing(use, short, example string, flags func(*cobra.Command), do func(*cobra.Command, *office.Office) (int64, error)) *cobra.Command {
	var data string
	cmd := &cobra.Command{Use: use, Short: short, Example: example, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := openOffice(cmd, data, "")
			if err != nil {
				return err
			}
			at, err := do(cmd, o)
			if cerr := o.Close(); err == nil && cerr != nil {
				err = unread(cerr)
			}
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "entry %d\n", at)
			}
			return err
		}}
	dataFlag(cmd, &data)
	flags(cmd)
	return cmd
}

func keyAdd() *cobra.Command {
	var k record.KeyEntry
	return changing("add", "Introduce a key", "  truce office key add --data north --name \"patrol 4\" --public BASE64", func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&k.Name, "name", "", "whose it is, for people")
		cmd.Flags().StringVar(&k.Party, "party", "", "the party that it speaks for, if for one")
		cmd.Flags().StringVar(&k.Role, "role", "", "what it may do")
		cmd.Flags().StringVar(&k.Public, "public", "", "Ed25519 public key, base64")
		required(cmd, "name", "public")
	}, func(cmd *cobra.Command, o *office.Office) (int64, error) { return o.AddKey(cmd.Context(), k) })
}

func keyRotate() *cobra.Command {
	var id, public, reason string
	return changing("rotate", "Put a key in the place of another", "  truce office key rotate --data north --key ID --public BASE64", func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&id, "key", "", "id of the old key")
		cmd.Flags().StringVar(&public, "public", "", "the new Ed25519 public key, base64")
		cmd.Flags().StringVar(&reason, "reason", "rotated", "why")
		required(cmd, "key", "public")
	}, func(cmd *cobra.Command, o *office.Office) (int64, error) {
		old, err := record.ParseKeyID(id)
		if err != nil {
			return 0, err
		}
		return o.RotateKey(cmd.Context(), old, public, reason)
	})
}

func keyRevoke() *cobra.Command {
	var id, reason string
	return changing("revoke", "Say that a key may not sign any more", "  truce office key revoke --data north --key ID --reason stolen", func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&id, "key", "", "id of the key")
		cmd.Flags().StringVar(&reason, "reason", "", "lost, stolen, retired, ...")
		required(cmd, "key", "reason")
	}, func(cmd *cobra.Command, o *office.Office) (int64, error) {
		k, err := record.ParseKeyID(id)
		if err != nil {
			return 0, err
		}
		return o.RevokeKey(cmd.Context(), k, reason)
	})
}
