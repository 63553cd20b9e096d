package fusing

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

// photographs are those that come with Go and with the library of hashes: they are
// not part of this repository.
func photographs(t *testing.T) (frame []string, others []string) {
	t.Helper()
	list := func(args ...string) string {
		out, err := exec.Command("go", args...).Output()
		if err != nil {
			t.Skipf("SKIPPED: go %s: %v", strings.Join(args, " "), err)
		}
		return strings.TrimSpace(string(out))
	}
	frame, _ = filepath.Glob(filepath.Join(list("env", "GOROOT"), "src", "image", "testdata", "video-001.*"))
	// Of the examples the third is the first stored again, two pixels less high; the second is large.
	others, _ = filepath.Glob(filepath.Join(list("list", "-m", "-f", "{{.Dir}}", "github.com/corona10/goimagehash"), "_examples", "sample[134].jpg"))
	others = append(others, filepath.Join(filepath.Dir(frame[0]), "video-005.gray.png"))
	if len(frame) < 10 || len(others) < 4 {
		t.Skipf("SKIPPED: photographs are not here: %d and %d", len(frame), len(others))
	}
	return frame, others
}

// shrunk is a picture at a share of its size, by the mean of what each pixel stands
// for.
func shrunk(img image.Image, num, den int) image.Image {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx()*num/den, b.Dy()*num/den))
	for y := range out.Bounds().Dy() {
		for x := range out.Bounds().Dx() {
			out.Set(x, y, img.At(b.Min.X+x*den/num, b.Min.Y+y*den/num))
		}
	}
	return out
}

// TestPhotographs: a real photograph stored as JPEG of differing quality and
// sampling, as GIF with few colours, or smaller, is one picture; another is another.
func TestPhotographs(t *testing.T) {
	frame, others := photographs(t)
	want, err := ReadPicture(filepath.Join(filepath.Dir(frame[0]), "video-001.png"))
	if err != nil {
		t.Fatal(err)
	}
	same, far := 0, 0
	for _, f := range frame {
		if strings.Contains(f, "truncated") || strings.Contains(f, "cmyk") {
			continue // what is cut off is read as far as it goes, or refused
		}
		p, err := ReadPicture(f)
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		same++
		if d := p.Apart(want); d > 8 {
			t.Errorf("%s: %d bits apart", filepath.Base(f), d)
			far++
		}
	}
	var hashes []evidence.Picture
	for _, f := range others {
		p, err := ReadPicture(f)
		if err != nil {
			t.Fatal(err)
		}
		for k, q := range append(hashes, want) {
			stored := filepath.Base(f) == "sample3.jpg" && k == 0
			if d := p.Apart(q); d <= 8 != stored {
				t.Errorf("%s: %d bits from photograph %d", filepath.Base(f), d, k)
			}
		}
		hashes = append(hashes, p)
		for _, c := range [][3]int{{1, 2, 60}, {3, 4, 30}, {1, 3, 85}} {
			if d := again(t, f, c[0], c[1], c[2]).Apart(p); d > 8 {
				t.Errorf("%s at %d/%d, quality %d: %d bits apart", filepath.Base(f), c[0], c[1], c[2], d)
			}
		}
	}
	t.Logf("%d copies of one frame, %d further apart than 8 bits; %d other files, each three times smaller and compressed again", same, far, len(others))
}

func again(t *testing.T, name string, num, den, quality int) evidence.Picture {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, shrunk(img, num, den), &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	p, err := Picture(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
