package witness

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// A request on a stick is the body of add-checkpoint. The answer is a file of its
// own:
//
//	truce witness response v1
//	ORIGIN
//	cosigned SIZE | conflict SIZE | refused STATUS
//
//	the line of the cosignature, or why not

const responseHead = "truce witness response v1"

// Response is what a witness answers to a request on a stick.
type Response struct {
	Origin string
	Status int   // as over HTTP
	Size   int64 // of the checkpoint that was cosigned, or that the witness has
	Text   []byte
}

// Answer makes the answer to a request on a stick. The error is one of this
// machine; a refusal is an answer.
func (w *Witness) Answer(request []byte) (Response, error) {
	r, err := ParseRequest(request)
	if err != nil {
		return Response{}, fmt.Errorf("not a request to a witness: %w", err)
	}
	line, err := w.Add(r)
	var no *Refusal
	if errors.As(err, &no) {
		return Response{printable([]byte(r.Origin())), no.Status, no.Size, []byte(no.Why + "\n")}, nil
	}
	if err != nil {
		return Response{}, err
	}
	return Response{r.Origin(), http.StatusOK, r.size(), line}, nil
}

// size is what the checkpoint of a request says; it was checked before.
func (r Request) size() int64 {
	lines := strings.SplitN(string(r.Checkpoint), "\n", 3)
	if len(lines) < 3 {
		return 0
	}
	n, _ := strconv.ParseInt(lines[1], 10, 64)
	return n
}

// Marshal writes the answer.
func (r Response) Marshal() []byte {
	state := fmt.Sprintf("refused %d", r.Status)
	switch r.Status {
	case http.StatusOK:
		state = fmt.Sprintf("cosigned %d", r.Size)
	case http.StatusConflict:
		state = fmt.Sprintf("conflict %d", r.Size)
	}
	return append(fmt.Appendf(nil, "%s\n%s\n%s\n\n", responseHead, r.Origin, state), r.Text...)
}

// ParseResponse reads an answer.
func ParseResponse(b []byte) (Response, error) {
	bad := errors.New("not the answer of a witness: expected the file that truce witness cosign writes")
	top, text, ok := bytes.Cut(b, []byte("\n\n"))
	lines := strings.Split(string(top), "\n")
	if !ok || len(lines) != 3 || lines[0] != responseHead || len(b) > maxRequest {
		return Response{}, bad
	}
	state, number, _ := strings.Cut(lines[2], " ")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 {
		return Response{}, bad
	}
	r := Response{Origin: lines[1], Text: text}
	switch state {
	case "cosigned":
		r.Status, r.Size = http.StatusOK, n
	case "conflict":
		r.Status, r.Size = http.StatusConflict, n
	case "refused":
		r.Status = int(n)
	default:
		return Response{}, bad
	}
	return r, nil
}
