package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// Every timeout, retry and priority of the workflows is on this screen.

// urgent is the priority of pages and rollbacks: the highest.
const urgent = 1

const (
	// firstPause and longestPause bound the wait between two attempts of a
	// projection whose vendor is away, or of news of a heartbeat.
	firstPause   = 30 * time.Second
	longestPause = 5 * time.Minute
	recordPause  = time.Hour
	// sendWithin bounds one activity of a projection, so that continuing as a new
	// run never waits longer.
	sendWithin = 2 * time.Minute
	// callWithin bounds a page beside the policy.
	callWithin = 5 * time.Minute
	// findWithin bounds the last look for a build whose order may have been taken.
	findWithin = time.Minute
	// maintenanceLook is how often an incident that a maintenance keeps quiet looks whether it still
	// does: the page comes that much after one that is ended early, at the most.
	maintenanceLook = time.Minute
	// maxBatch is how many timeline entries one message of the thread takes.
	maxBatch = 40
)

// noDeadline is for what may wait for ever.
var noDeadline time.Time

// patient retries for as long as the time allows.
var patient = temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 20 * time.Second}

// eager retries soon and often: somebody waits to be paged.
var eager = temporal.RetryPolicy{InitialInterval: 500 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 5 * time.Second}

func resolveOptions(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second, RetryPolicy: &eager, Summary: signals.Shorten(summary, 180),
		ScheduleToCloseTimeout: time.Minute, Priority: temporal.Priority{PriorityKey: urgent},
	})
}

// pageOptions let a page that is on its way in Slack arrive although its step has
// ended: it belongs on the timeline, and its buttons are to be kept current. One that
// waits in its lane, a mail and a text are stopped.
func pageOptions(ctx workflow.Context, page oncall.Page) workflow.Context {
	to := page.Name
	if to == "" {
		to = page.Person + page.Address
	}
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: attemptOf(page.Via), RetryPolicy: &eager,
		ScheduleToCloseTimeout: callWithinOr(ctx), WaitForCancellation: true, HeartbeatTimeout: heartbeatOf(page.Via),
		Summary:  signals.Shorten("Page "+to+" by "+string(page.Via), 180),
		Priority: temporal.Priority{PriorityKey: urgent},
	})
}

// attemptOf bounds one attempt: a wait for its turn, and a call. A mail server may take
// 4 s for its dialogue, and Twilio is first asked what it has got. That a worker is dead
// is noticed after 5 s all the same.
func attemptOf(via oncall.Method) time.Duration {
	if byHeartbeat(via) {
		return 8 * time.Second
	}
	return 5 * time.Second
}

// heartbeatOf is for the methods that heartbeat, so that an acknowledgement stops
// them within a second.
func heartbeatOf(via oncall.Method) time.Duration {
	if byHeartbeat(via) {
		return 5 * time.Second
	}
	return 0
}

func byHeartbeat(via oncall.Method) bool { return via == oncall.Email || via == oncall.SMS }

type callKey struct{}

// callContext marks the pages beside the policy, which end by themselves; those
// of a step end with the step.
func callContext(ctx workflow.Context) workflow.Context {
	return workflow.WithValue(ctx, callKey{}, true)
}

func callWithinOr(ctx workflow.Context) time.Duration {
	if ctx.Value(callKey{}) != nil {
		return callWithin
	}
	return 0
}

func surveyOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: 30 * time.Second,
		RetryPolicy: &patient, Summary: "What was deployed?",
	})
}

// lookBackOptions are for what came before: who is paged does not depend on it.
func lookBackOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: background(ctx), StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: time.Minute,
		RetryPolicy: &patient, Summary: "What came before?",
	})
}

// lookAgainOptions are for the reading between a click and its rollback: one
// attempt, as somebody waits.
func lookAgainOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 3 * time.Second, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary: "Is that still what is deployed?", Priority: temporal.Priority{PriorityKey: urgent},
	})
}

func background(ctx workflow.Context) string {
	return signals.Background(workflow.GetInfo(ctx).TaskQueueName)
}

func showOptions(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: background(ctx), StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: sendWithin,
		RetryPolicy: &patient, Summary: summary,
	})
}

func ticketOptions(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: background(ctx), StartToCloseTimeout: 30 * time.Second, ScheduleToCloseTimeout: sendWithin,
		RetryPolicy: &patient, Summary: summary,
	})
}

func answerOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: background(ctx), StartToCloseTimeout: 5 * time.Second, ScheduleToCloseTimeout: 30 * time.Second,
		RetryPolicy: &eager, Summary: "Answer whoever decided",
	})
}

// triggerOptions give one attempt all the time there is: an order whose answer is late is
// not given up, and one that is lost is looked for. A dead worker is noticed by the heartbeat.
func triggerOptions(ctx workflow.Context, within time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: within, ScheduleToCloseTimeout: within, RetryPolicy: &eager,
		HeartbeatTimeout: 5 * time.Second, WaitForCancellation: true, Summary: "Order the build", Priority: temporal.Priority{PriorityKey: urgent},
	})
}

// followOptions notice a dead worker within the heartbeat timeout.
func followOptions(ctx workflow.Context, summary string, within time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: within, ScheduleToCloseTimeout: within, HeartbeatTimeout: 5 * time.Second,
		RetryPolicy: &eager, Summary: summary, WaitForCancellation: true, Priority: temporal.Priority{PriorityKey: urgent},
	})
}

func stopOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 20 * time.Second, ScheduleToCloseTimeout: 5 * time.Minute, RetryPolicy: &eager,
		Summary: "Stop the build", Priority: temporal.Priority{PriorityKey: urgent},
	})
}

// newsOptions try for a while. A heartbeat that is silent is a page, so that the workflow tries for as long as it takes; but
// what is owed, and to whom, may be something else by then.
func newsOptions(ctx workflow.Context, heartbeat string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 5 * time.Second, ScheduleToCloseTimeout: 30 * time.Second, RetryPolicy: &eager,
		Summary: signals.Shorten("Tell the incident of "+heartbeat, 180), Priority: temporal.Priority{PriorityKey: urgent},
	})
}

// checkOptions give up soon: the next look comes anyway, and a late one proves nothing.
func checkOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 15 * time.Second, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
		ScheduleToStartTimeout: time.Minute, Summary: "Can lastgood page?",
	})
}
