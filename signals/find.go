package signals

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/seed-44180607/lastgood/incident"
)

// maxRunning is how many incidents are listed.
const maxRunning = 1000

// Running lists the incidents that run, those that were opened last first: 1000 at
// most. It needs no worker.
func (c Client) Running(ctx context.Context) ([]incident.Named, error) {
	list, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: maxRunning,
		Query:    fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", IncidentType),
	})
	if err != nil {
		return nil, fmt.Errorf("list the incidents that run: %w", err)
	}
	var found []incident.Named
	for _, run := range list.GetExecutions() {
		if named := namedOf(run); named.ID != "" {
			found = append(found, named)
		}
	}
	return found, nil
}

func namedOf(run *workflowpb.WorkflowExecutionInfo) incident.Named {
	fields := run.GetSearchAttributes().GetIndexedFields()
	return incident.Named{
		ID: text(fields[IncidentID.GetName()]), Workflow: run.GetExecution().GetWorkflowId(),
		Service:        text(fields[IncidentService.GetName()]),
		Severity:       incident.Severity(text(fields[IncidentSeverity.GetName()])),
		Status:         incident.Status(text(fields[IncidentStatus.GetName()])),
		AcknowledgedBy: text(fields[IncidentAcknowledgedBy.GetName()]),
	}
}

// text reads a search attribute; "" when it is not set, or is no text.
func text(p *commonpb.Payload) (s string) {
	if p == nil || converter.GetDefaultDataConverter().FromPayload(p, &s) != nil {
		return ""
	}
	return s
}
