// Package parts asks a question of more rows than fit into memory: what is read
// is cut into units of work, each of which is done by itself, on any processor or
// machine, and leaves one file; the files are joined.
//
// It promises that what comes out is the same to the byte however the rows were
// cut, by how many processors, and how often a run was interrupted: a unit is
// done or it is not, and doing it again does nothing. It promises that parts are
// joined only if they belong together: a plan holds digests of the bytes that
// are read and of the question, and a part those of its plan and its own.
//
// Memory: a few MiB for each unit that is being done, and eight bytes for each
// id that stands in several rows, together with those rows.
package parts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/truce-project/truce/internal/feeds"
)

// Kinds of files that are read in parts.
const (
	KindCSV     = "csv"
	KindParquet = "parquet"
)

// Input is a file that is read.
type Input struct {
	Path      string           `json:"path"`
	Kind      string           `json:"kind"`
	Size      int64            `json:"size"`
	Head      feeds.TableHead  `json:"head"`
	Positions *feeds.Positions `json:"positions"`
	Header    feeds.Summary    `json:"header"` // what is to be said of the header and of the file

	at string // where it lies, if not at Path
}

// Unit is some rows of one input, which are answered together.
type Unit struct {
	N     int `json:"n"` // from 0
	Input int `json:"input"`
	// From and To are bytes of a table of text, row groups of Parquet.
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Ends are where pieces of whole rows end that are read at a time, as bytes
	// after From.
	Ends   []int64 `json:"ends,omitempty"`
	Line   int     `json:"line"` // of the first row: a line of text, a row of Parquet
	SHA256 string  `json:"sha256"`
}

// Plan says what is read, and in which units.
type Plan struct {
	Version  int     `json:"truce_parts"`
	Question string  `json:"question"` // its digest
	Inputs   []Input `json:"inputs"`
	Units    []Unit  `json:"units"`
	// Repeated is how many ids stand in several rows; RepeatedSHA256 is of the file
	// that lists their hashes.
	Repeated       int    `json:"repeated"`
	RepeatedSHA256 string `json:"repeated_sha256,omitempty"`

	dir      string
	digest   string
	repeated []uint64
}

const version = 3

// Names of files in the folder of a plan.
const (
	planFile     = "plan.json"
	repeatedFile = "repeated-ids"
)

// Dir is the folder of the plan.
func (p *Plan) Dir() string { return p.dir }

// Digest is of the plan: of what is asked, what is read, and how it is cut.
func (p *Plan) Digest() string { return p.digest }

// save writes the plan into its folder.
func (p *Plan) save() error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	p.digest = hexSum(b)
	return writeWhole(filepath.Join(p.dir, planFile), b)
}

// ErrNoPlan says that a folder holds no plan.
var ErrNoPlan = errors.New("there is no plan in the folder")

// Load reads the plan of a folder.
func Load(dir string) (*Plan, error) {
	b, err := os.ReadFile(filepath.Join(dir, planFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", dir, ErrNoPlan)
	}
	if err != nil {
		return nil, err
	}
	p := &Plan{dir: dir}
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("%s: this is no plan of partitions: %w; take another folder: the job begins anew", filepath.Join(dir, planFile), err)
	}
	if p.Version != version {
		return nil, fmt.Errorf("%s was written by another edition of truce: take another folder", filepath.Join(dir, planFile))
	}
	p.digest = hexSum(b)
	return p, p.readRepeated()
}

func (p *Plan) readRepeated() error {
	if p.Repeated == 0 {
		return nil
	}
	name := filepath.Join(p.dir, repeatedFile)
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if hexSum(b) != p.RepeatedSHA256 || len(b) != 8*p.Repeated {
		return fmt.Errorf("%s is damaged: take another folder", name)
	}
	p.repeated = make([]uint64, p.Repeated)
	for i := range p.repeated {
		p.repeated[i] = le.Uint64(b[8*i:])
	}
	return nil
}

func hexSum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// writeWhole writes a file beside its name and moves it there when it is whole.
func writeWhole(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = bytes.NewReader(b).WriteTo(f)
	return settle(f, name, err)
}

// settle moves a file that was written to its name, unless err.
func settle(f *os.File, name string, err error) error {
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
