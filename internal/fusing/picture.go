package fusing

import (
	"bufio"
	"fmt"
	"image"
	_ "image/gif" // formats of pictures
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os"

	"github.com/corona10/goimagehash"

	"github.com/truce-project/truce/evidence"
)

// maxPixels bounds a picture that is decoded: a small file can hold a large one.
const maxPixels = 100_000_000

// ReadPicture reads a picture (JPEG, PNG, GIF) and returns its perceptual hash.
func ReadPicture(name string) (evidence.Picture, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	p, err := Picture(f)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// Picture returns the perceptual hash of a picture.
func Picture(r io.ReadSeeker) (evidence.Picture, error) {
	c, _, err := image.DecodeConfig(bufio.NewReader(r))
	if err != nil {
		return 0, fmt.Errorf("no picture that is read here: expected JPEG, PNG or GIF: %w", err)
	}
	if c.Width < 8 || c.Height < 8 || c.Width > maxPixels/c.Height {
		return 0, fmt.Errorf("%d by %d pixels: expected at least 8 by 8 and at most %d million in all", c.Width, c.Height, maxPixels/1_000_000)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	img, _, err := image.Decode(bufio.NewReader(r))
	if err != nil {
		return 0, fmt.Errorf("the picture is damaged: %w", err)
	}
	h, err := goimagehash.PerceptionHash(img)
	if err != nil {
		return 0, err
	}
	return evidence.Picture(h.GetHash()), nil
}
