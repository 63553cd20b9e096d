package background

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/truce-project/truce/internal/jobs"
)

// DBName is the file of the queue, where it is in no database.
const DBName = "jobs.db"

// movedNote names the schema that the queue was moved to.
const movedNote = "jobs.database"

// Database is where a queue is that several processes share.
type Database struct{ URL, Schema string }

// openQueue opens the queue, in the folder or in a database. What waits in the folder
// is carried over into the database; the other way it is refused, since it would be
// forgotten.
func (o *Options) openQueue(ctx context.Context, kinds []jobs.Kind) (*jobs.DB, error) {
	file, note := filepath.Join(o.Dir, DBName), filepath.Join(o.Dir, movedNote)
	if o.Database == nil {
		if b, err := os.ReadFile(note); err == nil {
			return nil, fmt.Errorf("the queue of this record is in a database, schema %.80q: start with --database (or TRUCE_DATABASE); to go on without what waits there, and without what feeds and messages had come to, delete %s", strings.TrimSpace(string(b)), note)
		}
		return jobs.Open(ctx, file, jobs.Options{Slog: o.Slog}, kinds...)
	}
	db, err := jobs.OpenPostgres(ctx, o.Database.URL, o.Database.Schema, jobs.Options{Slog: o.Slog}, kinds...)
	if err != nil {
		return nil, err
	}
	m, err := jobs.Move(ctx, file, db)
	if err == nil {
		err = os.WriteFile(note, []byte(o.Database.Schema), 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if m != (jobs.Moved{}) {
		o.Slog.Info("the queue was moved into the database", "tasks", m.Tasks, "documents", m.Documents, "kept", file+".moved")
	}
	return db, nil
}
