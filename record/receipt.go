package record

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Receipt is what a log promises of an entry that it accepted: its place, and
// by when a checkpoint will hold it. A receipt whose entry is in no later
// checkpoint proves an omission.
type Receipt struct {
	Origin   string
	Index    int64
	Leaf     Hash
	Accepted time.Time // by the log's clock
	Due      time.Time // a checkpoint made after this holds the entry
}

const receiptHead = "truce receipt v1"

// SignReceipt writes a receipt as a signed note. Its first line is no origin of
// a log, so that neither can be taken for the other.
func SignReceipt(r Receipt, signer note.Signer) ([]byte, error) {
	text := fmt.Sprintf("%s\n%s\n%d\n%s\n%s\n%s\n", receiptHead, r.Origin, r.Index, r.Leaf, r.Accepted.UTC().Format(stampForm), r.Due.UTC().Format(stampForm))
	return note.Sign(&note.Note{Text: text}, signer)
}

// OpenReceipt reads a receipt that the log's key signed.
func OpenReceipt(signed []byte, origin string, key note.Verifier) (Receipt, error) {
	var r Receipt
	if len(signed) > maxNote {
		return r, fmt.Errorf("a receipt of %d bytes is longer than %d", len(signed), maxNote)
	}
	n, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return r, fmt.Errorf("no receipt that the key of %s signed", origin)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 7 || lines[0] != receiptHead || lines[6] != "" {
		return r, errors.New("not a receipt")
	}
	if r.Origin = lines[1]; r.Origin != origin {
		return r, fmt.Errorf("a receipt of %q, not of %q", r.Origin, origin)
	}
	if r.Index, err = strconv.ParseInt(lines[2], 10, 64); err != nil || r.Index < 0 || strconv.FormatInt(r.Index, 10) != lines[2] {
		return r, fmt.Errorf("a receipt for entry %q", lines[2])
	}
	if r.Leaf, err = hash64(lines[3]); err != nil {
		return r, err
	}
	for _, x := range []struct {
		text string
		to   *time.Time
	}{{lines[4], &r.Accepted}, {lines[5], &r.Due}} {
		if *x.to, err = time.Parse(stampForm, x.text); err != nil {
			return r, fmt.Errorf("a receipt with the time %q", x.text)
		}
	}
	return r, nil
}
