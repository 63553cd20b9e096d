package journal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	jpegSOI  = 0xd8
	jpegEOI  = 0xd9
	jpegSOS  = 0xda
	jpegAPP0 = 0xe0
	jpegCOM  = 0xfe
)

var errJPEG = errors.New("not a JPEG that can be read: the copy is not made")

// stripJPEG copies a JPEG without comments and application segments. What is
// needed to show it right stays: the densities of JFIF (without a thumbnail), the
// colour transform of Adobe, and, written anew, the orientation. What
// follows the end of the picture is left out.
func stripJPEG(w io.Writer, r *bufio.Reader) error {
	if m, err := marker(r); err != nil || m != jpegSOI {
		return errJPEG
	}
	out := bufio.NewWriter(w)
	out.Write([]byte{0xff, jpegSOI})
	for {
		m, err := marker(r)
		if err != nil {
			return err
		}
		if m == jpegEOI {
			out.Write([]byte{0xff, jpegEOI})
			return out.Flush()
		}
		body, err := segment(r)
		if err != nil {
			return err
		}
		if m == jpegCOM || m >= jpegAPP0 && m <= jpegAPP0+15 {
			m, body = kept(m, body)
		}
		if body != nil {
			out.Write([]byte{0xff, m})
			out.Write(binary.BigEndian.AppendUint16(nil, uint16(len(body)+2)))
			out.Write(body)
		}
		if m == jpegSOS {
			if err := scan(out, r); err != nil {
				return err
			}
		}
	}
}

// marker reads a marker, with the fill bytes that may stand before it.
func marker(r *bufio.Reader) (byte, error) {
	b, err := r.ReadByte()
	if err != nil || b != 0xff {
		return 0, errJPEG
	}
	for b == 0xff {
		if b, err = r.ReadByte(); err != nil {
			return 0, errJPEG
		}
	}
	if b == 0 {
		return 0, errJPEG
	}
	return b, nil
}

func segment(r *bufio.Reader) ([]byte, error) {
	var l [2]byte
	if _, err := io.ReadFull(r, l[:]); err != nil {
		return nil, errJPEG
	}
	n := int(binary.BigEndian.Uint16(l[:])) - 2
	if n < 0 {
		return nil, errJPEG
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, errJPEG
	}
	return b, nil
}

// kept is what stays of an application segment, or nil.
func kept(m byte, body []byte) (byte, []byte) {
	switch {
	case m == jpegAPP0 && len(body) >= 14 && string(body[:5]) == "JFIF\x00":
		return m, append(bytes.Clone(body[:12]), 0, 0)
	case m == jpegAPP0+14 && len(body) >= 12 && string(body[:5]) == "Adobe":
		return m, body[:12]
	case m == jpegAPP0+1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
		if o := orientation(body[6:]); o > 1 {
			return m, exifOrientation(o)
		}
	}
	return m, nil
}

// orientation reads tag 0x0112 of the first directory of a TIFF header; 0 where
// there is none.
func orientation(t []byte) uint16 {
	if len(t) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(t[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(t[4:]))
	if at+2 > int64(len(t)) {
		return 0
	}
	n := int64(order.Uint16(t[at:]))
	for i := range n {
		e := at + 2 + i*12
		if e+12 > int64(len(t)) {
			return 0
		}
		if order.Uint16(t[e:]) == 0x0112 {
			if o := order.Uint16(t[e+8:]); o <= 8 {
				return o
			}
			return 0
		}
	}
	return 0
}

// exifOrientation is an Exif segment that says nothing else.
func exifOrientation(o uint16) []byte {
	return append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"), byte(o>>8), byte(o), 0, 0, 0, 0, 0, 0)
}

// scan copies entropy-coded data up to the next marker, which is left unread.
func scan(out *bufio.Writer, r *bufio.Reader) error {
	for {
		next, err := r.Peek(2)
		if err != nil {
			return errJPEG
		}
		if next[0] == 0xff && next[1] == 0xff { // a fill byte before a marker
			r.Discard(1)
			continue
		}
		if next[0] == 0xff && next[1] != 0 && (next[1] < 0xd0 || next[1] > 0xd7) {
			return nil
		}
		n := 1
		if next[0] == 0xff {
			n = 2
		}
		out.Write(next[:n])
		r.Discard(n)
	}
}

// pngKept are the chunks that say what a picture looks like.
var pngKept = map[string]bool{"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true, "sBIT": true, "bKGD": true, "pHYs": true, "acTL": true, "fcTL": true, "fdAT": true}

// stripPNG copies a PNG without texts, times, Exif and colour profiles.
func stripPNG(w io.Writer, r *bufio.Reader) error {
	bad := errors.New("not a PNG that can be read: the copy is not made")
	head := make([]byte, 8)
	if _, err := io.ReadFull(r, head); err != nil || string(head) != "\x89PNG\r\n\x1a\n" {
		return bad
	}
	out := bufio.NewWriter(w)
	out.Write(head)
	for {
		if _, err := io.ReadFull(r, head); err != nil {
			return bad
		}
		n, kind := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		to := io.Writer(out)
		if !pngKept[kind] {
			to = io.Discard
		}
		to.Write(head)
		if _, err := io.CopyN(to, r, n+4); err != nil {
			return fmt.Errorf("%w (%w)", bad, err)
		}
		if kind == "IEND" {
			return out.Flush()
		}
	}
}
