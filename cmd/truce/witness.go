package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/witness"
)

const witnessHelp = `Witness cosigns the checkpoints of logs. It remembers one checkpoint of each
log and signs another only with the proof that it continues the one it has: a
log that was rolled back or rewritten gets no cosignature, and it is said why.

It runs as a server (C2SP tlog-witness), or by files on a stick, for a party
that has no line. It needs no copy of the log.

  truce witness key      makes the key of a witness
  truce witness serve    answers over HTTP
  truce witness request  an office writes a request to a file
  truce witness cosign   a witness answers it in another
  truce witness accept   the office takes the answer in
  truce witness ask      an office asks all witnesses of a policy over HTTP`

const witnessExample = `  truce witness key --state w --name example.org/ua
  truce witness request --data north --policy mission.policy --witness ua --out request.txt
  truce witness cosign --state w --log north.key --in request.txt --out response.txt
  truce witness accept --data north --policy mission.policy --in response.txt`

func witnessCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "witness", Short: "Cosign a log, as a server or by files on a stick", Long: witnessHelp, Example: witnessExample,
		Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(witnessKey(), witnessServe(), witnessRequest(), witnessCosign(), witnessAccept(), witnessAsk())
	return cmd
}

func required(cmd *cobra.Command, names ...string) *cobra.Command {
	for _, n := range names {
		if err := cmd.MarkFlagRequired(n); err != nil {
			panic(err)
		}
	}
	return cmd
}

func witnessKey() *cobra.Command {
	var state, name string
	var mldsa bool
	cmd := &cobra.Command{Use: "key", Short: "Make the key of a witness", Args: cobra.NoArgs,
		Example: "  truce witness key --state w --name example.org/ua",
		RunE: func(cmd *cobra.Command, _ []string) error {
			vkey, err := witness.MakeKey(state, name, mldsa)
			if err != nil {
				return unread(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n", vkey)
			fmt.Fprintf(cmd.ErrOrStderr(), "the private half is in %s and stays there; the line above goes into policies:\n  witness NAME %s\n", filepath.Join(state, "witness.key"), vkey)
			return nil
		}}
	cmd.Flags().StringVar(&state, "state", "", "folder of the witness")
	cmd.Flags().StringVar(&name, "name", "", "its name, such as example.org/ua")
	cmd.Flags().BoolVar(&mldsa, "ml-dsa", false, "a key that quantum computers cannot break (ML-DSA-44); cosignatures are longer")
	return required(cmd, "state", "name")
}

// openWitness opens a witness for logs whose keys are given.
func openWitness(state string, logs []string) (*witness.Witness, error) {
	var keys []note.Verifier
	for _, l := range logs {
		k, err := readKey(l)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	w, err := witness.Open(state, keys)
	if err != nil {
		return nil, unread(err)
	}
	return w, nil
}

func witnessServe() *cobra.Command {
	var state, listen string
	var logs []string
	cmd := &cobra.Command{Use: "serve", Short: "Answer over HTTP", Args: cobra.NoArgs,
		Example: "  truce witness serve --state w --log north.key --listen :8080",
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := openWitness(state, logs)
			if err != nil {
				return err
			}
			l, err := net.Listen("tcp", listen)
			if err != nil {
				return unread(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s cosigns at http://%s/add-checkpoint\n", w.Name(), l.Addr())
			s := w.Server()
			stopped := context.AfterFunc(cmd.Context(), func() {
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
				defer cancel()
				s.Shutdown(ctx)
			})
			defer stopped()
			if err := s.Serve(l); cmd.Context().Err() == nil {
				return unread(err)
			}
			return nil
		}}
	cmd.Flags().StringVar(&state, "state", "", "folder of the witness")
	cmd.Flags().StringArrayVar(&logs, "log", nil, "public key of a log, or a file with it (repeatable)")
	cmd.Flags().StringVar(&listen, "listen", "localhost:8399", "address")
	return required(cmd, "state", "log")
}

// policyKeys are the keys of the witnesses of a policy, or of the one with a name.
func policyKeys(file, name string) ([]note.Verifier, *audit.Policy, error) {
	p, err := readPolicy(file)
	if err != nil {
		return nil, nil, err
	}
	if name == "" {
		return p.Keys(), p, nil
	}
	var names []string
	for _, w := range p.Witnesses {
		if w.Name == name {
			return []note.Verifier{w.Key}, p, nil
		}
		names = append(names, w.Name)
	}
	return nil, nil, fmt.Errorf("--witness %s: the policy has %s", name, strings.Join(names, ", "))
}

func witnessRequest() *cobra.Command {
	var data, policy, name, out string
	cmd := &cobra.Command{Use: "request", Short: "Write a request to a witness, for a stick", Args: cobra.NoArgs,
		Example: "  truce witness request --data north --policy mission.policy --witness ua --out request.txt",
		RunE: func(cmd *cobra.Command, _ []string) error {
			keys, _, err := policyKeys(policy, name)
			if err != nil {
				return err
			}
			s, err := office.ReadShown(data)
			if err != nil {
				return unread(err)
			}
			b, err := s.Request(cmd.Context(), keys[0])
			if err != nil {
				return unread(err)
			}
			if err := writeFile(out, b); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: asks %s to cosign %s\n", out, name, entriesWord(s.C.Size))
			return nil
		}}
	dataFlag(cmd, &data)
	cmd.Flags().StringVar(&policy, "policy", "", "policy that has the witness")
	cmd.Flags().StringVar(&name, "witness", "", "its name there")
	cmd.Flags().StringVar(&out, "out", "", "file of the request")
	return required(cmd, "policy", "witness", "out")
}

func witnessCosign() *cobra.Command {
	var state, in, out string
	var logs []string
	cmd := &cobra.Command{Use: "cosign", Short: "Answer a request from a stick", Args: cobra.NoArgs,
		Example: "  truce witness cosign --state w --log north.key --in request.txt --out response.txt",
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := openWitness(state, logs)
			if err != nil {
				return err
			}
			b, err := readPlain(in, maxNotes)
			if err != nil {
				return unread(err)
			}
			r, err := w.Answer(b)
			if err != nil {
				return unread(err)
			}
			if err := writeFile(out, r.Marshal()); err != nil {
				return err
			}
			if r.Status != 200 {
				return failed(fmt.Errorf("not cosigned: %s", strings.TrimSpace(string(r.Text))))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: cosigned %s of %s\n", out, entriesWord(r.Size), r.Origin)
			return nil
		}}
	cmd.Flags().StringVar(&state, "state", "", "folder of the witness")
	cmd.Flags().StringArrayVar(&logs, "log", nil, "public key of a log, or a file with it (repeatable)")
	cmd.Flags().StringVar(&in, "in", "", "file of the request")
	cmd.Flags().StringVar(&out, "out", "", "file of the answer")
	return required(cmd, "state", "log", "in", "out")
}

func witnessAccept() *cobra.Command {
	var data, policy, name, in string
	cmd := &cobra.Command{Use: "accept", Short: "Take the answer of a witness in", Args: cobra.NoArgs,
		Example: "  truce witness accept --data north --policy mission.policy --in response.txt",
		RunE: func(cmd *cobra.Command, _ []string) error {
			keys, p, err := policyKeys(policy, name)
			if err != nil {
				return err
			}
			s, err := office.ReadShown(data)
			if err != nil {
				return unread(err)
			}
			b, err := readPlain(in, maxNotes)
			if err != nil {
				return unread(err)
			}
			said, err := s.Accept(b, keys)
			if err != nil {
				return failed(err)
			}
			fmt.Fprintln(cmd.OutOrStdout(), said)
			return showCosigned(cmd.OutOrStdout(), data, p)
		}}
	dataFlag(cmd, &data)
	cmd.Flags().StringVar(&policy, "policy", "", "policy that has the witness")
	cmd.Flags().StringVar(&name, "witness", "", "only an answer of this witness")
	cmd.Flags().StringVar(&in, "in", "", "file of the answer")
	return required(cmd, "policy", "in")
}

func showCosigned(w io.Writer, data string, p *audit.Policy) error {
	shown, err := office.Show(data, p.Keys())
	if err != nil {
		return unread(err)
	}
	if !shown {
		fmt.Fprintln(w, "another process writes to the record, or it is read-only: the cosignature is kept, and not shown with the checkpoint")
	}
	return nil
}

func witnessAsk() *cobra.Command {
	var data, policy string
	cmd := &cobra.Command{Use: "ask", Short: "Ask all witnesses of a policy over HTTP", Args: cobra.NoArgs,
		Example: "  truce witness ask --data north --policy mission.policy",
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := readPolicy(policy)
			if err != nil {
				return err
			}
			s, err := office.ReadShown(data)
			if err != nil {
				return unread(err)
			}
			asked, err := s.AskAll(cmd.Context(), p)
			if err != nil {
				return unread(err)
			}
			good := 0
			for _, a := range asked {
				if a.Err != nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s: not cosigned: %v\n", a.Witness, a.Err)
					continue
				}
				good++
				fmt.Fprintf(cmd.OutOrStdout(), "%s has cosigned %s\n", a.Witness, entriesWord(a.Size))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d of %d witnesses\n", good, len(asked))
			if good == 0 && len(asked) > 0 {
				return failed(errors.New("no witness has cosigned; the record goes on without"))
			}
			return showCosigned(cmd.OutOrStdout(), data, p)
		}}
	dataFlag(cmd, &data)
	cmd.Flags().StringVar(&policy, "policy", "", "policy with the witnesses and their URLs")
	return required(cmd, "policy")
}

// writeFile writes a file that is whole or not there.
func writeFile(name string, b []byte) error {
	f, err := newFile(name)
	if err != nil {
		return unread(err)
	}
	_, err = f.Write(b)
	if err := f.finish(err); err != nil {
		return unread(err)
	}
	return nil
}
