package workflows

import (
	"fmt"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
	"github.com/seed-44180607/lastgood/signals"
)

// restore waits, while what the responders decide is carried out, until the
// incident is resolved or has to page again.
func (r *run) restore(ctx workflow.Context) {
	await(ctx, noDeadline, "", func() bool { return !r.in.Open() || r.in.Paging() || r.full(ctx) })
}

// keepActing carries out decisions about a rollback as soon as they are taken,
// whoever is being paged meanwhile.
func (r *run) keepActing(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			await(ctx, noDeadline, "", func() bool { return (r.toLaunch() || r.toAbort()) && !r.silent })
			r.sending++
			if r.toLaunch() {
				r.launch(ctx)
			} else {
				r.passOnAbort(ctx)
			}
			r.sending--
		}
	})
}

func (r *run) toLaunch() bool {
	return r.in.Rollback.State == incident.RollbackRunning && r.in.Cursors.Launched < r.in.Rollback.Attempt
}

func (r *run) toAbort() bool {
	return r.in.Rollback.State == incident.RollbackRunning && r.in.Rollback.AbortBy != "" &&
		r.in.Cursors.AbortSent < r.in.Rollback.Attempt
}

// keepTime lets happen what is due by itself: an acknowledgement runs out, a
// request lapses, a restore is not proved in time.
func (r *run) keepTime(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			due, kind := r.in.Due()
			changed := func() bool {
				at, what := r.in.Due()
				return !at.Equal(due) || what != kind
			}
			if !await(ctx, due, dueSummary[kind], changed) {
				r.note(incident.Event{Kind: kind})
			}
		}
	})
}

var dueSummary = map[incident.Kind]string{
	incident.AckTimedOut:    "page again unless something is decided",
	incident.PagesDue:       "page unless it resolves within hold_page",
	incident.SnoozeEnded:    "go on paging when the snooze ends",
	incident.RollbackLapsed: "the request to roll back lapses unless approved",
	incident.RollbackBroke:  "give the rollback up unless it reports its end",
	incident.NotProved:      "the rollback has failed unless the alerts resolve",
}

// launch starts the rollback's own workflow and waits until it runs. When one of
// this service runs already, this incident follows it instead of starting a second.
func (r *run) launch(ctx workflow.Context) {
	rb, plan := r.in.Rollback, r.in.Service.Rollback
	child := workflow.ExecuteChildWorkflow(rollbackOptions(ctx, r.in), signals.RollbackType, signals.Rollback{
		Service: r.in.Service.ID, Timeout: plan.Timeout, By: rb.By,
		Subscribers: []string{r.in.Workflow},
		Order: release.Order{
			Job: plan.Job, Release: rb.Release, ReleaseParameter: plan.ReleaseParameter,
			Key: rb.Key, IncidentParameter: plan.IncidentParameter, Parameters: plan.Parameters,
		},
	})
	err := child.GetChildWorkflowExecution().Get(ctx, nil)
	switch {
	case err == nil:
		r.note(incident.Event{Kind: incident.Launched})
	case temporal.IsWorkflowExecutionAlreadyStartedError(err):
		r.join(ctx)
	default:
		r.breakRollback("its workflow could not be started: " + err.Error())
	}
}

// join asks the running rollback to tell this incident too. When it has ended in
// the same moment, the next round of restore starts our own.
func (r *run) join(ctx workflow.Context) {
	id := signals.RollbackWorkflow(r.in.Service.ID)
	err := workflow.SignalExternalWorkflow(ctx, id, "", signals.Join, signals.Joining{Subscriber: r.in.Workflow}).Get(ctx, nil)
	if err == nil {
		r.note(incident.Event{Kind: incident.Launched})
	}
}

func (r *run) passOnAbort(ctx workflow.Context) {
	id := signals.RollbackWorkflow(r.in.Service.ID)
	decision := incident.Decision{By: r.in.Rollback.AbortBy}
	if err := workflow.SignalExternalWorkflow(ctx, id, "", signals.Abort, decision).Get(ctx, nil); err != nil {
		r.log.Warn("the rollback could not be told to stop; it has ended already", "error", err)
	}
	r.note(incident.Event{Kind: incident.AbortSent})
}

func (r *run) breakRollback(why string) {
	r.note(incident.Event{Kind: incident.RollbackBroke, Progress: incident.Progress{
		Key: r.in.Rollback.Key, Phase: incident.PhaseFailed, Reason: why,
	}})
}

func rollbackOptions(ctx workflow.Context, in incident.Incident) workflow.Context {
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:          signals.RollbackWorkflow(in.Service.ID),
		WorkflowTaskTimeout: signals.TaskTimeout,
		ParentClosePolicy:   enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary: signals.Shorten(fmt.Sprintf("%s: %s back to %s, decided by %s",
			in.ID, in.Service.ID, in.Rollback.Release, in.Rollback.By), 180),
		Priority: temporal.Priority{PriorityKey: urgent},
	})
}
