package story

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
)

// letters of the one word that is drawn, 5 by 7 dots each.
var letters = map[rune][7]string{
	'S': {".####", "#....", "#....", ".###.", "....#", "....#", "####."},
	'Y': {"#...#", "#...#", ".#.#.", "..#..", "..#..", "..#..", "..#.."},
	'N': {"#...#", "##..#", "##..#", "#.#.#", "#..##", "#..##", "#...#"},
	'T': {"#####", "..#..", "..#..", "..#..", "..#..", "..#..", "..#.."},
	'H': {"#...#", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"},
	'E': {"#####", "#....", "#....", "####.", "#....", "#....", "#####"},
	'I': {".###.", "..#..", "..#..", "..#..", "..#..", "..#..", ".###."},
	'C': {".####", "#....", "#....", "#....", "#....", "#....", ".####"},
}

// picture is a PNG that says on its face that it is made up: rings on a ground. The
// evidentiary copy carries a text chunk, the public copy none.
func picture(metadata bool) []byte {
	const w, h = 320, 200
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			dx, dy := x-w/2, y-h/2
			v := uint8(210 - y/8)
			if r := dx*dx + dy*dy; r < 90*90 && r/400%2 == 0 {
				v = 120
			}
			img.SetGray(x, y, color.Gray{Y: v})
		}
	}
	const dot = 5
	left := (w - 9*6*dot + dot) / 2
	for i, l := range "SYNTHETIC" {
		for row, line := range letters[l] {
			for col, c := range line {
				for k := range dot * dot {
					if c == '#' {
						img.SetGray(left+(6*i+col)*dot+k%dot, 82+row*dot+k/dot, color.Gray{Y: 20})
					}
				}
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic("story: " + err.Error()) // a buffer takes all
	}
	if !metadata {
		return b.Bytes()
	}
	const head = 8 + 25 // signature and IHDR
	text := append([]byte("tEXt"), "Comment\x00SYNTHETIC; device: none"...)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)-4))
	chunk = append(chunk, text...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(text))
	return append(append(bytes.Clone(b.Bytes()[:head]), chunk...), b.Bytes()[head:]...)
}
