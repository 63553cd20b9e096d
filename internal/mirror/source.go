package mirror

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/truce-project/truce/record"
)

// Source is where a log is taken from: an office that answers, or a stick.
type Source interface {
	// Name says where it is, for people.
	Name() string
	Checkpoint(ctx context.Context) ([]byte, error)
	// File reads a tile or a bundle of which the start may be known; what is not there
	// is fs.ErrNotExist.
	File(ctx context.Context, name string, begun []byte, limit int64) ([]byte, error)
	// Payloads asks for payloads and calls out for each that comes; fewer may come
	// than were asked for.
	Payloads(ctx context.Context, is []int64, out func(Frame) error) error
	// Payload reads one long payload, salt first, into a file that has its start.
	Payload(ctx context.Context, i int64, part *os.File) error
	// Blob reads the next piece of a file of an entry; whole is how long all of it is.
	Blob(ctx context.Context, i int64, h record.Hash, from int64) (b []byte, whole int64, err error)
	// Urgent asks for hotline messages from a place on.
	Urgent(ctx context.Context, from int64) (*Aheads, error)
}

// ErrNotGiven means that an office does not give something away.
var ErrNotGiven = errors.New("it is not given to this office")

// Link is the way to one office: its connections, what they may carry, and how
// long nothing may come before one is given up.
type Link struct {
	peer     Peer
	base     string
	client   *http.Client
	patience time.Duration
	carried  func(in, out int)
}

// limited is a connection that carries no more than it may, and is given up where
// nothing comes for too long.
type limited struct {
	net.Conn
	ctx      context.Context
	limit    *rate.Limiter // nil: none
	patience time.Duration
	carried  func(in, out int)
}

// burst is how much is read or written at once under a limit, in bytes.
const burst = 2048

func newLimiter(bytesPerSecond float64) *rate.Limiter {
	if bytesPerSecond <= 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(bytesPerSecond), burst)
}

func (c *limited) Read(b []byte) (int, error) {
	if c.limit != nil && len(b) > burst {
		b = b[:burst]
	}
	if err := c.SetReadDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	if c.limit != nil && n > 0 {
		if werr := c.limit.WaitN(c.ctx, n); werr != nil && err == nil {
			err = werr
		}
	}
	if c.carried != nil {
		c.carried(n, 0)
	}
	return n, err
}

func (c *limited) Write(b []byte) (int, error) {
	sent := 0
	for sent < len(b) {
		part := b[sent:]
		if c.limit != nil && len(part) > burst {
			part = part[:burst]
		}
		if c.limit != nil {
			if err := c.limit.WaitN(c.ctx, len(part)); err != nil {
				return sent, err
			}
		}
		if err := c.SetWriteDeadline(time.Now().Add(c.patience)); err != nil {
			return sent, err
		}
		n, err := c.Conn.Write(part)
		sent += n
		if c.carried != nil {
			c.carried(0, n)
		}
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// newLink makes the way to an office.
func newLink(ctx context.Context, id *Identity, p Peer, limit *rate.Limiter, patience time.Duration, carried func(in, out int)) *Link {
	dial := &net.Dialer{Timeout: patience}
	t := &http.Transport{
		DialContext: func(dctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial.DialContext(dctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &limited{Conn: c, ctx: ctx, limit: limit, patience: patience, carried: carried}, nil
		},
		TLSClientConfig: id.ClientTLS(p.Office()), TLSHandshakeTimeout: 2 * patience, ResponseHeaderTimeout: 2 * patience,
		MaxIdleConnsPerHost: 1, IdleConnTimeout: 10 * time.Minute, DisableCompression: true,
	}
	return &Link{peer: p, base: strings.TrimRight(p.URL, "/"), patience: patience, carried: carried,
		client: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("an office that redirects is not followed")
		}}}
}

// get asks, from a byte on. The caller closes the body.
func (l *Link) get(ctx context.Context, path string, from int64) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.base+"/peer/"+path, nil)
	if err != nil {
		return nil, err
	}
	if from > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	resp, err := l.client.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the address is said elsewhere
		}
		return nil, err
	}
	switch {
	case resp.StatusCode == http.StatusOK && from == 0, resp.StatusCode == http.StatusPartialContent && from > 0:
		return resp, nil
	}
	defer resp.Body.Close()
	why, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
	text := strings.TrimSpace(string(why))
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		return nil, fmt.Errorf("%s: %w", text, fs.ErrNotExist)
	case http.StatusForbidden:
		return nil, fmt.Errorf("%w: %s", ErrNotGiven, text)
	case http.StatusOK, http.StatusRequestedRangeNotSatisfiable: // another file than the one begun
		return nil, errRestart
	}
	return nil, fmt.Errorf("%s answers %s: %s", l.peer.Origin, resp.Status, text)
}

// errRestart means that what was begun cannot be gone on with.
var errRestart = errors.New("what was begun is not there any more")

// Hello asks who answers, and reports how far its clock is from ours: the middle
// of the time that the answer took is compared.
func (l *Link) Hello(ctx context.Context, now func() time.Time) (Hello, time.Duration, time.Duration, error) {
	began := now()
	resp, err := l.get(ctx, "hello", 0)
	if err != nil {
		return Hello{}, 0, 0, err
	}
	defer resp.Body.Close()
	var h Hello
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&h); err != nil {
		return h, 0, 0, err
	}
	took := now().Sub(began)
	if h.Office != l.peer.Office() {
		return h, 0, 0, fmt.Errorf("%s answers, expected %s", h.Office.Origin, l.peer.Origin)
	}
	return h, h.Now.Sub(began.Add(took / 2)), took, nil
}

// remote is a log at an office.
type remote struct {
	*Link
	log string // its origin
	dir string // where what is on its way is kept
}

func (l *Link) Name() string { return l.peer.URL }

// read reads an answer.
func (s *remote) read(ctx context.Context, path string, limit int64) ([]byte, error) {
	resp, err := s.get(ctx, ID(s.log)+"/"+path, 0)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s: longer than %d bytes", path, limit)
	}
	return b, err
}

func (s *remote) Checkpoint(ctx context.Context) ([]byte, error) {
	return s.read(ctx, "checkpoint", 1<<16)
}

// part is the file that holds what has come of something.
func (s *remote) part(name string) (*os.File, error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(s.dir, strings.ReplaceAll(name, "/", "-")), os.O_CREATE|os.O_RDWR, 0o600)
}

// File reads a file, from where it broke off the last time.
func (s *remote) File(ctx context.Context, name string, begun []byte, limit int64) ([]byte, error) {
	f, err := s.part(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if i, err := f.Stat(); err != nil {
		return nil, err
	} else if i.Size() < int64(len(begun)) {
		if _, err := f.WriteAt(begun, 0); err != nil {
			return nil, err
		}
	}
	if err := s.resume(ctx, name, f, limit); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(f.Name())
	if err == nil {
		err = os.Remove(f.Name())
	}
	return b, err
}

// resume brings the rest of a file. Where it breaks off what came is kept.
func (s *remote) resume(ctx context.Context, path string, f *os.File, limit int64) error {
	for try := 0; ; try++ {
		have, err := f.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		resp, err := s.get(ctx, ID(s.log)+"/"+path, have)
		if errors.Is(err, errRestart) && try == 0 {
			if err := f.Truncate(0); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if have > 0 {
			if _, whole, ok := ranged(resp); ok && whole == have {
				return nil
			}
		}
		n, err := io.Copy(f, io.LimitReader(resp.Body, limit-have+1))
		if have+n > limit {
			return errors.Join(fmt.Errorf("%s: longer than %d bytes", path, limit), f.Truncate(0))
		}
		return err
	}
}

// ranged reads the header Content-Range.
func ranged(resp *http.Response) (from, whole int64, ok bool) {
	var to int64
	n, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &whole)
	return from, whole, err == nil && n == 3
}

func (s *remote) Payloads(ctx context.Context, is []int64, out func(Frame) error) error {
	var list []string
	for _, i := range is {
		list = append(list, strconv.FormatInt(i, 10))
	}
	resp, err := s.get(ctx, ID(s.log)+"/payloads?i="+strings.Join(list, ","), 0)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return frames(resp.Body, out)
}

// frames reads frames up to the end. One that is cut ends it.
func frames(in io.Reader, out func(Frame) error) error {
	r := bufio.NewReader(in)
	for {
		f, err := readFrame(r)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = out(f)
		}
		if err != nil {
			return err
		}
	}
}

func (s *remote) Payload(ctx context.Context, i int64, part *os.File) error {
	return s.resume(ctx, fmt.Sprintf("payload/%d", i), part, record.MaxPayload+record.SaltSize)
}

func (s *remote) Blob(ctx context.Context, i int64, h record.Hash, from int64) ([]byte, int64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/peer/%s/blob/%s?i=%d", s.base, ID(s.log), h.Hex(), i), nil)
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, from+piece-1))
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusPartialContent:
		at, whole, ok := ranged(resp)
		if !ok || at != from {
			return nil, 0, errRestart
		}
		b, err := io.ReadAll(io.LimitReader(resp.Body, piece))
		return b, whole, err
	case http.StatusOK: // an empty file has no ranges
		b, err := io.ReadAll(io.LimitReader(resp.Body, piece))
		return b, int64(len(b)), err
	case http.StatusRequestedRangeNotSatisfiable:
		return nil, from, nil
	case http.StatusNotFound, http.StatusGone:
		return nil, 0, fs.ErrNotExist
	case http.StatusForbidden:
		return nil, 0, ErrNotGiven
	}
	return nil, 0, fmt.Errorf("%s answers %s", s.peer.Origin, resp.Status)
}

func (s *remote) Urgent(ctx context.Context, from int64) (*Aheads, error) {
	b, err := s.read(ctx, fmt.Sprintf("urgent?from=%d", from), 16<<20)
	if err != nil {
		return nil, err
	}
	var a Aheads
	return &a, json.NewDecoder(bytes.NewReader(b)).Decode(&a)
}

// Cosigned is the checkpoint of a log with the cosignature of the office as its
// mirror.
func (l *Link) Cosigned(ctx context.Context, origin string) ([]byte, error) {
	return (&remote{Link: l, log: origin}).read(ctx, "cosigned", 1<<16)
}

// tiles lets audit read tiles from a source. Where it keeps them, each is fetched
// once.
type tiles struct {
	Source
	kept map[string][]byte
}

func (t *tiles) Read(ctx context.Context, name string, limit int64) ([]byte, error) {
	if b, ok := t.kept[name]; ok {
		return b, nil
	}
	b, err := t.File(ctx, name, nil, limit)
	if err == nil && t.kept != nil {
		t.kept[name] = b
	}
	return b, err
}
