package audit

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/record"
)

// maxNote bounds the bytes of a signed note.
const maxNote = 1 << 16

// strict refuses a note whose signatures are not in their one encoding: readers
// pass over bits of base64 that say nothing, so that a flipped one would go
// unnoticed.
func strict(signed []byte) error {
	_, sigs, ok := strings.Cut(string(signed), "\n\n")
	if !ok || !strings.HasSuffix(sigs, "\n") {
		return errors.New("not a signed note")
	}
	for _, line := range strings.Split(strings.TrimSuffix(sigs, "\n"), "\n") {
		rest, ok := strings.CutPrefix(line, "— ")
		_, b64, ok2 := strings.Cut(rest, " ")
		if _, err := base64.StdEncoding.Strict().DecodeString(b64); !ok || !ok2 || err != nil {
			return errors.New("a signature that is not in its encoding")
		}
	}
	return nil
}

// openCheckpoint reads a checkpoint of a log, with the cosignatures of witnesses
// that are known.
func openCheckpoint(signed []byte, log note.Verifier, witnesses ...note.Verifier) (record.Checkpoint, []note.Signature, error) {
	if err := strict(signed); err != nil {
		return record.Checkpoint{}, nil, err
	}
	return record.OpenCheckpoint(signed, log.Name(), log, witnesses...)
}

// LogVerifier reads the public key of a log.
func LogVerifier(vkey string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return nil, errors.New("not the public key of a log: expected name+id+key, as office.json has it")
	}
	return v, nil
}

// HashBytes is the SHA-256 of bytes.
func HashBytes(b []byte) record.Hash { return record.Hash(sha256.Sum256(b)) }

// strictProof refuses a .tlog-proof that is not in its one encoding.
func strictProof(file []byte, index int64) error {
	top, _, _ := strings.Cut(string(file), "\n\n")
	lines := strings.Split(top, "\n")
	if len(lines) < 2 || lines[1] != fmt.Sprintf("index %d", index) {
		return errors.New("a proof that is not in its encoding")
	}
	for _, l := range lines[2:] {
		if b, err := base64.StdEncoding.Strict().DecodeString(l); err != nil || len(b) != len(record.Hash{}) {
			return errors.New("a hash that is not in its encoding")
		}
	}
	return nil
}
