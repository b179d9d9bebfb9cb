package activities

import (
	"context"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// Way is how pages leave by one method, and what its vendor takes.
type Way struct {
	// name is how failures call it. Lanes of different ways have nothing in common.
	name string
	// send is nil where the vendor is not configured. Its errors are *rest.Error.
	send func(ctx context.Context, to string, m incident.Message) (incident.Receipt, error)
	// find looks for what an earlier attempt may have sent; nil where nobody can be asked.
	find func(ctx context.Context, to string, m incident.Message) (incident.Receipt, bool, error)
	// within bounds one call; with lingerFor before it, it fits into one attempt.
	within time.Duration
	// pace is the least time between two messages to one address, and no more than lingerFor.
	pace time.Duration
	// most is how many pages one message carries.
	most int
	// divides is true when a merged message that is refused with 400 is tried page by
	// page: it was the message, not the address.
	divides bool
	// recalled is true when a message under way is stopped once nobody waits for any of
	// its pages any more; else it arrives.
	recalled bool
}

// lookWithin bounds the look for an earlier page, so that one that gets no answer leaves
// the attempt enough time to send it.
const lookWithin = 1500 * time.Millisecond

// look asks whether an earlier attempt has sent the page. A look that fails does not hold
// it back.
func (w Way) look(ctx context.Context, to string, m incident.Message) (incident.Receipt, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	return w.find(ctx, to, m)
}

const (
	bySlack = "Slack"
	byMail  = "mail"
	bySMS   = "SMS"
)

// ByChat pages by messages. Slack takes about one a second in a channel
// (https://docs.slack.dev/apis/web-api/rate-limits). It has no idempotency key: a page
// that may have been sent before is looked for, and adopted when it is there.
func ByChat(c Chat) Way {
	way := Way{name: bySlack, within: 2600 * time.Millisecond, pace: time.Second, most: incident.MergeAtMost, divides: true}
	if c != nil {
		way.send = c.Post
		way.find = func(ctx context.Context, to string, m incident.Message) (incident.Receipt, bool, error) {
			return adopted(ctx, c, to, m)
		}
	}
	return way
}

// apart is the pace of mails and texts, which no vendor bounds for one receiver: long
// enough for a storm to be one message, too short to matter to anybody. A text of two
// segments keeps a number of Twilio busy for as long: one a second
// (https://www.twilio.com/docs/api/errors/21611).
const apart = 2 * time.Second

// ByMail pages by mails. Nobody can be asked what became of one: it is sent again, and
// the same pages have the same Message-ID, by which mail programs show them once.
func ByMail(m Mailer) Way {
	way := Way{name: byMail, within: 4 * time.Second, pace: apart, most: incident.MergeAtMost, recalled: true}
	if m != nil {
		way.send = m.Send
	}
	return way
}

// BySMS pages by texts. One that an earlier attempt may have sent is looked for.
func BySMS(t Texter) Way {
	way := Way{name: bySMS, within: 3 * time.Second, pace: apart, most: incident.TextAtMost, recalled: true}
	if t != nil {
		way.send = t.Send
		way.find = t.Find
	}
	return way
}

// way is the one to page by a method.
func (p *Pager) way(via oncall.Method) Way {
	switch via {
	case oncall.Email:
		return ByMail(p.Mail)
	case oncall.SMS:
		return BySMS(p.SMS)
	default:
		return ByChat(p.Chat)
	}
}
