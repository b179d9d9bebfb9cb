package activities

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/seed-44180607/lastgood/incident"
)

const (
	// lingerFor is how long a page waits in its lane at the most. One that has to
	// wait longer goes back to Temporal, where it holds nothing up and an answer
	// takes it away.
	lingerFor = 2200 * time.Millisecond
	// rememberFor is how long after its time a page that was turned away is known.
	rememberFor = time.Minute
)

// Outbox sends pages as people can read them, and vendors take them: each address has a
// lane, in which one message is under way at a time. The first page leaves at once; those
// that come while the lane is busy, or limited by the vendor, leave together when it is
// free. A limit holds up its own lane alone. It knows of this process only: several
// workers merge each their own.
type Outbox struct {
	mutex sync.Mutex
	lanes map[address]*lane
	// away are the pages that were turned away and are to come back, by marker.
	away  map[string]turned
	swept time.Time
}

// address is where a lane leads: a mailbox may be written like a channel.
type address struct{ way, to string }

// turned is the attempt of a page that was turned away, and when it is forgotten.
type turned struct {
	attempt int32
	until   time.Time
}

// NewOutbox makes an outbox. It starts nothing: a lane runs for as long as it has
// something to send, or to remember.
func NewOutbox() *Outbox {
	return &Outbox{lanes: map[address]*lane{}, away: map[string]turned{}}
}

// Send delivers a page and says where it lies. A page that would have to wait for
// long comes back as Limited, with the time to try again; so does one that waits
// when the worker stops. A page that is on its way is waited for, whatever happens.
func (o *Outbox) Send(ctx context.Context, stopping <-chan struct{}, way Way, to string, page incident.Message) (incident.Receipt, error) {
	l, mine, err := o.put(way, to, page)
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
		err = l.notYet("the worker stops", 0)
	case <-patience.C:
		err = o.closed(l)
	}
	if o.withdraw(l, mine) {
		return incident.Receipt{}, err
	}
	defer context.AfterFunc(ctx, func() { o.recall(l, mine) })()
	<-mine.gone
	return mine.at, mine.err
}

// Waiting counts the pages that are about to leave by the way of a name.
func (o *Outbox) Waiting(way string) (n int) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	for at, l := range o.lanes {
		if at.way == way {
			n += len(l.waiting)
		}
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
func (o *Outbox) put(way Way, to string, page incident.Message) (*lane, *letter, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	at := address{way.name, to}
	l, runs := o.lanes[at]
	if !runs {
		l = &lane{way: way, to: to}
		o.lanes[at] = l
		defer func() { go o.run(at, l) }()
	}
	if left := time.Until(l.free); left > lingerFor {
		return nil, nil, l.limited(left, len(o.away))
	}
	return l, l.put(page, time.Now().Add(lingerFor)), nil
}

// withdraw takes a page out of its lane, and says whether it was still there.
func (o *Outbox) withdraw(l *lane, mine *letter) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return l.withdraw(mine)
}

// recall takes note that nobody waits any more for a page under way.
func (o *Outbox) recall(l *lane, mine *letter) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	l.recall(mine)
}

// closed says when to come again to a lane that was not free in time.
func (o *Outbox) closed(l *lane) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return l.limited(time.Until(l.free), len(o.away))
}

// run sends what is in a lane, one message after the other, and forgets the lane
// when nothing is left of it. No page's own context bounds it: the message belongs
// to several.
func (o *Outbox) run(at address, l *lane) {
	for {
		pause(time.Until(o.free(l)))
		ctx, cancel := context.WithTimeout(context.Background(), l.way.within)
		batch := o.take(at, l, cancel)
		if len(batch) == 0 {
			cancel()
			return
		}
		began := time.Now()
		receipt, err := l.send(ctx, batch)
		cancel()
		o.settle(l, batch, began, receipt, err)
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
func (o *Outbox) take(at address, l *lane, stop func()) []*letter {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	batch := l.take(stop)
	if len(batch) == 0 {
		delete(o.lanes, at)
	}
	return batch
}

// settle tells everyone what became of a message.
func (o *Outbox) settle(l *lane, batch []*letter, began time.Time, at incident.Receipt, err error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	l.settle(batch, began, at, err, time.Now())
}
