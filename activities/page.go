package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/oncall"
)

// Pager reaches one person, now. What is not configured is nil.
type Pager struct {
	Chat Chat
	Mail Mailer
	SMS  Texter
	// Outbox paces and merges the pages; without one each is sent by itself.
	Outbox *Outbox
	// Tally counts; nil when nobody does.
	Tally Tally
}

// PageOrder is one page.
type PageOrder struct {
	Page    oncall.Page      `json:"page"`
	Message incident.Message `json:"message"`
	// Again is true when this very page may have been sent before.
	Again bool `json:"again,omitempty"`
}

// Page delivers a page, and counts it.
func (p *Pager) Page(ctx context.Context, o PageOrder) (incident.Receipt, error) {
	at, err := p.page(ctx, o)
	p.count(o.Page, err)
	return at, err
}

// Waiting counts the pages that are about to leave by Slack, to which the cards, threads
// and edits there give way.
func (p *Pager) Waiting() int {
	if p.Outbox == nil {
		return 0
	}
	return p.Outbox.Waiting(bySlack)
}

// page sends the page, or adopts what an earlier attempt sent. A doubled page is better
// than none: what cannot be looked for is sent.
func (p *Pager) page(ctx context.Context, o PageOrder) (incident.Receipt, error) {
	way := p.way(o.Page.Via)
	if way.send == nil {
		return incident.Receipt{}, off(way.name)
	}
	defer beat(ctx)() // An acknowledgement stops it where that can still be done.
	sure := true
	if way.find != nil && p.maybeSent(ctx, o) {
		at, found, err := way.look(ctx, o.Page.Address, o.Message)
		if found {
			return at, nil // What cannot be brought up to date yet has arrived all the same.
		}
		sure = err == nil
	}
	at, err := p.send(ctx, way, o, sure)
	if err != nil && ctx.Err() != nil {
		return incident.Receipt{}, ctx.Err() // It was called back, and has not failed.
	}
	return at, err
}

// send sends the page. When it is turned away, it need not be looked for the next time,
// if it is sure that no attempt before has sent it.
func (p *Pager) send(ctx context.Context, way Way, o PageOrder, sure bool) (incident.Receipt, error) {
	if p.Outbox == nil {
		at, err := way.send(ctx, o.Page.Address, o.Message)
		return at, fail(err)
	}
	at, err := p.Outbox.Send(ctx, activity.GetWorkerStopChannel(ctx), way, o.Page.Address, o.Message)
	var away *temporal.ApplicationError
	if sure && errors.As(err, &away) && away.Type() == Limited {
		p.Outbox.remember(o.Message.Marker, activity.GetInfo(ctx).Attempt, away.NextRetryDelay())
	}
	return at, err
}

// maybeSent says whether an earlier attempt may have sent the page. One that the
// outbox turned away has not; of one in another worker nothing is known.
func (p *Pager) maybeSent(ctx context.Context, o PageOrder) bool {
	attempt := activity.GetInfo(ctx).Attempt
	if attempt == 1 {
		return o.Again
	}
	return p.Outbox == nil || !p.Outbox.turnedAway(o.Message.Marker, attempt-1)
}

// post sends a message once: what an earlier attempt may have sent is adopted. One that
// is there and takes no edit yet is found again by the next attempt.
func post(ctx context.Context, chat Chat, to string, m incident.Message, again bool) (incident.Receipt, error) {
	if chat == nil {
		return incident.Receipt{}, off("Slack")
	}
	if again || activity.GetInfo(ctx).Attempt > 1 {
		at, found, err := adopted(ctx, chat, to, m)
		if found {
			return at, later(err)
		}
	}
	at, err := chat.Post(ctx, to, m)
	return at, later(err)
}

// adopted finds a message that was sent before and brings it up to date: it shows
// what was true then. A text without buttons stays as it is, and so does a message
// that names other incidents as well, and one of which Slack takes no edit for good.
// One that is there no more was not found. The error of one that was found is that of
// its edit, which may pass.
func adopted(ctx context.Context, chat Chat, to string, m incident.Message) (incident.Receipt, bool, error) {
	at, found, err := chat.Find(ctx, to, m)
	if err != nil || !found || m.Card == nil || at.With > 0 {
		return at, found, err
	}
	switch err = chat.Edit(ctx, at, m); {
	case rest.Is404(err):
		return incident.Receipt{}, false, nil
	case refused(err):
		return at, true, nil
	default:
		return at, true, err
	}
}

// What became of an attempt to page, as it is counted.
const (
	resultDelivered = "delivered"
	resultLimited   = "limited"
	resultCancelled = "cancelled"
	resultRefused   = "refused"
	resultFailed    = "failed"
)

func (p *Pager) count(page oncall.Page, err error) {
	if p.Tally == nil {
		return
	}
	p.Tally.Paged(page.Via, resultOf(err))
	if err == nil && !page.At.IsZero() {
		p.Tally.Late(page.Via, max(time.Since(page.At), 0))
	}
}

func resultOf(err error) string {
	switch {
	case err == nil:
		return resultDelivered
	case failedAs(err, Limited):
		return resultLimited
	case errors.Is(err, context.Canceled):
		return resultCancelled
	case failedAs(err, Refused), failedAs(err, Off):
		return resultRefused
	default:
		return resultFailed
	}
}
