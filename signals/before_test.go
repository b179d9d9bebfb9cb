package signals_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// archive is a Temporal that keeps runs which have ended, and the result of each.
type archive struct {
	recorder
	runs    []*workflowpb.WorkflowExecutionInfo
	results map[string]any
	query   string
}

func (a *archive) ListWorkflow(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	a.query = r.GetQuery()
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: a.runs}, a.err
}

func (a *archive) GetWorkflow(_ context.Context, _, run string) client.WorkflowRun {
	return result{of: a.results[run]}
}

// result is what a run came to: a state, or an error.
type result struct {
	client.WorkflowRun
	of any
}

func (r result) Get(_ context.Context, to any) error {
	if err, failed := r.of.(error); failed {
		return err
	}
	content, err := json.Marshal(r.of)
	if err != nil {
		return err
	}
	return json.Unmarshal(content, to)
}

var midnight = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// ended is a run that has ended so long after midnight.
func ended(run string, status enums.WorkflowExecutionStatus, after time.Duration) *workflowpb.WorkflowExecutionInfo {
	id, _ := converter.GetDefaultDataConverter().ToPayload("INC-" + run)
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: "incident/checkout/00", RunId: run}, Status: status,
		CloseTime:        timestamppb.New(midnight.Add(after)),
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{"IncidentId": id}},
	}
}

const (
	completed  = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	terminated = enums.WORKFLOW_EXECUTION_STATUS_TERMINATED
)

func TestTheIncidentThatEndedLastIsFoundWithWhatItCameTo(t *testing.T) {
	state := incident.Incident{
		ID: "INC-261122-SECOND", Run: "second", Status: incident.Resolved, ResolvedAt: midnight, Restored: "v41",
		Cursors: incident.Cursors{Ticket: incident.TicketRef{Key: "OPS-2"}},
	}
	temporal := &archive{
		runs:    []*workflowpb.WorkflowExecutionInfo{ended("first", completed, time.Hour), ended("second", completed, 2*time.Hour)},
		results: map[string]any{"second": state},
	}
	before, err := signals.Client{Temporal: temporal}.Before(t.Context(), "incident/checkout/00")

	require.NoError(t, err)
	require.Equal(t, incident.Before{
		ID: "INC-261122-SECOND", Run: "second", ResolvedAt: midnight, EndedAt: midnight.Add(2 * time.Hour), Restored: "v41",
		Ticket: incident.TicketRef{Key: "OPS-2"},
	}, before)
	require.Equal(t, "WorkflowId = 'incident/checkout/00' AND WorkflowType = 'Incident' AND "+
		"ExecutionStatus IN ('Completed', 'Failed', 'Canceled', 'Terminated', 'TimedOut')", temporal.query)
}

func TestOfAnIncidentWithoutAResultItsAttributesAreKnown(t *testing.T) {
	want := incident.Before{ID: "INC-old", Run: "old", EndedAt: midnight.Add(time.Hour)}
	for name, temporal := range map[string]*archive{
		"terminated": {runs: []*workflowpb.WorkflowExecutionInfo{ended("old", terminated, time.Hour)}},
		"unreadable": {runs: []*workflowpb.WorkflowExecutionInfo{ended("old", completed, time.Hour)}, results: map[string]any{"old": "no state"}},
	} {
		t.Run(name, func(t *testing.T) {
			before, err := signals.Client{Temporal: temporal}.Before(t.Context(), "incident/checkout/00")
			require.NoError(t, err)
			require.Equal(t, want, before)
		})
	}
}

func TestWhatTemporalNoLongerKeepsIsNotFound(t *testing.T) {
	for name, temporal := range map[string]*archive{
		"no run":  {},
		"no more": {runs: []*workflowpb.WorkflowExecutionInfo{ended("old", completed, time.Hour)}, results: map[string]any{"old": error(serviceerror.NewNotFound("no history"))}},
	} {
		t.Run(name, func(t *testing.T) {
			before, err := signals.Client{Temporal: temporal}.Before(t.Context(), "incident/checkout/00")
			require.NoError(t, err)
			require.Zero(t, before)
		})
	}
}

func TestALookBackThatFailedIsWorthAnotherAttempt(t *testing.T) {
	away := errors.New("connection refused")
	_, err := signals.Client{Temporal: &archive{recorder: recorder{err: away}}}.Before(t.Context(), "incident/checkout/00")
	require.ErrorIs(t, err, away)
	require.ErrorContains(t, err, "list what ended of incident/checkout/00")

	over, cancel := context.WithCancel(t.Context())
	cancel()
	temporal := &archive{runs: []*workflowpb.WorkflowExecutionInfo{ended("old", completed, time.Hour)}, results: map[string]any{"old": error(context.Canceled)}}
	_, err = signals.Client{Temporal: temporal}.Before(over, "incident/checkout/00")
	require.ErrorIs(t, err, context.Canceled)
}
