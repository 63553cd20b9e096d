package record

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is the state of a log: its origin, size and root.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   Hash
}

// maxNote bounds the bytes of a signed note that is read.
const maxNote = 1 << 16

// SignCheckpoint writes a checkpoint (C2SP tlog-checkpoint) signed by the log.
func SignCheckpoint(c Checkpoint, signers ...note.Signer) ([]byte, error) {
	if c.Size < 0 {
		return nil, fmt.Errorf("a checkpoint of %d entries", c.Size)
	}
	text := log.Checkpoint{Origin: c.Origin, Size: uint64(c.Size), Hash: c.Root[:]}.Marshal()
	return note.Sign(&note.Note{Text: string(text)}, signers...)
}

// OpenCheckpoint reads a checkpoint that the log's key signed, and the
// cosignatures in it that known witnesses made; those of others are passed
// over. Errors: not a checkpoint, another origin, no signature of the log that
// fits.
func OpenCheckpoint(signed []byte, origin string, key note.Verifier, witnesses ...note.Verifier) (Checkpoint, []note.Signature, error) {
	if len(signed) > maxNote {
		return Checkpoint{}, nil, fmt.Errorf("a checkpoint of %d bytes is longer than %d", len(signed), maxNote)
	}
	if err := oneForm(signed); err != nil {
		return Checkpoint{}, nil, err
	}
	c, rest, n, err := log.ParseCheckpoint(signed, origin, key, witnesses...)
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("no checkpoint of %s that its key signed", origin)
	}
	if len(rest) > 0 {
		return Checkpoint{}, nil, errors.New("a checkpoint with lines after its root: not read, since nobody says what they mean")
	}
	if c.Size > 1<<60 {
		return Checkpoint{}, nil, fmt.Errorf("a checkpoint of %d entries", c.Size)
	}
	var cosigned []note.Signature
	for _, s := range n.Sigs {
		if s.Name != key.Name() || s.Hash != key.KeyHash() {
			cosigned = append(cosigned, s)
		}
	}
	root, err := hashOf(c.Hash)
	return Checkpoint{c.Origin, int64(c.Size), root}, cosigned, err
}

// oneForm refuses a note with a signature whose base64 could be written otherwise:
// then one note would have several forms, and a changed byte could go unnoticed.
func oneForm(signed []byte) error {
	_, lines, _ := bytes.Cut(signed, []byte("\n\n"))
	for line := range bytes.Lines(lines) {
		text := bytes.TrimSuffix(line[bytes.LastIndexByte(line, ' ')+1:], []byte("\n"))
		if _, err := base64.StdEncoding.Strict().DecodeString(string(text)); err != nil {
			return errors.New("a signed note with a signature that is not in its one form")
		}
	}
	return nil
}

func hashOf(b []byte) (Hash, error) {
	var h Hash
	if len(b) != len(h) {
		return h, fmt.Errorf("a root of %d bytes: expected %d", len(b), len(h))
	}
	copy(h[:], b)
	return h, nil
}

// LogKey reads the signing key of a log, as note.GenerateKey makes it.
func LogKey(skey string) (note.Signer, note.Verifier, error) {
	s, v, err := fnote.NewEd25519SignerVerifier(skey)
	if err != nil {
		return nil, nil, errors.New("not the signing key of a log: expected PRIVATE+KEY+name+id+key")
	}
	return s, v, nil
}

// WitnessVerifier reads the public key of a witness, in either form, for
// cosignature/v1 or ML-DSA cosignatures.
func WitnessVerifier(vkey string) (note.Verifier, error) {
	if v, err := fnote.NewVerifierForCosignatureV1(vkey); err == nil {
		return v, nil
	}
	v, err := fnote.NewMLDSAVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("%q is not the public key of a witness", vkey)
	}
	return v, nil
}

// Proof writes a .tlog-proof (C2SP tlog-proof): that a leaf is at an index of
// the log of a checkpoint.
func Proof(index int64, path []Hash, checkpoint []byte) []byte {
	p := proof.TLogProof{Index: uint64(index), Checkpoint: checkpoint}
	for _, h := range path {
		p.Hashes = append(p.Hashes, h)
	}
	return p.Marshal()
}

// CheckProof checks a .tlog-proof for the bytes of an entry: it returns the
// entry's index and the checkpoint, with the cosignatures of known witnesses.
func CheckProof(file, entry []byte, origin string, key note.Verifier, witnesses ...note.Verifier) (int64, Checkpoint, []note.Signature, error) {
	var p proof.TLogProof
	if err := p.Unmarshal(file); err != nil {
		return 0, Checkpoint{}, nil, errors.New("not a .tlog-proof file")
	}
	c, sigs, err := OpenCheckpoint(p.Checkpoint, origin, key, witnesses...)
	if err != nil {
		return 0, c, nil, err
	}
	if p.Index >= uint64(c.Size) {
		return 0, c, nil, fmt.Errorf("a proof of entry %d in a log of %d", p.Index, c.Size)
	}
	path := make([]Hash, len(p.Hashes))
	for i := range p.Hashes {
		path[i] = Hash(p.Hashes[i])
	}
	return int64(p.Index), c, sigs, CheckInclusion(path, c.Size, c.Root, int64(p.Index), LeafHash(entry))
}
