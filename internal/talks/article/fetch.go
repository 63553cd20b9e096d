package article

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/truce-project/truce/internal/fetch"
)

const (
	maxPage    = 8 << 20 // bytes of one page
	fetchLimit = 30 * time.Second
)

// Fetch gets a page and takes the article out of it. The guard says which
// addresses may be asked: a list of addresses may come from somebody else. The
// answer must be a page or a text of at most 8 MiB.
func Fetch(ctx context.Context, guard *fetch.Guard, address string) (Source, error) {
	if !isAddress(address) {
		return Source{}, fmt.Errorf("%q is no address: expected http:// or https://", address)
	}
	dir, err := os.MkdirTemp("", "truce-read-")
	if err != nil {
		return Source{}, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "page")
	answer, err := guard.Get(ctx, fetch.Request{
		URL:    address,
		Header: map[string]string{"Accept": "text/html, application/xhtml+xml, text/plain;q=0.8"},
		Limits: fetch.Limits{Time: fetchLimit, Bytes: maxPage},
	}, file)
	if err != nil {
		return Source{}, fmt.Errorf("%s: %w", address, err)
	}
	if answer.State != fetch.Fresh {
		return Source{}, fmt.Errorf("%s: %s: %s", address, answer.State, answer.Why)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return Source{}, err
	}
	kind, err := guess(address, data)
	switch {
	case err != nil:
		return Source{}, err
	case kind == "html":
		return page(address, address, data)
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
