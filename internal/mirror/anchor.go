package mirror

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/truce-project/truce/record"
)

// anchoredName is a file with the size of a log up to which an entry mirror@1 in
// the own log says that it is held.
const anchoredName = "anchored"

// Anchors write into the own log how far others are held: such an entry says that
// a copy was checked, and in the order of the own log it stands for the entries of
// the other that it adds.
type Anchors struct {
	// Write records the entry.
	Write func(ctx context.Context, e record.MirrorEntry) error
	// Every is how often at most; 0 is half a minute.
	Every time.Duration
	Now   func() time.Time

	mu   sync.Mutex // several offices are followed at once
	last map[string]time.Time
}

// Told is to be told what is mirrored. It writes nothing where all that came are
// other offices' own notes of this kind: two offices would answer each other for
// ever.
func (a *Anchors) Told(ctx context.Context, l *Log) error {
	r := l.Reader()
	if r == nil || l.Complete() != r.Size() || l.Unread() {
		return nil
	}
	from := l.Anchored()
	if from >= r.Size() {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last == nil {
		a.last = map[string]time.Time{}
	}
	every := a.Every
	if every == 0 {
		every = 30 * time.Second
	}
	if t, ok := a.last[l.Origin()]; ok && a.Now().Sub(t) < every {
		return nil
	}
	news := false
	for e, err := range r.Range(from, r.Size()) {
		if err != nil {
			return err
		}
		if e.Envelope.Kind != record.KindMirror && e.Envelope.Kind != record.KindClock {
			news = true
			break
		}
	}
	if !news {
		return nil
	}
	err := a.Write(ctx, record.MirrorEntry{Origin: l.Origin(), Size: r.Size(), Root: r.Checkpoint.Root.String(), Checkpoint: string(r.Signed)})
	if err != nil {
		return err
	}
	a.last[l.Origin()] = a.Now()
	return l.anchor(r.Size())
}

// Anchored is the size up to which an entry says that the log is held.
func (l *Log) Anchored() int64 {
	b, err := os.ReadFile(filepath.Join(l.dir, anchoredName))
	var n int64
	if err == nil {
		fmt.Sscan(strings.TrimSpace(string(b)), &n) // what cannot be read is none: it is said again
	}
	return n
}

func (l *Log) anchor(size int64) error {
	return replace(filepath.Join(l.dir, anchoredName), fmt.Appendf(nil, "%d\n", size))
}
