package people

import (
	"crypto/ed25519"
	"fmt"

	"github.com/truce-project/truce/record"
)

// Keep takes the key of an account that was made elsewhere, so that the office
// signs for it. It must be the one that the record names.
func (p *People) Keep(account string, key ed25519.PrivateKey) error {
	a, ok := p.dir.Account(account)
	if !ok {
		return fmt.Errorf("there is no account %q", account)
	}
	if id := record.IDOf(key.Public().(ed25519.PublicKey)); id != a.Key {
		return fmt.Errorf("the record names another key for %s: %s", a.ID, a.Key)
	}
	if have, err := p.sec.key(a.ID); err == nil && have.Equal(key) {
		return nil
	}
	return p.sec.addKey(a.ID, key)
}
