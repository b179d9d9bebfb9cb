package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/signals"
)

// SelfCheck has a worker look again and again whether lastgood can page: each look needs a durable timer, the task queue
// of the pages, a worker and what that worker tries. Its memo says when all was well the last time.
func SelfCheck(ctx workflow.Context, last signals.SelfCheck) error {
	for !workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
		last = check(ctx, last)
		if err := workflow.UpsertMemo(ctx, last.Memo()); err != nil {
			return err
		}
		pause := workflow.NewTimerWithOptions(ctx, last.Every, workflow.TimerOptions{Summary: "until the next look"})
		if err := pause.Get(ctx, nil); err != nil {
			return err
		}
	}
	return workflow.NewContinueAsNewError(ctx, signals.SelfCheckType, last)
}

// check looks once. The worker that does says when to look again.
func check(ctx workflow.Context, last signals.SelfCheck) signals.SelfCheck {
	var found activities.Finding
	if err := workflow.ExecuteActivity(checkOptions(ctx), activities.CheckSelfName).Get(ctx, &found); err != nil {
		last.Fault = reason(err)
		last.Every = max(last.Every, time.Second)
		return last
	}
	last.Fault, last.Every = found.Fault, max(found.Every, time.Second)
	if found.Fault == "" {
		last.Good = workflow.Now(ctx)
	}
	return last
}
