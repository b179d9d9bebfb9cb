package activities

import (
	"cmp"
	"context"
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
	// limitUnsaid is how long a limit lasts when the vendor does not say so, twice as long
	// each time that it has not ended by then, and longestUnsaid at the most.
	limitUnsaid   = time.Second
	longestUnsaid = 5 * time.Second
	// failedPace is the pace after a message that failed, where the usual one is slower:
	// nobody has got anything, and those that failed together are to go together again.
	failedPace = time.Second
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
	way Way
	to  string
	// waiting are the pages of the next message, flying those of the one under way,
	// which stop ends.
	waiting, flying []*letter
	stop            func()
	// free is when the next message may leave.
	free time.Time
	// unsaid is how long the next limit lasts, when the vendor does not say so.
	unsaid time.Duration
	// apart is true when the vendor refused a merged message as such: its pages then go
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

// recall takes note that one less waits for a page that had left the lane. One that is
// back there, and that nobody waits for any more, is taken out; the message under way is
// stopped when nobody waits for any of its pages, if the way is one that can.
func (l *lane) recall(one *letter) {
	one.senders--
	if i := slices.Index(l.waiting, one); i >= 0 && one.senders == 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		one.tell(incident.Receipt{}, context.Canceled)
	}
	if l.way.recalled && slices.Contains(l.flying, one) && !slices.ContainsFunc(l.flying, (*letter).wanted) {
		l.stop()
	}
}

// wanted says whether anybody waits for the page: what was answered meanwhile is not.
func (one *letter) wanted() bool { return one.senders > 0 }

// back puts the pages of a message that was not taken before those that wait, but for
// those that were answered while it was on its way.
func (l *lane) back(batch []*letter) {
	again := slices.DeleteFunc(slices.Clone(batch), func(one *letter) bool {
		if one.wanted() {
			return false
		}
		one.tell(incident.Receipt{}, context.Canceled)
		return true
	})
	l.waiting = append(again, l.waiting...)
}

// take moves the pages of the next message from those that wait. A message names an
// incident once: a second page of it, for another reason, is in the next one.
func (l *lane) take(stop func()) []*letter {
	most := l.way.most
	if l.apart {
		most = 1
	}
	named := map[string]bool{}
	var batch, rest []*letter
	for _, one := range l.waiting {
		if about := one.about(); len(batch) < most && !named[about] {
			named[about] = true
			batch = append(batch, one)
		} else {
			rest = append(rest, one)
		}
	}
	l.stop, l.flying, l.waiting = stop, batch, rest
	return batch
}

// about is the incident that the page is of.
func (one *letter) about() string {
	if one.page.Card == nil {
		return one.page.Marker
	}
	return one.page.Card.Incident
}

func merged(batch []*letter) incident.Message {
	pages := make([]incident.Message, len(batch))
	for i, one := range batch {
		pages[i] = one.page
	}
	return incident.Merge(pages)
}

// send sends one message. Activities are guarded by Temporal, a lane is not: a page that
// cannot be drawn would end the worker, and everybody's pages with it, again and again.
func (l *lane) send(ctx context.Context, batch []*letter) (at incident.Receipt, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = &rest.Error{
				Vendor: l.way.name, Attempted: "draw a page", Status: http.StatusBadRequest, Err: fmt.Errorf("this is a fault of lastgood: %v", reason),
			}
		}
	}()
	return l.way.send(ctx, l.to, merged(batch))
}

// settle notes what became of the message under way. What the vendor did not take
// because of a limit waits for its end: here when that is near, else at Temporal.
func (l *lane) settle(batch []*letter, began time.Time, at incident.Receipt, err error, now time.Time) {
	l.flying, l.free = nil, began.Add(l.way.pace)
	var failed *rest.Error
	switch {
	case errors.As(err, &failed) && failed.Status == http.StatusTooManyRequests:
		l.hold(batch, cmp.Or(failed.RetryAfter, l.guess()), now)
		return
	case errors.As(err, &failed) && failed.Status == http.StatusBadRequest && len(batch) > 1 && l.way.divides:
		l.apart, l.free = true, now
		l.back(batch)
	default:
		if err != nil {
			l.free = began.Add(min(l.way.pace, failedPace))
		}
		at.With = len(batch) - 1
		for _, one := range batch {
			one.tell(at, fail(err))
		}
	}
	l.unsaid = 0
}

// guess says how long a limit lasts when the vendor does not.
func (l *lane) guess() time.Duration {
	d := cmp.Or(l.unsaid, limitUnsaid)
	l.unsaid = min(2*d, longestUnsaid)
	return d
}

// hold closes the lane for a while. Who cannot wait that long is told at once.
func (l *lane) hold(batch []*letter, d time.Duration, now time.Time) {
	if end := now.Add(d); end.After(l.free) {
		l.free = end
	}
	l.back(batch)
	all := l.waiting
	l.waiting = nil
	for i, one := range all {
		if one.until.Before(l.free) {
			one.tell(incident.Receipt{}, l.limited(l.free.Sub(now), i))
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
func (l *lane) limited(left time.Duration, others int) error {
	why := "another message is on its way there"
	if left > 0 {
		why = "the next message there leaves in " + left.Round(time.Millisecond).String()
	}
	return l.notYet(why, max(left, 0)-min(backBefore+time.Duration(others)*between, earliest))
}

// notYet is the failure of a page that was not sent, with the time to try again.
func (l *lane) notYet(why string, again time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(fmt.Sprintf("page by %s: not sent yet: %s", l.way.name, why), Limited,
		temporal.ApplicationErrorOptions{NextRetryDelay: max(again, soonest), Category: temporal.ApplicationErrorCategoryBenign})
}
