package signals

import (
	"context"
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/seed-44180607/lastgood/incident"
)

// ended are the statuses in which a run has ended for good: one that was continued as
// new goes on.
const ended = `ExecutionStatus IN ('Completed', 'Failed', 'Canceled', 'Terminated', 'TimedOut')`

// newest is how many of the runs that ended are looked at: Temporal lists the last
// first, stores that do not are still asked for a few.
const newest = 5

// Before finds the incident of a workflow ID that ended last. What Temporal no longer
// keeps is not found, which is no error. A list lags behind by a moment: an incident
// that ended just now may be missed.
func (c Client) Before(ctx context.Context, workflow string) (incident.Before, error) {
	list, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: newest, Query: fmt.Sprintf("WorkflowId = '%s' AND WorkflowType = '%s' AND %s", workflow, IncidentType, ended),
	})
	if err != nil {
		return incident.Before{}, fmt.Errorf("list what ended of %s: %w", workflow, err)
	}
	var last *workflowpb.WorkflowExecutionInfo
	for _, run := range list.GetExecutions() {
		if last == nil || run.GetCloseTime().AsTime().After(last.GetCloseTime().AsTime()) {
			last = run
		}
	}
	if last == nil {
		return incident.Before{}, nil
	}
	return c.outcome(ctx, last)
}

// outcome reads what a run came to: its result, or what its attributes tell when it has
// none.
func (c Client) outcome(ctx context.Context, run *workflowpb.WorkflowExecutionInfo) (incident.Before, error) {
	id := run.GetExecution()
	before := incident.Before{ID: text(run.GetSearchAttributes().GetIndexedFields()[IncidentID.GetName()])}
	if run.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		var state incident.Incident
		err := c.Temporal.GetWorkflow(ctx, id.GetWorkflowId(), id.GetRunId()).Get(ctx, &state)
		switch {
		case err == nil:
			before = incident.BeforeOf(state)
		case ctx.Err() != nil:
			return incident.Before{}, fmt.Errorf("read the result of %s: %w", id.GetWorkflowId(), err)
		case gone(err):
			return incident.Before{}, nil // Its list entry outlived it.
		}
	}
	before.Run, before.EndedAt = id.GetRunId(), run.GetCloseTime().AsTime().Truncate(time.Second)
	return before, nil
}

func gone(err error) bool {
	_, is := errors.AsType[*serviceerror.NotFound](err)
	return is
}
