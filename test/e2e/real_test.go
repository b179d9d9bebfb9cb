//go:build real

package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/test/e2e"
)

// A Prometheus that nobody here has written computes from the shop's counters that
// checkout fails, and that it is well again; an Alertmanager brings it to the starter.
// `make test-real` tells these stories: they need both to be installed.
func TestARealPrometheusAndAlertmanagerRestoreTheShop(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{RealMonitor: true})

	alert := h.Ship("checkout", bad)
	closed := rollBackTheRealShop(t, h, alert)
	require.Equal(t, latest, closed.Restored)
	require.Equal(t, 1, closed.Rollback.Attempt)

	require.Len(t, closed.Alerts, 1)
	require.WithinDuration(t, alert.StartsAt, closed.Alerts[0].StartsAt, time.Millisecond, "Alertmanager hands on milliseconds")
	require.False(t, closed.Alerts[0].Firing)
	require.Contains(t, closed.Alerts[0].URL, h.Prometheus()+"/graph?")
	require.Equal(t, e2e.Posts{All: 2}, h.Posts(), "one that it fires, one that it is resolved")
}

// Temporal is away when the alert comes: the starter says 503, which Alertmanager
// takes as a reason to send again.
func TestARealAlertmanagerSendsAgainWhatCouldNotBeStored(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{RealMonitor: true, OwnTemporal: true})
	h.Allow("slack", "ephemeral") // A private word may be said again after an outage.

	h.KillTemporal()
	alert := h.Ship("checkout", bad)
	h.ExpectPostsToFail()
	h.StartTemporal()
	require.Equal(t, latest, rollBackTheRealShop(t, h, alert).Restored)
	h.ExpectRuns("WorkflowType = 'Incident'", 1)
}

// rollBackTheRealShop is the rest of the way, from the page to the closed incident.
func rollBackTheRealShop(t *testing.T, h *e2e.Harness, alert *e2e.Alert) incident.Incident {
	t.Helper()
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "More than 5% of the requests to checkout fail")
	h.Slack("C0CHECKOUT").ExpectMessage("SEV1", page.Incident())
	ticket := h.ExpectTicket(page.Incident())
	page.Click("roll-back", e2e.FirstResponder).Told("Rollback from 2026.11.4 to 2026.11.3 decided by sre-1")
	h.Jenkins("checkout").ExpectOrder(latest)
	build := h.Jenkins("checkout").ExpectBuild(latest)
	require.Equal(t, page.Incident()+"/1", build.Key())
	build.ExpectResult("SUCCESS")
	h.ExpectWell("checkout")
	ticket.ExpectDone()
	return alert.ExpectClosed()
}
