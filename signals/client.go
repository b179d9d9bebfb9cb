package signals

import (
	"context"
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/incident"
)

// ErrClosed means that the workflow a decision was meant for runs no more.
var ErrClosed = errors.New("the incident is closed")

// TaskTimeout is how long a workflow task may be lost with a killed worker before
// another worker takes it: the next page is late by no more. Temporal's own is 10 s.
const TaskTimeout = 4 * time.Second

// Client reaches incidents, and the roster, through Temporal.
type Client struct {
	Temporal client.Client
	// TaskQueue is where new incidents run; empty means TaskQueue.
	TaskQueue string
	// Converter reads memos; nil means Temporal's default. It must be the one that
	// Temporal's own client was made with.
	Converter converter.DataConverter
}

func (c Client) queue() string {
	if c.TaskQueue == "" {
		return TaskQueue
	}
	return c.TaskQueue
}

// signalBytes is what one signal may take. Temporal refuses 2 MiB and warns from
// 512 KiB on (limit.blobSize).
const signalBytes = 256 << 10

// Alert hands a delivery to the incident of its group, and opens one when none
// is open and an alert fires. It returns the workflow ID, and nil only after
// Temporal has stored all of it. A large delivery goes in several signals; one that
// fails leaves those before it stored, and all may be sent again.
func (c Client) Alert(ctx context.Context, o Opening, d incident.Delivery) (string, error) {
	id := IncidentWorkflow(o.Service.ID, d.Group)
	for _, part := range d.Parts(signalBytes) {
		if err := c.alert(ctx, id, o, part); err != nil {
			return id, err
		}
	}
	return id, nil
}

func (c Client) alert(ctx context.Context, id string, o Opening, d incident.Delivery) error {
	if !d.Firing() {
		err := c.Temporal.SignalWorkflow(ctx, id, "", Alert, d)
		if closed(err) {
			return nil
		}
		return wrap(err, "signal resolved alerts to", id)
	}
	o.LookBack = true
	_, err := c.Temporal.SignalWithStartWorkflow(ctx, id, Alert, d, c.options(id, o, d), IncidentType, o)
	return wrap(err, "signal alerts to", id)
}

func (c Client) options(id string, o Opening, d incident.Delivery) client.StartWorkflowOptions {
	worst := incident.Worst(d)
	attributes := []temporal.SearchAttributeUpdate{
		IncidentService.ValueSet(o.Service.ID), IncidentEnvironment.ValueSet(o.Service.Environment),
		IncidentSeverity.ValueSet(string(worst.Severity)), IncidentStatus.ValueSet(string(incident.Triggered)),
		IncidentOpenedAt.ValueSet(time.Now().UTC()),
	}
	if o.Service.Team != "" {
		attributes = append(attributes, IncidentTeam.ValueSet(o.Service.Team))
	}
	return client.StartWorkflowOptions{
		ID: id, TaskQueue: c.queue(), WorkflowTaskTimeout: TaskTimeout,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		TypedSearchAttributes:    temporal.NewSearchAttributes(attributes...),
		StaticSummary:            summary(o.Service.ID, worst.Severity, worst.Headline(o.Service.ID)),
		StaticDetails:            details(o),
	}
}

// Decide hands a decision to the workflow it was made for. ErrClosed when that
// runs no more; any other error means that nothing was stored.
func (c Client) Decide(ctx context.Context, click incident.Click) error {
	err := c.Temporal.SignalWorkflow(ctx, click.Workflow, "", click.Signal, click.Decision)
	if closed(err) {
		return fmt.Errorf("signal %s to %s: %w", click.Signal, click.Workflow, ErrClosed)
	}
	return wrap(err, "signal "+click.Signal+" to", click.Workflow)
}

// Report tells an incident what became of a page. ErrClosed when it runs no more;
// any other error means that nothing was stored.
func (c Client) Report(ctx context.Context, r incident.PageReport) error {
	err := c.Temporal.SignalWorkflow(ctx, r.Workflow, "", PageReport, r)
	if closed(err) {
		return fmt.Errorf("signal %s to %s: %w", PageReport, r.Workflow, ErrClosed)
	}
	return wrap(err, "signal "+PageReport+" to", r.Workflow)
}

func closed(err error) bool {
	var gone *serviceerror.NotFound
	return errors.As(err, &gone)
}

func wrap(err error, attempted, id string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", attempted, id, err)
}

// summaryBytes is what a summary may take: Temporal allows 400 bytes of payload.
const summaryBytes = 180

// summary is shown as Markdown.
func summary(service string, severity incident.Severity, title string) string {
	return Shorten(fmt.Sprintf("%s %s: %s", severity, service, unmarked(title)), summaryBytes)
}

func details(o Opening) string {
	text := fmt.Sprintf("**%s** in %s", o.Service.ID, o.Service.Environment)
	if o.Service.Team != "" {
		text += ", team " + o.Service.Team
	}
	if o.Service.Runbook != "" {
		text += "\n\n[Runbook](" + o.Service.Runbook + ")"
	}
	return text
}

// Shorten cuts a text to at most n bytes, between two characters.
func Shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	cut := 0
	for i := range text {
		if i > n-len("…") {
			break
		}
		cut = i
	}
	return text[:cut] + "…"
}
