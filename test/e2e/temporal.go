package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// Incident is the state of the alert's incident, and whether it has ever had one.
func (a *Alert) Incident() (in incident.Incident, exists bool) {
	a.h.t.Helper()
	answer, err := a.h.temporal.QueryWorkflow(a.h.t.Context(), a.Workflow(), "", signals.QueryIncident)
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return in, false
	}
	require.NoError(a.h.t, err)
	require.NoError(a.h.t, answer.Get(&in))
	return in, true
}

// ExpectStatus waits until the alert's incident has a status, and gives its state.
func (a *Alert) ExpectStatus(status incident.Status) (in incident.Incident) {
	a.h.t.Helper()
	a.h.until(fmt.Sprintf("%s of %s to be %s", a.Name, a.Service, status), func() bool {
		var exists bool
		in, exists = a.Incident()
		return exists && in.Status == status
	})
	return in
}

// ExpectClosed waits until the workflow of the alert's incident has completed, and
// gives what it came to.
func (a *Alert) ExpectClosed() (in incident.Incident) {
	a.h.t.Helper()
	ctx, cancel := context.WithTimeout(a.h.t.Context(), patience)
	defer cancel()
	require.NoError(a.h.t, a.h.temporal.GetWorkflow(ctx, a.Workflow(), "").Get(ctx, &in), "%s was expected to complete", a.Workflow())
	return in
}

// ExpectFiring waits until the alert's latest firing belongs to an open incident.
func (a *Alert) ExpectFiring() {
	a.h.t.Helper()
	a.h.until(fmt.Sprintf("%s of %s to belong to an open incident", a.Name, a.Service), func() bool {
		in, exists := a.Incident()
		return exists && in.Open() && slices.ContainsFunc(in.Alerts, func(k incident.Alert) bool {
			return k.Firing && k.StartsAt.Equal(a.StartsAt)
		})
	})
	require.Equal(a.h.t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, a.run().GetStatus())
}

// ExpectOver waits until the alert's latest firing is known, and known to have resolved.
func (a *Alert) ExpectOver() {
	a.h.t.Helper()
	a.h.until(fmt.Sprintf("%s of %s to be over", a.Name, a.Service), func() bool {
		in, exists := a.Incident()
		return exists && slices.ContainsFunc(in.Alerts, func(k incident.Alert) bool {
			return !k.Firing && k.StartsAt.Equal(a.StartsAt)
		})
	})
}

// ExpectCounted waits until as many firings are known as were handed to Temporal by
// Signal.
func (a *Alert) ExpectCounted(n int) {
	a.h.t.Helper()
	a.h.until(fmt.Sprintf("%d firings to be counted", n), func() bool {
		in, _ := a.Incident()
		counted := 0
		for _, k := range in.Alerts {
			if k.NeverResolves {
				counted += 1 + k.Again
			}
		}
		return counted == n
	})
}

// Signal hands firings of one more alert of the group to Temporal as a starter does, one
// by one. No monitor resolves it: each firing counts.
func (a *Alert) Signal(fingerprint string, times int) error {
	for range times {
		err := a.signal(true, incident.Alert{
			Fingerprint: fingerprint, Name: fingerprint, Firing: true, StartsAt: time.Now().UTC(), Severity: incident.SEV1,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// signal hands one alert of the group to Temporal as a starter does, gathered with no
// other.
func (a *Alert) signal(neverResolves bool, alert incident.Alert) error {
	client := signals.Client{Temporal: a.h.temporal, TaskQueue: a.h.queue()}
	step := oncall.Step{Page: []oncall.Target{{Person: "sre-1"}}, AckWithin: a.h.setting.AckWithin}
	opening := signals.Opening{
		Service:  incident.Service{ID: a.h.id(a.Service), ReopenWithin: a.h.setting.ReopenWithin, EnrichWithin: time.Second},
		Policies: incident.Policies{Default: oncall.Policy{ID: "direct", Steps: []oncall.Step{step}}},
	}
	d := incident.Delivery{Source: "direct", Group: a.group(), NeverResolves: neverResolves, Alerts: []incident.Alert{alert}}
	_, err := client.Alert(a.h.t.Context(), opening, d)
	return err
}

// ExpectDecided waits until the alert's incident is resolved or rolled back.
func (a *Alert) ExpectDecided() (in incident.Incident) {
	a.h.t.Helper()
	a.h.until("a decision about "+a.Service, func() bool {
		in, _ = a.Incident()
		return in.Status == incident.Resolved || in.Rollback.UnderWay()
	})
	return in
}

// ExpectEntries waits until the timeline has n entries of a kind.
func (a *Alert) ExpectEntries(kind incident.Kind, n int) {
	a.h.t.Helper()
	a.h.until(fmt.Sprintf("%d entries %s", n, kind), func() bool {
		in, _ := a.Incident()
		return Count(in, kind) == n
	})
}

// Count counts the timeline entries of a kind.
func Count(in incident.Incident, kind incident.Kind) (n int) {
	for _, e := range in.Timeline {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// Decide sends a decision as an operator does from the Temporal UI.
func (a *Alert) Decide(signal string, decision incident.Decision) {
	a.h.t.Helper()
	require.NoError(a.h.t, a.h.temporal.SignalWorkflow(a.h.t.Context(), a.Workflow(), "", signal, decision))
}

// Run is the ID of the latest run of the alert's workflow.
func (a *Alert) Run() string {
	a.h.t.Helper()
	return a.run().GetExecution().GetRunId()
}

// run is the latest run of the alert's workflow.
func (a *Alert) run() *workflowpb.WorkflowExecutionInfo {
	a.h.t.Helper()
	described, err := a.h.temporal.DescribeWorkflowExecution(a.h.t.Context(), a.Workflow(), "")
	require.NoError(a.h.t, err)
	return described.GetWorkflowExecutionInfo()
}

// ExpectRuns waits until this world has had n workflow runs that fit a query, and
// sees that there are no more a moment later: lists lag behind.
func (h *Harness) ExpectRuns(query string, n int) {
	h.t.Helper()
	h.until(fmt.Sprintf("%d workflows where %q", n, query), func() bool { return len(h.Runs(query)) == n })
	h.Pass(settle)
	require.Len(h.t, h.Runs(query), n)
}

// settle is how far lists of workflows may lag behind.
const settle = 500 * time.Millisecond

// Runs lists the workflow runs of this world that fit a query, but for its self-check.
func (h *Harness) Runs(query string) []*workflowpb.WorkflowExecutionInfo {
	h.t.Helper()
	full := "WorkflowType != '" + signals.SelfCheckType + "'"
	if query != "" {
		full += " AND " + query
	}
	list, err := h.runs(h.t.Context(), full)
	require.NoError(h.t, err)
	return list
}

func (h *Harness) runs(ctx context.Context, query string) ([]*workflowpb.WorkflowExecutionInfo, error) {
	full := fmt.Sprintf("TaskQueue = %q", h.queue())
	if query != "" {
		full += " AND " + query
	}
	var all []*workflowpb.WorkflowExecutionInfo
	for page := (*workflowservice.ListWorkflowExecutionsResponse)(nil); page == nil || len(page.GetNextPageToken()) > 0; {
		var err error
		page, err = h.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: full, NextPageToken: page.GetNextPageToken(),
		})
		if err != nil {
			return nil, fmt.Errorf("list the workflows where %s: %w", full, err)
		}
		all = append(all, page.GetExecutions()...)
	}
	return all, nil
}

// terminateAll leaves nothing running behind.
func (h *Harness) terminateAll(ctx context.Context) {
	left, err := h.runs(ctx, "ExecutionStatus = 'Running'")
	if err != nil {
		h.t.Errorf("clear up: %v", err)
		return
	}
	for _, run := range left {
		id := run.GetExecution()
		err := h.temporal.TerminateWorkflow(ctx, id.GetWorkflowId(), id.GetRunId(), "the story has ended")
		if _, gone := errors.AsType[*serviceerror.NotFound](err); err != nil && !gone {
			h.t.Errorf("clear up %s: %v", id.GetWorkflowId(), err)
		}
	}
}

// ExpectUnderWay waits until the page at an index of the step has been started.
func (a *Alert) ExpectUnderWay(index int) {
	a.h.t.Helper()
	a.h.until(fmt.Sprintf("page %d to be under way", index), func() bool {
		in, _ := a.Incident()
		return len(in.Climb.Pages) > index && !in.Climb.Pages[index].Started.IsZero()
	})
}

// Told is the timeline as it is now, a line for each entry.
func (a *Alert) Told() []string {
	a.h.t.Helper()
	in, _ := a.Incident()
	var lines []string
	for _, e := range in.Timeline {
		lines = append(lines, e.Text)
	}
	return lines
}
