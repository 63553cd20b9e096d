package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Source is where files are read from. Names have slashes. What is not there is
// an error that is fs.ErrNotExist.
type Source interface {
	Read(ctx context.Context, name string, limit int64) ([]byte, error)
}

// Dir is a folder on this machine.
type Dir string

func (d Dir) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

// Read reads a plain file of at most limit bytes.
func (d Dir) Read(_ context.Context, name string, limit int64) ([]byte, error) {
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a plain file", name)
	case info.Size() > limit:
		return nil, tooLong(name, limit)
	}
	b := make([]byte, info.Size())
	_, err = io.ReadFull(f, b)
	return b, err
}

var errTooLong = errors.New("too long")

func tooLong(name string, limit int64) error {
	return fmt.Errorf("%s is %w: more than %d bytes", name, errTooLong, limit)
}

// list returns the names in a folder, with a slash after those of folders.
func (d Dir) list(name string) ([]string, error) {
	es, err := os.ReadDir(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []string
	for _, e := range es {
		n := e.Name()
		if e.IsDir() {
			n += "/"
		}
		out = append(out, n)
	}
	return out, err
}

// Web is a log that is served as static files.
type Web struct {
	Base   string
	Client *http.Client
}

// NewWeb returns a log below a URL. Redirects to another host are not followed.
func NewWeb(base string) (*Web, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not a URL of a log: expected such as https://example.org/north", base)
	}
	c := &http.Client{Timeout: 60 * time.Second, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) >= 3 || r.URL.Host != via[0].URL.Host {
			return errors.New("redirected to another host, or too often")
		}
		return nil
	}}
	return &Web{strings.TrimSuffix(base, "/"), c}, nil
}

// Read fetches a file of at most limit bytes. It tries three times where the
// connection fails.
func (w *Web) Read(ctx context.Context, name string, limit int64) (b []byte, err error) {
	for try := range 3 {
		if b, err = w.get(ctx, name, limit); err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, errTooLong) || ctx.Err() != nil {
			break
		}
		select {
		case <-time.After(time.Duration(1+try*try) * 100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return b, err
}

func (w *Web) get(ctx context.Context, name string, limit int64) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.Base+"/"+path.Clean(name), nil)
	if err != nil {
		return nil, err
	}
	resp, err := w.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: the server answers %s", name, resp.Status)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = tooLong(name, limit)
	}
	return b, err
}

// below is a source seen from a folder in it.
type below struct {
	Source
	dir string
}

func (b below) Read(ctx context.Context, name string, limit int64) ([]byte, error) {
	return b.Source.Read(ctx, b.dir+name, limit)
}
