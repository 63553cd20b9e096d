package office

import (
	"os"
	"path/filepath"
	"time"

	"github.com/truce-project/truce/internal/journal"
)

// Over is the office of a record that somebody else has open, as a server does.
// Whoever opened the log closes it.
func Over(dir string, l *journal.Log) (*Office, error) {
	b, err := os.ReadFile(filepath.Join(dir, "log.key"))
	if err != nil {
		return nil, err
	}
	key, err := journal.OwnKey(b)
	if err != nil {
		return nil, err
	}
	return &Office{Dir: dir, Log: l, key: key, me: l.Author(), now: time.Now}, nil
}
