package story

import (
	"bytes"
	"fmt"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/regimes"
)

// recordedFindings is how many rows of the background have their findings in the
// record, for whoever checks it to judge again.
const recordedFindings = 40

// findings records what the energy halt says of the first rows of a data set.
func findings(b *book, dataset string, file []byte, t time.Time) {
	text, err := regimes.Open("energy-2025")
	if err != nil {
		b.fail("%v", err)
		return
	}
	bench, err := office.NewBench(text, false)
	if err != nil {
		b.fail("%v", err)
		return
	}
	n := 0
	_, err = feeds.Read("background", bytes.NewReader(file), feeds.Options{As: "truce", Vocabulary: text.Vocabulary}, func(in *evidence.Incident) error {
		if n++; n > recordedFindings {
			return nil
		}
		e, err := bench.Finding(in, "")
		b.add(draft{name: fmt.Sprintf("finding %d", n), by: "verifier", at: t.Add(time.Duration(n) * time.Second), kind: "finding@1", marking: "public", payload: e,
			refs: append(relate(record.About, "terms energy-2025"), about(dataset)...)})
		return err
	})
	if err != nil {
		b.fail("%v", err)
	}
}
