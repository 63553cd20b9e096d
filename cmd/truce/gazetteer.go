package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/where/gazetteer"
)

// maxGazetteer bounds one list of places, in bytes.
const maxGazetteer = 1 << 30

// readGazetteers adds the lists of --gazetteer to the built-in one.
func (o *judgeOptions) readGazetteers(cmd *cobra.Command) error {
	if len(o.gazetteers) == 0 {
		return nil
	}
	var all []gazetteer.Entry
	for _, name := range o.gazetteers {
		l, err := readGazetteer(name)
		if err != nil {
			return unread(fmt.Errorf("--gazetteer: %w", err))
		}
		for i, p := range l.Problems {
			if i == maxShown {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d more problems\n", name, l.Rejected-i)
				break
			}
			fmt.Fprintln(cmd.ErrOrStderr(), p)
		}
		if o.strict && l.Rejected > 0 {
			return unread(fmt.Errorf("--gazetteer: %s: %s could not be read", name, brief.Count(l.Rejected, "row")))
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: read as a list of places (%s): %s, %d left out as of no use here, %d rejected\n",
			name, l.Layout, brief.Count(len(l.Entries), "place"), l.Left, l.Rejected)
		all = append(all, l.Entries...)
	}
	o.places = gazetteer.Builtin().With(all...)
	return nil
}

func readGazetteer(name string) (gazetteer.List, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return gazetteer.List{}, err
	case !info.Mode().IsRegular():
		return gazetteer.List{}, fmt.Errorf("%s is not a plain file", name)
	case info.Size() > maxGazetteer:
		return gazetteer.List{}, fmt.Errorf("%s is larger than %d MiB", name, maxGazetteer>>20)
	}
	f, err := os.Open(name)
	if err != nil {
		return gazetteer.List{}, err
	}
	defer f.Close()
	return gazetteer.Read(name, io.LimitReader(f, maxGazetteer))
}
