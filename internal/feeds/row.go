package feeds

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/truce-project/truce/evidence"
)

// ReadRow reads one row that is known by the names of its columns, as Read
// would a file that holds it alone under a header; name stands for the file in
// messages, and the row in its second line. An empty column of facts is unknown.
//
// A row of the plain incidents file, which is what a server takes in by the
// thousand, is read without laying out a file.
func ReadRow(name string, row map[string]string, opt Options, yield func(*evidence.Incident) error) (Summary, error) {
	names := slices.Sorted(maps.Keys(row))
	if opt.As != "truce" || !sameInFile(row) {
		return readWritten(name, names, row, opt, yield)
	}
	sum := Summary{File: name}
	r, err := newRun(name, opt, &sum, yield)
	if err != nil {
		return sum, err
	}
	fields, columns := make([]string, len(names)), make(map[string]int, len(names))
	var raw strings.Builder
	for i, n := range names {
		fields[i], columns[n] = row[n], i
		raw.WriteString(row[n])
		raw.WriteByte('\x1f')
	}
	k := truceKind()
	if !k.match(columns) {
		return readWritten(name, names, row, opt, yield) // which says what is missing
	}
	if err := r.checkHeader(k, names); err != nil {
		return sum, err
	}
	h, err := k.start(r, columns)
	if err != nil {
		return sum, err
	}
	r.readAs(k.name)
	sum.Rows++
	if err := h.record(&record{line: 2, columns: columns, fields: fields, raw: raw.String()}); err != nil {
		return sum, err
	}
	return sum, h.end()
}

// sameInFile reports whether a row means the same written into a file and read
// again: names of columns as they are filed, and one of the fields not empty,
// without line ends and bytes that a file must not have.
func sameInFile(row map[string]string) bool {
	size, some := 0, false
	for n, v := range row {
		for _, c := range []byte(n) {
			if (c < 'a' || c > 'z') && c != '_' {
				return false
			}
		}
		size += len(n) + len(v) + 6
		some = some || strings.TrimSpace(v) != ""
		if strings.HasPrefix(v, "#") || strings.ContainsFunc(v, special) || !utf8.ValidString(v) {
			return false
		}
	}
	return some && size < maxRow/2 && len(row) <= maxColumns
}

// special are signs that mean something in a file.
func special(c rune) bool { return c < ' ' || c == '"' || c == 0x7f || c == utf8.RuneError }

// readWritten writes the row as a file, and reads that.
func readWritten(name string, names []string, row map[string]string, opt Options, yield func(*evidence.Incident) error) (Summary, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	values := make([]string, len(names))
	for i, n := range names {
		values[i] = row[n]
	}
	if w.Write(names) != nil || w.Write(values) != nil {
		return Summary{File: name}, fmt.Errorf("a row that cannot be written as CSV")
	}
	w.Flush()
	return Read(name, &b, opt, yield)
}
