package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"golang.org/x/sync/errgroup"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/local"
	"github.com/seed-44180607/lastgood/signals"
)

// HeartbeatName is the name that the story's heartbeat has in lastgood.yaml.
func (h *Harness) HeartbeatName() string { return h.id("nightly") }

// Beat beats once, as a cron job does, with a token.
func (h *Harness) Beat(name, token string) Answer {
	h.t.Helper()
	return h.send(http.MethodPost, h.stage.Starter()+"/v1/heartbeats/"+name, nil, func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+token)
	})
}

// Beats beats once for the story's heartbeat, which the starter must store.
func (h *Harness) Beats() {
	h.t.Helper()
	answer := h.Beat(h.HeartbeatName(), local.HeartbeatToken)
	require.Equal(h.t, http.StatusNoContent, answer.Status, answer.Body)
}

// Silence is the alert that the story's heartbeat is silent, of the service checkout.
func (h *Harness) Silence() *Alert {
	return &Alert{h: h, Service: "checkout", Name: "Silent", Group: "heartbeat/" + h.HeartbeatName()}
}

// TakeOutHeartbeat writes lastgood.yaml without the story's heartbeat. Processes that run already do not read it.
func (h *Harness) TakeOutHeartbeat() {
	h.t.Helper()
	h.setting.Heartbeat = ""
	require.NoError(h.t, os.WriteFile(h.stage.Config, h.setting.yaml(h.n), 0o600))
}

// Watched is what is known of the story's heartbeat, and whether it is watched.
func (h *Harness) Watched() (w incident.Watch, running bool) {
	h.t.Helper()
	w, running, err := signals.Client{Temporal: h.temporal}.Watched(h.t.Context(), h.HeartbeatName())
	require.NoError(h.t, err)
	return w, running
}

// ExpectWatched waits until what is known of the story's heartbeat is as it should be.
func (h *Harness) ExpectWatched(what string, holds func(w incident.Watch, running bool) bool) {
	h.t.Helper()
	h.until(what, func() bool { return holds(h.Watched()) })
}

// ExpectDeadman waits until GET /deadman answers with a status.
func (h *Harness) ExpectDeadman(status int) {
	h.t.Helper()
	h.until(http.StatusText(status)+" from /deadman", func() bool { return h.get("/deadman").Status == status })
}

// Outside is a monitor outside of lastgood, which counts pings.
type Outside struct {
	URL   string
	pings atomic.Int64
}

// OpenOutside starts one, for a story whose worker pings it. It must be there before the worker.
func OpenOutside(onEnd func(func())) *Outside {
	o := &Outside{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			o.pings.Add(1)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	onEnd(server.Close)
	o.URL = server.URL
	return o
}

// Pings is how many came so far.
func (o *Outside) Pings() int64 { return o.pings.Load() }

// ExpectPing waits for one more ping.
func (h *Harness) ExpectPing(o *Outside) {
	h.t.Helper()
	before := o.Pings()
	h.until("a ping", func() bool { return o.Pings() > before })
}

// EndSelfCheck ends the self-check, which runs for good, so that its history is whole and recorded.
func (h *Harness) EndSelfCheck() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	h.KillWorker() // It would start the self-check again.
	require.NoError(h.t, h.temporal.TerminateWorkflow(ctx, signals.SelfCheckWorkflow(h.queue()), "", "the story has ended"))
	h.recorded = selfChecks
}

// selfChecks are those of this world, which stories do not count.
const selfChecks = "WorkflowType = '" + signals.SelfCheckType + "'"

// RunStatus is the status of the latest run of the story's heartbeat.
func (h *Harness) RunStatus() enums.WorkflowExecutionStatus {
	h.t.Helper()
	described, err := h.temporal.DescribeWorkflowExecution(h.t.Context(), signals.HeartbeatWorkflow(h.HeartbeatName()), "")
	require.NoError(h.t, err)
	return described.GetWorkflowExecutionInfo().GetStatus()
}

// BeatsUntilANewRun signals beats side by side until the story's heartbeat goes on in a new run, and returns how many.
func (h *Harness) BeatsUntilANewRun() (beats int) {
	h.t.Helper()
	id := signals.HeartbeatWorkflow(h.HeartbeatName())
	run := func() string {
		described, err := h.temporal.DescribeWorkflowExecution(h.t.Context(), id, "")
		require.NoError(h.t, err)
		return described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	}
	for first := run(); run() == first; beats += 50 {
		var group errgroup.Group
		for range 50 {
			group.Go(func() error {
				return h.temporal.SignalWorkflow(h.t.Context(), id, "", signals.Beat, signals.Pulse{At: time.Now()})
			})
		}
		require.NoError(h.t, group.Wait())
	}
	return beats
}
