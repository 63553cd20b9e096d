// Command truce turns ceasefire texts into findings on real events. Run
// `truce help` for its commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit statuses: 0 fine, whatever the verdict; then these.
const (
	exitFailed = 1 // what check or verify checked does not hold
	exitUsage  = 2
	exitInput  = 3 // input could not be read
)

// exitError ends a command with a status.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func failed(err error) error { return exitError{exitFailed, err} }
func unread(err error) error { return exitError{exitInput, err} }

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is main without the process, for tests.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{
		Use:           "truce",
		Short:         "Ceasefire texts that run: judge real events by them, under every reading",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(checkCommand(), judgeCommand(), fuseCommand(), sqlCommand(), editionsCommand(), compareCommand(), countCommand(), readCommand(), demoCommand(), doctorCommand(), planCommand(), reportCommand(), importCommand(), publishCommand(), verifyCommand(), witnessCommand(), exportCommand(), backupCommand(), restoreCommand(), officeCommand(), peerCommand(), carryCommand(), promoteCommand(), userCommand(), commissionCommand(), talksCommand(), serveCommand(), replicaCommand(), workerCommand(), versionCommand())
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.CompletionOptions.HiddenDefaultCmd = true
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var e exitError
	if errors.As(err, &e) {
		if e.err != nil {
			fmt.Fprintln(stderr, "truce:", e.err)
		}
		return e.code
	}
	fmt.Fprintln(stderr, "truce:", err)
	fmt.Fprintln(stderr, "run `truce help` for the commands, `truce COMMAND --help` for one of them")
	return exitUsage
}
