package feeds

import (
	"archive/zip"
	"bufio"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits on packed files: how much may come out of how little.
const (
	maxRatio    = 100
	maxUnpacked = 4 << 30
	ratioFree   = 1 << 20 // that much may come out whatever went in
	maxMembers  = 10000
)

const window = 64 << 10 // how much of a file is looked at to know what it is

// open reads a file that may be packed.
func (r *run) open(in io.Reader) error {
	packed := &counter{r: in}
	br := bufio.NewReaderSize(packed, window)
	head, _ := br.Peek(4)
	switch magic(head) {
	case "gzip":
		return r.openGzip(br, packed)
	case "zip":
		return r.openZip(in, br)
	}
	return r.text(br)
}

func (r *run) openGzip(br *bufio.Reader, packed *counter) error {
	z, err := gzip.NewReader(br)
	if err != nil {
		return fmt.Errorf("%s: gzip: %w", r.file, packing(err))
	}
	r.id = strings.TrimSuffix(r.id, ".gz")
	out := &capped{r: plainReader{z}, in: func() int64 { return packed.n }, total: new(int64)}
	return r.text(bufio.NewReaderSize(out, window))
}

// openZip reads every member of an archive. What does not come from a file is
// put into one first, since a zip archive is read from its end.
func (r *run) openZip(in io.Reader, br *bufio.Reader) error {
	f, ok := in.(*os.File)
	if info, err := fileInfo(f, ok); err != nil || !info.Mode().IsRegular() {
		tmp, err := spool(br)
		if err != nil {
			return fmt.Errorf("%s: zip: %w", r.file, err)
		}
		defer os.Remove(tmp.Name())
		defer tmp.Close()
		f = tmp
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return fmt.Errorf("%s: zip: %w", r.file, packing(err))
	}
	return r.members(z)
}

func fileInfo(f *os.File, ok bool) (os.FileInfo, error) {
	if !ok {
		return nil, errors.New("not a file")
	}
	return f.Stat()
}

func spool(in io.Reader) (*os.File, error) {
	tmp, err := os.CreateTemp("", "truce-*.tmp")
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(tmp, io.LimitReader(in, maxUnpacked))
	if err == nil && n == maxUnpacked {
		err = fmt.Errorf("it is larger than %d GB: split it", maxUnpacked>>30)
	}
	if err != nil {
		tmp.Close()
		os.Remove(tmp.Name())
		return nil, err
	}
	return tmp, nil
}

// members reads the files of an archive. One that cannot be read is a problem;
// only when none can is it an error.
func (r *run) members(z *zip.Reader) error {
	if len(z.File) > maxMembers {
		return fmt.Errorf("%s: %d files in the archive: expected at most %d", r.file, len(z.File), maxMembers)
	}
	if name := office(z); name != "" {
		return r.refuse("this is %s: %s", name, wayOut(name))
	}
	if a, b := sharing(z); a != nil {
		return fmt.Errorf("%s: the files %q and %q in the archive point to the same bytes (a zip bomb?): unpack it yourself and look", r.file, shown(a.Name), shown(b.Name))
	}
	archive, id, read := r.file, r.id, 0
	shapes, placemarks := shapefiles(z), kmz(z, r.file)
	var failed []error
	total := new(int64)
	for _, f := range z.File {
		if skipped(f) {
			continue
		}
		r.file, r.id = archive+"/"+shown(f.Name), id+"/"+shown(f.Name)
		if placemarks && !strings.EqualFold(path.Ext(f.Name), ".kml") {
			r.ignore("file " + shown(f.Name)) // a picture or a style
			continue
		}
		var err error
		switch shape := shapes[shapePart(f.Name)]; shape {
		case "":
			err = r.member(f, total)
		case f.Name:
			err = refuse("this is a shapefile: %s", wayOut("a shapefile"))
		default:
			continue // said once
		}
		var refused *refusal
		switch {
		case err == nil:
			read++
		case !errors.As(err, &refused):
			return err
		default:
			failed = append(failed, err)
			r.note(Problem{Pos: r.pos(0), Msg: refused.Error(), Fatal: true})
		}
		if err != nil && r.opt.Strict {
			return err
		}
	}
	if read == 0 && len(failed) > 0 {
		return fmt.Errorf("%s: no file of the archive could be read: %w", archive, failed[0])
	}
	if read == 0 {
		return fmt.Errorf("%s: the archive holds no file", archive)
	}
	return nil
}

// sharing finds two files of an archive whose packed bytes overlap, as they do
// in no honest one.
func sharing(z *zip.Reader) (a, b *zip.File) {
	type extent struct {
		from, to int64
		f        *zip.File
	}
	var all []extent
	for _, f := range z.File {
		from, err := f.DataOffset()
		if err == nil && f.CompressedSize64 > 0 && f.CompressedSize64 < 1<<60 {
			all = append(all, extent{from, from + int64(f.CompressedSize64), f})
		}
	}
	slices.SortStableFunc(all, func(x, y extent) int { return cmp.Compare(x.from, y.from) })
	for i := 1; i < len(all); i++ {
		if all[i].from < all[i-1].to {
			return all[i-1].f, all[i].f
		}
	}
	return nil, nil
}

// shown is a name from an archive as messages may print it. No file of that name
// is ever opened or written.
func shown(name string) string {
	if len(name) > 300 {
		name = clip(name)
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == utf8.RuneError {
			return '?'
		}
		return c
	}, name)
}

// office names a document that an office program has packed.
func office(z *zip.Reader) string {
	for _, f := range z.File {
		switch {
		case strings.HasPrefix(f.Name, "xl/"):
			return "an Excel workbook (XLSX)"
		case strings.HasPrefix(f.Name, "word/"):
			return "a Word document (DOCX)"
		case f.Name == "META-INF/manifest.xml":
			return "an OpenDocument file"
		}
	}
	return ""
}

// kmz reports whether an archive is one of placemarks and their pictures.
func kmz(z *zip.Reader, name string) bool {
	return strings.EqualFold(path.Ext(name), ".kmz") || slices.ContainsFunc(z.File, func(f *zip.File) bool { return strings.EqualFold(f.Name, "doc.kml") })
}

// shapePart is the name that the files of a shapefile share; "" for others.
func shapePart(name string) string {
	name = strings.TrimSuffix(strings.ToLower(name), ".xml")
	switch ext := path.Ext(name); ext {
	case ".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".qmd":
		return strings.TrimSuffix(name, ext)
	}
	return ""
}

// shapefiles finds the shapefiles of an archive, each of which is several files
// of one name.
func shapefiles(z *zip.Reader) map[string]string {
	out := map[string]string{}
	for _, ext := range []string{".dbf", ".shp"} {
		for _, f := range z.File {
			if strings.EqualFold(path.Ext(f.Name), ext) && !skipped(f) {
				out[shapePart(f.Name)] = f.Name
			}
		}
	}
	return out
}

// skipped leaves out folders and what desktops put beside files.
func skipped(f *zip.File) bool {
	base := f.Name[strings.LastIndexAny(f.Name, `/\`)+1:]
	return base == "" || strings.HasPrefix(f.Name, "__MACOSX/") || strings.HasPrefix(base, ".")
}

func (r *run) member(f *zip.File, total *int64) error {
	if !f.Mode().IsRegular() {
		return refuse("this is a link or a device, not a file: links are not followed")
	}
	if f.Flags&1 != 0 {
		return refuse("the file in the archive is encrypted: unpack it first")
	}
	in, err := f.Open()
	if err != nil {
		return refuse("zip: %v", packing(err))
	}
	defer in.Close()
	size := int64(f.CompressedSize64)
	out := &capped{r: plainReader{in}, in: func() int64 { return size }, total: total}
	return r.text(bufio.NewReaderSize(out, window))
}

type counter struct {
	r io.Reader
	n int64
}

// Read counts what it reads.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// capped refuses to unpack far more than went in.
type capped struct {
	r     io.Reader
	in    func() int64
	out   int64
	total *int64
}

// Read reads and checks.
func (c *capped) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.out += int64(n)
	*c.total += int64(n)
	switch {
	case c.out > ratioFree && c.out > maxRatio*c.in():
		return 0, fmt.Errorf("more than %d times its packed size comes out of the archive (a zip bomb?): unpack it yourself and look", maxRatio)
	case *c.total > maxUnpacked:
		return 0, fmt.Errorf("more than %d GB come out of the archive: unpack and split it", maxUnpacked>>30)
	}
	return n, err
}
