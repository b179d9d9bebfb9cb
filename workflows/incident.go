// Package workflows is the story of an incident, told to Temporal. It feeds the
// pure state machine of package incident with what happens, waits for what is to
// come, and asks activities for what touches the world. It talks to no vendor.
package workflows

import (
	"cmp"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// Incident runs from the first alert to the filed record.
func Incident(ctx workflow.Context, in signals.Opening) (incident.Incident, error) {
	r, ctx, err := open(ctx, in)
	if err != nil {
		return incident.Incident{}, err
	}
	for {
		for r.in.Open() && !r.full(ctx) {
			r.enrich(ctx)
			r.pageUntilAnswered(ctx)
			r.restore(ctx)
		}
		if ended, err := r.close(ctx); ended {
			return r.in, err
		}
	}
}

// open makes the incident out of the first delivery, or takes up the state of
// the run before, and starts everything that listens and shows. What it does
// goes on when the run is cancelled: only the story ends then.
func open(cancellable workflow.Context, in signals.Opening) (*run, workflow.Context, error) {
	if in.Service.ID == "" {
		return nil, nil, broken("an incident was started without a service: start it by POST /v1/alerts/...")
	}
	ctx, _ := workflow.NewDisconnectedContext(cancellable)
	r := newRun(ctx, in)
	if in.Resumed != nil {
		r.in = *in.Resumed
		r.in.Run, r.begun = workflow.GetInfo(ctx).WorkflowExecution.RunID, true
		r.shown = signals.FacetsOf(r.in)
	} else {
		r.begin(ctx, in)
	}
	if err := r.answerQueries(ctx); err != nil {
		return nil, nil, err
	}
	r.listen(ctx)
	r.keepFacts(ctx)
	r.lookBack(ctx)
	r.keepActing(ctx)
	r.keepTime(ctx)
	r.keepShowing(ctx)
	r.keepDetailed(ctx)
	workflow.Go(cancellable, func(ctx workflow.Context) {
		ctx.Done().Receive(ctx, nil)
		r.note(incident.Event{Kind: incident.WasCancelled})
	})
	return r, ctx, nil
}

// begin opens a new incident with the first delivery.
func (r *run) begin(ctx workflow.Context, in signals.Opening) {
	info := workflow.GetInfo(ctx)
	var first incident.Delivery
	workflow.GetSignalChannel(ctx, signals.Alert).Receive(ctx, &first)
	worst := incident.Worst(first)
	severity := cmp.Or(worst.Severity, incident.SEV2)
	r.in = incident.Incident{
		ID:       signals.MintIncidentID(info.WorkflowExecution.RunID, workflow.Now(ctx)),
		Workflow: info.WorkflowExecution.ID, Run: info.WorkflowExecution.RunID,
		Service: in.Service, Policies: in.Policies, Severity: severity, Summary: worst.Headline(in.Service.ID),
		Source: first.Source, MonitorURL: first.URL,
		Facts: incident.Facts{Asked: in.Service.Deployments == nil}, LookBack: in.LookBack,
	}
	r.shown = signals.Facets{Severity: string(severity), Status: string(incident.Triggered)}
	r.note(incident.Event{Kind: incident.Opened})
	r.take(first)
}

// answerQueries lets the operator see the whole state, and who is paged next.
func (r *run) answerQueries(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, signals.QueryIncident,
		func() (incident.Incident, error) { return r.in, nil },
		workflow.QueryHandlerOptions{Description: "The whole state of the incident."})
	if err != nil {
		return fmt.Errorf("answer the query %s: %w", signals.QueryIncident, err)
	}
	err = workflow.SetQueryHandlerWithOptions(ctx, signals.QueryEscalation,
		func() (signals.Escalation, error) { return signals.EscalationOf(r.in), nil },
		workflow.QueryHandlerOptions{Description: "Who is paged next, and when."})
	if err != nil {
		return fmt.Errorf("answer the query %s: %w", signals.QueryEscalation, err)
	}
	return nil
}
