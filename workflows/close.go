package workflows

import (
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

const (
	// lastWords is how long the records may hold up the end of the run.
	lastWords = 2 * time.Minute
	// monitorPatience is how long a run that a person resolved waits for alerts
	// that still fire.
	monitorPatience = 24 * time.Hour
)

// close ends the run: when it stayed quiet, when the last words are said, and
// when nothing came in between. It returns false when the incident lives on in
// this run after all.
func (r *run) close(ctx workflow.Context) (ended bool, err error) {
	if !r.full(ctx) && !r.stayedQuiet(ctx) && r.in.Open() {
		return false, nil
	}
	if r.full(ctx) {
		return r.continueAsNew(ctx)
	}
	r.note(incident.Event{Kind: incident.WasClosed})
	said := await(ctx, after(ctx, lastWords), "deliver the last records", func() bool { return r.in.Open() || !r.behindhand() })
	var record workflow.ChildWorkflowFuture
	if !said && !r.in.Open() {
		record = r.leaveRecord(ctx)
	}
	left := r.in.Revision
	r.hush(ctx)
	if r.in.Open() || r.checking > 0 || (said && r.behindhand()) || (!said && r.in.Revision != left) {
		r.recall(ctx, record)
		r.listen(ctx)
		return false, nil
	}
	r.detail()
	if r.in.Cancelled {
		return true, temporal.NewCanceledError()
	}
	return true, nil
}

// stayedQuiet waits until the incident may close. It says no when the incident
// reopened, or has to go on in a new run first.
func (r *run) stayedQuiet(ctx workflow.Context) bool {
	busy := func() bool { return r.in.Open() || r.full(ctx) }
	if await(ctx, r.in.QuietUntil, "close unless it fires again", func() bool { return busy() || r.in.Cancelled }) && busy() {
		return false
	}
	if r.in.Firing() > 0 && !r.in.Cancelled {
		done := func() bool { return busy() || r.in.Firing() == 0 || r.in.Cancelled }
		if await(ctx, r.in.ResolvedAt.Add(monitorPatience), "wait for the monitor to say resolved", done) && busy() {
			return false
		}
	}
	return !busy()
}

// leaveRecord hands what could not be delivered to a workflow of its own, that
// outlives this one. It leaves it when the incident reopens meanwhile: somebody
// has to be paged.
func (r *run) leaveRecord(ctx workflow.Context) workflow.ChildWorkflowFuture {
	r.silent = true
	await(ctx, noDeadline, "", func() bool { return r.sending+r.showing == 0 || r.in.Open() })
	if r.in.Open() {
		r.silent = false
		return nil
	}
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:        signals.RecordWorkflow(r.in.ID),
		ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     "deliver the record of " + r.in.ID,
	}), signals.RecordType, signals.Record{Incident: r.in, TemporalUI: r.ui})
	if err := child.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
		r.log.Error("the record workflow could not be started", "error", err)
	}
	return child
}

// recall stops a record workflow that was started for an incident that lives on.
func (r *run) recall(ctx workflow.Context, record workflow.ChildWorkflowFuture) {
	if record == nil {
		return
	}
	if err := workflow.RequestCancelExternalWorkflow(ctx, signals.RecordWorkflow(r.in.ID), "").Get(ctx, nil); err != nil {
		r.log.Warn("the record workflow could not be recalled; it has ended", "error", err)
	}
	r.silent = false
}

// continueAsNew carries the whole state into a new run. It lets what is under way
// end first, and leaves no signal unread behind. What is left under way when the history
// is too long for that is told again: the state says what was tried.
func (r *run) continueAsNew(ctx workflow.Context) (bool, error) {
	r.silent = true
	r.hush(ctx)
	for r.binding(ctx) {
		await(ctx, noDeadline, "", func() bool { return !r.binding(ctx) })
		r.drain(ctx)
	}
	r.detail()
	state := r.in
	return true, workflow.NewContinueAsNewError(ctx, signals.IncidentType, signals.Opening{
		Service: state.Service, Policies: state.Policies, TemporalUI: r.ui, Resumed: &state,
	})
}

// Record delivers what an incident could not deliver before it ended, for seven
// days. It shows the last state only: nothing happens to the incident any more.
func Record(ctx workflow.Context, in signals.Record) error {
	r := newRun(ctx, signals.Opening{TemporalUI: in.TemporalUI})
	r.in, r.recording, r.begun = in.Incident, true, true
	r.keepShowing(ctx)
	if !await(ctx, after(ctx, recordFor), "give the record up", func() bool { return !r.behindhand() }) && ctx.Err() == nil {
		return temporal.NewApplicationError("the record of "+r.in.ID+" could not be delivered within seven days", "Undelivered")
	}
	return ctx.Err()
}

const recordFor = 7 * 24 * time.Hour
