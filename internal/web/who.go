package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/views"
)

// Who is who asks. The zero Who has no account.
type Who struct {
	Account string
	Role    string
	Party   string   // that a delegate speaks for
	Scopes  []string // ACTION or ACTION:THING
}

// Object is what is asked about.
type Object struct {
	Thing   string // report, incident, finding, ... ; kinds of entries without their version
	Marking views.Marking
}

// Gate says who asks and what they may. Actions are read, submit, correct,
// dispute, merge, adopt, determine, erase, manage and metrics.
type Gate interface {
	// Who reads the credentials of a request. No credentials are no error.
	Who(r *http.Request) (Who, error)
	// Allow says whether somebody may do something, and why, in plain words.
	Allow(who Who, action string, o Object) (ok bool, because string)
}

// errCredentials means that a request has credentials which are not good.
var errCredentials = errors.New("the token is not known here: send `Authorization: Bearer TOKEN` with one that is")

// Token is an API token as it is kept: its SHA-256, never itself.
type Token struct {
	SHA256  string   `json:"sha256"`
	Account string   `json:"account"`
	Role    string   `json:"role,omitempty"`
	Party   string   `json:"party,omitempty"`
	Scopes  []string `json:"scopes"`
}

// Tokens is a Gate of API tokens that stand in a file. A scope ACTION allows the
// action on everything that is not restricted, ACTION:restricted also on that,
// ACTION:THING on one kind of thing, * anything.
type Tokens []Token

// AllScopes are the scopes of the first token.
var AllScopes = []string{"*"}

// NewToken draws a token and returns it with what is kept of it.
func NewToken(account, role string, scopes []string) (string, Token, error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", Token{}, err
	}
	secret := "truce_" + base64.RawURLEncoding.EncodeToString(b[:])
	return secret, Token{SHA256: tokenHash(secret), Account: account, Role: role, Scopes: scopes}, nil
}

func tokenHash(secret string) string {
	h := sha256.Sum256([]byte("truce token v1\n" + secret))
	return hex.EncodeToString(h[:])
}

// TokenOf is what is kept of a token that somebody else drew.
func TokenOf(secret, account, role string, scopes []string) (Token, error) {
	if len(secret) < 24 {
		return Token{}, fmt.Errorf("a token of %d characters can be guessed: expected 24 or more", len(secret))
	}
	return Token{SHA256: tokenHash(secret), Account: account, Role: role, Scopes: scopes}, nil
}

// FirstRun reads tokens.json in a folder. Where there is none it makes one, with
// a token for everything whose text is in the file first-token, for whoever can
// read the folder.
func FirstRun(dir string) (tokens Tokens, first string, err error) {
	name := filepath.Join(dir, "tokens.json")
	b, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		secret, t, err := NewToken("first", "administrator", AllScopes)
		if err != nil {
			return nil, "", err
		}
		first = filepath.Join(dir, "first-token")
		if err := os.WriteFile(first, []byte(secret+"\n"), 0o600); err != nil {
			return nil, "", err
		}
		if b, err = json.MarshalIndent(Tokens{t}, "", "  "); err != nil {
			return nil, "", err
		}
		return Tokens{t}, first, os.WriteFile(name, append(b, '\n'), 0o600)
	}
	if err != nil {
		return nil, "", err
	}
	if err := json.Unmarshal(b, &tokens); err != nil {
		return nil, "", fmt.Errorf("%s: expected a list of tokens (docs/server.md): %w", name, err)
	}
	for i, t := range tokens {
		if len(t.SHA256) != 64 || t.Account == "" || len(t.Scopes) == 0 {
			return nil, "", fmt.Errorf("%s: token %d: expected sha256 (64 digits), account and scopes", name, i+1)
		}
	}
	return tokens, "", nil
}

// Who finds the token of a request. All tokens are compared, each in constant
// time, so that how long it takes tells nothing.
func (ts Tokens) Who(r *http.Request) (Who, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return Who{}, nil
	}
	secret, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return Who{}, errCredentials
	}
	given := []byte(tokenHash(strings.TrimSpace(secret)))
	found := -1
	for i, t := range ts {
		if subtle.ConstantTimeCompare(given, []byte(t.SHA256)) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Who{}, errCredentials
	}
	t := ts[found]
	return Who{Account: t.Account, Role: t.Role, Party: t.Party, Scopes: t.Scopes}, nil
}

// Allow goes by the scopes of the token.
func (ts Tokens) Allow(who Who, action string, o Object) (bool, string) {
	if who.Account == "" {
		return false, "this needs a token: send `Authorization: Bearer TOKEN`"
	}
	for _, s := range who.Scopes {
		act, thing, narrow := strings.Cut(s, ":")
		switch {
		case s == "*", act == action && thing == "restricted":
			return true, "the token has the scope " + s
		case act != action || o.Marking == views.Restricted:
		case !narrow, thing == o.Thing:
			return true, "the token has the scope " + s
		}
	}
	if o.Marking == views.Restricted && slices.Contains(who.Scopes, action) {
		return false, "this is restricted, and the token does not have the scope " + action + ":restricted"
	}
	return false, fmt.Sprintf("the token does not have the scope %s or %s:%s", action, action, o.Thing)
}

type whoKey struct{}

// whoOf is who asks, as the middleware found.
func whoOf(ctx context.Context) Who {
	w, _ := ctx.Value(whoKey{}).(Who)
	return w
}

// markings are those that somebody may read of a kind of thing.
func (s *Server) markings(who Who, thing string) []views.Marking {
	var out []views.Marking
	for _, m := range views.Markings() {
		if ok, _ := s.o.Gate.Allow(who, "read", Object{thing, m}); ok {
			out = append(out, m)
		}
	}
	return out
}
