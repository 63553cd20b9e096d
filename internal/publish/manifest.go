package publish

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/record"
)

// Names of the files that say what a site is.
const (
	ListName   = "manifest.txt"
	NoteName   = "manifest.note"
	officeName = "office.json"
)

// block is how many bytes of a long file have a hash of their own, so that what
// was changed in it can be narrowed down.
const block = 16 << 10

// listed is a file of a manifest.
type listed struct {
	name   string
	size   int64
	sum    record.Hash
	blocks []record.Hash // of a file longer than one block
}

// listFile describes a file.
func listFile(name string, b []byte) listed {
	f := listed{name: name, size: int64(len(b)), sum: sha256.Sum256(b)}
	if len(b) > block {
		for c := range slices.Chunk(b, block) {
			f.blocks = append(f.blocks, sha256.Sum256(c))
		}
	}
	return f
}

// writeManifest lists files by name: SHA-256, bytes, name; below a long file, after
// two spaces, the SHA-256 of each 16 KiB of it.
func writeManifest(files map[string][]byte) []byte {
	var b bytes.Buffer
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		f := listFile(n, files[n])
		fmt.Fprintf(&b, "%s %d %s\n", f.sum.Hex(), f.size, n)
		for _, h := range f.blocks {
			fmt.Fprintf(&b, "  %s\n", h.Hex())
		}
	}
	return b.Bytes()
}

// parseManifest reads a list; there is one way to write it.
func parseManifest(b []byte) ([]listed, error) {
	var out []listed
	line := 0
	for l := range bytes.Lines(b) {
		line++
		text, ended := strings.CutSuffix(string(l), "\n")
		bad := fmt.Errorf("%s:%d: expected SHA-256, bytes and name of a file", ListName, line)
		if !ended {
			return nil, bad
		}
		if sum, ok := strings.CutPrefix(text, "  "); ok {
			h, err := hexHash(sum)
			if err != nil || len(out) == 0 {
				return nil, bad
			}
			f := &out[len(out)-1]
			f.blocks = append(f.blocks, h)
			continue
		}
		parts := strings.SplitN(text, " ", 3)
		if len(parts) != 3 {
			return nil, bad
		}
		h, err := hexHash(parts[0])
		size, serr := strconv.ParseInt(parts[1], 10, 64)
		if err != nil || serr != nil || size < 0 || strconv.FormatInt(size, 10) != parts[1] || !plainName(parts[2]) {
			return nil, bad
		}
		if len(out) > 0 && out[len(out)-1].name >= parts[2] {
			return nil, fmt.Errorf("%s:%d: not in the order of names", ListName, line)
		}
		out = append(out, listed{name: parts[2], size: size, sum: h})
	}
	for _, f := range out {
		want := int64(0)
		if f.size > block {
			want = (f.size + block - 1) / block
		}
		if int64(len(f.blocks)) != want {
			return nil, fmt.Errorf("%s: %s has %d hashes of blocks, expected %d", ListName, f.name, len(f.blocks), want)
		}
	}
	return out, nil
}

// plainName reports whether a name stays within the site, and is a name everywhere.
func plainName(s string) bool {
	if s == "" || s != path.Clean(s) || strings.HasPrefix(s, "/") || strings.HasPrefix(s, "..") || strings.HasPrefix(s, ".") {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("./-_@", c) >= 0:
		default:
			return false
		}
	}
	return !strings.Contains(s, "/.")
}

func hexHash(s string) (h record.Hash, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(h) || hex.EncodeToString(b) != s {
		return h, errors.New("not a SHA-256 in hexadecimal")
	}
	return record.Hash(b), nil
}
