package record

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Publication is what a log says of files that were published from it: the list of
// them, and the state of the log that they were made from.
type Publication struct {
	Origin   string
	Size     int64 // of the log
	Root     Hash
	Manifest Hash // SHA-256 of the list of files
}

const publicationHead = "truce publication v1"

// SignPublication writes a publication as a signed note. Its first line is no
// origin of a log, so that neither can be taken for the other. The same publication
// is the same bytes.
func SignPublication(p Publication, signer note.Signer) ([]byte, error) {
	if p.Size < 0 {
		return nil, fmt.Errorf("a publication from %d entries", p.Size)
	}
	text := fmt.Sprintf("%s\n%s\n%d\n%s\n%s\n", publicationHead, p.Origin, p.Size, p.Root, p.Manifest.Hex())
	return note.Sign(&note.Note{Text: text}, signer)
}

// OpenPublication reads a publication that the log's key signed.
func OpenPublication(signed []byte, origin string, key note.Verifier) (Publication, error) {
	var p Publication
	if len(signed) > maxNote {
		return p, fmt.Errorf("a publication of %d bytes is longer than %d", len(signed), maxNote)
	}
	if err := oneForm(signed); err != nil {
		return p, err
	}
	n, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return p, fmt.Errorf("no publication that the key of %s signed", origin)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 6 || lines[0] != publicationHead || lines[5] != "" {
		return p, errors.New("not a publication")
	}
	if p.Origin = lines[1]; p.Origin != origin {
		return p, fmt.Errorf("a publication of %q, not of %q", p.Origin, origin)
	}
	if p.Size, err = strconv.ParseInt(lines[2], 10, 64); err != nil || p.Size < 0 || strconv.FormatInt(p.Size, 10) != lines[2] {
		return p, fmt.Errorf("a publication from %q entries", lines[2])
	}
	if p.Root, err = hash64(lines[3]); err != nil {
		return p, err
	}
	b, err := hex.DecodeString(lines[4])
	if err != nil || len(b) != len(p.Manifest) || hex.EncodeToString(b) != lines[4] {
		return p, fmt.Errorf("%q is not a SHA-256 in hexadecimal", lines[4])
	}
	copy(p.Manifest[:], b)
	return p, nil
}
