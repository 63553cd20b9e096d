package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/publish"
)

// site checks a site that truce publish made.
func (o *verifyOptions) site(cmd *cobra.Command, target string, s audit.Source) error {
	c, err := publish.Verify(cmd.Context(), s, o.opt.Key, o.opt)
	if err != nil {
		return unread(err)
	}
	if err := o.printSite(cmd.OutOrStdout(), target, c); err != nil {
		return err
	}
	if !c.OK() {
		return failed(nil)
	}
	return nil
}

func (o *verifyOptions) printSite(w io.Writer, target string, c *publish.Checked) error {
	if o.asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			OK bool `json:"ok"`
			*publish.Checked
		}{c.OK(), c})
	}
	n := len(c.Problems)
	for _, p := range c.Problems {
		fmt.Fprintf(w, "%s: %s\n", p.File, p.What)
	}
	if c.Log != nil {
		for _, p := range c.Log.Problems {
			fmt.Fprintf(w, "log/%s\n", p.Error())
		}
		n += len(c.Log.Problems) + c.Log.More
	}
	state := "holds"
	if n > 0 {
		state = "DOES NOT HOLD: " + brief.Count(n, "problem")
	} else if c.Log == nil {
		state = "DOES NOT HOLD"
	}
	fmt.Fprintf(w, "%s: published by %s, key %s: %s\n", target, c.Origin, c.Key, state)
	fmt.Fprintf(w, "  checked: %s, %d bytes, from %s; %s proved to be in the log\n", brief.Count(c.Files, "file"), c.Bytes, entriesWord(c.Size), entriesWord(int64(c.Proofs)))
	if !c.Given {
		fmt.Fprintln(w, "  the key is the one that the site names: whose it is, --key tells, with a key that you have from elsewhere")
	}
	if c.Log != nil {
		for _, s := range c.Log.Unchecked {
			fmt.Fprintf(w, "  not checked: %s\n", s)
		}
	}
	return nil
}
