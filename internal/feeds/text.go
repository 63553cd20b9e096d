package feeds

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

const sqliteFile = "an SQLite database (or GeoPackage)"

// magic names what a file is by its first bytes, "" if they say nothing.
func magic(head []byte) string {
	if dbase(head) {
		return "a dBase table (of a shapefile)"
	}
	for _, m := range []struct{ start, name string }{
		{"\x1f\x8b", "gzip"}, {"PK\x03\x04", "zip"}, {"PK\x05\x06", "zip"}, {"SQLite format 3", sqliteFile},
		{"%PDF", "a PDF document"}, {"PAR1", "a Parquet (or GeoParquet) file"}, {"\x89PNG", "an image"}, {"\xff\xd8\xff", "an image"},
		{"GIF8", "an image"}, {"II*\x00", "an image"}, {"MM\x00*", "an image"}, {"\x00\x00\x27\x0a", "a shapefile"},
		{"\xd0\xcf\x11\xe0", "an old Excel or Word document"}, {"7z\xbc\xaf", "a 7z archive"}, {"\xfd7zXZ", "an xz archive"},
		{"\x28\xb5\x2f\xfd", "a zstd archive"}, {"BZh", "a bzip2 archive"}, {"Rar!", "a RAR archive"},
	} {
		if bytes.HasPrefix(head, []byte(m.start)) {
			return m.name
		}
	}
	return ""
}

// checkText drops a byte order mark and refuses what is not UTF-8 text by name.
func (r *run) checkText(br *bufio.Reader) error {
	head, err := br.Peek(8 << 10)
	if len(head) == 0 && err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		head = head[3:]
		if _, err := br.Discard(3); err != nil {
			return err
		}
	}
	name := magic(head)
	switch {
	case name == "zip" || name == "gzip" || strings.Contains(name, "archive"):
		return r.refuse("%s inside: archives in archives and other archives are not opened: unpack it first", name)
	case name != "":
		return r.refuse("this is %s, not a text file: %s", name, wayOut(name))
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return r.refuse("this is a tar archive: unpack it first")
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) || zeroEverySecond(head):
		return r.refuse("this is UTF-16 text (Excel's \"Unicode text\"): save it as \"CSV UTF-8\"")
	case binary(head):
		return r.refuse("this is a binary file, not text: export it as CSV or GeoJSON in UTF-8")
	}
	return nil
}

// zeroEverySecond recognises UTF-16 without a byte order mark.
func zeroEverySecond(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	zeros := [2]int{}
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	most, least := max(zeros[0], zeros[1]), min(zeros[0], zeros[1])
	return most > len(head)/4 && least <= most/8
}

// binary reports a NUL in the first line, or many control bytes. A single NUL
// further down is a matter of its row.
func binary(head []byte) bool {
	line := head
	if i := bytes.IndexAny(head, "\r\n"); i >= 0 {
		line = head[:i]
	}
	bad := 0
	for _, c := range head {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != 0x1e {
			bad++
		}
	}
	return bytes.IndexByte(line, 0) >= 0 || bad > 8 && bad > len(head)/50
}
