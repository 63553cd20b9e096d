package parts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/bulk"
	"github.com/truce-project/truce/internal/feeds"
)

// Options say how a plan is made.
type Options struct {
	Dir      string // of the plan and its parts; it is made if it is not there
	Question string // digest of what is asked of each row
	Feed     feeds.Options
	Cores    int   // 0: all
	UnitSize int64 // bytes of text in a unit; 0: 64 MiB
	UnitRows int64 // rows of Parquet in a unit, whole row groups; 0: a million

	pieceSize int // 0: 4 MiB
}

// ErrNotParted says that a file cannot be read in parts.
var ErrNotParted = errors.New("it cannot be read in parts")

func notParted(name, why string) error {
	return fmt.Errorf("%s: %s: %w; unpack it, or make a plain incidents file of it with `truce import`", name, why, ErrNotParted)
}

// maker makes a plan.
type maker struct {
	Options
	ctx     context.Context
	plan    *Plan
	last    []byte // the id before
	ascends bool   // all ids so far
}

// follow takes in the ids of the next rows: the first and the last of them, and
// whether they ascend.
func (m *maker) follow(first, last []byte, ascends bool) {
	if first == nil {
		return
	}
	m.ascends = m.ascends && ascends && (m.last == nil || bulk.Before(m.last, first))
	m.last = last
}

// Files are the files that names mean: files themselves, and what stands in
// folders, by name: tables of text and Parquet. What else stands there is other.
func Files(names []string) (files, other []string, err error) {
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, nil, err
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		list, err := os.ReadDir(name)
		if err != nil {
			return nil, nil, err
		}
		some := false
		for _, e := range list {
			path := filepath.Join(name, e.Name())
			switch {
			case strings.HasPrefix(e.Name(), ".") || e.IsDir():
			case slices.Contains([]string{".csv", ".tsv", ".parquet"}, strings.ToLower(filepath.Ext(path))):
				files, some = append(files, path), true
			default:
				other = append(other, path)
			}
		}
		if !some {
			return nil, nil, fmt.Errorf("%s: there is no .csv, .tsv or .parquet in this folder", name)
		}
	}
	return files, other, nil
}

// Make plans how files are read, and writes the plan into its folder.
func Make(ctx context.Context, files []string, o Options) (*Plan, error) {
	m := &maker{Options: o, ctx: ctx, ascends: true, plan: &Plan{Version: version, Question: o.Question, dir: o.Dir}}
	m.Feed.As = "truce"
	if m.Cores == 0 {
		m.Cores = runtime.GOMAXPROCS(0)
	}
	if m.UnitSize == 0 {
		m.UnitSize = 64 << 20
	}
	if m.UnitRows == 0 {
		m.UnitRows = 1_000_000
	}
	if m.pieceSize == 0 {
		m.pieceSize = pieceSize
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, err
	}
	var unread []error
	for i, name := range files {
		in, err := identify(name)
		if err == nil {
			if in.Kind == KindParquet {
				err = m.planParquet(&in, i)
			} else {
				err = m.planCSV(&in, i)
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			unread = append(unread, err)
		}
		m.plan.Inputs = append(m.plan.Inputs, in)
	}
	if len(unread) > 0 && len(files) > 1 { // all are named, before hours are spent on the others
		unread = append(unread, fmt.Errorf("%d of %d files cannot be read, so nothing is begun: what is made of the others would not say that these are missing; mend them, or name the others alone", len(unread), len(files)))
	}
	if len(unread) > 0 {
		return nil, errors.Join(unread...)
	}
	for i := range m.plan.Units {
		m.plan.Units[i].N = i
	}
	if !m.ascends {
		if err := m.findRepeated(); err != nil {
			return nil, err
		}
	}
	return m.plan, m.plan.save()
}

func identify(name string) (Input, error) {
	f, err := os.Open(name)
	if err != nil {
		return Input{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Input{}, err
	}
	if !info.Mode().IsRegular() {
		return Input{}, notParted(name, "it is not a plain file")
	}
	in := Input{Path: name, Kind: KindCSV, Size: info.Size()}
	head := make([]byte, 4)
	if f.ReadAt(head, 0); bytes.Equal(head, []byte("PAR1")) {
		in.Kind = KindParquet
	}
	return in, nil
}

// findRepeated lists the ids that stand in several rows.
func (m *maker) findRepeated() error {
	ids := &hashes{dir: m.Dir}
	defer ids.close()
	for i := range m.plan.Inputs {
		in := &m.plan.Inputs[i]
		var err error
		if in.Kind == KindParquet {
			err = parquetIDs(m.ctx, in, m.Cores, ids.add)
		} else {
			_, err = scan(m.ctx, in, m.Cores, m.pieceSize, ids, nil)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", in.Path, err)
		}
	}
	list, err := ids.repeated()
	if err != nil || len(list) == 0 {
		return err
	}
	var b bytes.Buffer
	for _, v := range list {
		b.Write(le.AppendUint64(nil, v))
	}
	m.plan.Repeated, m.plan.RepeatedSHA256, m.plan.repeated = len(list), hexSum(b.Bytes()), list
	return writeWhole(filepath.Join(m.Dir, repeatedFile), b.Bytes())
}

// Changed says how files differ from what a plan was made of; nil if they do
// not. All of them is read.
func (p *Plan) Changed(ctx context.Context, files []string, cores int) error {
	if cores == 0 {
		cores = runtime.GOMAXPROCS(0)
	}
	for i := range max(len(p.Inputs), len(files)) {
		switch {
		case i >= len(files):
			return fmt.Errorf("%s is not among what is read now", p.Inputs[i].Path)
		case i >= len(p.Inputs):
			return fmt.Errorf("%s was not there", files[i])
		case p.Inputs[i].Path != files[i]:
			return fmt.Errorf("%s stands where %s did", files[i], p.Inputs[i].Path)
		}
		info, err := os.Stat(files[i])
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is gone", files[i])
		}
		if err != nil {
			return err
		}
		if info.Size() != p.Inputs[i].Size {
			return fmt.Errorf("%s has changed", files[i])
		}
	}
	return each(ctx, cores, len(p.Units), func(n int) error {
		u := &p.Units[n]
		in := &p.Inputs[u.Input]
		sum, err := digestOf(in, u)
		if err == nil && sum != u.SHA256 {
			err = fmt.Errorf("%s has changed", in.Path)
		}
		return err
	})
}
