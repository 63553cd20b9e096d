// Package shares has the partitions of a large job done by processes on several
// machines: they stand in a queue in PostgreSQL, and whoever takes one does it in the
// folder that all of them see.
//
// It promises that what comes out is the same to the byte as from one process, however
// many there are and whenever one is killed or stopped: a partition is done or it is
// not, and two that do one leave the same part. What a worker cannot do is told, with
// its machine and the reason, and done by another, or by whoever asked for it. A worker
// of another edition of truce does nothing.
package shares

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/parts"
)

// gone is after how long without a sign of life a process counts as gone. One that is
// taken for gone and is not costs a partition that is done twice.
const gone = 5 * time.Second

const kind = "partition"

// task is one partition, as it stands in the queue.
type task struct {
	Dir     string `json:"dir"`  // of the plan, on every machine
	Base    string `json:"base"` // from which other names are looked for
	Plan    string `json:"plan"` // its digest
	Unit    int    `json:"unit"`
	Edition string `json:"edition"` // of truce
}

// Job is a plan whose partitions are shared out.
type Job struct {
	Plan    *parts.Plan
	Ask     parts.Asker
	Dir     string // of the plan, from the root
	Base    string // from which other names are looked for, from the root
	Edition string // of truce: engine, vocabulary and all else that an answer depends on
}

// group are the tasks of a job: those of an earlier run of the same are the same.
func (j *Job) group() jobs.Group {
	h := sha256.New()
	for _, s := range []string{j.Dir, j.Base, j.Plan.Digest(), j.Edition} {
		fmt.Fprintf(h, "%d %s\n", len(s), s)
	}
	return jobs.Group{Kind: kind, Prefix: hex.EncodeToString(h.Sum(nil)[:12]) + " "}
}

func (j *Job) tasks(units []int) []jobs.Task {
	g := j.group()
	out := make([]jobs.Task, len(units))
	for i, n := range units {
		out[i] = jobs.Task{Kind: kind, Key: g.Prefix + strconv.Itoa(n), Attempts: 10,
			Body: task{Dir: j.Dir, Base: j.Base, Plan: j.Plan.Digest(), Unit: n, Edition: j.Edition}}
	}
	return out
}

func unitOf(g jobs.Group, key string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimPrefix(key, g.Prefix))
	return n, err == nil && strings.HasPrefix(key, g.Prefix)
}

var queueName = regexp.MustCompile(`^[a-z0-9]{1,40}$`)

// Schema is where a queue is in a database. No record has a schema of such a name.
func Schema(queue string) (string, error) {
	switch {
	case queue == "":
		return "truceparts", nil
	case !queueName.MatchString(queue):
		return "", fmt.Errorf("queue %q: expected small letters and digits, at most 40", queue)
	}
	return "truceparts_" + queue, nil
}

// Open opens a queue of a database. Whoever does partitions hands over how.
func Open(ctx context.Context, url, queue string, log *slog.Logger, kinds ...jobs.Kind) (*jobs.DB, error) {
	schema, err := Schema(queue)
	if err != nil {
		return nil, err
	}
	if len(kinds) == 0 {
		kinds = []jobs.Kind{{Name: kind}}
	}
	return jobs.OpenPostgres(ctx, url, schema, jobs.Options{Slog: log, Gone: gone, Poll: time.Second, Soon: 10 * time.Millisecond}, kinds...)
}

// Me is how this process is called where it is told what it could not do.
func Me() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "a machine without a name"
	}
	return fmt.Sprintf("%s (process %d)", host, os.Getpid())
}
