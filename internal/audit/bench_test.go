package audit_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
)

// BenchmarkVerify audits a record whose entries were signed by the thousand.
// TRUCE_ENTRIES says how many (100,000 otherwise).
func BenchmarkVerify(b *testing.B) {
	n := 100_000
	if s := os.Getenv("TRUCE_ENTRIES"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	dir, src := filepath.Join(b.TempDir(), "north"), b.TempDir()
	o, err := office.Open(dir, origin, journal.Options{})
	if err != nil {
		b.Fatal(err)
	}
	const perFile = 100_000
	for i := 0; i*perFile < n; i++ {
		var text strings.Builder
		text.WriteString("id,time_start,time_end,lat,lon,precision_m,actor,act,target,text\n")
		for k := range min(perFile, n-i*perFile) {
			fmt.Fprintf(&text, "R-%d-%d,2025-03-01T10:00:00Z,2025-03-01T11:00:00Z,48.%d,37.5,500,RU,attack.strike.drone,energy.power.substation,row\n", i, k, 100+k%800)
		}
		file := filepath.Join(src, fmt.Sprintf("%d.csv", i))
		if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
			b.Fatal(err)
		}
		if _, err := o.Import(context.Background(), file, office.ImportOptions{Each: true}); err != nil {
			b.Fatal(err)
		}
	}
	if err := o.Close(); err != nil {
		b.Fatal(err)
	}
	var size int64
	for b.Loop() {
		r, _, err := audit.VerifyDir(context.Background(), dir, later)
		if err != nil || !r.OK() {
			b.Fatal(err, r.Problems)
		}
		size = r.Size
	}
	b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
