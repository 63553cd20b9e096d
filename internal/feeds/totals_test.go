package feeds

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const claimedTotals = `claim_id,published,claimant,accused,event_start,event_end,tz,object,object_kind,count_claimed,parent_claim
C-1,2025-04-02,B,A,2025-04-01T00:00,2025-04-01T12:00,Europe/Kyiv,line,power_line,4,
C-2,2025-04-02,B,A,2025-04-01T12:00,2025-04-02T00:00,Europe/Kyiv,depot,oil_storage,4,names two of four
C-3,2025-04-05,B,A,2025-04-04T00:00,2025-04-05T00:00,Europe/Kyiv,,,14,
C-4,2025-04-05,A,B,2025-04-04T00:00,2025-04-05T00:00,Europe/Kyiv,plant,power_plant,lots,
C-5,2025-04-05,A,B,yesterday,,Europe/Kyiv,plant,power_plant,3,
C-6,2025-04-05,A,B,2025-04-04T00:00,2025-04-05T00:00,Europe/Kyiv,plant,power_plant,,
`

// TestTotals: numbers of one statement are one, also in a packed file; rows that
// cannot be read are said and leave the others.
func TestTotals(t *testing.T) {
	dir := t.TempDir()
	plain, packed := filepath.Join(dir, "claims.csv"), filepath.Join(dir, "claims.csv.gz")
	var b strings.Builder
	z := gzip.NewWriter(&b)
	z.Write([]byte(claimedTotals))
	z.Close()
	for name, content := range map[string]string{plain: claimedTotals, packed: b.String()} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		all, sum, err := Totals(name)
		if err != nil || len(all) != 2 {
			t.Fatalf("%s: %v, %d totals: %+v", name, err, len(all), all)
		}
		if x := all[0]; x.Number.Min != 4 || len(x.Rows) != 2 || x.Says != "names two of four" || x.Span.End-x.Span.Start != 24*3600*1000 {
			t.Errorf("%+v", x)
		}
		if x := all[1]; x.Number.Min != 14 || len(x.Rows) != 1 {
			t.Errorf("%+v", x)
		}
		if sum.Rejected != 2 {
			t.Errorf("%d rejected: %v", sum.Rejected, sum.Problems)
		}
	}
	for name, content := range map[string]string{"empty.csv": "", "binary.csv": "\x00\x01\x02\xff", "other.csv": "a,b\n1,2\n", "cut.csv": claimedTotals[:30]} {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if all, _, err := Totals(name); len(all) != 0 || err == nil && content != "" {
			t.Errorf("%s: %d totals, %v", name, len(all), err)
		}
	}
}
