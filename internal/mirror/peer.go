package mirror

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// Peer is another office of the mission, as this one knows it.
type Peer struct {
	Origin string `json:"origin"`        // name of its log
	Key    string `json:"key"`           // by which it signs, and proves who it is
	URL    string `json:"url,omitempty"` // where it answers; empty: it is reached through others, or by stick
	// May is the most closed marking of payloads that it is given of ours. Empty is
	// mission: an office holds everything but what is restricted.
	May rights.Marking `json:"may,omitempty"`
	// Headquarters is whose revocations of offices are heeded here, and whose order
	// of entries.
	Headquarters bool `json:"headquarters,omitempty"`
}

const peersName = "peers.json"

// Office is whose log it is.
func (p Peer) Office() journal.Office { return journal.Office{Origin: p.Origin, Key: p.Key} }

// may is the most closed marking that a peer is given.
func (p Peer) may() rights.Marking {
	if p.May == "" {
		return rights.ForMission
	}
	return p.May
}

// ID names a log in paths: the SHA-256 of its origin, as tlog-mirror does.
func ID(origin string) string { return record.Hash(audit.HashBytes([]byte(origin))).Hex() }

// Folder is the folder of the copy of a log, below peers/.
func Folder(origin string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, origin)
	return strings.TrimLeft(name, ".") + "-" + ID(origin)[:8]
}

// ReadPeers reads the offices that a record knows.
func ReadPeers(dir string) ([]Peer, error) {
	b, err := os.ReadFile(filepath.Join(dir, peersName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Peer
	if err := json.Unmarshal(b, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", peersName, err)
	}
	for _, p := range out {
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", peersName, p.Origin, err)
		}
	}
	return out, nil
}

// check says what is wrong with a peer.
func (p Peer) check() error {
	v, err := audit.LogVerifier(p.Key)
	if err != nil {
		return err
	}
	if v.Name() != p.Origin {
		return fmt.Errorf("the key is one of %s", v.Name())
	}
	if p.URL != "" {
		if u, err := url.Parse(p.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return fmt.Errorf("%q is not an address: expected such as https://north.example.org:8443", p.URL)
		}
	}
	if p.May != "" && !slices.Contains(rights.Markings(), p.May) {
		return fmt.Errorf("may %q: expected one of %v", p.May, rights.Markings())
	}
	return nil
}

// PutPeer adds an office to those that a record knows, or changes what is known of
// it. The key of an office never changes: a new key is a new office.
func PutPeer(dir string, p Peer) error {
	if err := p.check(); err != nil {
		return err
	}
	all, err := ReadPeers(dir)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(x Peer) bool { return x.Origin == p.Origin })
	switch {
	case i < 0:
		all = append(all, p)
	case all[i].Key != p.Key:
		return fmt.Errorf("%s is known here by another key, %s: an office whose key changes is another office, with another name", p.Origin, all[i].Key)
	default:
		all[i] = p
	}
	return writePeers(dir, all)
}

// DropPeer forgets an office. Its copy stays.
func DropPeer(dir, origin string) error {
	all, err := ReadPeers(dir)
	if err != nil {
		return err
	}
	less := slices.DeleteFunc(slices.Clone(all), func(x Peer) bool { return x.Origin == origin })
	if len(less) == len(all) {
		return fmt.Errorf("no office %q is known here", origin)
	}
	return writePeers(dir, less)
}

func writePeers(dir string, all []Peer) error {
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return replace(filepath.Join(dir, peersName), append(b, '\n'))
}

// ParsePeer reads an address with the key of the office behind it, URL#KEY; KEY
// alone is an office that is reached through others. The key is what truce peer
// key prints: without it nobody knows who answers.
func ParsePeer(text string) (Peer, error) {
	at, key, ok := strings.Cut(text, "#")
	if !ok {
		at, key = "", text
		if strings.Contains(text, "://") {
			return Peer{URL: text}, nil // its key must be known
		}
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		return Peer{}, fmt.Errorf("%q: expected URL#KEY, with the key that truce peer key prints at that office: %w", text, err)
	}
	p := Peer{Origin: v.Name(), Key: key, URL: at}
	return p, p.check()
}
