package web

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

// waiting is how many threads may run Go code beyond one for each processor. A thread
// that waits for the disk keeps its turn until somebody notices, tens of microseconds
// to milliseconds later; meanwhile a processor would be idle.
const waiting = 2

// TuneProcessors lets that many run, where GOMAXPROCS does not say otherwise.
func TuneProcessors() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.SetDefaultGOMAXPROCS() // as the machine and its limits are now
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + waiting)
	}
}

// gcPercent is how far the heap may grow beyond what is in use before it is looked
// through: a server that takes reports in throws away a hundred times what it keeps.
// Near limitPercent of the machine's memory that is done more often.
const (
	gcPercent    = 300
	limitPercent = 60
)

// TuneMemory sets that for this process, where GOGC and GOMEMLIMIT do not say
// otherwise and it can be told how much memory there is.
func TuneMemory() {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return
	}
	defer f.Close()
	var kilobytes int64
	if _, err := fmt.Fscanf(f, "MemTotal: %d kB", &kilobytes); err != nil || kilobytes <= 0 {
		return
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(kilobytes * 1024 * limitPercent / 100)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
