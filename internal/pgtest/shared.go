package pgtest

import (
	"sync"
	"testing"
)

// kept is a server that all tests of a package share.
var kept struct {
	sync.Mutex
	s    *Server
	ends []func()
}

// Shared is a server that all tests of a package share, each in schemas of its own. It
// ends with Main.
func Shared(t testing.TB) *Server {
	t.Helper()
	kept.Lock()
	defer kept.Unlock()
	if kept.s == nil {
		kept.s = Start(&lasting{TB: t})
	}
	return kept.s
}

// Main runs the tests of a package, and ends what they shared.
func Main(m *testing.M) int {
	defer func() {
		for i := range kept.ends {
			kept.ends[len(kept.ends)-1-i]()
		}
	}()
	return m.Run()
}

// lasting is a test whose clean-up waits for the end of all.
type lasting struct{ testing.TB }

func (l *lasting) Cleanup(f func()) { kept.ends = append(kept.ends, f) }
