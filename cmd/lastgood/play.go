package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/local"
	"github.com/seed-44180607/lastgood/signals"
)

const (
	// playWithin bounds the whole script.
	playWithin = 90 * time.Second
	channel    = "C0CHECKOUT"
	responder  = "U0SRE1"
	goodBefore = "2026.11.3"
)

// play makes the clicks of an incident and fails unless it ends with exactly one
// rollback, to the last good release.
func (d *demonstration) play(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, playWithin)
	defer cancel()
	if err := d.ship(ctx); err != nil {
		return err
	}
	card, err := d.alertAndPage(ctx)
	if err != nil {
		return err
	}
	if err := d.rollBack(ctx, card); err != nil {
		return err
	}
	if err := d.closed(ctx, card); err != nil {
		return err
	}
	return d.oneRollback(ctx)
}

// alertAndPage waits for the monitor's alert and for what comes of it.
func (d *demonstration) alertAndPage(ctx context.Context) (card local.Effect, err error) {
	monitor := d.monitor()
	alerted, err := monitor.fires(ctx)
	if err != nil {
		return card, err
	}
	d.say("alert", "%s", monitor.firing())
	page, err := d.control.Await(ctx, 0, "slack", "message", func(e local.Effect) bool {
		return e.Detail.User == responder && len(e.Detail.Actions) > 0
	})
	if err != nil {
		return card, err
	}
	d.say("page", "First responder is paged: %s", page.Detail.Text)
	d.say("measure", "%s: %s", monitor.measured(), page.At.Sub(alerted).Round(time.Millisecond))
	card, err = d.control.Await(ctx, 0, "slack", "message", func(e local.Effect) bool {
		return e.Detail.Channel == channel && slices.Contains(e.Detail.Actions, signals.RollBack)
	})
	if err == nil {
		d.say("card", "the card stands in %s, with the buttons %s", channel, strings.Join(card.Detail.Actions, ", "))
	}
	return card, err
}

// rollBack presses the button and follows the build.
func (d *demonstration) rollBack(ctx context.Context, card local.Effect) error {
	clicked := time.Now()
	answer, err := d.control.Click(ctx, channel, card.Detail.TS, signals.RollBack, responder)
	if err != nil {
		return err
	}
	if answer.Status != 200 {
		return fmt.Errorf("click %s: the starter answered %d: %s", signals.RollBack, answer.Status, answer.Body)
	}
	d.say("click", "First responder clicks Roll back")
	queued, err := d.control.Await(ctx, 0, "jenkins", "queue", rollback)
	if err != nil {
		return err
	}
	d.say("jenkins", "build of %s ordered, marked %s", queued.Detail.Parameters["VERSION"], queued.Detail.Parameters["INCIDENT_ID"])
	d.say("measure", "click to build: %s", queued.At.Sub(clicked).Round(time.Millisecond))
	done, err := d.control.Await(ctx, 0, "jenkins", "build-finished", rollback)
	if err != nil {
		return err
	}
	d.say("jenkins", "build %d ended %s", done.Detail.Number, done.Detail.Result)
	monitor := d.monitor()
	if err := monitor.resolves(ctx, done.At); err != nil {
		return err
	}
	d.say("alert", "%s", monitor.well())
	return nil
}

// closed waits until the ticket is done and the workflow has completed.
func (d *demonstration) closed(ctx context.Context, card local.Effect) error {
	done, err := d.control.Await(ctx, 0, "jira", "transition", func(e local.Effect) bool { return e.Detail.To == "Done" })
	if err != nil {
		return err
	}
	d.say("jira", "ticket %s is done", done.Detail.Key)
	temporal, err := client.DialContext(ctx, client.Options{HostPort: d.stage.Temporal()})
	if err != nil {
		return fmt.Errorf("reach Temporal: %w", err)
	}
	defer temporal.Close()
	id := card.Detail.Metadata.Payload.Incident
	list, err := temporal.ListWorkflow(ctx, listOf(id))
	if err != nil {
		return fmt.Errorf("find the workflow of %s: %w", id, err)
	}
	if len(list.GetExecutions()) != 1 {
		return fmt.Errorf("find the workflow of %s: there are %d, not one", id, len(list.GetExecutions()))
	}
	run := list.GetExecutions()[0].GetExecution()
	var end incident.Incident
	if err := temporal.GetWorkflow(ctx, run.GetWorkflowId(), run.GetRunId()).Get(ctx, &end); err != nil {
		return fmt.Errorf("wait for the workflow of %s: %w", id, err)
	}
	described, err := temporal.DescribeWorkflowExecution(ctx, run.GetWorkflowId(), run.GetRunId())
	if err != nil {
		return fmt.Errorf("describe the workflow of %s: %w", id, err)
	}
	if status := described.GetWorkflowExecutionInfo().GetStatus(); status != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		return fmt.Errorf("the workflow of %s has ended as %s, not completed", id, status)
	}
	d.say("closed", "%s is %s; its workflow has completed", id, end.Status)
	for _, e := range end.Timeline {
		d.say("", "  %s  %s", e.At.UTC().Format("15:04:05"), e.Text)
	}
	return nil
}

// oneRollback looks through the ledger for what must have happened once.
func (d *demonstration) oneRollback(ctx context.Context) error {
	builds, err := d.control.Ledger(ctx, 0, "jenkins", "build", 0)
	if err != nil {
		return err
	}
	var rollbacks []local.Effect
	for _, b := range builds {
		if rollback(b) {
			rollbacks = append(rollbacks, b)
		}
	}
	switch {
	case len(rollbacks) != 1:
		return fmt.Errorf("there were %d rollback builds, not one", len(rollbacks))
	case rollbacks[0].Detail.Parameters["VERSION"] != goodBefore:
		return errors.New("the rollback deployed " + rollbacks[0].Detail.Parameters["VERSION"] + ", not " + goodBefore)
	}
	d.say("done", "exactly one rollback, from %s to %s", badRelease, goodBefore)
	return nil
}

func rollback(e local.Effect) bool { return e.Detail.Parameters["INCIDENT_ID"] != "" }

// listOf asks for the workflows of one incident.
func listOf(id string) *workflowservice.ListWorkflowExecutionsRequest {
	return &workflowservice.ListWorkflowExecutionsRequest{
		Query: fmt.Sprintf("%s = %q AND WorkflowType = %q", signals.IncidentID.GetName(), id, signals.IncidentType),
	}
}
