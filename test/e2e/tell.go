package e2e

import (
	"context"
	"fmt"
	"strings"
	"time"

	enums "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/seed-44180607/lastgood/internal/local"
)

// A failed story shows the end of each list, of so many lines.
const (
	toldEffects = 60
	toldEvents  = 80
	toldRuns    = 4
)

// tell prints what helps to understand a failed story.
func (h *Harness) tell(ctx context.Context) {
	for _, p := range append([]*local.Process{h.own, h.worker, h.starter}, h.others...) {
		if p != nil {
			h.t.Logf("the end of %s:\n%s", p.LogPath, p.Tail())
		}
	}
	if h.control.URL != "" {
		h.tellLedger(ctx)
	}
	if h.temporal != nil {
		h.tellHistories(ctx)
	}
}

func (h *Harness) tellLedger(ctx context.Context) {
	all, err := h.control.Ledger(ctx, 0, "", "", 0)
	if err != nil {
		h.t.Logf("the ledger cannot be read: %v", err)
		return
	}
	var lines strings.Builder
	for _, e := range all[max(0, len(all)-toldEffects):] {
		fmt.Fprintln(&lines, describe(e))
	}
	h.t.Logf("the ledger:\n%s", lines.String())
}

func (h *Harness) tellHistories(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	runs, err := h.runs(ctx, "")
	if err != nil {
		h.t.Logf("the workflows cannot be listed: %v", err)
		return
	}
	for _, run := range runs[:min(toldRuns, len(runs))] {
		lines := h.eventLines(ctx, run)
		h.t.Logf("%s, %s:\n%s", run.GetExecution().GetWorkflowId(), run.GetStatus(), strings.Join(lines[max(0, len(lines)-toldEvents):], "\n"))
	}
}

// eventLines lists what Temporal has recorded of a run, as far as it can be read.
func (h *Harness) eventLines(ctx context.Context, run *workflowpb.WorkflowExecutionInfo) (lines []string) {
	id := run.GetExecution()
	events := h.temporal.GetWorkflowHistory(ctx, id.GetWorkflowId(), id.GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return append(lines, err.Error())
		}
		lines = append(lines, fmt.Sprintf("%4d %s %s %s%s", e.GetEventId(), e.GetEventTime().AsTime().Format("15:04:05.000"), e.GetEventType(),
			e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName(),
			e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName()))
	}
	return lines
}
