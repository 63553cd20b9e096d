package article

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	maxPage    = 8 << 20 // bytes of one page
	fetchLimit = 30 * time.Second
)

// Fetch gets a page and takes the article out of it. The answer must be a page
// or a text of at most 8 MiB.
func Fetch(ctx context.Context, address string) (Source, error) {
	if !isAddress(address) {
		return Source{}, fmt.Errorf("%q is no address: expected http:// or https://", address)
	}
	ctx, stop := context.WithTimeout(ctx, fetchLimit)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Source{}, err
	}
	req.Header.Set("User-Agent", "truce (reads articles into drafts)")
	req.Header.Set("Accept", "text/html, application/xhtml+xml, text/plain;q=0.8")
	client := http.Client{CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) >= 5 {
			return errors.New("more than five redirections")
		}
		return nil
	}}
	resp, err := client.Do(req)
	if err != nil {
		return Source{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return Source{}, fmt.Errorf("%s: the server answered %s", address, resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxPage+1))
	if err != nil {
		return Source{}, fmt.Errorf("%s: %w", address, err)
	}
	if len(data) > maxPage {
		return Source{}, fmt.Errorf("%s: larger than %d MiB", address, maxPage>>20)
	}
	kind, err := guess(address, data)
	switch {
	case err != nil:
		return Source{}, err
	case kind == "html":
		return page(address, address, data, resp.Header.Get("Content-Type"))
	case kind == "text":
		list, err := Open(address, data, "text")
		if err != nil {
			return Source{}, err
		}
		list[0].URL = address
		return list[0], nil
	}
	return Source{}, fmt.Errorf("%s: a %s, not an article: save it and read the file", address, kind)
}
