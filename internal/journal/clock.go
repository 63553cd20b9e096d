package journal

import (
	"encoding/json"
	"io"
	"time"

	"github.com/truce-project/truce/record"
)

// jump is how far the clock on the wall may run away from the time that has
// passed before it is recorded.
const jump = 5 * time.Second

// clock joins the two clocks of the world: the one on the wall says what time it
// is, the other how much time has passed. It is used by one goroutine.
type clock struct {
	w    World
	wall time.Time // when both were read
	mono time.Duration
}

func newClock(w World) *clock { return &clock{w: w, wall: w.Now(), mono: w.Mono()} }

// read returns the time. Where the clock on the wall has jumped it says from
// where, until settle. A clock that is slewed has jumped too, once the
// differences add up.
func (c *clock) read() (now time.Time, jumped *record.ClockEntry) {
	now = c.w.Now()
	expected := c.wall.Add(c.w.Mono() - c.mono)
	if d := now.Round(0).Sub(expected.Round(0)); d > jump || d < -jump {
		jumped = &record.ClockEntry{Expected: stamp(expected), Shown: stamp(now), Milliseconds: d.Milliseconds()}
	}
	return now, jumped
}

// settle takes the clock as it is now: the jump has been recorded.
func (c *clock) settle() { c.wall, c.mono = c.w.Now(), c.w.Mono() }

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// clockItem is the entry that says that the clock has jumped, by the log's own
// key.
func (l *Log) clockItem(now time.Time, j *record.ClockEntry) (item, error) {
	payload, err := json.Marshal(j)
	if err != nil {
		return item{}, err
	}
	return l.ownItem(record.KindClock, now, payload)
}

// ownItem makes an entry by the log's own key.
func (l *Log) ownItem(kind string, now time.Time, payload []byte) (item, error) {
	it := item{payload: payload}
	var entropy [10]byte
	for _, b := range [][]byte{it.salt[:], entropy[:]} {
		if _, err := io.ReadFull(l.w.Rand, b); err != nil {
			return it, err
		}
	}
	e := &record.Envelope{Kind: kind, ID: record.NewID(now, entropy), Author: l.self, Made: now.UTC().Truncate(time.Millisecond),
		Payload: record.Commit(it.salt, payload), Type: "application/json", Size: int64(len(payload))}
	if err := record.Sign(l.secret, []*record.Envelope{e}); err != nil {
		return it, err
	}
	var err error
	if it.entry, err = e.Encode(); err != nil {
		return it, err
	}
	return it, it.decode()
}
