//go:build real

package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/test/e2e"
)

// teams is over how many people the groups of these stories are spread.
const teams = 50

// Three Alertmanagers that do not see each other post every group, each for itself.
func TestARealClusterInPartsOpensEachIncidentOnce(t *testing.T) {
	tellOfCluster(t, false)
}

// Three that do see each other post a group once, or now and then twice.
func TestARealClusterOpensEachIncidentOnce(t *testing.T) {
	tellOfCluster(t, true)
}

func tellOfCluster(t *testing.T, together bool) {
	groups := scaled(1000, 50)
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true, Crowd: teams})
	h.Allow("slack", "message")
	monitors := h.StartAlertmanagers(3, together)
	began := time.Now()
	for _, alert := range crowd(h, groups, teams, "Group") {
		monitors.Fire(alert)
	}
	expectEachOnce(t, h, groups, began)
	posts := monitors.Posts()
	t.Logf("%d posts of 3 Alertmanagers, %d of them failed", posts.All, posts.Failed)
	if !together {
		require.GreaterOrEqual(t, posts.All-posts.Failed, groups)
	}
}

// expectEachOnce waits until n incidents are paged, and sees that each of them has one
// page, and that there are no others.
func expectEachOnce(t *testing.T, h *e2e.Harness, n int, since time.Time) {
	t.Helper()
	for id, pages := range h.ExpectPagesWithin(n, 10*time.Minute) {
		require.Len(t, pages, 1, "%s is named in one page", id)
	}
	took := time.Since(since).Round(time.Second)
	h.ExpectRuns("WorkflowType = 'Incident'", n)
	named := map[string]int{}
	for _, page := range h.Pages() {
		for _, id := range e2e.Named(page) {
			named[id]++
		}
	}
	require.Len(t, named, n)
	for id, times := range named {
		require.Equal(t, 1, times, "%s is paged once", id)
	}
	t.Logf("%d groups: %d incidents, each in one of %d pages, %s after the first alert", n, len(named), len(h.Pages()), took)
}

// Temporal is away in the middle of a stream of alerts, each a group of its own.
func TestARealAlertmanagerLosesAndDoublesNothingWhileTemporalIsAway(t *testing.T) {
	perSecond, away := scaled(20, 5), time.Duration(scaled(60, 10))*time.Second
	const before = 5 * time.Second
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true, Crowd: teams})
	h.Allow("slack", "message")
	monitor := h.StartAlertmanagers(1, false)

	began, fired := time.Now(), 0
	streamFor := func(d time.Duration) {
		pace := time.NewTicker(time.Second / time.Duration(perSecond))
		defer pace.Stop()
		for end := time.Now().Add(d); time.Now().Before(end); fired++ {
			monitor.Fire(h.Alert(fmt.Sprintf("crowd-%02d", fired%teams), fmt.Sprintf("Stream%04d", fired)))
			<-pace.C
		}
	}
	streamFor(before)
	h.KillTemporal()
	streamFor(away)
	require.Positive(t, monitor.Posts().Failed, "the starter took nothing meanwhile")
	h.StartTemporal()
	back := time.Now()
	streamFor(before)

	expectEachOnce(t, h, fired, began)
	posts := monitor.Posts()
	t.Logf("Temporal was away for %s; all were paged %s after it came back; %d posts, %d of them failed",
		away, time.Since(back).Round(time.Second), posts.All, posts.Failed)
}
