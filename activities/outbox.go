package activities

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/seed-44180607/lastgood/incident"
)

const (
	// sendWithin bounds one call. With lingerFor before it, it fits into the one
	// attempt of a page.
	sendWithin = 2600 * time.Millisecond
	// lingerFor is how long a page waits in its lane at the most. One that has to
	// wait longer goes back to Temporal, where it holds nothing up and an answer
	// takes it away.
	lingerFor = 2200 * time.Millisecond
	// rememberFor is how long after its time a page that was turned away is known.
	rememberFor = time.Minute
)

// Outbox sends pages as Slack takes them: each address has a lane, in which one
// message is under way at a time. The first page leaves at once; those that come
// while the lane is busy, or limited by Slack, leave together when it is free. A
// limit holds up its own lane alone. It knows of this process only: several
// workers merge each their own.
type Outbox struct {
	chat  Chat
	mutex sync.Mutex
	lanes map[string]*lane
	// away are the pages that were turned away and are to come back, by marker.
	away  map[string]turned
	swept time.Time
}

// turned is the attempt of a page that was turned away, and when it is forgotten.
type turned struct {
	attempt int32
	until   time.Time
}

// NewOutbox makes an outbox. It starts nothing: a lane runs for as long as it has
// something to send, or to remember.
func NewOutbox(chat Chat) *Outbox {
	return &Outbox{chat: chat, lanes: map[string]*lane{}, away: map[string]turned{}}
}

// Send delivers a page and says where it lies. A page that would have to wait for
// long comes back as Limited, with the time to try again; so does one that waits
// when the worker stops. A page that is on its way is waited for, whatever happens.
func (o *Outbox) Send(ctx context.Context, stopping <-chan struct{}, to string, page incident.Message) (incident.Receipt, error) {
	mine, err := o.put(to, page)
	if err != nil {
		return incident.Receipt{}, err
	}
	patience := time.NewTimer(lingerFor)
	defer patience.Stop()
	select {
	case <-mine.gone:
		return mine.at, mine.err
	case <-ctx.Done():
		err = ctx.Err()
	case <-stopping:
		err = notYet(to, "the worker stops", 0)
	case <-patience.C:
		err = o.closed(to)
	}
	if o.withdraw(to, mine) {
		return incident.Receipt{}, err
	}
	<-mine.gone
	return mine.at, mine.err
}

// Waiting counts the pages that are about to leave.
func (o *Outbox) Waiting() (n int) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	for _, l := range o.lanes {
		n += len(l.waiting)
	}
	return n
}

// remember notes that an attempt to page was turned away, until after it is to come
// back: what was answered meanwhile never does.
func (o *Outbox) remember(marker string, attempt int32, back time.Duration) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	now := time.Now()
	if now.Sub(o.swept) > rememberFor {
		maps.DeleteFunc(o.away, func(_ string, t turned) bool { return now.After(t.until) })
		o.swept = now
	}
	o.away[marker] = turned{attempt, now.Add(back + rememberFor)}
}

// turnedAway says whether the attempt to page was turned away, here.
func (o *Outbox) turnedAway(marker string, attempt int32) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	last, known := o.away[marker]
	delete(o.away, marker)
	return known && last.attempt == attempt
}

// put brings a page into its lane, unless the lane is closed for longer than a page
// may wait in it. A page that is in there already is not put twice: an attempt that
// Temporal has given up may still be on its way.
func (o *Outbox) put(to string, page incident.Message) (*letter, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	l, runs := o.lanes[to]
	if !runs {
		l = &lane{to: to}
		o.lanes[to] = l
		defer func() { go o.run(l) }()
	}
	if left := time.Until(l.free); left > lingerFor {
		return nil, limited(to, left, len(o.away))
	}
	return l.put(page, time.Now().Add(lingerFor)), nil
}

// withdraw takes a page out of its lane, and says whether it was still there.
func (o *Outbox) withdraw(to string, mine *letter) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	l, runs := o.lanes[to]
	return runs && l.withdraw(mine)
}

// closed says when to come again to a lane that was not free in time.
func (o *Outbox) closed(to string) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if l, runs := o.lanes[to]; runs {
		return limited(to, time.Until(l.free), len(o.away))
	}
	return limited(to, 0, 0)
}

// run sends what is in a lane, one message after the other, and forgets the lane
// when nothing is left of it. No page's own context bounds it: the message belongs
// to several.
func (o *Outbox) run(l *lane) {
	for {
		pause(time.Until(o.free(l)))
		batch := o.take(l)
		if len(batch) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), sendWithin)
		began := time.Now()
		at, err := o.chat.Post(ctx, l.to, merged(batch))
		cancel()
		o.settle(l, batch, began, at, err)
	}
}

func pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

func (o *Outbox) free(l *lane) time.Time {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return l.free
}

// take gives what the next message carries; nothing, and the lane is forgotten.
func (o *Outbox) take(l *lane) []*letter {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	batch := l.take()
	if len(batch) == 0 {
		delete(o.lanes, l.to)
	}
	return batch
}

// settle tells everyone what became of a message.
func (o *Outbox) settle(l *lane, batch []*letter, began time.Time, at incident.Receipt, err error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	l.free = began.Add(pace)
	l.settle(batch, at, err, time.Now())
}
