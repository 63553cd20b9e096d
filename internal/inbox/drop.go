package inbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/office"
)

// settling is a file as it was when it was looked at last.
type settling struct {
	stamp string
	since time.Time
}

// hidden reports whether a name is one under which files are still written.
func hidden(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
		return true
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".part", ".partial", ".tmp", ".crdownload", ".filepart", ".swp":
		return true
	}
	return false
}

// drop takes in the files of the folder that are complete. What is in a folder of
// its own is of the source with that name.
func (x *Inbox) drop(ctx context.Context) error {
	d := x.o.Config.Drop
	if d == nil {
		return nil
	}
	root := x.path(d.Folder)
	for _, sub := range []string{"done", "refused"} {
		if err := os.MkdirAll(filepath.Join(root, sub), 0o755); err != nil {
			return err
		}
	}
	there := map[string]bool{}
	var errs []error
	walk := func(dir, source string) error {
		names, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil {
			return err
		}
		for _, n := range names {
			rel := filepath.Join(dir, n.Name())
			info, err := n.Info() // of a link, the link's: it is left alone
			if err != nil || !info.Mode().IsRegular() || hidden(n.Name()) {
				continue
			}
			there[rel] = true
			if !x.settled(rel, info, d.Quiet) || ctx.Err() != nil {
				continue
			}
			if err := x.dropped(ctx, d, root, rel, source); err != nil {
				errs = append(errs, err)
			}
		}
		return nil
	}
	errs = append(errs, walk("", ""))
	subs, err := os.ReadDir(root)
	errs = append(errs, err)
	for _, s := range subs {
		if s.IsDir() && !hidden(s.Name()) && s.Name() != "done" && s.Name() != "refused" {
			errs = append(errs, walk(s.Name(), s.Name()))
		}
	}
	x.forget(there)
	return errors.Join(errs...)
}

// settled reports whether a file has not changed for a while.
func (x *Inbox) settled(rel string, info fs.FileInfo, quiet time.Duration) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	was, ok := x.drops[rel]
	now := x.o.Now()
	if !ok || was.stamp != stamp(info) {
		x.drops[rel] = settling{stamp(info), now}
		return false
	}
	return now.Sub(was.since) >= quiet
}

func (x *Inbox) forget(there map[string]bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for rel := range x.drops {
		if !there[rel] {
			delete(x.drops, rel)
		}
	}
}

// dropped takes a file in, and moves it. Where the process ends between the two,
// the file is known when it is taken in again, and is moved then.
func (x *Inbox) dropped(ctx context.Context, d *Drop, root, rel, source string) error {
	file := filepath.Join(root, rel)
	i, err := x.imported(ctx, file, office.ImportOptions{As: d.As, Source: source})
	var unreadable *office.Unreadable
	switch {
	case errors.Is(err, feeds.ErrEmptyAnswer):
		return x.move(root, rel, "refused", "It has no rows. That is not zero events: nothing was recorded or withdrawn.")
	case errors.As(err, &unreadable):
		return x.move(root, rel, "refused", "It cannot be read, and nothing of it was recorded:\n"+err.Error()+wayOut(d.As, filepath.Base(rel)))
	case err != nil:
		return fmt.Errorf("drop: %s stays where it is, and is tried again: %w", rel, err)
	}
	says := fmt.Sprintf("Dataset %s (%s), entry %d of the record, SHA-256 %s.\n%d rows read as %s: %d incidents, %d reports that are none, %d refused.\n", i.Entry, i.State, i.Index, i.SHA256, i.Rows, i.Format, i.Incidents, i.Reports, i.Refused)
	if i.Earlier != "" {
		says += fmt.Sprintf("Against the edition before: %d new, %d updated, %d unchanged, %d withdrawn.\n", i.New, i.Updated, i.Unchanged, i.Withdrawn)
	}
	for _, p := range i.Problems {
		says += p.String() + "\n"
	}
	return x.move(root, rel, "done", says)
}

// wayOut says what is done with a table whose columns are none that are known.
func wayOut(as, name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv", ".tsv", ".txt", ".xlsx", ".tab", "":
	default:
		return ""
	}
	if as != "" {
		return "\n\nThis folder takes files of the kind " + as + " (drop: as, in serve.yaml)."
	}
	quoted := "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	return fmt.Sprintf(`

Is it a table with columns of its own? Then it needs a mapping, which says what they
mean (docs/import.md). Either hand it in at /triage, which proposes one; or in a shell:
  truce import --propose %[1]s > map.yaml       what the file suggests, to be looked at and changed
  truce import --map map.yaml --preview 5 %[1]s
and then, while the server is stopped,
  truce import --data DIR --map map.yaml --source NAME %[1]s`, quoted)
}

// move moves a file into a folder, beside a text that says what became of it. The
// text comes first: a file without one is in the folder it came to.
func (x *Inbox) move(root, rel, to, says string) error {
	base := filepath.Base(rel)
	ext := filepath.Ext(base)
	name := base
	for n := 2; ; n++ {
		_, err := os.Lstat(filepath.Join(root, to, name))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(base, ext), n, ext)
	}
	target := filepath.Join(root, to, name)
	if err := os.WriteFile(target+".txt", []byte(says+"\n"), 0o644); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(root, rel), target); err != nil {
		return err
	}
	x.o.Slog.Info("drop", "file", rel, "to", to+"/"+name)
	return nil
}
