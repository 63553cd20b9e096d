package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/regimes"
)

// recordFindings judges files and records terms, files and findings, so that
// truce verify can judge them again. What a finding rests on must be in the record:
// facts from elsewhere are refused.
func (o *judgeOptions) recordFindings(cmd *cobra.Command, args []string) (err error) {
	if o.commitments != "" || o.level != "" || o.at != "" || len(o.gazetteers) > 0 || len(o.reading) > 0 || o.explain != "" || o.out != "" || cmd.Flags().Changed("control") {
		return errors.New("--record records findings under all readings, from the files and the terms alone: leave out --commitments, --level, --at, --gazetteer, --reading, --explain, --out and --control")
	}
	of, err := openOffice(cmd, o.record, "")
	if err != nil {
		return err
	}
	defer func() {
		if cerr := of.Close(); err == nil && cerr != nil {
			err = unread(cerr)
		}
	}()
	for _, a := range args {
		if !isTerms(a) {
			continue
		}
		fsys, name, done, err := termsFS(a)
		if err != nil {
			return err
		}
		for _, in := range o.in {
			j, err := of.Judge(cmd.Context(), fsys, name, in, o.assume, office.ImportOptions{As: o.as, Parser: "truce " + version()})
			if err != nil {
				done()
				return unread(fmt.Errorf("%s: %w", in, err))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s under %s: %s recorded; terms %s, file %s\n", in, a, brief.Count(int(j.Findings), "finding"), j.Terms, j.Dataset)
		}
		done()
	}
	return nil
}

// termsFS opens the folder of terms, as openTerms finds them.
func termsFS(name string) (fs.FS, string, func(), error) {
	file := filepath.Clean(name)
	if _, err := os.Stat(file); err != nil {
		return regimes.FS(), strings.TrimSuffix(filepath.Base(file), ".truce.md") + ".truce.md", func() {}, nil
	}
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return nil, "", nil, unread(err)
	}
	return root.FS(), filepath.Base(file), func() { root.Close() }, nil
}
