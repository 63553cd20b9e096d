package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/record"
)

// maxFile bounds a file of a site that is read.
const maxFile = 1 << 30

// Checked is what came of checking a site.
type Checked struct {
	Origin   string        `json:"origin"`
	Key      string        `json:"key"`
	Given    bool          `json:"key_given" doc:"the key was given, and not only taken from the site"`
	Size     int64         `json:"size" doc:"entries of the log that it was made from"`
	Files    int           `json:"files" doc:"in the list"`
	Bytes    int64         `json:"bytes"`
	Proofs   int           `json:"proofs" doc:"entries whose proof fits"`
	Problems []Problem     `json:"problems"`
	Log      *audit.Report `json:"log"`
}

// Problem is a file that is not as it was published.
type Problem struct {
	File string `json:"file"`
	What string `json:"what"`
}

// OK reports whether all of it holds.
func (c *Checked) OK() bool { return len(c.Problems) == 0 && c.Log != nil && c.Log.OK() }

func (c *Checked) add(file, format string, args ...any) {
	c.Problems = append(c.Problems, Problem{file, fmt.Sprintf(format, args...)})
}

// IsSite reports whether there is a published site at a place.
func IsSite(ctx context.Context, s audit.Source) bool {
	_, err := s.Read(ctx, NoteName, 1<<16)
	return err == nil
}

// Verify checks a site: the signature over its list, each file of the list, that
// there are no others in a folder, the log in it, and the proofs. key nil takes the
// one that the site names, which proves nothing about whose site it is.
func Verify(ctx context.Context, s audit.Source, key note.Verifier, o audit.Options) (*Checked, error) {
	c := &Checked{Given: key != nil, Problems: []Problem{}}
	signed, err := s.Read(ctx, NoteName, 1<<16)
	if err != nil {
		return nil, err
	}
	if key == nil {
		if key, err = keyOf(ctx, s); err != nil {
			return nil, err
		}
	}
	c.Origin, c.Key = key.Name(), fmt.Sprintf("%08x", key.KeyHash())
	p, err := record.OpenPublication(signed, key.Name(), key)
	if err != nil {
		c.add(NoteName, "%v", err)
		return c, nil
	}
	c.Size = p.Size
	list, err := s.Read(ctx, ListName, maxFile)
	if err != nil {
		return nil, err
	}
	if got := audit.HashBytes(list); got != p.Manifest {
		f := listed{name: ListName, size: int64(len(list)), sum: p.Manifest}
		c.add(ListName, "%s, as %s has it", changed(&f, list), NoteName)
		return c, nil
	}
	files, err := parseManifest(list)
	if err != nil {
		c.add(ListName, "%v", err)
		return c, nil
	}
	proofs, err := c.files(ctx, s, files)
	if err != nil {
		return c, err
	}
	if d, ok := s.(audit.Dir); ok {
		c.others(string(d), files)
	}
	if err := c.log(ctx, s, key, p, o); err != nil {
		return c, err
	}
	return c, c.proofs(ctx, s, key, p, proofs)
}

// keyOf is the key that a site names.
func keyOf(ctx context.Context, s audit.Source) (note.Verifier, error) {
	b, err := s.Read(ctx, officeName, 1<<16)
	if err != nil {
		return nil, err
	}
	var o struct{ Key string }
	if err := json.Unmarshal(b, &o); err != nil {
		return nil, fmt.Errorf("%s: %w", officeName, err)
	}
	v, err := audit.LogVerifier(o.Key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", officeName, err)
	}
	return v, nil
}

// files checks each file of the list and returns the proofs among them.
func (c *Checked) files(ctx context.Context, s audit.Source, files []listed) (map[string][]byte, error) {
	proofs := map[string][]byte{}
	for i := range files {
		f := &files[i]
		b, err := s.Read(ctx, f.name, maxFile)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			c.add(f.name, "is missing: expected %d bytes with SHA-256 %s", f.size, f.sum.Hex())
			continue
		case err != nil:
			c.add(f.name, "%v", err)
			continue
		}
		c.Files, c.Bytes = c.Files+1, c.Bytes+int64(len(b))
		if audit.HashBytes(b) != f.sum {
			c.add(f.name, "%s", changed(f, b))
			continue
		}
		if id, ok := strings.CutPrefix(f.name, "proofs/"); ok {
			proofs[strings.TrimSuffix(id, ".tlog-proof")] = b
		}
	}
	return proofs, nil
}

// others names files in a folder that are not in the list.
func (c *Checked) others(dir string, files []listed) {
	in := map[string]bool{ListName: true, NoteName: true}
	for i := range files {
		in[files[i].name] = true
	}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if rel = filepath.ToSlash(rel); err == nil && !in[rel] {
			c.add(rel, "was not published: it is not in %s", ListName)
		}
		return err
	})
	if err != nil {
		c.add(".", "%v", err)
	}
}

// log checks the log in the site, and that it is of the state that was signed.
func (c *Checked) log(ctx context.Context, s audit.Source, key note.Verifier, p record.Publication, o audit.Options) (err error) {
	o.Key, o.Collect = key, nil
	switch x := s.(type) {
	case audit.Dir:
		c.Log, _, err = audit.VerifyDir(ctx, filepath.Join(string(x), "log"), o)
	case *audit.Web:
		c.Log, _, err = audit.VerifyWeb(ctx, x.Base+"/log", o)
	default:
		err = errors.New("not a place that a log is read from")
	}
	var u *audit.Unreadable
	if errors.As(err, &u) {
		c.add("log", "%v", err)
		return nil
	}
	if err == nil && (c.Log.Size != p.Size || c.Log.Checkpoint.Root != p.Root) {
		c.add("log/checkpoint", "is of %d entries with root %s, expected %d with root %s", c.Log.Size, c.Log.Root, p.Size, p.Root)
	}
	return err
}

// proofs checks that each entry with a proof is in the log.
func (c *Checked) proofs(ctx context.Context, s audit.Source, key note.Verifier, p record.Publication, proofs map[string][]byte) error {
	bundles := map[int64][][]byte{}
	for id, b := range proofs {
		name := "proofs/" + id + ".tlog-proof"
		i, err := indexOf(b)
		if err != nil || i >= p.Size {
			c.add(name, "is no proof of an entry of this log")
			continue
		}
		n := i / 256
		if bundles[n] == nil {
			if bundles[n], err = readEntries(ctx, s, n, p.Size); err != nil {
				c.add(name, "%v", err)
				continue
			}
		}
		if i%256 >= int64(len(bundles[n])) {
			c.add(name, "its entry is not there")
			continue
		}
		raw := bundles[n][i%256]
		_, cp, _, err := record.CheckProof(b, raw, key.Name(), key)
		var e *record.Envelope
		if err == nil {
			e, err = record.Decode(raw)
		}
		switch {
		case err != nil:
			c.add(name, "does not prove that the entry is in the log: %v", err)
		case e.ID != id:
			c.add(name, "is of entry %s, expected %s", e.ID, id)
		case cp.Size != p.Size || cp.Root != p.Root:
			c.add(name, "is of another state of the log: expected %d entries", p.Size)
		default:
			c.Proofs++
		}
	}
	return nil
}

// indexOf is the place that a .tlog-proof is about.
func indexOf(b []byte) (i int64, err error) {
	_, rest, _ := strings.Cut(string(b), "\n")
	n, err := fmt.Sscanf(rest, "index %d\n", &i)
	if err != nil || n != 1 || i < 0 {
		return 0, errors.New("no index")
	}
	return i, nil
}

// readEntries reads a bundle of entries (C2SP tlog-tiles).
func readEntries(ctx context.Context, s audit.Source, n, size int64) ([][]byte, error) {
	name := "log/" + bundleName(n, size)
	b, err := s.Read(ctx, name, 64<<20)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for len(b) > 0 {
		if len(b) < 2 || len(b) < 2+int(b[0])<<8+int(b[1]) {
			return nil, fmt.Errorf("%s ends within an entry", name)
		}
		k := 2 + int(b[0])<<8 + int(b[1])
		out, b = append(out, b[2:k]), b[k:]
	}
	return out, nil
}

// bundleName is the name of a bundle in a log of a size.
func bundleName(n, size int64) string {
	name := fmt.Sprintf("%03d", n%1000)
	for m := n / 1000; m > 0; m /= 1000 {
		name = fmt.Sprintf("x%03d/%s", m%1000, name)
	}
	name = "tile/entries/" + name
	if w := size - n*256; w < 256 {
		name += fmt.Sprintf(".p/%d", w)
	}
	return name
}

// Place is where a site is: a URL or a folder.
func Place(target string) (audit.Source, error) {
	if strings.Contains(target, "://") {
		return audit.NewWeb(target)
	}
	info, err := os.Stat(target)
	if err == nil && !info.IsDir() {
		err = errors.New("not a folder")
	}
	return audit.Dir(target), err
}
