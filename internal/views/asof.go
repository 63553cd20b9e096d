package views

import (
	"context"
	"fmt"
)

// BuildTo makes views, which hold nothing yet, of the first size entries of a log:
// what was known when it held no more.
func (v *Views) BuildTo(ctx context.Context, r Source, size int64) error {
	v.Of(r)
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
