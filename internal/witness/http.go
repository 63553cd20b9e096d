package witness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/record"
)

// ServeHTTP answers as tlog-witness says: POST add-checkpoint, and GET of the
// checkpoint of a log by the SHA-256 of its origin.
func (w *Witness) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	out.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case r.URL.Path == "/add-checkpoint" && r.Method == http.MethodPost:
		w.serveAdd(out, r)
	case r.URL.Path == "/add-checkpoint":
		out.Header().Set("Allow", http.MethodPost)
		http.Error(out, "expected POST", http.StatusMethodNotAllowed)
	case strings.HasSuffix(r.URL.Path, "/checkpoint") && r.Method == http.MethodGet:
		w.serveLatest(out, r)
	default:
		http.NotFound(out, r)
	}
}

func (w *Witness) serveAdd(out http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(out, r.Body, maxRequest))
	if err != nil {
		http.Error(out, "the request is too long, or was cut", http.StatusBadRequest)
		return
	}
	req, err := ParseRequest(b)
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	line, err := w.Add(req)
	var no *Refusal
	switch {
	case errors.As(err, &no) && no.Status == http.StatusConflict:
		out.Header().Set("Content-Type", "text/x.tlog.size")
		out.WriteHeader(http.StatusConflict)
		fmt.Fprintf(out, "%d\n", no.Size)
	case errors.As(err, &no):
		http.Error(out, no.Why, no.Status)
	case err != nil:
		http.Error(out, "the witness cannot cosign now", http.StatusInternalServerError)
	default:
		out.Header().Set("Content-Type", "text/plain; charset=utf-8")
		out.Write(line)
	}
}

func (w *Witness) serveLatest(out http.ResponseWriter, r *http.Request) {
	for origin := range w.logs {
		name := w.folder(origin)
		if hash := name[len(name)-2*len(record.Hash{}):]; r.URL.Path == "/"+hash+"/checkpoint" {
			if _, err := hex.DecodeString(hash); err != nil {
				break
			}
			b, err := w.Latest(origin)
			if err != nil {
				break
			}
			out.Header().Set("Content-Type", "text/plain; charset=utf-8")
			out.Write(b)
			return
		}
	}
	http.NotFound(out, r)
}

// Server serves the witness with limits on what a client may take.
func (w *Witness) Server() *http.Server {
	return &http.Server{Handler: w, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 14}
}

// patience is how long a witness may take. A checkpoint never waits longer for
// one.
const patience = 5 * time.Second

// Prover proves that a log continues its first entries.
type Prover interface {
	Consistency(old int64) ([]record.Hash, error)
}

// ErrLies means that a witness answered with something that is not true.
var ErrLies = errors.New("the witness answered what cannot be true; its answer is dropped")

// Ask asks a witness over HTTP to cosign a checkpoint, from the size on that it
// is thought to have. It returns the line of the cosignature, which fits. It takes
// at most five seconds.
func Ask(ctx context.Context, url string, key note.Verifier, old int64, signed []byte, size int64, p Prover) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for try := 0; ; try++ {
		path, err := p.Consistency(old)
		if err != nil {
			return nil, err
		}
		status, body, err := post(ctx, url, Request{old, path, signed}.Marshal())
		switch {
		case err != nil:
			return nil, err
		case status == http.StatusOK:
			if err := CheckLine(signed, body, key); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrLies, err)
			}
			return body, nil
		case status != http.StatusConflict:
			return nil, fmt.Errorf("the witness refuses (%d): %s", status, printable(body))
		}
		has, err := strconv.ParseInt(strings.TrimSpace(string(body)), 10, 64)
		switch {
		case err != nil || has < 0:
			return nil, fmt.Errorf("%w: %q is no size", ErrLies, printable(body))
		case has > size:
			return nil, fmt.Errorf("the witness has cosigned %d entries before, this checkpoint has %d: this log was rolled back, or a newer checkpoint is on its way", has, size)
		case has == size:
			return nil, fmt.Errorf("the witness has another checkpoint of %d entries, with another root: two histories were signed, or the witness does not tell the truth", size)
		case has == old || try == 1:
			return nil, fmt.Errorf("%w: it wants a proof from %d entries after it was given one", ErrLies, has)
		}
		old = has
	}
}

// Known asks a witness over HTTP which checkpoint of a log it has cosigned last; it
// is fs.ErrNotExist where it has none. What it answers is proved by nothing but the
// signature of the log, which the caller checks. It takes at most five seconds.
func Known(ctx context.Context, url, origin string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	h := sha256.Sum256([]byte(origin))
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/"+hex.EncodeToString(h[:])+"/checkpoint", nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<14))
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("the witness has cosigned nothing of %s: %w", origin, fs.ErrNotExist)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the witness answers %d: %s", resp.StatusCode, printable(b))
	}
	return b, nil
}

// client asks witnesses. One that redirects is not followed.
var client = http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
	return errors.New("a witness that redirects is not followed")
}}

func post(ctx context.Context, url string, body []byte) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(url, "/")+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<14))
	return resp.StatusCode, b, err
}

// CheckLine checks that a line is the cosignature of a witness on a checkpoint.
func CheckLine(signed, line []byte, key note.Verifier) error {
	text, _, ok := bytes.Cut(signed, []byte("\n\n"))
	if !ok || bytes.Count(line, []byte("\n")) != 1 {
		return errors.New("not one line of a cosignature")
	}
	n, err := note.Open(slicesJoin(text, line), note.VerifierList(key))
	if err != nil || len(n.Sigs) != 1 {
		return fmt.Errorf("the cosignature is not one of %s on this checkpoint", key.Name())
	}
	return nil
}

func slicesJoin(text, line []byte) []byte {
	return append(append(bytes.Clone(text), '\n', '\n'), line...)
}

// printable is the beginning of what somebody else sent, without control
// characters.
func printable(b []byte) string {
	s := strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, string(b)))
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "..."
	}
	return s
}
