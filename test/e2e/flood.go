package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// Flood lets the alert's group change again and again, as starters bring it to Temporal:
// one alert comes, another goes. It begins with a number, makes a pause after each, and
// ends as soon as it has gone on long enough. It gives the number after the last; the
// alert alone fires then.
func (a *Alert) Flood(from int, pause time.Duration, enough func() bool) (next int) {
	a.h.t.Helper()
	pod := func(i int, firing bool) incident.Alert {
		return incident.Alert{
			Fingerprint: fmt.Sprint("pod-", i), Name: fmt.Sprint("Pod", i), Firing: firing, Severity: incident.SEV3,
			StartsAt: a.StartsAt.Add(time.Duration(i) * time.Millisecond),
		}
	}
	tell := func(alerts ...incident.Alert) {
		d := incident.Delivery{Source: "alertmanager", Group: a.group(), Alerts: alerts}
		require.NoError(a.h.t, a.h.temporal.SignalWorkflow(a.h.t.Context(), a.Workflow(), "", signals.Alert, d))
	}
	for next = from + 1; !enough(); next++ {
		tell(pod(next, true), pod(next-1, false))
		a.h.Pass(pause)
	}
	tell(pod(next-1, false))
	return next
}

// Events is how many events the history of the alert's latest run has.
func (a *Alert) Events() int {
	a.h.t.Helper()
	return int(a.run().GetHistoryLength())
}

// Chain is how many events each run of the alert's workflow has had, from the first on.
func (a *Alert) Chain() (events []int) {
	a.h.t.Helper()
	runs := a.h.Runs(fmt.Sprintf("WorkflowId = %q", a.Workflow()))
	slices.SortFunc(runs, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime())
	})
	for _, run := range runs {
		described, err := a.h.temporal.DescribeWorkflowExecution(a.h.t.Context(), a.Workflow(), run.GetExecution().GetRunId())
		require.NoError(a.h.t, err)
		events = append(events, int(described.GetWorkflowExecutionInfo().GetHistoryLength()))
	}
	return events
}

// Crowd are the bodies of a monitor that says of n alerts of one group that they are
// firing or resolved, at most each of them in one body. Each alert is in one.
func (a *Alert) Crowd(status string, n, each int) (bodies [][]byte) {
	if a.StartsAt.IsZero() {
		a.StartsAt = time.Now().UTC()
	}
	var rows []map[string]any
	for i := range n {
		one := &Alert{h: a.h, Service: a.Service, Name: fmt.Sprintf("%s%05d", a.Name, i), StartsAt: a.StartsAt}
		if rows = append(rows, one.row(status)); len(rows) == each || i == n-1 {
			bodies, rows = append(bodies, webhook(a.group(), rows...)), nil
		}
	}
	return bodies
}

// Rush posts bodies, so many a second, each on its own: none waits for the answer to
// another. Every one is accepted, or refused by 503 and then sent again, as a monitor
// does. It gives the longest wait for an answer, and how many were sent again.
func (h *Harness) Rush(bodies [][]byte, aSecond int) (longest time.Duration, again int) {
	h.t.Helper()
	pace := time.NewTicker(time.Second / time.Duration(aSecond))
	defer pace.Stop()
	type answered struct {
		body []byte
		Answer
	}
	answers := make(chan answered, len(bodies))
	post := func(body []byte) { answers <- answered{body, h.PostAlerts(body)} }
	for _, body := range bodies {
		<-pace.C
		go post(body)
	}
	for left := len(bodies); left > 0; {
		a := <-answers
		longest = max(longest, a.Took)
		if a.Status == http.StatusServiceUnavailable {
			again++
			go post(a.body)
			continue
		}
		require.Equal(h.t, http.StatusAccepted, a.Status, a.Body)
		left--
	}
	return longest, again
}

// StarterPeak is the most memory that the starter has had so far, in bytes.
func (h *Harness) StarterPeak() int {
	h.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.starter.PID()))
	require.NoError(h.t, err)
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kilobytes, err := strconv.Atoi(strings.Fields(value)[0])
			require.NoError(h.t, err, line)
			return kilobytes << 10
		}
	}
	require.FailNow(h.t, "the system does not tell how much memory the starter had")
	return 0
}
