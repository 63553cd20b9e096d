package stamp

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/jobs"
)

// Config says who stamps (docs/feeds-and-alerts.md).
type Config struct {
	URL   string        `yaml:"url"`
	Every time.Duration `yaml:"every"` // 1h, where absent; only where there is a new checkpoint
	Roots string        `yaml:"roots"` // file of certificates; without, any signer is taken
}

// Check fills in what is absent, and names what is wrong.
func (c *Config) Check(dir string, g *fetch.Guard) (faults []string) {
	if _, err := g.URL(c.URL); err != nil {
		faults = append(faults, fmt.Sprintf("timestamps: url: %v", err))
	}
	if c.Every == 0 {
		c.Every = time.Hour
	}
	if c.Every < time.Second {
		faults = append(faults, "timestamps: every: expected 1s or more")
	}
	if _, err := c.roots(dir); err != nil {
		faults = append(faults, fmt.Sprintf("timestamps: roots: %v", err))
	}
	return faults
}

func (c *Config) roots(dir string) (*x509.CertPool, error) {
	if c.Roots == "" {
		return nil, nil
	}
	name := c.Roots
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	return Roots(name)
}

// Roots reads certificates from a file.
func Roots(name string) (*x509.CertPool, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s holds no certificate (PEM)", name)
	}
	return p, nil
}

// Options are what a keeper works with.
type Options struct {
	Dir    string
	Config Config
	Guard  *fetch.Guard
	Store  jobs.Store
	Queue  jobs.Queue
	Slog   *slog.Logger
	Size   func() int64 // of the last checkpoint
	Now    func() time.Time
}

// Keeper has checkpoints stamped.
type Keeper struct{ o Options }

// NewKeeper makes a keeper, of a configuration that was checked.
func NewKeeper(o Options) *Keeper {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Slog == nil {
		o.Slog = slog.New(slog.DiscardHandler)
	}
	return &Keeper{o}
}

const kind = "stamp"

// Kind is how the queue gets stamps.
func (k *Keeper) Kind() jobs.Kind {
	return jobs.Kind{Name: kind, Do: k.stamp, Time: 2 * time.Minute, Base: 30 * time.Second, Most: time.Hour}
}

// asked is when and for which size a stamp was asked for last.
type asked struct {
	Size int64
	At   time.Time
}

// Run asks for stamps until the context ends.
func (k *Keeper) Run(ctx context.Context) {
	t := time.NewTicker(min(k.o.Config.Every, 10*time.Second))
	defer t.Stop()
	for {
		if err := k.Due(ctx); err != nil && ctx.Err() == nil {
			k.o.Slog.Error("time stamps", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// attempts are made for one stamp: the next checkpoint has one of its own.
const attempts = 10

// Due asks for a stamp where it is time, and there is a checkpoint without one.
func (k *Keeper) Due(ctx context.Context) error {
	var a asked
	if _, err := k.o.Store.Get(ctx, kind, "asked", &a); err != nil {
		return err
	}
	now, size := k.o.Now(), k.o.Size()
	if size == a.Size || size == 0 || now.Sub(a.At) < k.o.Config.Every && !a.At.After(now) {
		return nil
	}
	if err := k.o.Queue.Add(ctx, jobs.Task{Kind: kind, Key: fmt.Sprint(size), Body: struct{}{}, Attempts: attempts}); err != nil {
		return err
	}
	return k.o.Store.Put(ctx, kind, "asked", asked{size, now})
}

// stamp has the checkpoint of a size stamped. The log may have grown since: then
// it is the newest that is stamped, unless this one was kept already.
func (k *Keeper) stamp(ctx context.Context, t jobs.Try) error {
	folder := filepath.Join(k.o.Dir, Folder)
	b, err := os.ReadFile(filepath.Join(folder, t.Key+".ckpt"))
	size := t.Key
	if errors.Is(err, fs.ErrNotExist) {
		if b, err = os.ReadFile(filepath.Join(k.o.Dir, "log", "checkpoint")); err == nil {
			size, err = sizeOf(b)
		}
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(folder, size+".tsr")); err == nil {
		return nil
	}
	if err := Keep(k.o.Dir, size+".ckpt", b); err != nil {
		return err
	}
	query, nonce, err := Request(b)
	if err != nil {
		return err
	}
	a, answer, err := k.o.Guard.Post(ctx, fetch.Request{URL: k.o.Config.URL, Header: map[string]string{"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}, Limits: fetch.Limits{Bytes: maxFile}}, query)
	if err != nil {
		return err
	}
	if a.State != fetch.Fresh {
		return jobs.Later(a.RetryAfter, errors.New(a.Why))
	}
	roots, err := k.o.Config.roots(k.o.Dir)
	if err != nil {
		return err
	}
	s, err := Check(b, answer, roots)
	if err != nil {
		return fmt.Errorf("the answer is no stamp: %w", err)
	}
	if !s.Answers(nonce) {
		return errors.New("the answer is to another request")
	}
	k.o.Slog.Info("time stamp", "entries", size, "time", s.Time, "by", s.By)
	return Keep(k.o.Dir, size+".tsr", answer)
}
