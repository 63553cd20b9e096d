package views

import (
	"context"
	"fmt"

	"github.com/truce-project/truce/internal/journal"
)

// BuildTo makes views, which hold nothing yet, of the first size entries of a log:
// what was known when it held no more.
func (v *Views) BuildTo(ctx context.Context, r *journal.Reader, size int64) error {
	if v.Size() != 0 || size < 0 || size > r.Size() {
		return fmt.Errorf("views of %d entries cannot be made of a log of %d from views of %d", size, r.Size(), v.Size())
	}
	for v.Size() < size {
		if err := ctx.Err(); err != nil {
			return err
		}
		from := v.Size()
		if err := v.apply(r, from, min(from+batchSize, size), true); err != nil {
			return err
		}
	}
	return nil
}
