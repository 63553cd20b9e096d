package parts

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/truce-project/truce/internal/feeds"
)

// pieceSize is about how many bytes of text are read at a time.
const pieceSize = 4 << 20

// margin is how much text must stand behind where it is cut, so that a quote
// that is never closed is seen to be one.
const margin = 2 * feeds.MaxRow

// piece is some whole rows of a table of text.
type piece struct {
	from int64
	text []byte
	last bool // the file ends with it
}

// cutter cuts a table of text where rows end.
type cutter struct {
	sep  byte
	want int
	size int
}

// cut hands over the pieces of a file, in order, from its body on. The text of a
// piece may be kept.
func (c *cutter) cut(r io.Reader, from int64, each func(piece) error) error {
	var buf []byte
	eof := false
	for need := c.size + margin; ; {
		if !eof && len(buf) < need {
			grown := make([]byte, need)
			n := copy(grown, buf)
			k, err := io.ReadFull(r, grown[n:])
			switch {
			case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
				eof = true
			case err != nil:
				return err
			}
			buf = grown[:n+k]
		}
		if len(buf) == 0 {
			return nil
		}
		n := len(buf)
		if !eof || n > c.size {
			n = c.end(buf, eof)
		}
		if n == 0 { // a row that is longer than what was read
			if need > 1<<30 {
				return fmt.Errorf("a line of more than %d MiB", need>>20)
			}
			need *= 2
			continue
		}
		need = c.size + margin
		p := piece{from: from, text: buf[:n:n], last: eof && n == len(buf)}
		from += int64(n)
		buf = buf[n:]
		if err := each(p); err != nil {
			return err
		}
	}
}

// end is where the first row ends that ends at c.size or later; 0 if that cannot
// be told. Only lines with quotes need a look. It never cuts between a quote that
// is not closed and the lines in which its end was sought.
func (c *cutter) end(buf []byte, eof bool) int {
	pos, reach := 0, min(c.size, len(buf))
	for pos < len(buf) {
		quote := len(buf)
		if q := bytes.IndexByte(buf[pos:], '"'); q >= 0 {
			quote = pos + q
		}
		start := bytes.LastIndexByte(buf[:quote], '\n') + 1 // of the line of the quote
		if at := max(pos, reach); start >= at && at > 0 {
			if k := bytes.IndexByte(buf[at-1:], '\n'); k >= 0 && at+k <= max(start, at) {
				return at + k
			}
		}
		if quote == len(buf) {
			break
		}
		start = max(start, pos)
		line := buf[start:]
		k := bytes.IndexByte(line, '\n')
		if k < 0 {
			break
		}
		line = line[:k]
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if pos = start + k + 1; feeds.ClosedLine(line, c.sep) {
			continue
		}
		_, took := feeds.RowAt(buf[start:], 1, c.want, c.sep)
		looked := start
		for range took.Looked {
			k := bytes.IndexByte(buf[looked:], '\n')
			if k < 0 {
				looked = len(buf)
				break
			}
			looked += k + 1
		}
		if looked == len(buf) && !eof {
			return 0
		}
		pos, reach = start+took.Bytes, max(reach, looked)
	}
	if eof {
		return len(buf)
	}
	return 0
}
