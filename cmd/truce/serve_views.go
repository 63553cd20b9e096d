package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/truce-project/truce/internal/background"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/views"
)

// openViews opens what answers come from, in the folder or in a database.
func (h *house) openViews(ctx context.Context, o *serveOptions, l *journal.Log) error {
	dir := filepath.Join(o.data, "views")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	began := time.Now()
	store, where, err := o.openStore(ctx, dir, l.Office().Origin)
	if err != nil {
		return err
	}
	if h.views, err = views.New(store, l.Office().Origin, h.blobs()); err != nil {
		store.Close()
		return fmt.Errorf("%w; %s can be deleted: the views are made anew from the log", err, where)
	}
	if o.rebuild {
		if err := h.views.Rebuild(ctx, h.source()); err != nil {
			return err
		}
	}
	h.views.Of(h.source())
	if err := h.noteViews(store); err != nil {
		return fmt.Errorf("the database of --database or TRUCE_DATABASE: %w", err)
	}
	h.slog.Info("views", "entries", h.views.Size(), "in", where, "ms", time.Since(began).Milliseconds())
	return nil
}

// openStore opens the store, and says where it is. The file and the database are
// never kept side by side: what is erased later would stay in the one that is not
// used.
func (o *serveOptions) openStore(ctx context.Context, dir, origin string) (s views.Store, where string, err error) {
	address := databaseOf(o.database)
	file, note := filepath.Join(dir, "views.db"), filepath.Join(dir, views.DatabaseNote)
	if address == "" {
		if err := gone(note); err != nil {
			return nil, "", err
		}
		s, err = views.OpenSQLite(file)
		return s, file, err
	}
	schema := views.SchemaOf(origin)
	if s, err = views.OpenPostgres(ctx, address, schema); err != nil {
		return nil, "", fmt.Errorf("the database of --database or TRUCE_DATABASE: %w", err)
	}
	where = "schema " + schema + " of the database"
	if err = gone(file, file+"-wal", file+"-shm"); err == nil {
		err = os.WriteFile(note, []byte(schema+"\n"), 0o600)
	}
	if err != nil {
		s.Close()
	}
	return s, where, err
}

// databaseOf is the address of the database; empty: there is none.
func databaseOf(flag string) string {
	if flag != "" {
		return flag
	}
	return os.Getenv("TRUCE_DATABASE")
}

// queueIn is where the queue is; nil: in the folder.
func (o *serveOptions) queueIn(origin string) *background.Database {
	address := databaseOf(o.database)
	if address == "" {
		return nil
	}
	return &background.Database{URL: address, Schema: views.SchemaOf(origin)}
}

// What views in a database say of the record to those who read them (truce replica,
// truce worker).
const (
	noteOffice = "office" // name and key of the log, as office.json has them
	noteAuthor = "author" // the key by which the log writes entries of its own
)

func (h *house) noteViews(s views.Store) error {
	db, ok := s.(interface{ Note(name, text string) error })
	if !ok {
		return nil
	}
	office, err := json.Marshal(h.log.Office())
	if err != nil {
		return err
	}
	return errors.Join(db.Note(noteOffice, string(office)), db.Note(noteAuthor, h.log.Author().String()))
}

// gone removes files that may not be there.
func gone(files ...string) error {
	for _, f := range files {
		if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
