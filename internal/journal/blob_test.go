package journal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/journal/sim"
	"github.com/truce-project/truce/record"
)

// TestUpload: an upload that breaks off goes on where it was, after a loss of
// power too, and is taken in only as the file that was announced.
func TestUpload(t *testing.T) {
	w := sim.New(1)
	l, _ := begin(t, w)
	defer l.Close()
	b := l.Blobs()
	data := bytes.Repeat([]byte("0123456789abcdef"), 10_000)
	want := record.Hash(sha256.Sum256(data))
	broken := io.MultiReader(bytes.NewReader(data[:70_000]), iotest.ErrReader(errors.New("the line broke")))
	if n, err := b.Upload(t.Context(), "a", 0, 1<<20, broken); err == nil || n != 70_000 {
		t.Fatalf("%d %v", n, err)
	}
	l.Close()
	w.Disk.Crash()
	l = reopen(t, w)
	b = l.Blobs()
	n, err := b.Held("a")
	if err != nil || n != 70_000 {
		t.Fatalf("%d bytes are held: %v", n, err)
	}
	var o *journal.Offset
	if _, err := b.Upload(t.Context(), "a", 1000, 1<<20, bytes.NewReader(data)); !errors.As(err, &o) || o.Have != n {
		t.Fatalf("a wrong offset: %v", err)
	}
	if _, err := b.Upload(t.Context(), "a", n, 80_000, bytes.NewReader(data[n:])); err == nil {
		t.Fatal("a file that is too long is taken")
	}
	n, _ = b.Held("a")
	if _, err := b.Upload(t.Context(), "a", n, 1<<20, bytes.NewReader(data[n:])); err != nil {
		t.Fatal(err)
	}
	x, err := b.Finish("a", want)
	if err != nil || x.Hash != want || x.Size != int64(len(data)) || x.Type != "text/plain" {
		t.Fatalf("%+v %v", x, err)
	}
	l.Close()
	w.Disk.Crash()
	l = reopen(t, w)
	got, err := read(l.Blobs(), want)
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if _, err := l.Blobs().Upload(t.Context(), "b", 0, 1<<20, strings.NewReader("other")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Blobs().Finish("b", want); !errors.Is(err, journal.ErrOtherHash) {
		t.Fatalf("another file: %v", err)
	}
	if _, err := l.Blobs().Upload(t.Context(), "../x", 0, 1, strings.NewReader("")); err == nil {
		t.Fatal("a name that leads out of the folder is taken")
	}
	name := "blob/" + want.Hex()[:2] + "/" + want.Hex()[2:]
	w.Disk.Flip(name, 4000)
	if _, err := read(l.Blobs(), want); !isDamage(err, name) {
		t.Errorf("a flipped bit: %v", err)
	}
	if p := check(w.Journal()); len(p) != 1 || !isDamage(p[0], name) {
		t.Errorf("a flipped bit: %v", p)
	}
	w.Disk.Fail = func(op sim.Op) error {
		if op.Kind == "write" {
			return syscall.ENOSPC
		}
		return nil
	}
	if _, err := l.Blobs().Put(t.Context(), strings.NewReader("x")); !errors.Is(err, journal.ErrFull) {
		t.Errorf("a full disk: %v", err)
	}
	w.Disk.Fail = func(op sim.Op) error {
		if op.Kind == "sync" && strings.HasPrefix(op.Name, "blob/") {
			return syscall.EIO
		}
		return nil
	}
	if _, err := l.Blobs().Upload(t.Context(), "c", 0, 10, strings.NewReader("x")); err == nil {
		t.Error("a sync that failed is not said")
	}
	w.Disk.Fail = nil
	if n, err := l.Blobs().Held("c"); n != 0 || err != nil {
		t.Errorf("after a sync that failed %d bytes are held: %v", n, err)
	}
}

func read(b journal.Blobs, h record.Hash) ([]byte, error) {
	r, err := b.Open(h)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// picture is a picture with secrets where cameras put them.
func picture(t *testing.T) (img image.Image, jpg, pngs []byte) {
	m := image.NewRGBA(image.Rect(0, 0, 67, 41))
	for y := range 41 {
		for x := range 67 {
			m.Set(x, y, color.RGBA{byte(x * 3), byte(y * 5), byte(x * y), 255})
		}
	}
	var j, p bytes.Buffer
	if err := jpeg.Encode(&j, m, nil); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&p, m); err != nil {
		t.Fatal(err)
	}
	seg := func(m byte, body string) string {
		return string([]byte{0xff, m, byte((len(body) + 2) >> 8), byte(len(body) + 2)}) + body
	}
	exif := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x02\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x25\x88\x04\x00\x01\x00\x00\x00\x1a\x00\x00\x00SECRET-GPS"
	jfif := "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x02\x01SECRET-THUMBNAIL"
	b := j.Bytes()
	jpg = []byte(string(b[:2]) + seg(0xe0, jfif) + seg(0xe1, exif) + seg(0xe1, "http://ns.adobe.com/xap/1.0/\x00SECRET-XMP") + seg(0xed, "SECRET-IPTC") + seg(0xfe, "SECRET-COMMENT") + string(b[2:]) + "SECRET-TRAILER")
	text := "tEXtComment\x00SECRET-TEXT"
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)-4))
	chunk = append(chunk, text...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE([]byte(text)))
	q := p.Bytes()
	pngs = append(append(append(bytes.Clone(q[:33]), chunk...), q[33:]...), "SECRET-TRAILER"...)
	return m, jpg, pngs
}

// TestPublicCopy: the copy shows the same, pixel by pixel, and says nothing else;
// the original stays as it was.
func TestPublicCopy(t *testing.T) {
	w := sim.New(1)
	l, _ := begin(t, w)
	defer l.Close()
	_, jpg, pngs := picture(t)
	for kind, data := range map[string][]byte{"image/jpeg": jpg, "image/png": pngs} {
		x, err := l.Blobs().Put(t.Context(), bytes.NewReader(data))
		if err != nil || x.Type != kind {
			t.Fatalf("%+v %v", x, err)
		}
		y, err := l.Blobs().Public(t.Context(), x.Hash)
		if err != nil || y.Type != kind {
			t.Fatalf("%s: %+v %v", kind, y, err)
		}
		public, err := read(l.Blobs(), y.Hash)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(public, []byte("SECRET")) {
			t.Errorf("%s: the copy still has secrets", kind)
		}
		if kept := bytes.Contains(public, []byte("\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06")); kept != (kind == "image/jpeg") {
			t.Errorf("%s: orientation: %v", kind, kept)
		}
		a, _, err := image.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := image.Decode(bytes.NewReader(public))
		if err != nil {
			t.Fatal(err)
		}
		for y := range 41 {
			for x := range 67 {
				if a.At(x, y) != b.At(x, y) {
					t.Fatalf("%s: pixel %d,%d differs", kind, x, y)
				}
			}
		}
		if original, err := read(l.Blobs(), x.Hash); err != nil || !bytes.Equal(original, data) {
			t.Errorf("%s: the original has changed: %v", kind, err)
		}
	}
	x, err := l.Blobs().Put(t.Context(), strings.NewReader("some text"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Blobs().Public(t.Context(), x.Hash); err == nil {
		t.Error("a public copy of a text is made")
	}
}

// FuzzPublicCopy: no bytes make the filter fall over, or leave a comment.
func FuzzPublicCopy(f *testing.F) {
	_, jpg, pngs := picture(&testing.T{})
	f.Add(jpg)
	f.Add(pngs)
	w := sim.New(1)
	if err := journal.Create(w.Journal(), origin); err != nil {
		f.Fatal(err)
	}
	l := reopen(f, w)
	f.Cleanup(func() { l.Close() })
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := l.Blobs().Put(context.Background(), bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		y, err := l.Blobs().Public(context.Background(), x.Hash)
		if err != nil {
			return
		}
		if again, err := l.Blobs().Public(context.Background(), y.Hash); err != nil || again.Hash != y.Hash {
			t.Fatalf("the copy of a copy is another: %v", err)
		}
	})
}
