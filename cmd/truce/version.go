package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions that a finding names",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fmt.Fprintf(cmd.OutOrStdout(), "truce %s\nengine %s\nvocabulary %s\ntime zones %s\n", version(), judge.Engine, vocab.CoreVersion, when.TZData)
			return nil
		},
	}
}

// release is set by the linker where a release is built (tools/release.sh).
var release string

// version is that of the program.
func version() string {
	if release != "" {
		return release
	}
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}
