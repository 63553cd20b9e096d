package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

// State is what became of a question.
type State string

// The states. What is broken says nothing of what there is: it is never "none".
const (
	Fresh       State = "fresh"
	NotModified State = "not-modified"
	Empty       State = "empty" // it answered, and there was nothing in it
	Broken      State = "broken"
)

// Request is what is asked for.
type Request struct {
	URL            string
	Header         map[string]string
	ETag, Modified string // of the last answer
	Limits         Limits
}

// Answer is what came of it.
type Answer struct {
	State          State
	Status         int
	ETag, Modified string
	RetryAfter     time.Duration // asked for by the host
	Bytes          int64
	Why            string // in words, where it is broken
}

const agent = "truce (ceasefire monitoring; +https://github.com/truce-project/truce)"

// Get asks and writes what is answered to a file, which holds all of it or is
// not there. An error is of this machine; that a host fails is an answer.
func (g *Guard) Get(ctx context.Context, q Request, file string) (Answer, error) {
	l := q.Limits.filled()
	resp, cancel, err := g.do(ctx, http.MethodGet, q, l, nil)
	if err != nil {
		return Answer{State: Broken, Why: said(err)}, nil
	}
	defer cancel()
	defer resp.Body.Close()
	a := Answer{Status: resp.StatusCode, ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified"), RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	switch {
	case resp.StatusCode == http.StatusNotModified && q.ETag == "" && q.Modified == "":
		a.State, a.Why = Broken, "the host says not modified, and was not asked that"
		return a, nil
	case resp.StatusCode == http.StatusNotModified:
		a.State = NotModified
		return a, nil
	case resp.StatusCode == http.StatusNoContent:
		a.State = Empty
		return a, nil
	case resp.StatusCode != http.StatusOK:
		a.State, a.Why = Broken, fmt.Sprintf("the host answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
		return a, nil
	}
	return pour(a, resp.Body, file, l.Bytes)
}

// pour writes a body to a file.
func pour(a Answer, body io.Reader, file string, most int64) (Answer, error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return a, err
	}
	w := &writer{f: f}
	a.Bytes, err = io.Copy(w, io.LimitReader(body, most+1))
	cerr := f.Close()
	switch {
	case w.err != nil || cerr != nil:
		return a, errors.Join(w.err, cerr, os.Remove(file))
	case err != nil:
		a.State, a.Why = Broken, fmt.Sprintf("after %d bytes: %s", a.Bytes, said(err))
	case a.Bytes > most:
		a.State, a.Why = Broken, fmt.Sprintf("the answer is longer than %d bytes", most)
	case a.Bytes == 0:
		a.State = Empty
	default:
		a.State = Fresh
		return a, nil
	}
	return a, os.Remove(file)
}

// writer tells errors of the disk from those of the host.
type writer struct {
	f   *os.File
	err error
}

func (w *writer) Write(b []byte) (int, error) {
	n, err := w.f.Write(b)
	w.err = err
	return n, err
}

// Post sends a body. Redirects are not followed: what is sent to one host is not
// for another.
func (g *Guard) Post(ctx context.Context, q Request, body []byte) (Answer, []byte, error) {
	l := q.Limits.filled()
	l.Redirects = -1
	resp, cancel, err := g.do(ctx, http.MethodPost, q, l, body)
	if err != nil {
		return Answer{State: Broken, Why: said(err)}, nil, nil
	}
	defer cancel()
	defer resp.Body.Close()
	a := Answer{State: Fresh, Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	b, err := io.ReadAll(io.LimitReader(resp.Body, l.Bytes))
	a.Bytes = int64(len(b))
	switch {
	case err != nil:
		a.State, a.Why = Broken, said(err)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		a.State, a.Why = Broken, fmt.Sprintf("the host answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	return a, b, nil
}

func (g *Guard) do(ctx context.Context, method string, q Request, l Limits, body []byte) (*http.Response, context.CancelFunc, error) {
	u, err := g.URL(q.URL)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, l.Time)
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		cancel()
		return nil, nil, err
	}
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Accept-Encoding", "identity")
	for k, v := range q.Header {
		r.Header.Set(k, v)
	}
	if q.ETag != "" {
		r.Header.Set("If-None-Match", q.ETag)
	}
	if q.Modified != "" {
		r.Header.Set("If-Modified-Since", q.Modified)
	}
	resp, err := g.client(l).Do(r)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	return resp, cancel, nil
}

// said is an error in words, without the address: a query may hold a key.
func said(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) || os.IsTimeout(err) {
		return "no answer in the time allowed"
	}
	return err.Error()
}

// mostWait bounds what a host may ask for.
const mostWait = 24 * time.Hour

// retryAfter reads the header: seconds or a date.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Duration(min(max(n, 0), int64(mostWait/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return min(max(t.Sub(now), 0), mostWait)
	}
	return 0
}
