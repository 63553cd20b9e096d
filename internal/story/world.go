package story

import (
	"crypto/ed25519"
	"crypto/sha256"
	"math/rand/v2"
	"time"

	"github.com/truce-project/truce/internal/journal"
)

// seed is where all chance of the demo comes from. It is published here, so that
// no key of the demo can ever be worth anything.
const seed = "truce demo v1: published, worthless\n"

// hashOf is what stands for chance where something has a name.
func hashOf(what, name string) [32]byte { return sha256.Sum256([]byte(seed + what + "\n" + name)) }

// keyOf is the key of an account or a witness of the demo.
func keyOf(name string) ed25519.PrivateKey {
	h := hashOf("key", name)
	return ed25519.NewKeyFromSeed(h[:])
}

// dice is chance that is the same each time.
func dice(name string) *rand.Rand { return rand.New(rand.NewChaCha8(hashOf("dice", name))) }

// clock is a clock that stands still until it is set. Both clocks of the journal
// come from it, so that it never jumps.
type clock struct{ now, began time.Time }

// world is the disk below a folder, with the time and the chance of the story.
func (c *clock) world(dir string) journal.World {
	w := journal.RealWorld(dir)
	w.Now = func() time.Time { return c.now }
	w.Mono = func() time.Duration { return c.now.Sub(c.began) }
	w.Rand = rand.NewChaCha8(hashOf("dice", "journal"))
	return w
}
