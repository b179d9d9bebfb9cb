package activities

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

const (
	// pace is the least time between two messages to one address: Slack takes about
	// one a second in a channel (https://docs.slack.dev/apis/web-api/rate-limits).
	pace = time.Second
	// limitUnsaid is how long a limit lasts when Slack does not say so.
	limitUnsaid = time.Second
	// backBefore is how long before its lane is free a page is back: what is answered
	// by then is never sent, and what is not leaves in that moment.
	backBefore = time.Second
	// between keeps pages apart on their way back, by coming earlier, up to earliest:
	// Temporal hands out what falls due in one moment one after the other.
	between  = 5 * time.Millisecond
	earliest = 1800 * time.Millisecond
	// soonest is the shortest way to Temporal and back.
	soonest = 100 * time.Millisecond
)

// lane is the way to one address. The outbox guards it.
type lane struct {
	to string
	// waiting are the pages of the next message, flying those of the one under way.
	waiting, flying []*letter
	// free is when the next message may leave.
	free time.Time
	// apart is true when Slack refused a merged message as such: its pages then go
	// one by one.
	apart bool
}

// letter is one page in a lane. What became of it is known once gone is closed.
type letter struct {
	page incident.Message
	// senders counts those that wait for it, none longer than until.
	senders int
	until   time.Time
	gone    chan struct{}
	at      incident.Receipt
	err     error
}

func (l *lane) put(page incident.Message, until time.Time) *letter {
	for _, known := range slices.Concat(l.flying, l.waiting) {
		if known.page.Marker == page.Marker {
			known.senders, known.until = known.senders+1, until
			return known
		}
	}
	added := &letter{page: page, senders: 1, until: until, gone: make(chan struct{})}
	l.waiting = append(l.waiting, added)
	return added
}

func (l *lane) withdraw(one *letter) bool {
	i := slices.Index(l.waiting, one)
	if i < 0 {
		return false
	}
	if one.senders--; one.senders == 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
	return true
}

// take moves the pages of the next message from those that wait.
func (l *lane) take() []*letter {
	n := min(len(l.waiting), incident.MergeAtMost)
	if l.apart {
		n = min(n, 1)
	}
	l.flying, l.waiting = slices.Clone(l.waiting[:n]), slices.Delete(l.waiting, 0, n)
	return l.flying
}

func merged(batch []*letter) incident.Message {
	pages := make([]incident.Message, len(batch))
	for i, one := range batch {
		pages[i] = one.page
	}
	return incident.Merge(pages)
}

// settle notes what became of the message under way. What Slack did not take
// because of a limit waits for its end: here when that is near, else at Temporal.
func (l *lane) settle(batch []*letter, at incident.Receipt, err error, now time.Time) {
	l.flying = nil
	var failed *rest.Error
	switch {
	case errors.As(err, &failed) && failed.Status == http.StatusTooManyRequests:
		l.hold(batch, cmp.Or(failed.RetryAfter, limitUnsaid), now)
	case errors.As(err, &failed) && failed.Status == http.StatusBadRequest && len(batch) > 1:
		l.apart, l.free = true, now
		l.waiting = append(batch, l.waiting...)
	default:
		at.With = len(batch) - 1
		for _, one := range batch {
			one.tell(at, fail(err))
		}
	}
}

// hold closes the lane for a while. Who cannot wait that long is told at once.
func (l *lane) hold(batch []*letter, d time.Duration, now time.Time) {
	l.free = now.Add(d)
	all := append(slices.Clone(batch), l.waiting...)
	l.waiting = nil
	for i, one := range all {
		if one.until.Before(l.free) {
			one.tell(incident.Receipt{}, limited(l.to, d, i))
		} else {
			l.waiting = append(l.waiting, one)
		}
	}
}

func (one *letter) tell(at incident.Receipt, err error) {
	one.at, one.err = at, err
	close(one.gone)
}

// limited is the failure of a page whose lane is closed for a while yet. It is to be
// tried again just before it opens, the earlier the more others are.
func limited(to string, left time.Duration, others int) error {
	left = max(left, 0)
	why := fmt.Sprintf("Slack takes no message there for another %s", left.Round(time.Millisecond))
	return notYet(to, why, left-min(backBefore+time.Duration(others)*between, earliest))
}

// notYet is the failure of a page that was not sent, with the time to try again.
func notYet(to, why string, again time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(fmt.Sprintf("page %s: not sent yet: %s", to, why), Limited,
		temporal.ApplicationErrorOptions{NextRetryDelay: max(again, soonest), Category: temporal.ApplicationErrorCategoryBenign})
}
