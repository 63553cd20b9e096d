package main

import (
	"crypto/x509"
	"fmt"
	"io"
	"time"

	"github.com/truce-project/truce/internal/audit"
	tsa "github.com/truce-project/truce/internal/stamp"
)

// readStamps reads the time stamps of a folder. The checkpoints that were stamped
// are ones that this history must continue.
func (o *verifyOptions) readStamps(dir string) error {
	var roots *x509.CertPool
	var err error
	if o.roots != "" {
		if roots, err = tsa.Roots(o.roots); err != nil {
			return fmt.Errorf("--tsa-roots: %w", err)
		}
	}
	if o.stamps, err = tsa.Read(dir, roots); err != nil {
		return err
	}
	for _, k := range o.stamps {
		if k.Stamp != nil {
			o.opt.Known = append(o.opt.Known, audit.Note{Name: k.Name, Bytes: k.Checkpoint})
		}
	}
	return nil
}

// addStamps adds what is wrong with stamps to the report.
func (o *verifyOptions) addStamps(r *audit.Report) {
	for _, k := range o.stamps {
		switch {
		case k.Problem != nil:
			r.Add(audit.Problem{About: audit.OfStamp, File: k.Name, What: k.Problem.Error()})
		case k.Stamp == nil:
			r.Skip("%s: no time stamp on it has come yet", k.Name)
		}
	}
}

// stamped are the stamps that hold.
func (o *verifyOptions) stamped() []*tsa.Stamp {
	var out []*tsa.Stamp
	for _, k := range o.stamps {
		if k.Stamp != nil {
			out = append(out, k.Stamp)
		}
	}
	return out
}

// printStamps prints the first and the last, and how many there are.
func (o *verifyOptions) printStamps(w io.Writer) {
	all := o.stamped()
	for i, s := range all {
		if i > 0 && i < len(all)-1 {
			continue
		}
		trust := "a signer who was held against no root: --tsa-roots"
		if s.Trusted {
			trust = "its certificate leads to a root that was given"
		}
		fmt.Fprintf(w, "  time stamp %d of %d: %s were there at %s, by %s (%s)\n", i+1, len(all), entriesWord(s.Size), s.Time.Format(time.RFC3339), s.By, trust)
	}
}
