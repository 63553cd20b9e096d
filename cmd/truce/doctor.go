package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/doctor"
)

const doctorHelp = `Doctor looks at this machine, and at the folder of an office where --data names one:
clock, memory, open files, disk and how fast it keeps what it is given, who can read
the keys, the record and whether its views keep up, who cosigns, the configuration.
--deep reads every entry, tile, payload and file too, as truce verify does.

It changes nothing, and a server may be running. "look" is what somebody should look
at; "wrong" is what can cost something; "unknown" is what could not be looked at.

Exit status: 0 where nothing is wrong, 1 where something is, 2 usage.`

// marks go before what was found.
var marks = map[doctor.State]string{doctor.Fine: "  fine   ", doctor.Unknown: "  unknown", doctor.Look: "* look   ", doctor.Wrong: "! WRONG  "}

func doctorCommand() *cobra.Command {
	var o doctor.Options
	var asJSON bool
	cmd := &cobra.Command{Use: "doctor [--data DIR]", Short: "What could go wrong on this machine, and with the record of an office", Long: doctorHelp,
		Example: "  truce doctor\n  truce doctor --data north --deep", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Version = version()
			wrong := 0
			all := []doctor.Finding{}
			doctor.Examine(cmd.Context(), o, func(f doctor.Finding) {
				if f.State == doctor.Wrong {
					wrong++
				}
				if all = append(all, f); asJSON {
					return
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %s: %s\n", marks[f.State], f.Name, f.Says)
				if f.Do != "" && f.State != doctor.Fine {
					fmt.Fprintf(cmd.OutOrStdout(), "             %s\n", f.Do)
				}
			})
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				if err := enc.Encode(all); err != nil {
					return err
				}
			}
			if wrong == 1 {
				return failed(errors.New("1 thing is wrong"))
			} else if wrong > 1 {
				return failed(fmt.Errorf("%d things are wrong", wrong))
			}
			return nil
		}}
	cmd.Flags().StringVar(&o.Data, "data", "", "folder of a record; without it the machine alone is looked at")
	cmd.Flags().BoolVar(&o.Deep, "deep", false, "read every entry, tile, payload and file")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was found as JSON")
	return cmd
}
