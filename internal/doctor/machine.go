package doctor

import (
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/when"
)

// least is what an office needs of a machine: memory for views and a rebuild of
// them, files for a server with its clients.
const (
	leastMemory = 1 << 30 // bytes
	leastFiles  = 4096
)

func (e *exam) machine() {
	e.say(Fine, "program", "", "truce %s, %s, %s/%s, time zones %s", e.o.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, when.TZData)
	e.clock()
	e.memory()
	e.files()
	if name, err := daily.FindBrowser(); err != nil {
		e.say(Look, "browser", "install the Debian package chromium; without it reports come as HTML, XLSX and CSV", "none: no PDF of a report")
	} else {
		e.say(Fine, "browser", "", "%s prints reports", name)
	}
}

// clock asks the kernel whether somebody keeps the clock. Order in a record is that
// of its log, but deadlines and overpasses go by the clock.
func (e *exam) clock() {
	const name, do = "clock", "install and start a time service (Debian: chrony or systemd-timesyncd)"
	now := e.o.Now()
	if now.Year() < 2025 {
		e.say(Wrong, name, "set the clock, then "+do, "%s: before truce was written", now.UTC().Format(time.RFC3339))
		return
	}
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if e.fault(name, do, err) {
		return
	}
	off := time.Duration(t.Maxerror) * time.Microsecond
	switch {
	case state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0:
		e.say(Look, name, do, "%s; the kernel says that nobody keeps it (in a container the host may)", now.UTC().Format(time.RFC3339))
	case off > time.Second:
		e.say(Look, name, do, "%s, kept, but perhaps %s off", now.UTC().Format(time.RFC3339), off.Round(time.Millisecond))
	default:
		e.say(Fine, name, "", "%s, kept, at most %s off", now.UTC().Format(time.RFC3339), off.Round(time.Millisecond))
	}
}

func (e *exam) memory() {
	const name = "memory"
	var i syscall.Sysinfo_t
	if e.fault(name, "", syscall.Sysinfo(&i)) {
		return
	}
	total := uint64(i.Totalram) * uint64(i.Unit)
	if total < leastMemory {
		e.say(Look, name, "1 GiB or more: a server of a million incidents takes some 400 MiB", "%s, %d processors", size(total), runtime.NumCPU())
		return
	}
	e.say(Fine, name, "", "%s, %d processors", size(total), runtime.NumCPU())
}

func (e *exam) files() {
	const name = "open files"
	var l syscall.Rlimit
	if e.fault(name, "", syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l)) {
		return
	}
	if l.Max < leastFiles {
		e.say(Look, name, "raise it (systemd: LimitNOFILE=65536)", "at most %d in this shell", l.Max)
		return
	}
	e.say(Fine, name, "", "at most %d", l.Max)
}
