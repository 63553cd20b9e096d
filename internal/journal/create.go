package journal

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/record"
)

// Create begins a record in an empty folder, or goes on where an attempt was
// interrupted. The origin is a name without a scheme, such as example.org/north.
func Create(w World, origin string) error {
	if origin == "" || strings.ContainsAny(origin, "+ \t\r\n") || len(origin) > 200 {
		return fmt.Errorf("origin %q: expected a name such as example.org/north", origin)
	}
	lock, err := w.FS.Lock("lock")
	if err != nil {
		return err
	}
	err = w.create(origin)
	if cerr := lock.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	l, _, err := Open(w, Options{Interval: -1})
	if err != nil {
		return err
	}
	err = l.Integrate(context.Background())
	if cerr := l.Close(); err == nil {
		err = cerr
	}
	return err
}

func (w World) create(origin string) error {
	if there, err := w.exists("office.json"); err != nil || there {
		if err == nil {
			err = errors.New("there is a record in this folder already")
		}
		return err
	}
	for _, d := range []string{"log", "wal", "payload", "blob"} {
		if err := w.FS.MkdirAll(d); err != nil {
			return err
		}
	}
	if err := w.FS.SyncDir("."); err != nil {
		return err
	}
	skey, err := w.read("log.key")
	if errors.Is(err, fs.ErrNotExist) {
		var made string
		if made, _, err = note.GenerateKey(w.Rand, origin); err == nil {
			skey = []byte(made + "\n")
			err = w.replace("log.key", skey, 0o600)
		}
	}
	if err != nil {
		return err
	}
	office, _, _, err := readLogKey(skey)
	if err != nil {
		return err
	}
	if office.Origin != origin {
		return fmt.Errorf("log.key is the key of %s, not of %s: an attempt to begin that record was interrupted", office.Origin, origin)
	}
	f, _, err := w.newWAL(origin, 0, record.Hash{})
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return w.replace("office.json", office.encode(), 0o644)
}

// readLogKey reads log.key: the key by which the log signs checkpoints and
// receipts. The key by which it writes entries of its own is derived from it.
func readLogKey(b []byte) (Office, note.Signer, ed25519.PrivateKey, error) {
	skey, ok := strings.CutSuffix(string(b), "\n")
	signer, _, err := record.LogKey(skey)
	if !ok || err != nil {
		return Office{}, nil, nil, damaged("log.key", 0, "is not the key of a log")
	}
	parts := strings.SplitN(skey, "+", 5) // PRIVATE+KEY+name+id+key
	raw, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(raw) != 1+ed25519.SeedSize || !keyID(parts[3], signer.KeyHash()) {
		return Office{}, nil, nil, damaged("log.key", 0, "is not the key of a log")
	}
	public := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return Office{}, nil, nil, err
	}
	seed, err := hkdf.Key(sha256.New, raw[1:], nil, "truce log author v1", ed25519.SeedSize)
	return Office{Origin: signer.Name(), Key: vkey}, signer, ed25519.NewKeyFromSeed(seed), err
}

// introduce writes the first entry of a log: its own key, signed by itself.
func (l *Log) introduce() error {
	public := base64.StdEncoding.EncodeToString(l.secret.Public().(ed25519.PublicKey))
	payload, err := json.Marshal(record.KeyEntry{Name: l.office.Origin, Role: "log", Public: public})
	if err != nil {
		return err
	}
	now := l.w.Now()
	it, err := l.ownItem(record.KindKey, now, payload)
	if err != nil {
		return err
	}
	it.accepted = now.UnixMilli()
	ring, err := record.First(it.env, payload)
	if err != nil {
		return err
	}
	l.wal.buf = appendItem(beginFrame(l.wal.buf, it.accepted), &it)
	if err := l.wal.write(1); err != nil {
		return err
	}
	l.settle([]item{it})
	l.ring.Store(ring)
	return nil
}

// keyID reports whether a text is the id of a key in its one form.
func keyID(text string, hash uint32) bool { return text == fmt.Sprintf("%08x", hash) }

// OwnKey is the key by which a log writes entries of its own, such as those that
// introduce the keys of others: it is derived from the content of log.key.
func OwnKey(logKey []byte) (ed25519.PrivateKey, error) {
	_, _, secret, err := readLogKey(logKey)
	return secret, err
}

// ReadCheckpoint reads a checkpoint of an office.
func ReadCheckpoint(signed []byte, o Office) (record.Checkpoint, error) {
	v, err := note.NewVerifier(o.Key)
	if err != nil {
		return record.Checkpoint{}, err
	}
	c, _, err := record.OpenCheckpoint(signed, o.Origin, v)
	return c, err
}

// Derive is a key of an office for one purpose, derived from the content of
// log.key, with whose it is and the signer of the log. It is another key for each
// purpose, and tells nothing of the log's.
func Derive(logKey []byte, purpose string) (Office, note.Signer, ed25519.PrivateKey, error) {
	office, signer, secret, err := readLogKey(logKey)
	if err != nil {
		return office, nil, nil, err
	}
	seed, err := hkdf.Key(sha256.New, secret.Seed(), nil, "truce "+purpose, ed25519.SeedSize)
	return office, signer, ed25519.NewKeyFromSeed(seed), err
}
