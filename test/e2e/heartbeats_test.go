package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/local"
	"github.com/seed-44180607/lastgood/test/e2e"
)

func TestASilentHeartbeatPagesAndTheNextBeatResolvesItsIncident(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, Heartbeat: "every: 2s, grace: 1s, severity: SEV1", Quiet: "threshold: {alerts: 2, within: 5m}"})
	silence := h.Silence()
	require.Equal(t, http.StatusUnauthorized, h.Beat(h.HeartbeatName(), "simulator-alert-token").Status)
	require.Equal(t, http.StatusNotFound, h.Beat("nobody", local.HeartbeatToken).Status)
	for range 4 {
		h.Beats()
		h.Pass(time.Second)
	}
	_, opened := silence.Incident()
	if w, _ := h.Watched(); w.Told.From.IsZero() { // A busy machine may have been late.
		require.False(t, opened, "who beats is not called silent")
	}

	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", h.HeartbeatName(), "has not been heard of")
	h.Beats()
	in := silence.ExpectStatus(incident.Resolved)
	require.Equal(t, incident.SEV1, in.Severity)
	silence.ExpectEntries(incident.AlertResolved, 1)
	h.TakeOutHeartbeat()
	code, _ := h.StopStarter()
	require.Zero(t, code)
	h.StartStarter()
	h.ExpectWatched("the heartbeat that was taken out to be retired", func(w incident.Watch, running bool) bool { return w.Retired && !running })
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, h.RunStatus())
	require.Equal(t, http.StatusNotFound, h.Beat(h.HeartbeatName(), local.HeartbeatToken).Status)
	silence.ExpectClosed()
}

func TestASilenceOutlastsTheRestartOfEverything(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true, Heartbeat: "every: 8s, grace: 2s"})
	h.Beats()
	beat := time.Now()
	h.StopStarter()
	h.KillWorker()
	h.KillTemporal()
	h.Pass(time.Until(beat.Add(11 * time.Second)))
	h.StartTemporal()
	h.StartWorker() // No starter is needed.
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV2", h.HeartbeatName(), "has not been heard of")
	in := h.Silence().ExpectStatus(incident.Triggered)
	require.WithinDuration(t, beat.Add(10*time.Second), in.Alerts[0].StartsAt, time.Second, "it is silent since the beat was due, not since somebody noticed")
	h.StartStarter()
	h.Beats()
	h.Silence().ExpectStatus(incident.Resolved)
}

func TestBeatsThatWaitForAWorkerCount(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, Heartbeat: "every: 4s, grace: 2s"})
	h.Beats()
	h.ExpectWatched("the first beat", func(w incident.Watch, _ bool) bool { return !w.Last.IsZero() })
	h.KillWorker()
	for range 8 {
		h.Pass(time.Second)
		h.Beats()
	}
	beat := time.Now()
	h.StartWorker()
	h.ExpectWatched("the last beat", func(w incident.Watch, _ bool) bool { return w.Last.After(beat.Add(-time.Second)) })
	w, _ := h.Watched()
	if time.Since(w.Last) < 5*time.Second {
		_, opened := h.Silence().Incident()
		require.False(t, opened, "the timer was due, and the beats had come")
	}
	h.AllowAll()
}

func TestThousandsOfBeatsGoOnInANewRunThatForgetsNothing(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, Heartbeat: "every: 30s, grace: 10m"})
	h.Beats()
	began := time.Now()
	beats := h.BeatsUntilANewRun()
	require.Greater(t, beats, 500)
	h.ExpectWatched("the last beat", func(w incident.Watch, running bool) bool { return running && w.Last.After(began) })
	w, _ := h.Watched()
	require.Equal(t, h.ServiceID("checkout"), w.Heartbeat.Service)
	require.Zero(t, w.Told)
	require.Contains(t, h.Does("heartbeat", "list").Output, h.HeartbeatName())
}

func TestSomebodyOutsideNoticesWhenLastgoodCannotPage(t *testing.T) {
	t.Parallel()
	outside := e2e.OpenOutside(t.Cleanup)
	h := e2e.Start(t, e2e.Setting{Plain: true, WorkerEnv: []string{"DEADMAN_URL=" + outside.URL + "/secret", "DEADMAN_EVERY=1s"}})
	h.ExpectPing(outside)
	h.ExpectDeadman(http.StatusOK)

	h.KillWorker()
	h.ExpectDeadman(http.StatusServiceUnavailable)
	stopped := outside.Pings()
	h.Pass(2 * time.Second)
	require.Equal(t, stopped, outside.Pings(), "no worker, no ping")
	h.StartWorker()
	h.ExpectPing(outside)
	h.ExpectDeadman(http.StatusOK)

	h.Break(map[string]any{"vendor": "slack", "match": "auth.test", "status": 200, "body": `{"ok":false,"error":"invalid_auth"}`})
	h.ExpectDeadman(http.StatusServiceUnavailable)
	stopped = outside.Pings()
	h.Pass(2 * time.Second)
	require.Equal(t, stopped, outside.Pings(), "a token that Slack refuses, no ping")
	h.Mend()
	h.ExpectPing(outside)
	h.ExpectDeadman(http.StatusOK)
}
