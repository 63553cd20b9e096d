package web

import (
	"runtime"
	"testing"
)

// TestTuneProcessors: two threads more than there are processors, once, and what
// GOMAXPROCS says where it says something.
func TestTuneProcessors(t *testing.T) {
	was := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(was) })
	t.Setenv("GOMAXPROCS", "3")
	runtime.GOMAXPROCS(3)
	if TuneProcessors(); runtime.GOMAXPROCS(0) != 3 {
		t.Errorf("GOMAXPROCS says 3, and it is %d", runtime.GOMAXPROCS(0))
	}
	t.Setenv("GOMAXPROCS", "")
	TuneProcessors()
	first := runtime.GOMAXPROCS(0)
	TuneProcessors()
	if n := runtime.GOMAXPROCS(0); n != first || n != min(n, runtime.NumCPU()+waiting) || n <= waiting {
		t.Errorf("%d, and then %d, on %d processors", first, n, runtime.NumCPU())
	}
}
