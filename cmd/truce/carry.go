package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/mirror"
)

const carryHelp = `Carry moves records between offices on a stick, where there is no line. What it
writes is checked when it is taken in, as if it had come over the network: a stick
that was lost, swapped or written to by somebody else adds nothing that the office
has not signed.

Payloads lie on the stick as they are: whoever finds it can read them. Use a stick
that is encrypted.

  truce carry lacks   writes onto the stick what this office holds already
  truce carry out     writes what the other office lacks; again after an interruption
  truce carry in      takes in what is on the stick, and checks it`

const carryExample = `  truce carry lacks --data hq --stick /media/stick                        at headquarters, once
  truce carry out --data north --stick /media/stick --to example.org/hq   at the office
  truce carry in --data hq --stick /media/stick                           at headquarters again`

func carryCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "carry", Short: "Move records between offices on a stick", Long: carryHelp, Example: carryExample,
		Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(carrying("lacks", "Write onto the stick what this office holds already", "  truce carry lacks --data hq --stick /media/stick", reading, carryLacks),
		carryOut(), carrying("in", "Take in what is on the stick, and check it", "  truce carry in --data hq --stick /media/stick", takingMirrors, carryIn))
	return cmd
}

// opening opens the copies beside a record, and says how to end.
type opening func(cmd *cobra.Command, data string) (m *mirror.Mirrors, done func() error, err error)

// reading opens copies of which nothing is to change.
func reading(_ *cobra.Command, data string) (*mirror.Mirrors, func() error, error) {
	m, err := openMirrors(data)
	if err != nil {
		return nil, nil, err
	}
	return m, m.Close, nil
}

func carrying(use, short, example string, open opening, do func(*cobra.Command, *mirror.Mirrors, string, bool) error) *cobra.Command {
	var data, stick string
	var asJSON bool
	cmd := &cobra.Command{Use: use, Short: short, Example: example, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (failure error) {
			m, done, err := open(cmd, data)
			if err != nil {
				return err
			}
			defer func() {
				if cerr := done(); failure == nil && cerr != nil {
					failure = unread(cerr)
				}
			}()
			return do(cmd, m, stick, asJSON)
		}}
	dataFlag(cmd, &data)
	cmd.Flags().StringVar(&stick, "stick", "", "folder on the stick")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return required(cmd, "stick")
}

func carryOut() *cobra.Command {
	var to string
	cmd := carrying("out", "Write onto the stick what another office lacks", "  truce carry out --data north --stick /media/stick --to example.org/hq", reading,
		func(cmd *cobra.Command, m *mirror.Mirrors, stick string, asJSON bool) error {
			lacks, err := mirror.ReadLacks(stick)
			if err != nil {
				return unread(err)
			}
			done, err := m.CarryOut(cmd.Context(), stick, to, lacks)
			if err != nil {
				return unread(err)
			}
			return printCarried(cmd, done, asJSON, "written")
		})
	cmd.Flags().StringVar(&to, "to", "", "office that it is for: what it may not have is left out")
	return required(cmd, "to")
}

func carryLacks(cmd *cobra.Command, m *mirror.Mirrors, stick string, asJSON bool) error {
	l, err := m.WriteLacks(stick)
	if err != nil {
		return unread(err)
	}
	if asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(l)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "what is held of %s is on the stick\n", brief.Count(len(l), "log"))
	return nil
}

func carryIn(cmd *cobra.Command, m *mirror.Mirrors, stick string, asJSON bool) error {
	done, err := m.CarryIn(cmd.Context(), stick)
	if err != nil {
		return unread(err)
	}
	alarmed(done, m.Status())
	return printCarried(cmd, done, asJSON, "taken in")
}

// alarmed adds what was damaged to what was taken in of an office: a file that is not
// what its entry names is not kept, and the entries are taken in all the same.
func alarmed(done []mirror.Carried, all []mirror.Status) {
	for i := range done {
		for _, s := range all {
			if s.Origin != done[i].Origin || done[i].Problem != "" {
				continue
			}
			var says []string
			for _, a := range s.Alarms {
				if a.What == mirror.AlarmDamage {
					says = append(says, a.Says)
				}
			}
			done[i].Problem = strings.Join(says, "; ")
		}
	}
}

// printCarried prints what was carried; what does not hold is status 1.
func printCarried(cmd *cobra.Command, all []mirror.Carried, asJSON bool, what string) error {
	var wrong []string
	for _, c := range all {
		if c.Problem != "" {
			wrong = append(wrong, c.Origin+": "+c.Problem)
		}
	}
	if asJSON {
		if err := json.NewEncoder(cmd.OutOrStdout()).Encode(all); err != nil {
			return err
		}
	} else {
		for _, c := range all {
			fmt.Fprintf(cmd.OutOrStdout(), "%s: entries %d to %d %s", c.Origin, c.From, c.Size, what)
			if c.Payloads+c.Withheld+c.Files > 0 {
				fmt.Fprintf(cmd.OutOrStdout(), ", with %s and %s; %d payloads are not for the other", brief.Count(int(c.Payloads), "payload"), brief.Count(int(c.Files), "file"), c.Withheld)
			}
			fmt.Fprintln(cmd.OutOrStdout())
		}
	}
	if len(wrong) > 0 {
		return failed(fmt.Errorf("%s", strings.Join(wrong, "\n")))
	}
	return nil
}
