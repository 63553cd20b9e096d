package record

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Receipt is what a log promises of the entries that it accepted together: their
// places, and by when a checkpoint will hold them. A receipt whose entry is in no
// later checkpoint proves an omission.
type Receipt struct {
	Origin   string
	Index    int64     // of the first entry
	Count    int64     // how many entries, in the order in which they were sent; at least 1
	Leaf     Hash      // of the entry, or RootOf the leaves of several
	Accepted time.Time // by the log's clock
	Due      time.Time // a checkpoint made after this holds the entry
}

const receiptHead = "truce receipt v1"

// SignReceipt writes a receipt as a signed note. Its first line is no origin of
// a log, so that neither can be taken for the other.
func SignReceipt(r Receipt, signer note.Signer) ([]byte, error) {
	if r.Index < 0 || r.Count < 1 {
		return nil, fmt.Errorf("a receipt for %d entries from %d", r.Count, r.Index)
	}
	place := strconv.FormatInt(r.Index, 10)
	if r.Count > 1 {
		place += " " + strconv.FormatInt(r.Count, 10)
	}
	text := fmt.Sprintf("%s\n%s\n%s\n%s\n%s\n%s\n", receiptHead, r.Origin, place, r.Leaf, r.Accepted.UTC().Format(stampForm), r.Due.UTC().Format(stampForm))
	return note.Sign(&note.Note{Text: text}, signer)
}

// OpenReceipt reads a receipt that the log's key signed.
func OpenReceipt(signed []byte, origin string, key note.Verifier) (Receipt, error) {
	var r Receipt
	if len(signed) > maxNote {
		return r, fmt.Errorf("a receipt of %d bytes is longer than %d", len(signed), maxNote)
	}
	if err := oneForm(signed); err != nil {
		return r, err
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
	if r.Index, r.Count, err = readPlace(lines[2]); err != nil {
		return r, err
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

// readPlace reads INDEX, or INDEX COUNT where there are several entries.
func readPlace(text string) (index, count int64, err error) {
	bad := fmt.Errorf("a receipt for entry %q", text)
	first, rest, several := strings.Cut(text, " ")
	if index, err = strconv.ParseInt(first, 10, 64); err != nil || index < 0 || strconv.FormatInt(index, 10) != first {
		return 0, 0, bad
	}
	if !several {
		return index, 1, nil
	}
	if count, err = strconv.ParseInt(rest, 10, 64); err != nil || count < 2 || strconv.FormatInt(count, 10) != rest {
		return 0, 0, bad
	}
	return index, count, nil
}
