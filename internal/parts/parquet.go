package parts

import (
	"context"
	"errors"

	"github.com/truce-project/truce/internal/bulk"
)

func (m *maker) planParquet(in *Input, input int) error { return errors.New("todo") }

func parquetIDs(ctx context.Context, in *Input, add func([]uint64) error) error {
	return errors.New("todo")
}

func readParquet(ctx context.Context, in *Input, u *Unit, r *bulk.Reader) (string, error) {
	return "", errors.New("todo")
}

func parquetDigest(in *Input, u *Unit) (string, error) { return "", errors.New("todo") }
