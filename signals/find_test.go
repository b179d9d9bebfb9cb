package signals_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// lister is a Temporal that lists two workflows, one of which has only begun.
type lister struct {
	recorder
	query string
}

func (l *lister) ListWorkflow(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	l.query = r.GetQuery()
	fields := map[string]*commonpb.Payload{}
	for name, value := range map[string]any{
		"IncidentId": "INC-261128-7QXM2A", "IncidentService": "checkout", "IncidentSeverity": "SEV1", "IncidentStatus": "acknowledged",
		"IncidentAcknowledgedBy": "sre-1", "IncidentEscalationStep": 2,
	} {
		fields[name], _ = converter.GetDefaultDataConverter().ToPayload(value)
	}
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{
		{Execution: &commonpb.WorkflowExecution{WorkflowId: "incident/basket/00"}},
		{Execution: &commonpb.WorkflowExecution{WorkflowId: "incident/checkout/00"}, SearchAttributes: &commonpb.SearchAttributes{IndexedFields: fields}},
	}}, l.err
}

func TestTheIncidentsThatRunAreListed(t *testing.T) {
	temporal := &lister{}
	running, err := signals.Client{Temporal: temporal}.Running(t.Context())
	require.NoError(t, err)
	require.Equal(t, []incident.Named{{
		ID: "INC-261128-7QXM2A", Workflow: "incident/checkout/00", Service: "checkout", Severity: incident.SEV1,
		Status: incident.Acknowledged, AcknowledgedBy: "sre-1",
	}}, running)
	require.Equal(t, "WorkflowType = 'Incident' AND ExecutionStatus = 'Running'", temporal.query)

	temporal.err = errors.New("connection refused")
	_, err = signals.Client{Temporal: temporal}.Running(t.Context())
	require.EqualError(t, err, "list the incidents that run: connection refused")
}

func TestAReportGoesToTheIncidentItNames(t *testing.T) {
	temporal := &recorder{}
	r := incident.PageReport{ID: "SM1", Workflow: "incident/checkout/00", Marker: "m", Failed: "undelivered"}
	report := func() error { return signals.Client{Temporal: temporal}.Report(t.Context(), r) }

	require.NoError(t, report())
	require.Equal(t, []any{"incident/checkout/00", "page-report", r}, []any{temporal.id, temporal.signal, temporal.payload})
	temporal.err = serviceerror.NewNotFound("workflow execution already completed")
	require.ErrorIs(t, report(), signals.ErrClosed)
	temporal.err = errors.New("connection refused")
	require.NotErrorIs(t, report(), signals.ErrClosed)
}
