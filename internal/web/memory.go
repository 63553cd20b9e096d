package web

import (
	"fmt"
	"os"
	"runtime/debug"
)

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
