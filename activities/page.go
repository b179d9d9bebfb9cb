package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// Pager reaches one person, now. What is not configured is nil.
type Pager struct {
	Chat Chat
	Mail Mailer
	SMS  Texter
}

// PageOrder is one page.
type PageOrder struct {
	Page    oncall.Page      `json:"page"`
	Message incident.Message `json:"message"`
	// Again is true when this very page may have been sent before.
	Again bool `json:"again,omitempty"`
}

// Page delivers a page. Slack has no idempotency key: a page that may have been
// sent before is looked for by its marker first, and adopted when it is there. A
// lookup that fails does not hold the page back: a doubled page is better than none.
func (p *Pager) Page(ctx context.Context, o PageOrder) (incident.Receipt, error) {
	switch o.Page.Via {
	case oncall.Email:
		return p.mail(ctx, o)
	case oncall.SMS:
		return p.text(ctx, o)
	default:
	}
	return post(ctx, p.Chat, o.Page.Address, o.Message, o.Again)
}

// post sends a message once: what an earlier attempt may have sent is adopted.
func post(ctx context.Context, chat Chat, to string, m incident.Message, again bool) (incident.Receipt, error) {
	if chat == nil {
		return incident.Receipt{}, off("Slack")
	}
	if again || activity.GetInfo(ctx).Attempt > 1 {
		if at, found, err := chat.Find(ctx, to, m); err == nil && found && adopt(ctx, chat, at, m) {
			return at, nil
		}
	}
	at, err := chat.Post(ctx, to, m)
	return at, fail(err)
}

// adopt brings a message that was found up to date: it shows what was true when
// it was sent. A text without buttons stays as it is.
func adopt(ctx context.Context, chat Chat, at incident.Receipt, m incident.Message) bool {
	return m.Card == nil || chat.Edit(ctx, at, m) == nil
}
