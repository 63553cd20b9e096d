package witness

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/record"
)

// maxRequest bounds a request: 63 hashes and a checkpoint.
const maxRequest = 1 << 17

// maxProof is how many hashes a proof may have.
const maxProof = 63

// Witness cosigns.
type Witness struct {
	dir  string
	key  note.Signer
	vkey string
	logs map[string]note.Verifier

	mu sync.Mutex
}

// The files of the key, below the folder of the witness.
const (
	keyName    = "witness.key"
	publicName = "witness.pub"
)

// MakeKey makes the key of a witness in its folder, which is made where it is
// not there. The name is such as example.org/ua.
func MakeKey(dir, name string, mldsa bool) (vkey string, err error) {
	if name == "" || strings.ContainsAny(name, "+ \t\r\n") || len(name) > 200 {
		return "", fmt.Errorf("name %q: expected such as example.org/monitors", name)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(dir, keyName)
	if _, err := os.Stat(file); err == nil {
		return "", fmt.Errorf("%s: there is a key already", file)
	}
	var skey string
	if mldsa {
		skey, vkey, err = fnote.GenerateMLDSAKey(name)
	} else if skey, vkey, err = note.GenerateKey(rand.Reader, name); err == nil {
		vkey, err = fnote.VKeyToCosignatureV1(vkey)
	}
	if err != nil {
		return "", err
	}
	if err := replace(filepath.Join(dir, publicName), []byte(vkey+"\n"), 0o644); err != nil {
		return "", err
	}
	return vkey, replace(file, []byte(skey+"\n"), 0o600)
}

// Open opens a witness that cosigns logs with these keys.
func Open(dir string, logs []note.Verifier) (*Witness, error) {
	b, err := os.ReadFile(filepath.Join(dir, keyName))
	if err != nil {
		return nil, fmt.Errorf("no key of a witness here (truce witness key makes one): %w", err)
	}
	skey := strings.TrimSpace(string(b))
	s, err := fnote.NewSignerForCosignatureV1(skey)
	if err != nil {
		return nil, fmt.Errorf("%s is not the key of a witness", filepath.Join(dir, keyName))
	}
	public, err := os.ReadFile(filepath.Join(dir, publicName))
	if err != nil {
		return nil, err
	}
	vkey := strings.TrimSpace(string(public))
	if v, err := record.WitnessVerifier(vkey); err != nil || v.Name() != s.Name() || v.KeyHash() != s.KeyHash() {
		return nil, fmt.Errorf("%s is not the public half of %s", filepath.Join(dir, publicName), keyName)
	}
	w := &Witness{dir: dir, key: s, vkey: vkey, logs: map[string]note.Verifier{}}
	for _, l := range logs {
		if w.logs[l.Name()] != nil {
			return nil, fmt.Errorf("two keys of %s: a log has one", l.Name())
		}
		w.logs[l.Name()] = l
	}
	return w, nil
}

// Name is the name of the witness.
func (w *Witness) Name() string { return w.key.Name() }

// VKey is the public key of the witness, for policies.
func (w *Witness) VKey() string { return w.vkey }

// Refusal is why a checkpoint is not cosigned, with the status that tlog-witness
// gives it.
type Refusal struct {
	Status int
	Size   int64 // of the checkpoint that the witness has, with StatusConflict
	Why    string
}

func (r *Refusal) Error() string { return r.Why }

func refuse(status int, format string, args ...any) *Refusal {
	return &Refusal{Status: status, Why: fmt.Sprintf(format, args...)}
}

// Request is what a log asks a witness.
type Request struct {
	Old        int64
	Path       []record.Hash
	Checkpoint []byte
}

// Marshal writes the body of add-checkpoint.
func (r Request) Marshal() []byte {
	b := fmt.Appendf(nil, "old %d\n", r.Old)
	for _, h := range r.Path {
		b = fmt.Appendf(b, "%s\n", h)
	}
	return append(append(b, '\n'), r.Checkpoint...)
}

// ParseRequest reads the body of add-checkpoint.
func ParseRequest(b []byte) (Request, error) {
	var r Request
	if len(b) > maxRequest {
		return r, fmt.Errorf("a request of more than %d bytes", maxRequest)
	}
	top, cp, ok := bytes.Cut(b, []byte("\n\n"))
	lines := strings.Split(string(top), "\n")
	size, found := strings.CutPrefix(lines[0], "old ")
	n, err := strconv.ParseInt(size, 10, 64)
	if !ok || !found || err != nil || n < 0 || strconv.FormatInt(n, 10) != size {
		return r, errors.New("expected old SIZE, the hashes of a proof, an empty line, and a checkpoint")
	}
	if len(lines)-1 > maxProof {
		return r, fmt.Errorf("a proof of %d hashes, more than %d", len(lines)-1, maxProof)
	}
	for _, l := range lines[1:] {
		h, err := base64.StdEncoding.Strict().DecodeString(l)
		if err != nil || len(h) != len(record.Hash{}) {
			return r, fmt.Errorf("%q is not a hash in base64", l)
		}
		r.Path = append(r.Path, record.Hash(h))
	}
	r.Old, r.Checkpoint = n, cp
	return r, nil
}

// Origin is the origin that a request is about; nothing is proved yet.
func (r Request) Origin() string {
	o, _, _ := strings.Cut(string(r.Checkpoint), "\n")
	return o
}

// Add cosigns a checkpoint that continues the one that the witness has of its
// log. It returns the line of the cosignature, or a *Refusal.
func (w *Witness) Add(r Request) ([]byte, error) {
	key := w.logs[r.Origin()]
	if key == nil {
		return nil, refuse(http.StatusNotFound, "the log %q is not known here: this witness cosigns those that it was given with --log", r.Origin())
	}
	next, _, err := record.OpenCheckpoint(r.Checkpoint, key.Name(), key)
	if err != nil {
		return nil, refuse(http.StatusForbidden, "the checkpoint is not signed by the key of %s that is known here", key.Name())
	}
	if r.Old > next.Size {
		return nil, refuse(http.StatusBadRequest, "old size %d is larger than that of the checkpoint, %d", r.Old, next.Size)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	lock, err := w.lock()
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	have, err := w.have(key)
	if err != nil {
		return nil, err
	}
	if have.Size > next.Size {
		c := refuse(http.StatusConflict, "a checkpoint of %d entries was cosigned before: this one of %d is older, so that the log was rolled back, or the request is late", have.Size, next.Size)
		c.Size = have.Size
		return nil, c
	}
	if r.Old != have.Size {
		c := refuse(http.StatusConflict, "the proof is from %d entries, but the checkpoint that is known here has %d", r.Old, have.Size)
		c.Size = have.Size
		return nil, c
	}
	if have.Size == next.Size && have.Size > 0 && have.Root != next.Root {
		c := refuse(http.StatusConflict, "another checkpoint of %d entries was cosigned before, with another root: the log has signed two histories", have.Size)
		c.Size = have.Size
		if err := w.keepFork(key.Name(), r.Checkpoint); err != nil {
			return nil, err
		}
		return nil, c
	}
	if (have.Size == 0 || have.Size == next.Size) && len(r.Path) > 0 {
		return nil, refuse(http.StatusUnprocessableEntity, "a proof where none is needed")
	}
	if err := record.CheckConsistency(r.Path, next.Size, next.Root, have.Size, have.Root); err != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	line, err := w.cosign(r.Checkpoint)
	if err != nil {
		return nil, err
	}
	if err := w.keep(key.Name(), append(bytes.Clone(r.Checkpoint), line...)); err != nil {
		return nil, err // what is not on disk is not given away
	}
	return line, nil
}

// cosign makes the line of the cosignature.
func (w *Witness) cosign(signed []byte) ([]byte, error) {
	text, _, ok := bytes.Cut(signed, []byte("\n\n"))
	if !ok {
		return nil, errors.New("not a signed note")
	}
	n := &note.Note{Text: string(text) + "\n"}
	b, err := note.Sign(n, w.key)
	if err != nil {
		return nil, err
	}
	_, line, _ := bytes.Cut(b, []byte("\n\n"))
	return line, nil
}

// folder is where what is known of a log is kept.
func (w *Witness) folder(origin string) string {
	h := sha256.Sum256([]byte(origin))
	return filepath.Join(w.dir, hex.EncodeToString(h[:]))
}

// Latest is the checkpoint of a log that the witness has cosigned last, or
// fs.ErrNotExist.
func (w *Witness) Latest(origin string) ([]byte, error) {
	return os.ReadFile(filepath.Join(w.folder(origin), "checkpoint"))
}

// have is the state of a log as it was cosigned last. State that cannot be read
// is an error, never a beginning: a witness that forgets would sign a fork.
func (w *Witness) have(key note.Verifier) (record.Checkpoint, error) {
	b, err := w.Latest(key.Name())
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(w.folder(key.Name())); err == nil {
			return record.Checkpoint{}, fmt.Errorf("the checkpoint of %s is gone from %s: put it back from a copy; nothing is cosigned", key.Name(), w.folder(key.Name()))
		}
		return record.Checkpoint{}, nil
	}
	if err != nil {
		return record.Checkpoint{}, err
	}
	c, _, err := record.OpenCheckpoint(b, key.Name(), key)
	if err != nil {
		return c, fmt.Errorf("the checkpoint in %s is damaged; nothing is cosigned: %w", w.folder(key.Name()), err)
	}
	return c, nil
}

// keep puts a cosigned checkpoint on disk.
func (w *Witness) keep(origin string, cosigned []byte) error {
	dir := w.folder(origin)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		// the folder comes with its checkpoint, so that an empty one means loss
		tmp := dir + ".new"
		if err := os.RemoveAll(tmp); err != nil {
			return err
		}
		if err := os.Mkdir(tmp, 0o755); err != nil {
			return err
		}
		if err := replace(filepath.Join(tmp, "checkpoint"), cosigned, 0o644); err != nil {
			return err
		}
		if err := os.Rename(tmp, dir); err != nil {
			return err
		}
		return syncDir(w.dir)
	}
	return replace(filepath.Join(dir, "checkpoint"), cosigned, 0o644)
}

// keepFork keeps the second of two checkpoints that contradict each other.
func (w *Witness) keepFork(origin string, signed []byte) error {
	return replace(filepath.Join(w.folder(origin), "contradicts"), signed, 0o644)
}

// lock keeps other processes from the same state.
func (w *Witness) lock() (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(w.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// replace writes a file so that after a crash the old or the new one is there.
func replace(name string, b []byte, perm os.FileMode) error {
	tmp := name + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp, name)
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
