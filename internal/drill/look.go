package drill

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/truce-project/truce/internal/badlink"
)

// Look plays two offices for somebody who looks at the page of headquarters: first far
// behind on a thin link, with a message ahead of its turn and clocks that differ, then
// with another history by the same key. headquarters is a demonstration, open to whoever
// looks.
func Look(ctx context.Context, o Options, behind, forked func(web, office string) error) error {
	return play(ctx, o, func(d *Drill) error {
		d.pair()
		d.must(os.WriteFile(filepath.Join(d.hq.dir, "demonstration"), []byte("for a test\n"), 0o600), "a demonstration")
		d.hq.flags = []string{"--demo"}
		d.waits(d.north, 800)
		if o.Clock {
			d.north.env = []string{ClockEnv + "=2h"}
		}
		d.must(d.north.start(), "starting "+d.north.name)
		d.must(d.north.message("stop firing at the bridge"), "a message")
		at := d.receipts[len(d.receipts)-1].Index
		d.until("a checkpoint of "+d.north.name, func() bool { return d.north.size() > at })
		d.north.link.Set(badlink.Conditions{Rate: 12_000, Latency: 20 * time.Millisecond})
		d.must(d.hq.start(), "starting headquarters")
		d.until("the message ahead of its turn", func() bool { return slices.Contains(d.hq.of(d.north).Ahead, at) })
		if err := behind(d.hq.web, d.north.origin); err != nil {
			return err
		}
		d.north.link.Set(badlink.Conditions{})
		d.follows(d.north)
		d.forge(d.north)
		return forked(d.hq.web, d.north.origin)
	})
}
