package commission

import (
	"testing"
	"time"
)

// BenchmarkState: the state of a record with 2,000 cases of ten entries each.
func BenchmarkState(b *testing.B) {
	p := newPlay(&testing.T{}, text)
	for range 2000 {
		p.At("+1h").As("UA").Complains("RU", "1.1").As("RU").Step("acknowledgement", "").Replies("denies").As("chair").Step("visit", "").Proposes("breach").Signs("agrees").As("UA").Signs("agrees").As("RU").Signs("dissents").As("UA").Sends("RU").As("RU").Acknowledges()
	}
	b.ReportMetric(float64(len(p.in.Entries)), "entries")
	for b.Loop() {
		if s := At(p.in, p.now.Add(time.Hour)); len(s.Cases) != 2000 || s.Cases[1999].State != "determined" {
			b.Fatal(len(s.Cases), len(s.Problems))
		}
	}
}
