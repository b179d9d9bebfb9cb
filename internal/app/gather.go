package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/api"
)

const (
	// gatherFor is the least time between two signals to one group.
	gatherFor = time.Second
	// mayWait is how many alerts may wait to be stored, of all groups together. A
	// brief one takes about 300 bytes.
	mayWait = 20_000
)

// gathering stands in front of Temporal for a storm to go through. The first delivery
// of a group goes on at once. Those that come while it is being stored, or within a
// second of it, become one and go on together; each caller has its answer when that is
// stored. So a group is brought to Temporal once a second at the most by each starter.
type gathering struct {
	next   api.Alerts
	mu     sync.Mutex
	groups map[group]*bundle
	// waiting counts the alerts in bundles that nobody stores yet.
	waiting int
}

func newGathering(next api.Alerts) *gathering {
	return &gathering{next: next, groups: map[group]*bundle{}}
}

// group is what deliveries must have in common to become one.
type group struct {
	service, source, key string
	neverResolves        bool
}

func groupOf(service string, d incident.Delivery) group {
	return group{service, d.Source, d.Group, d.NeverResolves}
}

// bundle is what is stored together. The groups have one for as long as the next must
// wait; it is nil where nothing has come meanwhile.
type bundle struct {
	delivery incident.Delivery
	// until is when the last of its callers gives up; zero when one never does.
	until time.Time
	// stored is closed when workflow and err say what came of it.
	stored   chan struct{}
	workflow string
	err      error
}

// Alert returns when the delivery, or one that says the same, is stored, or could not be.
func (g *gathering) Alert(ctx context.Context, service string, d incident.Delivery) (string, error) {
	b, err := g.join(ctx, groupOf(service, d), d)
	if err != nil {
		return "", err
	}
	select {
	case <-b.stored:
		return b.workflow, b.err
	case <-ctx.Done():
		return "", fmt.Errorf("store %d alerts of %s: %w", len(d.Alerts), service, context.Cause(ctx))
	}
}

// join puts a delivery into the bundle that leaves next.
func (g *gathering) join(ctx context.Context, key group, d incident.Delivery) (*bundle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b, busy := g.groups[key]
	if !busy {
		b = bundleOf(ctx, d)
		g.groups[key] = nil
		go g.store(context.WithoutCancel(ctx), key, b)
		return b, nil
	}
	if g.waiting+len(d.Alerts) > mayWait {
		return nil, fmt.Errorf("store %d alerts of %s: %d others wait to be stored; send them again later", len(d.Alerts), key.service, g.waiting)
	}
	if b == nil {
		empty := d
		empty.Alerts = nil
		b = bundleOf(ctx, empty)
		g.groups[key] = b
	}
	before := len(b.delivery.Alerts)
	b.add(ctx, d)
	g.waiting += len(b.delivery.Alerts) - before
	return b, nil
}

func bundleOf(ctx context.Context, d incident.Delivery) *bundle {
	until, _ := ctx.Deadline()
	return &bundle{delivery: d, until: until, stored: make(chan struct{})}
}

func (b *bundle) add(ctx context.Context, d incident.Delivery) {
	b.delivery = b.delivery.Union(d)
	if until, ends := ctx.Deadline(); !ends || b.until.IsZero() {
		b.until = time.Time{}
	} else if until.After(b.until) {
		b.until = until
	}
}

// store takes the bundles of a group on, one after the other, until none has come
// while the last one was stored and for a second from its beginning. A caller that has
// gone keeps nothing from being stored: others may wait for the same.
func (g *gathering) store(ctx context.Context, key group, b *bundle) {
	for b != nil {
		pause := time.NewTimer(gatherFor)
		g.hand(ctx, key, b)
		<-pause.C
		b = g.following(key)
	}
}

func (g *gathering) hand(ctx context.Context, key group, b *bundle) {
	defer close(b.stored)
	if !b.until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, b.until)
		defer cancel()
	}
	b.workflow, b.err = g.next.Alert(ctx, key.service, b.delivery)
}

// following gives what has come for a group meanwhile; nil when nothing has: the next
// delivery of the group goes on at once then.
func (g *gathering) following(key group) *bundle {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.groups[key]
	if b == nil {
		delete(g.groups, key)
		return nil
	}
	g.groups[key] = nil
	g.waiting -= len(b.delivery.Alerts)
	return b
}
