package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/internal/brief/daily/gather"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
)

// recordIssue records that the report was issued, with the files that were written.
func (o *reportOptions) recordIssue(ctx context.Context, r *daily.Report, written []string) (string, error) {
	var files []office.IssuedFile
	for _, name := range written {
		b, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		files = append(files, office.IssuedFile{Name: filepath.Base(name), Bytes: b})
	}
	e := gather.EntryOf(r, o.forWhom, o.reason)
	of, err := office.Open(o.data, "", journal.Options{Interval: -1})
	if err != nil {
		return "", err
	}
	id, err := of.IssueReport(ctx, e, files, o.corrects)
	if cerr := of.Close(); err == nil {
		err = cerr
	}
	return id, err
}
