package activities

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/release"
)

// Deployer carries out one order in Jenkins and follows it.
type Deployer struct {
	Builder Builder
	Watcher Watcher
	// Every is how often a run is looked at; 0 means a second.
	Every time.Duration
	// Settle is for how long an order whose answer was lost is looked for before it counts
	// as not given; 0 means 10 s. It is longer than Jenkins takes to queue an order that it
	// has got. An earlier attempt's order is looked for a fifth of that: what has left the
	// queue is a build by then, and a worker that is killed again and again gets on.
	Settle time.Duration
}

// TriggerOrder is a build to be ordered once.
type TriggerOrder struct {
	Order release.Order `json:"order"`
	// Again is true when this very order may have reached Jenkins before.
	Again bool `json:"again,omitempty"`
	// OnlyFind looks for the build and orders none.
	OnlyFind bool `json:"only_find,omitempty"`
}

// TriggerRollback orders the build. An order that may have been given before is
// looked for by its key first, until it is there or has had time enough to appear.
func (d *Deployer) TriggerRollback(ctx context.Context, o TriggerOrder) (release.Run, error) {
	if d.Builder == nil {
		return release.Run{}, off("Jenkins")
	}
	defer beat(ctx)()
	before := o.Again || o.OnlyFind || activity.GetInfo(ctx).Attempt > 1
	if before {
		run, found, err := d.lookFor(ctx, o.Order, max(d.settle()/5, 1))
		if err != nil || found || o.OnlyFind {
			return run, err
		}
	}
	return d.order(ctx, o.Order, before)
}

// lookFor looks for an order again and again. One look proves nothing: an order may
// still be on its way, or be neither in the queue any more nor a build yet.
func (d *Deployer) lookFor(ctx context.Context, o release.Order, within time.Duration) (release.Run, bool, error) {
	asked := time.Now()
	for begun := asked; ; asked = time.Now() {
		run, found, err := d.Builder.Find(ctx, o)
		switch {
		case refused(err):
			return release.Run{}, false, temporal.NewNonRetryableApplicationError(err.Error(), Unsure, err)
		case err != nil:
			return release.Run{}, false, fail(err)
		case found, asked.Sub(begun) >= within:
			return run, found, nil
		}
		if err := d.rest(ctx, d.every()); err != nil {
			return release.Run{}, false, err
		}
	}
}

// order gives an order, and again for as long as it cannot even be sent: Jenkins has
// nothing of it then, and whoever stops it is told so. One that was given before may
// still be there, and nobody is told that it is not.
func (d *Deployer) order(ctx context.Context, o release.Order, before bool) (release.Run, error) {
	for pause := d.every() / 2; ; pause = min(pause*2, 5*d.every()) {
		// An order that is on its way is not broken off: its answer says where it is.
		run, err := d.Builder.Trigger(context.WithoutCancel(ctx), o)
		switch {
		case maybeDone(err):
			return d.lost(ctx, o, err)
		case before || !unsent(err):
			return run, fail(err)
		}
		if nearlyOver(ctx, pause) {
			return run, temporal.NewNonRetryableApplicationError(err.Error(), Unsent, err)
		}
		stopped := d.rest(ctx, pause)
		switch {
		case ctx.Err() != nil:
			return run, temporal.NewNonRetryableApplicationError(err.Error(), Unsent, err)
		case stopped != nil:
			return run, stopped
		}
	}
}

// lost looks for an order whose answer was lost, and gives why it was when nothing is
// seen of it, or nobody waits any more.
func (d *Deployer) lost(ctx context.Context, o release.Order, why error) (release.Run, error) {
	if ctx.Err() != nil {
		return release.Run{}, fail(why)
	}
	if run, found, err := d.lookFor(ctx, o, d.settle()); err == nil && found {
		return run, nil
	}
	return release.Run{}, fail(why)
}

// nearlyOver says whether no time is left after a pause to say how it ended.
func nearlyOver(ctx context.Context, pause time.Duration) bool {
	deadline, bound := ctx.Deadline()
	return bound && time.Until(deadline) < pause+time.Second
}

// FollowOrder is a run to be followed.
type FollowOrder struct {
	Order release.Order `json:"order"`
	Run   release.Run   `json:"run"`
	// ToEnd is true to follow it to its end; otherwise until it is being built.
	ToEnd bool `json:"to_end,omitempty"`
}

// FollowRollback watches a run, with heartbeats, and says where it got to. What
// it knows is in the order, so that another worker can go on when this one dies.
// Jenkins may be away for a while: only what it refuses for good ends the watch.
func (d *Deployer) FollowRollback(ctx context.Context, o FollowOrder) (release.Run, error) {
	if d.Watcher == nil {
		return release.Run{}, off("Jenkins")
	}
	defer beat(ctx)()
	run := o.Run
	pause := d.firstPause()
	for {
		seen, err := d.Watcher.Look(ctx, o.Order, run)
		switch {
		case ctx.Err() != nil:
			return run, ctx.Err()
		case refused(err):
			return run, fail(err)
		case err == nil:
			run = seen
		}
		if run.Ended() || (run.Build > 0 && !o.ToEnd) {
			return run, nil
		}
		if err := d.rest(ctx, pause); err != nil {
			return run, err
		}
		pause = min(pause*2, d.every())
	}
}

// beatEvery is how often what may be stopped says that it lives, however long the
// vendor takes to answer. It hears then that it is to stop.
const beatEvery = time.Second / 2

// beat heartbeats until the function that it returns is called. What is done sooner
// than the first is due costs no heartbeat.
func beat(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var beating sync.WaitGroup
	beating.Go(func() {
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				activity.RecordHeartbeat(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		beating.Wait()
	}
}

// StopRollback cancels or stops a run.
func (d *Deployer) StopRollback(ctx context.Context, o FollowOrder) error {
	if d.Watcher == nil {
		return off("Jenkins")
	}
	return fail(d.Watcher.Stop(ctx, o.Order, o.Run))
}

func (d *Deployer) settle() time.Duration {
	if d.Settle > 0 {
		return d.Settle
	}
	return 10 * time.Second
}

func (d *Deployer) every() time.Duration {
	if d.Every > 0 {
		return d.Every
	}
	return time.Second
}

// firstPause is short: a build that starts at once is seen at once.
func (d *Deployer) firstPause() time.Duration { return d.every() / 8 }

// rest waits for the next look, unless the activity is cancelled or the worker
// stops: then another worker goes on at once.
func (d *Deployer) rest(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-activity.GetWorkerStopChannel(ctx):
		return temporal.NewApplicationErrorWithOptions("the worker stops", Unavailable,
			temporal.ApplicationErrorOptions{NextRetryDelay: time.Millisecond, Category: temporal.ApplicationErrorCategoryBenign})
	}
}

func refused(err error) bool {
	var e *rest.Error
	return errors.As(err, &e) && e.Refused()
}
