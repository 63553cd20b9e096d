// Package disk tells how much room a disk has, for those who stop before it is
// full: views before reports, reports before what was acknowledged.
package disk

import "golang.org/x/sys/unix"

// Room is a disk's room, in bytes.
type Room struct{ Free, All uint64 }

// Of returns the room of the disk that a folder or file lies on, for who is not
// the superuser.
func Of(path string) (Room, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return Room{}, err
	}
	return Room{Free: s.Bavail * uint64(s.Bsize), All: s.Blocks * uint64(s.Bsize)}, nil
}

// Floor is the part 1/n of the disk, and at most so many bytes: what is to stay
// free.
func (r Room) Floor(n, most uint64) uint64 { return min(r.All/n, most) }
