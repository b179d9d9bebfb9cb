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
// looked for by its key first: in the queue, then among the builds.
func (d *Deployer) TriggerRollback(ctx context.Context, o TriggerOrder) (release.Run, error) {
	if d.Builder == nil {
		return release.Run{}, off("Jenkins")
	}
	defer beat(ctx)()
	if o.Again || o.OnlyFind || activity.GetInfo(ctx).Attempt > 1 {
		run, found, err := d.Builder.Find(ctx, o.Order)
		if refused(err) {
			return release.Run{}, temporal.NewNonRetryableApplicationError(err.Error(), Unsure, err)
		}
		if err != nil {
			return release.Run{}, fail(err)
		}
		if found || o.OnlyFind {
			return run, nil
		}
	}
	// An order that is on its way is not broken off: its answer says where it is.
	run, err := d.Builder.Trigger(context.WithoutCancel(ctx), o.Order)
	return run, fail(err)
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
