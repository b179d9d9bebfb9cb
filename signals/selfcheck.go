package signals

import (
	"context"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

// memoCheck is the field of the self-check's memo that holds its SelfCheck.
const memoCheck = "check"

// SelfCheck is how lastgood itself was when a worker last looked.
type SelfCheck struct {
	// Good is when all was well the last time; zero when it never was.
	Good time.Time `json:"good,omitzero"`
	// Every is how often it is looked.
	Every time.Duration `json:"every,omitempty"`
	// Fault is what was wrong the last time, "" when all was well.
	Fault string `json:"fault,omitempty"`
}

// stale is after how many times Every a check is too old to prove anything: one may come late.
const stale = 3

// Alive says whether the latest good check is young enough to prove that lastgood works.
func (s SelfCheck) Alive(now time.Time) bool {
	return !s.Good.IsZero() && now.Sub(s.Good) < stale*s.Every
}

// Memo is what the self-check shows of itself. It can be read while no worker runs.
func (s SelfCheck) Memo() map[string]any { return map[string]any{memoCheck: s} }

// SelfCheckWorkflow is the workflow ID of the self-check of those who work on a task queue.
func SelfCheckWorkflow(taskQueue string) string { return "self-check/" + taskQueue }

// CheckSelf has the self-check run. Nothing is changed when it does.
func (c Client) CheckSelf(ctx context.Context) error {
	id := SelfCheckWorkflow(c.queue())
	_, err := c.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: c.queue(), WorkflowTaskTimeout: TaskTimeout,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "shows that timers, task queue and workers do their work",
		StaticDetails:            "`GET /deadman` of the starter and the ping to DEADMAN_URL rest on it. One that is terminated is started again within a minute.",
	}, SelfCheckType, SelfCheck{})
	return wrap(err, "start", id)
}

// Checked reads how lastgood was when a worker last looked; zero when none ever did. No worker is needed for it.
func (c Client) Checked(ctx context.Context) (s SelfCheck, err error) {
	id := SelfCheckWorkflow(c.queue())
	described, err := c.Temporal.DescribeWorkflowExecution(ctx, id, "")
	if closed(err) {
		return SelfCheck{}, nil
	}
	if err != nil {
		return SelfCheck{}, wrap(err, "read", id)
	}
	payload, there := described.GetWorkflowExecutionInfo().GetMemo().GetFields()[memoCheck]
	if !there {
		return SelfCheck{}, nil
	}
	if err := c.converter().FromPayload(payload, &s); err != nil {
		return SelfCheck{}, fmt.Errorf("read the memo of %s: %w", id, err)
	}
	return s, nil
}
