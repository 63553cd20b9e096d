package background

import (
	"context"
	"errors"
)

// CheckMail says whether people may have mail sent to an address, and gives it as it
// is kept.
func (b *Background) CheckMail(address string) (string, error) {
	a, err := b.notify.CheckMail(address)
	if err == nil && b.o.URL == "" {
		err = errors.New("this server does not know its own address, which stands in mails: whoever keeps the machine starts it with --url")
	}
	return a, err
}

// AskAddress sends the mail that asks whether an address is its owner's.
func (b *Background) AskAddress(ctx context.Context, id, address string) error {
	return b.notify.AskAddress(ctx, id, address)
}

// HooksOf are the webhooks by which an account may be told.
func (b *Background) HooksOf(account string) []string { return b.notify.HooksOf(account) }
