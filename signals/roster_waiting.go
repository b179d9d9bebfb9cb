package signals

import (
	"context"
	"slices"

	enums "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/seed-44180607/lastgood/oncall"
)

// Waiting is what is stored and no worker has taken yet, calendars left out: the memo does not show it. There is
// nothing while workers run.
func (c Client) Waiting(ctx context.Context) (waiting Kept, err error) {
	described, err := c.Temporal.DescribeWorkflowExecution(ctx, RosterWorkflow, "")
	if closed(err) {
		return Kept{}, nil
	}
	if err != nil {
		return Kept{}, wrap(err, "read", RosterWorkflow)
	}
	if described.GetPendingWorkflowTask() == nil {
		return Kept{}, nil
	}
	run := described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	events := c.Temporal.GetWorkflowHistory(ctx, RosterWorkflow, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return Kept{}, wrap(err, "read the history of", RosterWorkflow)
		}
		waiting = c.await(waiting, event)
	}
	return waiting, nil
}

// await goes on by one event: what has come since a worker was last here waits. What nobody can read waits unseen.
func (c Client) await(waiting Kept, event *historypb.HistoryEvent) Kept {
	if event.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
		return Kept{}
	}
	sent := event.GetWorkflowExecutionSignaledEventAttributes()
	var o oncall.Override
	var s Swapping
	var r Removal
	var m oncall.Maintenance
	switch sent.GetSignalName() {
	case Override:
		if c.converter().FromPayloads(sent.GetInput(), &o) == nil {
			waiting.Overrides = append(waiting.Overrides, o)
		}
	case Swap:
		if c.converter().FromPayloads(sent.GetInput(), &s) == nil {
			waiting.Overrides = append(waiting.Overrides, s.Overrides...)
		}
	case Remove:
		if c.converter().FromPayloads(sent.GetInput(), &r) == nil {
			waiting.Overrides = slices.DeleteFunc(waiting.Overrides, func(o oncall.Override) bool { return o.ID == r.ID })
		}
	case Maintenance:
		if c.converter().FromPayloads(sent.GetInput(), &m) == nil {
			waiting.Maintenance = append(waiting.Maintenance, m)
		}
	case EndMaintenance:
		if c.converter().FromPayloads(sent.GetInput(), &r) == nil {
			waiting.Maintenance = slices.DeleteFunc(waiting.Maintenance, func(m oncall.Maintenance) bool { return m.ID == r.ID })
		}
	}
	return waiting
}
