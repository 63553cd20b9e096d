package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/mirror"
)

// copyOf is the check of a copy of another office's record.
type copyOf struct {
	Folder string `json:"folder"`
	OK     bool   `json:"ok"`
	Error  string `json:"error,omitempty"` // nothing could be checked
	*audit.Report
}

// copies checks the copies of other offices' records below a folder: those of offices
// that are known by the key by which they are, others by the key that they name.
func (o *verifyOptions) copies(ctx context.Context, dir string) (out []copyOf, err error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, nil
	}
	known, err := mirror.ReadPeers(dir)
	if err != nil {
		return nil, unread(err)
	}
	keys := map[string]string{}
	for _, p := range known {
		keys[mirror.Folder(p.Origin)] = p.Key
	}
	found, err := filepath.Glob(filepath.Join(dir, "peers", "*", "log", "checkpoint"))
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		at := filepath.Dir(filepath.Dir(f))
		opt := audit.Options{Now: o.opt.Now, Policy: o.opt.Policy}
		key, isKnown := keys[filepath.Base(at)]
		if isKnown {
			if opt.Key, err = audit.LogVerifier(key); err != nil {
				return out, unread(fmt.Errorf("peers.json: %w", err))
			}
		}
		r, _, err := audit.VerifyDir(ctx, at, opt)
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		c := copyOf{Folder: at, Report: r}
		if r != nil {
			r.Skip("findings: they are judged again where they were made")
			if !isKnown {
				r.Skip("whose it is: no office of peers.json has this copy, and its key is the one that it names itself")
			}
			c.OK = err == nil && r.OK()
		}
		if err != nil {
			c.Error = err.Error()
		}
		out = append(out, c)
	}
	return out, nil
}

func printCopies(w io.Writer, list []copyOf) {
	for _, c := range list {
		if c.Report == nil {
			fmt.Fprintf(w, "%s: DOES NOT HOLD: %s\n", c.Folder, c.Error)
			continue
		}
		for _, p := range c.Problems {
			fmt.Fprintf(w, "%s: %s\n", c.Folder, p.Error())
		}
		state := "holds"
		if !c.OK {
			state = "DOES NOT HOLD: " + brief.Count(len(c.Problems)+c.More, "problem")
			if c.Error != "" {
				state += "; " + c.Error
			}
		}
		fmt.Fprintf(w, "%s: copy of %s, key %s: %s\n", c.Folder, c.Origin, c.Key, state)
		fmt.Fprintf(w, "  checkpoint of %s, root %s; %d payloads, %d files\n", entriesWord(c.Size), c.Root, c.Payloads, c.Blobs)
		for _, s := range c.Unchecked {
			fmt.Fprintf(w, "  not checked: %s\n", s)
		}
	}
}
