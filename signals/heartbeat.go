package signals

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enums "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/seed-44180607/lastgood/incident"
)

// Signals of a heartbeat.
const (
	Beat      = "beat"      // A Pulse.
	Configure = "configure" // A Configured.
	Retire    = "retire"    // A Retirement.
)

// ErrUnwatched means that nobody watches a heartbeat of the name.
var ErrUnwatched = errors.New("there is no heartbeat of this name")

// memoWatch is the field of a heartbeat's memo that holds its incident.Watch. It can be read while no worker runs.
const memoWatch = "watch"

// Pulse is a beat, as of the moment at which it came in. Without one it counts when it is read.
type Pulse struct {
	At time.Time `json:"at,omitzero"`
}

// Configured are the settings of a heartbeat, and when they were read by the process that sends them.
type Configured struct {
	Heartbeat incident.Heartbeat `json:"heartbeat"`
	Read      time.Time          `json:"read"`
}

// Retirement says that a configuration, read at a moment, has the heartbeat no more.
type Retirement struct {
	Read time.Time `json:"read"`
}

// HeartbeatWorkflow is the workflow ID of a heartbeat.
func HeartbeatWorkflow(name string) string { return "heartbeat/" + name }

// WatchMemo is what the workflow of a heartbeat shows of itself.
func WatchMemo(w incident.Watch) map[string]any { return map[string]any{memoWatch: w} }

// Beat makes a beat durable. ErrUnwatched when no workflow watches for it; any other error means that nothing was
// stored.
func (c Client) Beat(ctx context.Context, name string, at time.Time) error {
	id := HeartbeatWorkflow(name)
	err := c.Temporal.SignalWorkflow(ctx, id, "", Beat, Pulse{At: at})
	if closed(err) {
		return fmt.Errorf("signal %s to %s: %w", Beat, id, ErrUnwatched)
	}
	return wrap(err, "signal "+Beat+" to", id)
}

// Watch has a heartbeat watched with the settings, and starts with what was known of it before when no workflow
// watches it.
func (c Client) Watch(ctx context.Context, before incident.Watch, settings Configured) error {
	id := HeartbeatWorkflow(settings.Heartbeat.Name)
	if before.Heartbeat.Name == "" || before.Retired {
		before = incident.Watch{Heartbeat: settings.Heartbeat, Configured: settings.Read}
	}
	_, err := c.Temporal.SignalWithStartWorkflow(ctx, id, Configure, settings, client.StartWorkflowOptions{
		ID: id, TaskQueue: c.queue(), WorkflowTaskTimeout: TaskTimeout,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		Memo:                     WatchMemo(before),
		StaticSummary:            Shorten("watches for beats of "+settings.Heartbeat.Name, summaryBytes),
		StaticDetails: "Opens an incident when `" + settings.Heartbeat.Name + "` is silent for too long. It runs until the heartbeat is taken " +
			"out of `lastgood.yaml`; one that is terminated before is started again within a minute.",
	}, HeartbeatType, before)
	return wrap(err, "signal "+Configure+" to", id)
}

// Retire ends the watch over a heartbeat. That nobody watches it is as it should be.
func (c Client) Retire(ctx context.Context, name string, r Retirement) error {
	id := HeartbeatWorkflow(name)
	err := c.Temporal.SignalWorkflow(ctx, id, "", Retire, r)
	if closed(err) {
		return nil
	}
	return wrap(err, "signal "+Retire+" to", id)
}

// Watched reads what is known of a heartbeat, and whether it is watched now. All of it is zero when nothing is known.
// No worker is needed for it.
func (c Client) Watched(ctx context.Context, name string) (w incident.Watch, running bool, err error) {
	id := HeartbeatWorkflow(name)
	described, err := c.Temporal.DescribeWorkflowExecution(ctx, id, "")
	if closed(err) {
		return incident.Watch{}, false, nil
	}
	if err != nil {
		return incident.Watch{}, false, wrap(err, "read", id)
	}
	info := described.GetWorkflowExecutionInfo()
	w, err = c.watchOf(info)
	return w, info.GetCloseTime() == nil, err
}

// Watches lists the heartbeats that are watched on this task queue. Lists lag behind by a moment.
func (c Client) Watches(ctx context.Context) (all []incident.Watch, err error) {
	query := fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running' AND TaskQueue = '%s'", HeartbeatType, c.queue())
	var page *workflowservice.ListWorkflowExecutionsResponse
	for page == nil || len(page.GetNextPageToken()) > 0 {
		page, err = c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			PageSize: maxRunning, Query: query, NextPageToken: page.GetNextPageToken(),
		})
		if err != nil {
			return nil, fmt.Errorf("list the heartbeats that are watched: %w", err)
		}
		for _, run := range page.GetExecutions() {
			w, err := c.watchOf(run)
			if err != nil {
				return nil, err
			}
			all = append(all, w)
		}
	}
	return all, nil
}

// watchOf reads the memo of a heartbeat. One without is known by its name alone.
func (c Client) watchOf(run *workflowpb.WorkflowExecutionInfo) (w incident.Watch, err error) {
	id := run.GetExecution().GetWorkflowId()
	w.Heartbeat.Name = strings.TrimPrefix(id, HeartbeatWorkflow(""))
	payload, there := run.GetMemo().GetFields()[memoWatch]
	if !there {
		return w, nil
	}
	if err := c.converter().FromPayload(payload, &w); err != nil {
		return w, fmt.Errorf("read the memo of %s: %w", id, err)
	}
	return w, nil
}
