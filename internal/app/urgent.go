package app

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"github.com/seed-44180607/lastgood/activities"
)

const (
	// quietFor is how long nobody must have been paged before what can wait goes on.
	quietFor = 100 * time.Millisecond
	// yieldFor is how long it gives way at most, so that it never stands still: pages
	// that Slack held up are back a second before the end and leave within one after it.
	yieldFor = 3 * time.Second
	// lookEvery is how often it looks whether the way is free.
	lookEvery = 10 * time.Millisecond
)

// onTheWay are the activities between an alert and its page.
var onTheWay = []string{activities.SurveyName, activities.ResolveStepName, activities.PageName}

// traffic knows when people were last being paged.
type traffic struct {
	last atomic.Int64
	// waiting counts the pages that are about to leave.
	waiting func() int
}

// note marks that an activity of this worker begins. Only first attempts count: an
// outage of Slack does not slow the ticket.
func (t *traffic) note(_ context.Context, info activity.Info) {
	if info.Attempt == 1 && slices.Contains(onTheWay, info.ActivityType.Name) {
		t.mark()
	}
}

func (t *traffic) mark() { t.last.Store(time.Now().UnixNano()) }

func (t *traffic) quiet() bool {
	if t.waiting() > 0 {
		t.mark()
	}
	return time.Since(time.Unix(0, t.last.Load())) >= quietFor
}

// giveWay holds up an activity that can wait: it may have been taken when all was
// quiet, before the pages came. A private answer is waited for by a person.
func (t *traffic) giveWay(ctx context.Context, info activity.Info) {
	if info.ActivityType.Name != activities.WhisperName {
		_ = t.yield(ctx) // It ends early with its context only, and the activity knows that one.
	}
}

// yield waits while people are being paged, for a bounded time.
func (t *traffic) yield(ctx context.Context) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for end := time.Now().Add(yieldFor); !t.quiet() && time.Now().Before(end); {
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// yielding hands out slots for work that can wait: a storm of edits gives way to
// the pages of the same storm, as both share one Temporal.
type yielding struct {
	worker.SlotSupplier
	traffic *traffic
}

// ReserveSlot is called before a task is asked for: what waits here waits in
// Temporal's queue, not in this worker.
func (y yielding) ReserveSlot(ctx context.Context, info worker.SlotReservationInfo) (*worker.SlotPermit, error) {
	if err := y.traffic.yield(ctx); err != nil {
		return nil, err
	}
	return y.SlotSupplier.ReserveSlot(ctx, info)
}

// patientTuner gives a background worker its slots.
func patientTuner(t *traffic, atOnce int) (worker.WorkerTuner, error) {
	var suppliers [5]worker.SlotSupplier
	for i := range suppliers {
		s, err := worker.NewFixedSizeSlotSupplier(atOnce)
		if err != nil {
			return nil, err
		}
		suppliers[i] = s
	}
	return worker.NewCompositeTuner(worker.CompositeTunerOptions{
		WorkflowSlotSupplier: suppliers[0], ActivitySlotSupplier: yielding{suppliers[1], t},
		LocalActivitySlotSupplier: suppliers[2], NexusSlotSupplier: suppliers[3], SessionActivitySlotSupplier: suppliers[4],
	})
}
