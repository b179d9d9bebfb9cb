package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"github.com/seed-44180607/lastgood/incident"
)

// mail delivers a page to a mailbox. A second attempt sends it again: both have
// the same Message-ID, by which mail programs show them as one.
func (p *Pager) mail(ctx context.Context, o PageOrder) (incident.Receipt, error) {
	if p.Mail == nil {
		return incident.Receipt{}, off("mail")
	}
	defer beat(ctx)() // An acknowledgement stops it on its way.
	at, err := p.Mail.Send(ctx, o.Page.Address, o.Message)
	return at, stopped(ctx, err)
}

// text delivers a page to a phone. One that an earlier attempt may have sent is
// looked for first; a look that fails does not hold the page back.
func (p *Pager) text(ctx context.Context, o PageOrder) (incident.Receipt, error) {
	if p.SMS == nil {
		return incident.Receipt{}, off("SMS")
	}
	defer beat(ctx)()
	if o.Again || activity.GetInfo(ctx).Attempt > 1 {
		if at, found, err := p.SMS.Find(ctx, o.Page.Address, o.Message); err == nil && found {
			return at, nil
		}
	}
	at, err := p.SMS.Send(ctx, o.Page.Address, o.Message)
	return at, stopped(ctx, err)
}

// stopped tells a page that was called back from one that failed.
func stopped(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return fail(err)
}
