package inbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/office"
)

// FeedState is what is known of a feed.
type FeedState struct {
	Name     string    `json:"name"`
	Source   string    `json:"source"`
	From     string    `json:"from" doc:"host, file or folder"`
	State    string    `json:"state" doc:"waiting (not looked at yet), new (an edition was taken in), unchanged (the bytes were known), not-modified (the source says so), empty (it answered, and there was nothing: that is not zero events), broken"`
	Why      string    `json:"why,omitempty" doc:"in words, where it is broken or empty"`
	Since    time.Time `json:"since,omitzero" doc:"it is in this state"`
	Checked  time.Time `json:"checked,omitzero"`
	Next     time.Time `json:"next,omitzero" doc:"it will be looked at again"`
	Failures int       `json:"failures" doc:"times that it was broken, one after another"`
	Good     time.Time `json:"good,omitzero" doc:"it last said something that could be read: an edition, or that there is no new one"`
	Edition  *Edition  `json:"edition,omitempty" doc:"the last that was taken in"`

	ETag     string            `json:"-"`
	Modified string            `json:"-"`
	Seen     map[string]string `json:"-"` // file or files of a folder -> size and time
}

// Edition is what was taken in, compared with the edition before.
type Edition struct {
	Entry     string    `json:"entry" doc:"id of the dataset in the record"`
	SHA256    string    `json:"sha256"`
	At        time.Time `json:"at"`
	Format    string    `json:"format"`
	Bytes     int64     `json:"bytes"`
	Rows      int64     `json:"rows"`
	Incidents int64     `json:"incidents"`
	Refused   int64     `json:"refused" doc:"rows that could not be read"`
	New       int64     `json:"new"`
	Updated   int64     `json:"updated"`
	Unchanged int64     `json:"unchanged"`
	Withdrawn int64     `json:"withdrawn"`
	Earlier   string    `json:"earlier,omitempty" doc:"SHA-256 of the edition before"`
}

// kept is a feed's state as it is remembered, with its cursor.
type kept struct {
	FeedState
	ETag, Modified string
	Seen           map[string]string
}

const feedKind = "feed"

// FeedKind is how the queue does feeds: each attempt decides itself when the
// next is.
func (x *Inbox) FeedKind() jobs.Kind {
	return jobs.Kind{Name: feedKind, Do: x.look, AtOnce: 4, Time: 90 * time.Minute}
}

func (x *Inbox) load(ctx context.Context, f *Feed) (FeedState, error) {
	var k kept
	_, err := x.o.Store.Get(ctx, feedKind, f.Name, &k)
	s := k.FeedState
	s.ETag, s.Modified, s.Seen = k.ETag, k.Modified, k.Seen
	s.Name, s.Source, s.From = f.Name, f.Source, from(f)
	if s.State == "" {
		s.State = "waiting"
	}
	return s, err
}

func (x *Inbox) save(ctx context.Context, s FeedState) error {
	return x.o.Store.Put(ctx, feedKind, s.Name, kept{s, s.ETag, s.Modified, s.Seen})
}

// from says where a feed comes from, without a query, which may hold a key.
func from(f *Feed) string {
	if f.URL == "" {
		return f.File + f.Folder
	}
	s, _, _ := strings.Cut(f.URL, "?")
	_, s, _ = strings.Cut(s, "//")
	host, _, _ := strings.Cut(s, "/")
	return host
}

// Feeds lists the feeds as they stand.
func (x *Inbox) Feeds(ctx context.Context) ([]FeedState, error) {
	out := []FeedState{}
	for i := range x.o.Config.Feeds {
		s, err := x.load(ctx, &x.o.Config.Feeds[i])
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// due puts what is due into the queue.
func (x *Inbox) due(ctx context.Context) error {
	var ts []jobs.Task
	for i := range x.o.Config.Feeds {
		f := &x.o.Config.Feeds[i]
		s, err := x.load(ctx, f)
		if err != nil {
			return err
		}
		now := x.o.Now()
		if !s.Next.After(now) || s.Next.Sub(now) > 2*max(f.Every, mostBackoff) { // the clock was set back
			ts = append(ts, jobs.Task{Kind: feedKind, Key: f.Name, Body: struct{}{}})
		}
	}
	return x.o.Queue.Add(ctx, ts...)
}

const (
	leastBackoff = 30 * time.Second
	mostBackoff  = 24 * time.Hour
)

// look looks at a feed once. What fails is the feed's state, and not the task's.
func (x *Inbox) look(ctx context.Context, t jobs.Try) error {
	f := x.feed(t.Key)
	if f == nil {
		return nil // it is not in the configuration any more
	}
	s, err := x.load(ctx, f)
	if err != nil {
		return err
	}
	if s.Next.After(x.o.Now()) {
		return nil // it was looked at in between
	}
	was := s.State
	wait, err := x.ask(ctx, f, &s)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		x.broken(&s, "this machine: "+err.Error()) // disk full, the log has stopped
	}
	now := x.o.Now().UTC()
	s.Checked = now
	if s.State != was {
		s.Since = now
		x.o.Slog.Info("feed", "feed", f.Name, "state", s.State, "was", was, "why", s.Why)
	}
	next := f.Every
	if s.State == "broken" {
		next = jobs.Backoff(s.Failures, min(leastBackoff, f.Every), max(f.Every, mostBackoff/4))
	} else {
		s.Failures, s.Good = 0, now
		if s.State == "empty" {
			s.Good = now
		}
	}
	s.Next = now.Add(max(next, wait))
	return x.save(ctx, s)
}

func (x *Inbox) broken(s *FeedState, why string) {
	s.State, s.Why = "broken", why
	s.Failures++
}

// ask asks the source, and takes in what is new.
func (x *Inbox) ask(ctx context.Context, f *Feed, s *FeedState) (wait time.Duration, err error) {
	switch {
	case f.File != "":
		return 0, x.localFile(ctx, f, s)
	case f.Folder != "":
		return 0, x.localFolder(ctx, f, s)
	}
	q := fetch.Request{URL: f.URL, ETag: s.ETag, Modified: s.Modified, Header: map[string]string{}, Limits: fetch.Limits{Time: f.Time, Bytes: f.MB << 20}}
	for k, v := range f.Headers {
		if q.Header[k], err = v.Read(x.o.Dir); err != nil {
			x.broken(s, fmt.Sprintf("the header %s: %v", k, err))
			return 0, nil
		}
	}
	dir, err := os.MkdirTemp(x.o.Dir, ".fetch-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, fileName(f))
	a, err := x.o.Guard.Get(ctx, q, file)
	if err != nil {
		return 0, err
	}
	if ctx.Err() != nil {
		return 0, ctx.Err() // broken off by this process, not by the source
	}
	switch a.State {
	case fetch.Broken:
		x.broken(s, a.Why)
	case fetch.NotModified:
		s.State, s.Why = "not-modified", ""
	case fetch.Empty:
		s.State, s.Why, s.ETag, s.Modified = "empty", "the answer has no bytes", "", ""
	default:
		if err := x.take(ctx, f, s, file); err != nil {
			return a.RetryAfter, err
		}
		// Only of what was taken in: else a broken answer would be "not modified".
		s.ETag, s.Modified = "", ""
		if s.State == "new" || s.State == "unchanged" {
			s.ETag, s.Modified = a.ETag, a.Modified
		}
	}
	return a.RetryAfter, nil
}

// fileName is what a fetched file is called in the record.
func fileName(f *Feed) string {
	p, _, _ := strings.Cut(f.URL, "?")
	ext := filepath.Ext(p)
	if len(ext) < 2 || len(ext) > 9 || strings.ContainsAny(ext, "/\\") || !strings.Contains(strings.TrimPrefix(p, "https://"), "/") {
		ext = ""
	}
	return f.Name + ext
}

// take takes a file in as an edition, and says in the state what became of it.
func (x *Inbox) take(ctx context.Context, f *Feed, s *FeedState, file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if why := shrunk(f, s.Edition, file, info.Size()); why != "" {
		x.broken(s, why)
		return nil
	}
	i, err := x.imported(ctx, file, office.ImportOptions{As: f.As, Source: dated(f.Source, x.o.Now()), Licence: f.Licence, URL: shown(f)})
	var unreadable *office.Unreadable
	switch {
	case errors.Is(err, feeds.ErrEmptyAnswer):
		s.State, s.Why = "empty", "it has no rows: an empty answer is not zero events, and withdraws nothing"
		return nil
	case errors.As(err, &unreadable):
		x.broken(s, "the answer cannot be read: "+strings.ReplaceAll(err.Error(), file, filepath.Base(file)))
		return nil
	case err != nil:
		return err
	}
	s.State, s.Why = "new", ""
	if i.State == "unchanged" {
		s.State = "unchanged"
		if s.Edition != nil && s.Edition.SHA256 != i.SHA256 {
			s.Why = fmt.Sprintf("the source shows an earlier edition again (entry %s); the record goes by the later one, entry %s", i.Entry, s.Edition.Entry)
			return nil
		}
	}
	s.Edition = edition(i, x.o.Now())
	s.Edition.Bytes = info.Size()
	return nil
}

// dated puts the day, month or year (UTC) into the name of a source: what has
// another name is no edition of the same.
func dated(source string, now time.Time) string {
	now = now.UTC()
	return strings.NewReplacer("{day}", now.Format(time.DateOnly), "{month}", now.Format("2006-01"), "{year}", now.Format("2006")).Replace(source)
}

// A source that had some rows and has next to none is taken as broken: an edition
// with so few would withdraw all others.
const (
	someRows = 100
	nextTo   = 10 // one in so many
)

// shrunk says why a file is not taken in as an edition after another; nothing where
// it is.
func shrunk(f *Feed, before *Edition, file string, size int64) string {
	if f.Shrinks || before == nil || before.Rows < someRows || f.Source != dated(f.Source, time.Time{}) || size > before.Bytes/2 {
		return ""
	}
	e, err := feeds.ReadEditionFile(file, feeds.Options{As: f.As})
	if err != nil || int64(e.Summary.Rows)*nextTo >= before.Rows {
		return "" // whether it can be read is found when it is taken in
	}
	return fmt.Sprintf("it has %d rows, and the edition before %d: that looks like a fault of the source, and would withdraw the others. `shrinks: true` takes it in", e.Summary.Rows, before.Rows)
}

// shown is the address of a feed as it may stand in the record.
func shown(f *Feed) string { s, _, _ := strings.Cut(f.URL, "?"); return s }

func edition(i *office.Imported, now time.Time) *Edition {
	return &Edition{Entry: i.Entry, SHA256: i.SHA256, At: now.UTC(), Format: i.Format, Rows: i.Rows, Incidents: i.Incidents, Refused: i.Refused,
		New: i.New, Updated: i.Updated, Unchanged: i.Unchanged, Withdrawn: i.Withdrawn, Earlier: i.Earlier}
}

// imported takes one file at a time into the record.
func (x *Inbox) imported(ctx context.Context, file string, opt office.ImportOptions) (*office.Imported, error) {
	opt.Held = true // a source that goes back to an earlier state is told of, and not followed
	x.importing.Lock()
	defer x.importing.Unlock()
	opt.Parser = x.o.Version
	return x.o.Office.Import(ctx, file, opt)
}

// stamp tells a version of a file from another.
func stamp(i os.FileInfo) string { return fmt.Sprintf("%d %d", i.Size(), i.ModTime().UnixNano()) }

// localFile looks at a file of this machine.
func (x *Inbox) localFile(ctx context.Context, f *Feed, s *FeedState) error {
	name := x.path(f.File)
	info, err := os.Stat(name)
	if err != nil {
		x.broken(s, err.Error())
		return nil
	}
	if s.Seen[f.File] == stamp(info) && s.State != "broken" && s.State != "empty" {
		s.State, s.Why = "not-modified", ""
		return nil
	}
	if info.Size() == 0 {
		s.State, s.Why = "empty", "the file has no bytes"
		return nil
	}
	if err := x.take(ctx, f, s, name); err != nil {
		return err
	}
	s.Seen = map[string]string{f.File: stamp(info)}
	return nil
}

// localFolder looks at the files of a folder, by their names: each is an edition
// of the source. One that cannot be read stops none of the others.
func (x *Inbox) localFolder(ctx context.Context, f *Feed, s *FeedState) error {
	names, err := os.ReadDir(x.path(f.Folder))
	if err != nil {
		x.broken(s, err.Error())
		return nil
	}
	sort.Slice(names, func(i, k int) bool { return names[i].Name() < names[k].Name() })
	var bad []string
	seen, state := map[string]string{}, "not-modified"
	for _, n := range names {
		info, err := n.Info()
		if err != nil || !info.Mode().IsRegular() || hidden(n.Name()) || x.o.Now().Sub(info.ModTime()) < 2*time.Second {
			continue // not there any more, or not complete
		}
		if s.Seen[n.Name()] == stamp(info) {
			seen[n.Name()] = stamp(info)
			continue
		}
		one := *s
		if err := x.take(ctx, f, &one, filepath.Join(x.path(f.Folder), n.Name())); err != nil {
			return err
		}
		switch one.State {
		case "broken", "empty":
			bad = append(bad, n.Name()+": "+one.Why)
			continue
		case "new":
			state = "new"
		case "unchanged":
			if state != "new" {
				state = "unchanged"
			}
		}
		s.Edition, seen[n.Name()] = one.Edition, stamp(info)
	}
	s.Seen, s.State, s.Why = seen, state, ""
	switch {
	case len(bad) > 0:
		x.broken(s, strings.Join(bad, "; "))
	case len(seen) == 0:
		s.State, s.Why = "empty", "the folder has no files that are complete"
	}
	return nil
}
