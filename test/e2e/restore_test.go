package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/test/e2e"
)

// The releases of the simulated shop: what is in service, and what came before.
const (
	bad    = "2026.11.4" // shipped by a story, breaks the shop
	latest = "2026.11.3" // in service at the beginning
	older  = "2026.11.2"
	oldest = "2026.11.1"
)

// The whole way with every workflow task replayed from the start: what the
// workflow keeps in memory must not matter.
func TestAnIncidentIsRestoredWithoutAWorkflowCache(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{WorkerEnv: []string{"WORKFLOW_CACHE_SIZE=0"}})

	alert := h.Ship("checkout", bad)
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	card := h.Slack("C0CHECKOUT").ExpectMessage("SEV1", page.Incident())
	ticket := h.ExpectTicket(page.Incident())
	page.Click("roll-back", e2e.FirstResponder).Told("Rollback from 2026.11.4 to 2026.11.3 decided by sre-1")
	h.Jenkins("checkout").ExpectOrder(latest)
	build := h.Jenkins("checkout").ExpectBuild(latest)
	require.Equal(t, card.Incident()+"/1", build.Key())
	build.ExpectResult("SUCCESS")
	h.ExpectWell("checkout")
	ticket.ExpectDone()
	require.Equal(t, latest, alert.ExpectClosed().Restored)
}

func TestABuildIsFollowedOnWhenItsWorkerIsKilled(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{})
	h.Allow("slack", "ephemeral") // A private word may be said again after a crash.
	h.Jenkins("checkout").Hold(latest)

	alert := h.Ship("checkout", bad)
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	card := h.Slack("C0CHECKOUT").ExpectMessage(page.Incident())
	ticket := h.ExpectTicket(page.Incident())
	card.Click("roll-back", e2e.SecondResponder).Told("decided by sre-2")
	h.Jenkins("checkout").ExpectOrder(latest)
	build := h.Jenkins("checkout").ExpectBuild(latest)

	h.KillWorker()
	h.StartWorker()
	build.Finish()

	h.ExpectWell("checkout")
	ticket.ExpectDone()
	closed := alert.ExpectClosed()
	require.Equal(t, build.Detail.Number, closed.Rollback.Build)
	require.Equal(t, 1, closed.Rollback.Attempt)
}

// The build is ordered, the answer never arrives, and whoever waited for it dies.
func TestAnOrderIsFoundAgainWhenTheWorkerIsKilledBeforeItWasRecorded(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{})
	h.Break(map[string]any{"vendor": "jenkins", "match": "buildWithParameters", "drop_response": true, "hang": "30s", "times": 1})
	h.Allow("slack", "ephemeral") // A private word may be said again after a crash.

	alert := h.Fire("checkout")
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	h.Slack("C0CHECKOUT").ExpectMessage(page.Incident())
	ticket := h.ExpectTicket(page.Incident())
	page.Click("roll-back", e2e.FirstResponder).Told("decided by sre-1")
	h.Jenkins("checkout").ExpectOrder(older)
	h.KillWorker()
	build := h.Jenkins("checkout").ExpectBuild(older)
	build.ExpectResult("SUCCESS")
	h.StartWorker()
	alert.Resolve()

	ticket.ExpectDone()
	require.Equal(t, build.Detail.Number, alert.ExpectClosed().Rollback.Build)
}

func TestAnOrderIsFoundAgainWhenItsAnswerIsLost(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{})
	h.Break(map[string]any{"vendor": "jenkins", "match": "buildWithParameters", "drop_response": true, "times": 1})

	alert := h.Fire("checkout")
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	h.Slack("C0CHECKOUT").ExpectMessage(page.Incident())
	ticket := h.ExpectTicket(page.Incident())
	page.Click("roll-back", e2e.FirstResponder).Told("decided by sre-1")
	h.Jenkins("checkout").ExpectOrder(older)
	h.Jenkins("checkout").ExpectBuild(older).ExpectResult("SUCCESS")
	alert.Resolve()

	ticket.ExpectDone()
	require.Equal(t, older, alert.ExpectClosed().Restored)
}

// The second incident of a group has the workflow ID of the first, and nothing
// else of it.
func TestAGroupThatFiresTwiceIsTwoIncidents(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{})

	alert := h.Alert("checkout", "HighErrorRatio")
	roll := func(to string) (page *e2e.Message, closed incident.Incident) {
		alert.Fire()
		page = h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
		card := h.Slack("C0CHECKOUT").ExpectMessage(page.Incident())
		ticket := h.ExpectTicket(page.Incident())
		card.Click("roll-back", e2e.FirstResponder).Told("decided by sre-1")
		h.Jenkins("checkout").ExpectOrder(to)
		build := h.Jenkins("checkout").ExpectBuild(to)
		require.Equal(t, page.Incident()+"/1", build.Key())
		build.ExpectResult("SUCCESS")
		alert.Resolve()
		ticket.ExpectDone()
		return page, alert.ExpectClosed()
	}
	first, was := roll(older)
	second, is := roll(oldest)
	require.NotEqual(t, was.ID, is.ID)
	require.Equal(t, was.Workflow, is.Workflow)
	first.ClickStale("roll-back", e2e.FirstResponder).Told("Nothing was done", was.ID, "is closed")

	alert.Fire()
	third := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	h.Slack("C0CHECKOUT").ExpectMessage(third.Incident())
	h.ExpectTicket(third.Incident())
	before := alert.ExpectStatus(incident.Triggered)
	first.ClickStale("acknowledge", e2e.FirstResponder).Told(was.ID+" is closed", third.Incident())
	second.ClickStale("roll-back", e2e.FirstResponder).Told(is.ID+" is closed", third.Incident())
	after := alert.ExpectStatus(incident.Triggered)
	require.Equal(t, before.Rollback, after.Rollback)
	require.Empty(t, after.AcknowledgedBy)
}

// A deployment of lastgood in the middle of a rollback.
func TestStoppedProcessesHandTheirWorkOver(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{})
	h.Jenkins("checkout").Hold(older)

	alert := h.Fire("checkout")
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	h.Slack("C0CHECKOUT").ExpectMessage(page.Incident())
	ticket := h.ExpectTicket(page.Incident())
	page.Click("roll-back", e2e.FirstResponder).Told("decided by sre-1")
	h.Jenkins("checkout").ExpectOrder(older)
	build := h.Jenkins("checkout").ExpectBuild(older)

	for name, stop := range map[string]func() (int, time.Duration){"worker": h.StopWorker, "starter": h.StopStarter} {
		code, took := stop()
		require.Zero(t, code, name)
		require.Less(t, took, e2e.StopWithin, name)
	}
	h.StartStarter()
	h.StartWorker()
	build.Finish()
	alert.Resolve()

	ticket.ExpectDone()
	require.Equal(t, build.Detail.Number, alert.ExpectClosed().Rollback.Build)
}
