package people

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// Passwords have a length and no rules of composition; what is longer than this
// is refused, since it would be hashed.
const (
	minPassword = 12 // characters
	maxPassword = 256
)

// checkPassword refuses a password that is easily guessed.
func checkPassword(password string, names ...string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || n > maxPassword:
		return fmt.Errorf("the password is longer than %d characters", maxPassword)
	case n < minPassword:
		return fmt.Errorf("the password has %d characters, expected at least %d: a few words are easy to keep in mind", n, minPassword)
	}
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	if len(different) < 5 {
		return errors.New("the password has fewer than 5 different characters")
	}
	for _, name := range names {
		if len(name) >= 4 && strings.Contains(strings.ToLower(password), strings.ToLower(name)) {
			return errors.New("the password holds the name of the account")
		}
	}
	return nil
}

// hash hashes a password; few at once, since each takes 64 MiB.
func (p *People) hash(ctx context.Context, password string) (string, error) {
	select {
	case p.hashing <- struct{}{}:
		defer func() { <-p.hashing }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return argon2id.CreateHash(password, p.o.Hash)
}

// isPassword compares. Where there is no hash it takes as long.
func (p *People) isPassword(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > 4*maxPassword {
		return false, nil
	}
	dummy, err := p.dummy() // always, so that its first use does not tell either
	if err != nil {
		return false, err
	}
	there := hash != ""
	if !there {
		hash = dummy
	}
	select {
	case p.hashing <- struct{}{}:
		defer func() { <-p.hashing }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	return ok && there && err == nil, err
}

// Second factors are RFC 6238 with the parameters that every program knows:
// SHA-1, 6 digits, 30 s.
const step = 30

var totpOptions = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// codeCounter is the counter of a code that is good now, one step earlier or
// later, and later than any that was used.
func codeCounter(code, seed string, now time.Time, used int64) (int64, bool) {
	code = strings.ReplaceAll(code, " ", "")
	at := now.Unix() / step
	found, good := int64(0), false
	for c := at - 1; c <= at+1; c++ {
		ok, err := hotp.ValidateCustom(code, uint64(c), seed, totpOptions)
		if ok && err == nil && c > used && !good {
			found, good = c, true
		}
	}
	return found, good
}
