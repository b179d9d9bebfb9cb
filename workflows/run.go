package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// run is one incident while its workflow runs. Everything that must outlive the
// run is in the state; the rest is who is busy with what.
type run struct {
	in  incident.Incident
	log log.Logger
	ui  string
	ctx workflow.Context

	// shown are the search attributes as they were last set.
	shown signals.Facets
	// published and detailed are the revisions that operators see; face is the card's face
	// at the revision faced: conditions ask for it all the time.
	published, detailed, faced int
	face                       string
	// plan is the step that is being resolved ahead of time.
	plan *resolving
	// begun is true once the first page has waited for the facts.
	begun bool
	// silent stops the projections from starting anything new.
	silent bool
	// sending, showing, checking and calling count what is under way.
	sending, showing, checking, calling int
	// flights are the pages of the climb that are on their way.
	flights []*flight
	// stuck are the pages that have not got through in good time.
	stuck map[string]bool
	// doubtful are the pages that may have been sent although no answer came.
	doubtful map[string]bool
	// lost are the pages that were accepted, and then reported not to have arrived.
	lost    map[string]bool
	answers []answer
	// failing are the projections whose last send did not get through.
	failing map[string]bool

	stop workflow.Channel
	idle bool
	// recording is true in a record workflow: no search attributes are set.
	recording bool
}

func newRun(ctx workflow.Context, in signals.Opening) *run {
	return &run{
		log: workflow.GetLogger(ctx), ui: in.TemporalUI, ctx: ctx,
		stuck: map[string]bool{}, doubtful: map[string]bool{}, lost: map[string]bool{}, failing: map[string]bool{},
	}
}

// apply is the only place where the state changes. It returns the refusal when
// the event makes no sense now.
func (r *run) apply(ev incident.Event) error {
	ev.At = workflow.Now(r.ctx)
	next, err := incident.Apply(r.in, ev)
	if err != nil {
		return err
	}
	r.in = next
	r.publish()
	return nil
}

// publish shows the state where operators look for incidents: search attributes, of which
// a change costs one command.
func (r *run) publish() {
	if r.recording {
		return
	}
	if r.in.Revision == r.published {
		return
	}
	r.published = r.in.Revision
	facets := signals.FacetsOf(r.in)
	if updates := facets.Since(r.shown); len(updates) > 0 {
		r.shown = facets
		if err := workflow.UpsertTypedSearchAttributes(r.ctx, updates...); err != nil {
			r.log.Error("search attributes could not be set", "error", err)
		}
	}
}

// keepDetailed shows the state in the Temporal UI, once for all that happens together.
func (r *run) keepDetailed(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			await(ctx, noDeadline, "", func() bool { return r.detailed < r.in.Revision })
			r.detail()
		}
	})
}

func (r *run) detail() {
	r.detailed = r.in.Revision
	workflow.SetCurrentDetails(r.ctx, signals.Details(r.in))
}

// yield lets the other coroutines go on before this one does, within the workflow task:
// one that keeps them waiting for a second is taken for dead.
func yield(ctx workflow.Context) {
	turn := workflow.NewChannel(ctx)
	workflow.Go(ctx, func(ctx workflow.Context) { turn.Send(ctx, nil) })
	turn.Receive(ctx, nil)
}

func (r *run) places() incident.Places {
	info := workflow.GetInfo(r.ctx)
	return incident.Places{TemporalUI: signals.HistoryURL(r.ui, info.Namespace, r.in.Workflow, r.in.Run)}
}

// currentFace is the face of the card as things are.
func (r *run) currentFace() string {
	if r.faced != r.in.Revision || r.face == "" {
		r.face, r.faced = r.card().Face(), r.in.Revision
	}
	return r.face
}

func (r *run) card() incident.Card { return incident.CardOf(r.in, r.places()) }

// full says whether the incident goes on in a new run now: its history has become
// long, and nothing is under way that would have to end first. Until then the
// climb goes on: a page is not late because a vendor is slow.
func (r *run) full(ctx workflow.Context) bool { return r.ripe(ctx) && !r.binding(ctx) }

// longHistory is from how many events on a new run is due. The server's own word comes
// at 4,096: what is under way then, and a storm meanwhile, would still be added.
const longHistory = 3000

// tooLong is from how many events on a new run waits no longer for what is only shown.
// Temporal takes 10,000 signals in a run and then neither alerts nor decisions: a flood
// may bring them while a vendor lets its two minutes pass.
const tooLong = 2 * longHistory

// ripe says whether a new run is due. Last words are said in this one.
func (r *run) ripe(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	due := info.GetContinueAsNewSuggested() || info.GetCurrentHistoryLength() >= longHistory
	return due && !r.in.Closed && !r.recording
}

// underWay says whether anything is that the next run would not hear the end of.
func (r *run) underWay() bool {
	return r.sending+r.showing+r.checking+r.calling > 0 || len(r.answers) > 0
}

// binding says whether anything is under way that a new run has to wait for.
func (r *run) binding(ctx workflow.Context) bool {
	if workflow.GetInfo(ctx).GetCurrentHistoryLength() < tooLong {
		return r.underWay()
	}
	return r.sending+r.checking+r.calling > 0 || len(r.answers) > 0
}

// quiet says whether nothing new may be begun that takes its time.
func (r *run) quiet(ctx workflow.Context) bool { return r.silent || r.ripe(ctx) }

// await waits until cond holds, and says whether it does. It gives up at the
// deadline, when there is one. workflow.AwaitWithTimeout would leave its timer
// running when cond comes first, and could report a timeout although cond holds.
func await(ctx workflow.Context, deadline time.Time, summary string, cond func() bool) bool {
	if cond() {
		return true
	}
	if deadline.IsZero() {
		return workflow.Await(ctx, cond) == nil
	}
	left := deadline.Sub(workflow.Now(ctx))
	if left <= 0 {
		return false
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimerWithOptions(timerCtx, left, workflow.TimerOptions{Summary: signals.Shorten(summary, 180)})
	if err := workflow.Await(ctx, func() bool { return cond() || timer.IsReady() }); err != nil {
		return false
	}
	return cond()
}

// after gives the moment that is d from now.
func after(ctx workflow.Context, d time.Duration) time.Time { return workflow.Now(ctx).Add(d) }

// broken ends a workflow that was started with something nobody can work with.
func broken(format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), "BrokenInput", nil)
}

// reason is the vendor's own word for a failed activity, without Temporal's frame.
func reason(err error) string {
	var app *temporal.ApplicationError
	var late *temporal.TimeoutError
	switch {
	case errors.As(err, &app):
		return app.Message()
	case errors.As(err, &late):
		if cause := late.Unwrap(); cause != nil && errors.As(cause, &app) {
			return app.Message()
		}
		return "no answer in time"
	default:
		return err.Error()
	}
}

// failedAs says whether an activity failed with the type.
func failedAs(err error, kind string) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.Type() == kind
}
