// Command drill plays a bad day on one machine, with the truce that it is given, and
// prints what was detected, repaired and kept (docs/reliability.md). It ends with
// status 1 where a receipt was lost or something did not happen that has to.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/truce-project/truce/internal/drill"
)

func main() {
	truce := flag.String("truce", "bin/truce", "the program")
	short := flag.Bool("short", false, "one office and fewer faults")
	keep := flag.String("keep", "", "folder for the records, kept afterwards; empty: one that is removed")
	flag.Parse()
	if err := run(*truce, *short, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "drill:", err)
		os.Exit(1)
	}
}

func run(truce string, short bool, dir string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if truce, err = filepath.Abs(truce); err != nil {
		return err
	}
	if dir == "" {
		if dir, err = os.MkdirTemp("", "truce-drill-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return drill.Run(ctx, drill.Options{Truce: truce, Dir: dir, Out: os.Stdout, Short: short, Seed: 7})
}
