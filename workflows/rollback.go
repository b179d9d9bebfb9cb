package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/release"
	"github.com/seed-44180607/lastgood/signals"
)

// stopWithin is how long a stopped build may take to end.
const stopWithin = 5 * time.Minute

// rollback is one ordered build, from the trigger to its end.
type rollback struct {
	in       signals.Rollback
	log      log.Logger
	deadline time.Time
	run      release.Run
	// last is what the subscribers were last told; told how many of them know.
	last        incident.Progress
	subscribers []string
	told        int
	abortBy     string
	// unsure is true when nobody can say whether Jenkins has the order.
	unsure bool
	// work ends early when somebody asks to stop.
	work     workflow.Context
	stopWork workflow.CancelFunc
	stop     workflow.Channel
	idle     bool
}

// Rollback carries out one approved rollback of a service: it orders the build
// once, follows it, and tells its subscribers by signal. A service has one at a
// time, as its workflow ID is fixed. It decides nothing and verifies nothing.
func Rollback(ctx workflow.Context, in signals.Rollback) error {
	// What was ordered must be seen to its end: cancelling the workflow does not
	// stop a build, the signal abort does.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	b := beginRollback(ctx, in)
	b.tell(ctx, b.carryOut(ctx))
	for {
		b.hush(ctx)
		if b.told == len(b.subscribers) {
			return nil
		}
		b.listen(ctx)
		b.welcome(ctx)
	}
}

func beginRollback(ctx workflow.Context, in signals.Rollback) *rollback {
	b := &rollback{
		in: in, log: workflow.GetLogger(ctx), deadline: after(ctx, in.Timeout),
		subscribers: slices.Clone(in.Subscribers), told: len(in.Subscribers),
	}
	b.work, b.stopWork = workflow.WithCancel(ctx)
	b.listen(ctx)
	return b
}

// listen takes those who want to follow, and whoever asks to stop.
func (b *rollback) listen(ctx workflow.Context) {
	b.stop, b.idle = workflow.NewBufferedChannel(ctx, 1), false
	joins := workflow.GetSignalChannelWithOptions(ctx, signals.Join,
		workflow.SignalChannelOptions{Description: "An incident that wants to be told."})
	aborts := workflow.GetSignalChannelWithOptions(ctx, signals.Abort,
		workflow.SignalChannelOptions{Description: "Stop the rollback: {\"by\":\"…\"}."})
	join := func() bool {
		var j signals.Joining
		if !joins.ReceiveAsync(&j) {
			return false
		}
		b.subscribers = append(b.subscribers, j.Subscriber)
		return true
	}
	abort := func() bool {
		var d incident.Decision
		if !aborts.ReceiveAsync(&d) {
			return false
		}
		b.abortBy = d.By
		b.stopWork()
		return true
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		stopped := false
		selector := workflow.NewSelector(ctx)
		selector.AddReceive(joins, func(workflow.ReceiveChannel, bool) { join() })
		selector.AddReceive(aborts, func(workflow.ReceiveChannel, bool) { abort() })
		selector.AddReceive(b.stop, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil); stopped = true })
		for !stopped {
			selector.Select(ctx)
			b.welcome(ctx)
		}
		for join() || abort() {
		}
		b.idle = true
	})
}

// welcome tells an incident that joined late what runs, and how far it is.
func (b *rollback) welcome(ctx workflow.Context) {
	for b.told < len(b.subscribers) && b.last.Phase != "" {
		id := b.subscribers[b.told]
		b.told++
		b.signal(ctx, id, b.progress(incident.PhaseJoined, ""))
		b.signal(ctx, id, b.last)
	}
}

func (b *rollback) hush(ctx workflow.Context) {
	b.stop.SendAsync(true)
	await(ctx, noDeadline, "", func() bool { return b.idle })
}

// carryOut orders the build and follows it to its end. A build that Jenkins lost
// from its queue is ordered again.
func (b *rollback) carryOut(ctx workflow.Context) incident.Progress {
	for again := false; ; again = true {
		if b.abortBy != "" {
			return b.abort(ctx)
		}
		if why := b.trigger(ctx, again); why != "" && b.abortBy == "" {
			return b.progress(incident.PhaseFailed, why)
		}
		if b.abortBy != "" {
			return b.abort(ctx)
		}
		b.tell(ctx, b.progress(incident.PhaseQueued, ""))
		err := b.follow(b.work, "Wait until it is built", false)
		switch {
		case b.abortBy != "":
			return b.abort(ctx)
		case err != nil:
			return b.giveUp(ctx, err)
		case b.run.Lost && !workflow.Now(ctx).Before(b.deadline):
			return b.progress(incident.PhaseFailed, fmt.Sprintf("Jenkins lost the queued build, and did not build it within %s", oncall.Written(b.in.Timeout)))
		case b.run.Lost:
			b.tell(ctx, b.progress(incident.PhaseLost, ""))
			continue
		case b.run.Cancelled:
			return b.progress(incident.PhaseFailed, "the build was cancelled in Jenkins' queue")
		}
		return b.watch(ctx)
	}
}

// trigger orders the build, unless somebody asks to stop. When it does not know
// whether the order was taken, it looks for the build once more: an order that
// was taken is followed, or stopped, like any other.
func (b *rollback) trigger(ctx workflow.Context, again bool) (why string) {
	var run release.Run
	order := activities.TriggerOrder{Order: b.in.Order, Again: again}
	err := workflow.ExecuteActivity(triggerOptions(b.work, b.left(ctx)), activities.TriggerName, order).Get(ctx, &run)
	if err == nil {
		b.run = run
		return ""
	}
	if failedAs(err, activities.Refused) || failedAs(err, activities.Off) || failedAs(err, activities.Unsent) {
		return "the build could not be ordered: " + reason(err)
	}
	order.OnlyFind = true
	unsure := workflow.ExecuteActivity(triggerOptions(ctx, findWithin), activities.TriggerName, order).Get(ctx, &run)
	b.run, b.unsure = run, unsure != nil
	switch {
	case b.unsure:
		return "the build could not be ordered: " + reason(err) + "; whether Jenkins has it is unknown"
	case run.Queue == 0 && run.Build == 0:
		return "the build could not be ordered: " + reason(err)
	default:
		return ""
	}
}

// watch follows the build that has started, after seeing that it deploys what
// was ordered.
func (b *rollback) watch(ctx workflow.Context) incident.Progress {
	b.tell(ctx, b.progress(incident.PhaseBuilding, ""))
	if wrong := b.in.Order.Mismatch(b.run.Parameters); wrong != "" {
		known, _ := b.halt(ctx)
		return b.progress(incident.PhaseFailed, wrong+"; "+known)
	}
	err := b.follow(b.work, fmt.Sprintf("Build %d of %s", b.run.Build, b.in.Order.Job), true)
	switch {
	case b.abortBy != "" && b.run.Result != release.Success:
		return b.abort(ctx)
	case err != nil:
		return b.giveUp(ctx, err)
	case b.run.Result == release.Success:
		return b.progress(incident.PhaseSucceeded, "")
	default:
		return b.progress(incident.PhaseFailed, fmt.Sprintf("build %d ended %s", b.run.Build, b.run.Result))
	}
}

func (b *rollback) follow(ctx workflow.Context, summary string, toEnd bool) error {
	var run release.Run
	order := activities.FollowOrder{Order: b.in.Order, Run: b.run, ToEnd: toEnd}
	err := workflow.ExecuteActivity(followOptions(ctx, summary, b.left(ctx)), activities.FollowName, order).Get(ctx, &run)
	if err == nil {
		b.run = run
	}
	return err
}

// giveUp ends a rollback that cannot be followed or takes too long. The build is
// stopped, or people are told that it may go on.
func (b *rollback) giveUp(ctx workflow.Context, err error) incident.Progress {
	why := "the build could not be followed: " + reason(err)
	switch over := !workflow.Now(ctx).Before(b.deadline); {
	case over && b.run.Build == 0:
		why = fmt.Sprintf("the build did not begin within %s", oncall.Written(b.in.Timeout))
	case over:
		why = fmt.Sprintf("the build did not end within %s", oncall.Written(b.in.Timeout))
	}
	known, _ := b.halt(ctx)
	if b.run.Result == release.Success {
		return b.progress(incident.PhaseSucceeded, "")
	}
	return b.progress(incident.PhaseFailed, why+"; "+known)
}

func (b *rollback) abort(ctx workflow.Context) incident.Progress {
	known, over := b.halt(ctx)
	switch {
	case b.run.Result == release.Success:
		return b.progress(incident.PhaseSucceeded, "")
	case b.unsure:
		return b.progress(incident.PhaseAborted, "whether Jenkins has the order is unknown")
	case !over:
		return b.progress(incident.PhaseAborted, known)
	default:
		return b.progress(incident.PhaseAborted, "")
	}
}

// halt stops the run and waits a while for its end. It says what is known then, and
// whether the run is over.
func (b *rollback) halt(ctx workflow.Context) (known string, over bool) {
	if b.run.Queue == 0 && b.run.Build == 0 {
		return "nothing was ordered", true
	}
	order := activities.FollowOrder{Order: b.in.Order, Run: b.run, ToEnd: true}
	stop := workflow.ExecuteActivity(stopOptions(ctx), activities.StopName, order).Get(ctx, nil)
	if stop != nil {
		b.log.Error("the build could not be stopped", "build", b.run.Build, "error", stop)
	}
	var run release.Run
	err := workflow.ExecuteActivity(followOptions(ctx, "Wait until it has stopped", stopWithin), activities.FollowName, order).Get(ctx, &run)
	if err != nil {
		return b.atLarge(stop), false
	}
	b.run = run
	return b.ending(), true
}

// ending says what a run that is over means for the service.
func (b *rollback) ending() string {
	switch {
	case b.run.Cancelled:
		return "it was taken out of Jenkins' queue: nothing was deployed"
	case b.run.Lost:
		return "Jenkins knows neither a queued nor a running build of it"
	case b.run.Result == release.Aborted:
		return "it was stopped: the state of the service is unknown"
	default:
		return fmt.Sprintf("build %d then ended %s: the state of the service is unknown", b.run.Build, b.run.Result)
	}
}

// atLarge says what to do about a run that was not seen to end.
func (b *rollback) atLarge(stop error) string {
	what := fmt.Sprintf("build %d", b.run.Build)
	if b.run.Build == 0 {
		what = fmt.Sprintf("queue item %d", b.run.Queue)
	}
	switch {
	case stop == nil:
		return fmt.Sprintf("%s was told to stop, did not end within %s and runs on for all that is known: stop it in Jenkins before another rollback",
			what, oncall.Written(stopWithin))
	case failedAs(stop, activities.Refused):
		return fmt.Sprintf("%s runs on for all that is known: stop it in Jenkins before another rollback; it could not be stopped from here: %s", what, reason(stop))
	default:
		return fmt.Sprintf("%s may run on, as Jenkins cannot be reached to stop it: look there before another rollback (%s)", what, reason(stop))
	}
}

// left is how much time the rollback has, a moment at least.
func (b *rollback) left(ctx workflow.Context) time.Duration {
	return max(b.deadline.Sub(workflow.Now(ctx)), time.Second)
}

func (b *rollback) progress(phase incident.Phase, why string) incident.Progress {
	return incident.Progress{
		Key: b.in.Order.Key, Phase: phase, Release: b.in.Order.Release,
		Build: b.run.Build, URL: b.run.URL, Reason: why, By: b.in.By,
	}
}

// tell signals every subscriber. An incident that has closed is no failure.
func (b *rollback) tell(ctx workflow.Context, p incident.Progress) {
	b.last = p
	for _, id := range b.subscribers[:b.told] {
		b.signal(ctx, id, p)
	}
}

func (b *rollback) signal(ctx workflow.Context, id string, p incident.Progress) {
	p.At = workflow.Now(ctx)
	if err := workflow.SignalExternalWorkflow(ctx, id, "", signals.RollbackUpdate, p).Get(ctx, nil); err != nil {
		b.log.Warn("an incident could not be told", "workflow", id, "phase", string(p.Phase), "error", err)
	}
}
