package signals

import (
	"context"
	"slices"

	enums "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/seed-44180607/lastgood/oncall"
)

// Waiting are the overrides that are stored and that no worker has taken yet: the memo does not show them. There are
// none while workers run.
func (c Client) Waiting(ctx context.Context) ([]oncall.Override, error) {
	described, err := c.Temporal.DescribeWorkflowExecution(ctx, RosterWorkflow, "")
	if closed(err) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap(err, "read", RosterWorkflow)
	}
	if described.GetPendingWorkflowTask() == nil {
		return nil, nil
	}
	run := described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	events := c.Temporal.GetWorkflowHistory(ctx, RosterWorkflow, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var waiting []oncall.Override
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return nil, wrap(err, "read the history of", RosterWorkflow)
		}
		waiting = c.await(waiting, event)
	}
	return waiting, nil
}

// await goes on by one event: what has come since a worker was last here waits. What nobody can read waits unseen.
func (c Client) await(waiting []oncall.Override, event *historypb.HistoryEvent) []oncall.Override {
	if event.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
		return nil
	}
	sent := event.GetWorkflowExecutionSignaledEventAttributes()
	var o oncall.Override
	var s Swapping
	var r Removal
	switch sent.GetSignalName() {
	case Override:
		if c.converter().FromPayloads(sent.GetInput(), &o) == nil {
			waiting = append(waiting, o)
		}
	case Swap:
		if c.converter().FromPayloads(sent.GetInput(), &s) == nil {
			waiting = append(waiting, s.Overrides...)
		}
	case Remove:
		if c.converter().FromPayloads(sent.GetInput(), &r) == nil {
			waiting = slices.DeleteFunc(waiting, func(o oncall.Override) bool { return o.ID == r.ID })
		}
	}
	return waiting
}
