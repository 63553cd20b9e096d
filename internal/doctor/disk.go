package doctor

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// When space gets tight: a full disk refuses reports until there is space again.
const (
	lookFree  = 5 << 30 // bytes
	wrongFree = 512 << 20
)

// syncs is how often the disk is asked to keep a small record while it is timed.
const syncs = 50

// Kinds of file systems by their magic numbers (statfs(2)) on which a sync does not
// mean what it says, or locks do not hold between machines.
var kinds = map[int64]string{
	0x01021994: "tmpfs, which is gone after a restart",
	0x6969:     "NFS, whose locks may not keep a second server away",
	0xff534d42: "CIFS, whose locks may not keep a second server away",
	0xfe534d42: "SMB, whose locks may not keep a second server away",
	0x65735546: "FUSE, which may not keep what it was asked to",
}

func (e *exam) disk() {
	dir := e.o.Data
	var s unix.Statfs_t
	if !e.fault("disk", "", unix.Statfs(dir, &s)) {
		free := s.Bavail * uint64(s.Bsize)
		says := fmt.Sprintf("%s free of %s", size(free), size(s.Blocks*uint64(s.Bsize)))
		if s.Files > 0 {
			says += fmt.Sprintf(", %d more files", s.Ffree)
		}
		const do = "make room: reports are refused (507) when it is full, and nothing that was acknowledged is lost"
		switch {
		case free < wrongFree || s.Files > 0 && s.Ffree < 1000:
			e.say(Wrong, "disk", do, "%s", says)
		case free < lookFree:
			e.say(Look, "disk", do, "%s", says)
		default:
			e.say(Fine, "disk", "", "%s", says)
		}
		if kind, odd := kinds[int64(s.Type)]; odd {
			e.say(Look, "file system", "keep the record on a disk of this machine (ext4, xfs)", "it lies on %s", kind)
		}
	}
	e.sync()
}

// sync times what each receipt waits for.
func (e *exam) sync() {
	const name, do = "sync", "a slow or shared disk: receipts wait for it; a disk whose cache is not protected may also lie about it"
	f, err := os.CreateTemp(e.o.Data, ".doctor-*")
	if err != nil {
		e.say(Unknown, name, "run it as who runs the server", "%v", err)
		return
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var took []time.Duration
	b := make([]byte, 1024)
	for range syncs {
		began := time.Now()
		_, err := f.Write(b)
		if err == nil {
			err = unix.Fdatasync(int(f.Fd()))
		}
		if e.fault(name, do, err) {
			return
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	mid, worst := took[syncs/2], took[syncs-1]
	state, out := Fine, ""
	if mid > 20*time.Millisecond {
		state, out = Look, do
	}
	e.say(state, name, out, "1 KiB kept in %s (median of %d), %s at worst", mid.Round(time.Microsecond), syncs, worst.Round(time.Microsecond))
}

// secrets are files that nobody but the office may read.
func (e *exam) secrets() {
	const name = "secrets"
	var open []string
	for _, n := range []string{"log.key", "first-token", "secret"} {
		p := filepath.Join(e.o.Data, n)
		err := filepath.WalkDir(p, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			i, err := d.Info()
			if err == nil && i.Mode().Perm()&0o077 != 0 {
				rel, _ := filepath.Rel(e.o.Data, p)
				open = append(open, fmt.Sprintf("%s (%#o)", rel, i.Mode().Perm()))
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			e.say(Unknown, name, "run it as who runs the server", "%v", err)
			return
		}
	}
	if len(open) > 0 {
		e.say(Wrong, name, "chmod -R go= on them; then think about whether the key has to be rotated (truce office key rotate)", "others on this machine may read %v", open)
		return
	}
	if _, err := os.Stat(filepath.Join(e.o.Data, "first-token")); err == nil {
		e.say(Look, name, "keep the token elsewhere and delete the file", "first-token still lies in the folder")
		return
	}
	e.say(Fine, name, "", "only their owner may read them")
}

// size writes bytes.
func size(n uint64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}
