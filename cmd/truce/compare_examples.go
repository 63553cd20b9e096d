package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// writeExamples prints the examples of a comparison as a block that the second
// text can hold, or appends it to the file. The block is read back and run
// first: what does not hold is not written.
func (o *compareOptions) writeExamples(cmd *cobra.Command, args []string, r *compare.Result) error {
	name, _, _ := strings.Cut(args[1], "@")
	t := o.sides[1].Regimes[0].Terms
	block, n, err := brief.ExamplesBlock(r, o.names[0])
	if err != nil {
		return failed(err)
	}
	if n == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "no example to write: no difference has one that the new text does not hold already")
		return nil
	}
	if !o.write {
		if err := holds(t.Format()+"\n"+block, name); err != nil {
			return failed(err)
		}
		fmt.Fprint(cmd.OutOrStdout(), block)
		return nil
	}
	if _, err := os.Stat(name); err != nil {
		return fmt.Errorf("--write-examples: %s is no file that could be written to: expected a file of terms", name)
	}
	src, err := readPlain(name, maxTerms)
	if err != nil {
		return unread(err)
	}
	text := strings.TrimRight(string(src), "\n") + "\n\n" + block
	if err := holds(text, name); err != nil {
		return failed(err)
	}
	f, err := newFile(name)
	if err != nil {
		return unread(err)
	}
	_, err = f.WriteString(text)
	if err := f.finish(err); err != nil {
		return unread(err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s added at the end\n", name, brief.Count(n, "example"))
	return nil
}

// maxTerms bounds a file of terms that is written to.
const maxTerms = 8 << 20

// holds reads a text and runs its examples.
func holds(text, name string) error {
	dir := filepath.Dir(name)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	t, problems := terms.ParseBytes(root.FS(), filepath.Base(name), []byte(text))
	if t != nil {
		problems = judge.RunExamples(t)
	}
	if errs := problems.Errors(); len(errs) > 0 {
		return fmt.Errorf("with these examples the text would not hold, so that nothing is written:\n%w", errs)
	}
	return nil
}
