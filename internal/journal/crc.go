package journal

import "hash/crc32"

// castagnoli is the polynomial of CRC32C, which processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// flippedBit finds the one bit of data whose change makes its CRC32C the wanted
// one; ok is false where no single bit does.
//
// A CRC is linear: the difference of the two values depends on the place of the
// bit alone, and no two places within 256 MB have the same difference. So the
// difference is compared with that of each bit, from the last byte to the first,
// where one step further from the end is one step of the CRC over a zero byte.
func flippedBit(data []byte, want uint32) (at int, bit uint, ok bool) {
	difference := crc32.Checksum(data, castagnoli) ^ want
	if difference == 0 {
		return 0, 0, false
	}
	var of [8]uint32
	for b := range of {
		of[b] = castagnoli[1<<b]
	}
	for i := len(data) - 1; i >= 0; i-- {
		for b := range of {
			if of[b] == difference {
				return i, uint(b), true
			}
			of[b] = of[b]>>8 ^ castagnoli[byte(of[b])]
		}
	}
	return 0, 0, false
}
