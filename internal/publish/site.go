package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/record"
)

// Options are of what a site is made, and how.
type Options struct {
	Ask     Asker
	Rules   Rules
	Record  string       // folder of the record: its log, its key, whose it is
	Version string       // of the program
	Notice  string       // on the first page; "" is none
	Without []string     // offices of which the office holds copies that are not in the site
	Base    *basemap.Map // that maps are drawn on; nil draws no countries
}

// Site is the files of a site, by name.
type Site struct {
	Files  map[string][]byte
	Origin string
	Size   int64
	Shown  int
	Left   Left
}

// Make makes the files of a site. The same record under the same rules gives the
// same bytes.
func Make(ctx context.Context, o Options) (*Site, error) {
	g, err := gather(ctx, o.Ask, &o.Rules)
	if err != nil {
		return nil, err
	}
	return g.make(ctx, &o)
}

// make makes the files of what was gathered.
func (g *gathered) make(ctx context.Context, o *Options) (*Site, error) {
	office, err := os.ReadFile(filepath.Join(o.Record, officeName))
	if err != nil {
		return nil, err
	}
	var who struct{ Origin, Key string }
	if err := json.Unmarshal(office, &who); err != nil || who.Origin != g.origin {
		return nil, fmt.Errorf("%s is not of the record %s that was asked", officeName, g.origin)
	}
	g.files[officeName] = office
	cp, err := g.log(ctx, o, who.Key)
	if err != nil {
		return nil, err
	}
	p := &pages{gathered: g, key: who.Key, o: o, t: tongues[0]}
	if err := p.all(); err != nil {
		return nil, err
	}
	list := writeManifest(g.files)
	signed, err := sign(o.Record, record.Publication{Origin: g.origin, Size: cp.Size, Root: cp.Root, Manifest: audit.HashBytes(list)})
	if err != nil {
		return nil, err
	}
	g.files[ListName], g.files[NoteName] = list, signed
	return &Site{g.files, g.origin, g.size, len(g.items), g.left}, nil
}

// sign signs by the key of the record.
func sign(dir string, p record.Publication) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(dir, "log.key"))
	if err != nil {
		return nil, err
	}
	signer, _, err := record.LogKey(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fmt.Errorf("log.key: %w", err)
	}
	return record.SignPublication(p, signer)
}

// log copies the log as of its checkpoint, without what else is in its folder.
func (g *gathered) log(ctx context.Context, o *Options, vkey string) (record.Checkpoint, error) {
	var cp record.Checkpoint
	key, err := audit.LogVerifier(vkey)
	if err != nil {
		return cp, err
	}
	dir := filepath.Join(o.Record, "log")
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return cp, err
	}
	if cp, _, err = record.OpenCheckpoint(signed, g.origin, key); err != nil {
		return cp, err
	}
	if cp.Size != g.size {
		return cp, fmt.Errorf("the checkpoint is of %d entries and the answers of %d: %w", cp.Size, g.size, ErrGrown)
	}
	g.files["log/checkpoint"] = signed
	if err := g.keys(ctx, o.Ask, filepath.Join(dir, "keys")); err != nil {
		return cp, err
	}
	return cp, filepath.WalkDir(filepath.Join(dir, "tile"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		if rel = filepath.ToSlash(rel); !needed(rel, cp.Size) {
			return nil
		}
		b, err := os.ReadFile(name)
		g.files["log/"+rel] = b
		return err
	})
}

var tileName = regexp.MustCompile(`^tile/(entries|[0-9]+)((?:/x[0-9]{3})*/[0-9]{3})(\.p/([0-9]+))?$`)

// needed reports whether a tile is one of a log of a size: whole, or the last of its
// level with as much as there is.
func needed(name string, size int64) bool {
	m := tileName.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	level, _ := strconv.Atoi(m[1]) // entries: 0
	if level > 7 {
		return false
	}
	n, err := strconv.ParseInt(strings.NewReplacer("/", "", "x", "").Replace(m[2]), 10, 64)
	if err != nil {
		return false
	}
	hashes := size >> (8 * level)
	if m[3] == "" {
		return n < hashes/256
	}
	w, err := strconv.ParseInt(m[4], 10, 64)
	return err == nil && w > 0 && n == hashes/256 && w == hashes%256
}

// keys copies the keys that anybody may have to check signatures by: those whose
// payload the public sees whole. A name on a key is not for the public.
func (g *gathered) keys(ctx context.Context, ask Asker, name string) error {
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := audit.ReadKeys(b)
	if err != nil {
		return fmt.Errorf("log/keys: %w", err)
	}
	open := map[int64]bool{}
	err = ask.pages(ctx, "/api/entries", map[string][]string{"kind": {"key@1", "key-revocation@1"}}, func(b []byte) error {
		var l struct {
			Items []struct {
				Index   int64
				Payload json.RawMessage
			}
		}
		err := json.Unmarshal(b, &l)
		for _, e := range l.Items {
			i := slices.IndexFunc(keys, func(k audit.PublicKey) bool { return k.Index == e.Index })
			open[e.Index] = i >= 0 && sameJSON(keys[i].Payload, e.Payload)
		}
		return err
	})
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for _, k := range keys {
		if !open[k.Index] {
			continue
		}
		line, err := json.Marshal(k)
		if err != nil {
			return err
		}
		out.Write(append(line, '\n'))
	}
	if out.Len() > 0 {
		g.files["log/keys"] = out.Bytes()
	}
	return nil
}

func sameJSON(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return bytes.Equal(p, q)
}

// Written says what writing a site did.
type Written struct{ New, Changed, Same, Removed int }

// Write puts a site into a folder. Files that have not changed are not touched;
// those of the site that was there before and are no longer are removed, and no
// others. The list and its signature come last, so that a site that was written in
// part does not pass for a whole one.
func Write(dir string, s *Site) (w Written, err error) {
	before, err := listThere(dir)
	if err != nil {
		return w, err
	}
	names := make([]string, 0, len(s.Files))
	for n := range s.Files {
		names = append(names, n)
	}
	last := func(n string) int { return slices.Index([]string{ListName, NoteName}, n) }
	slices.SortFunc(names, func(a, b string) int {
		if x := last(a) - last(b); x != 0 {
			return x
		}
		return strings.Compare(a, b)
	})
	for _, n := range names {
		if err := w.put(dir, n, s.Files[n]); err != nil {
			return w, err
		}
	}
	for _, f := range before {
		if _, still := s.Files[f.name]; still {
			continue
		}
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(f.name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return w, err
		}
		w.Removed++
	}
	return w, nil
}

// listThere reads what was published into a folder before. One with other things in
// it is refused.
func listThere(dir string) ([]listed, error) {
	b, err := os.ReadFile(filepath.Join(dir, ListName))
	if err == nil {
		return parseManifest(b)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	es, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(es) > 0 {
		return nil, fmt.Errorf("%s holds %s and no site that was published: expected an empty folder, or one that is not there yet", dir, es[0].Name())
	}
	return nil, nil
}

func (w *Written) put(dir, name string, b []byte) error {
	to := filepath.Join(dir, filepath.FromSlash(name))
	old, err := os.ReadFile(to)
	switch {
	case err == nil && bytes.Equal(old, b):
		w.Same++
		return nil
	case err == nil:
		w.Changed++
	case errors.Is(err, fs.ErrNotExist):
		w.New++
	default:
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(to+".new", b, 0o644); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}
