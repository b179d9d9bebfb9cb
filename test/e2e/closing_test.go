package e2e_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/test/e2e"
)

// The alert fires around the very moment at which its incident closes. Each lane
// homes in on that moment: it fires later when the incident was still there, and
// earlier when it was gone.
func TestAnAlertThatFiresWhileItsIncidentClosesIsNeverLost(t *testing.T) {
	t.Parallel()
	const lanes, rounds = 10, 10
	const moment = 1200 * time.Millisecond // More than the second in which the starter gathers.
	h := e2e.Start(t, e2e.Setting{Plain: true, ReopenWithin: moment})
	h.Allow("slack", "message")
	h.Allow("slack", "update")

	var reopened, anew atomic.Int64
	var all sync.WaitGroup
	for lane := range lanes {
		all.Go(func() {
			alert := h.Alert("checkout", fmt.Sprintf("Lane%d", lane))
			alert.Fire()
			alert.ExpectStatus(incident.Triggered)
			wait, step, met := moment, 50*time.Millisecond, false
			for range rounds {
				run := alert.Run()
				alert.Resolve()
				h.Pass(wait)
				alert.Fire()
				alert.ExpectFiring()
				if alert.Run() == run {
					reopened.Add(1)
					wait += step
				} else {
					anew.Add(1)
					wait, met = wait-step, true
				}
				if met {
					step = max(step/2, 10*time.Millisecond)
				} else {
					step *= 2
				}
			}
		})
	}
	all.Wait()
	t.Logf("of %d alerts, %d reopened the incident that was closing, %d opened one of their own", lanes*rounds, reopened.Load(), anew.Load())
	require.EqualValues(t, lanes*rounds, reopened.Load()+anew.Load())
	require.Positive(t, reopened.Load())
	require.Positive(t, anew.Load())
}

// The worker is gone while the alert fires and the time to close comes, one before
// the other: both wait for it in one task.
func TestAnAlertThatFiresWithNoWorkerUpReopensItsIncident(t *testing.T) {
	t.Parallel()
	const groups, reopenWithin = 100, 20 * time.Second
	h := e2e.Start(t, e2e.Setting{Plain: true, ReopenWithin: reopenWithin})
	h.Allow("slack", "message")
	h.Allow("slack", "update")

	alerts := make([]*e2e.Alert, groups)
	var posting errgroup.Group
	posting.SetLimit(8)
	for i := range alerts {
		alerts[i] = h.Alert("checkout", fmt.Sprintf("Group%d", i))
		posting.Go(func() error {
			alerts[i].Fire()
			alerts[i].Resolve()
			return nil
		})
	}
	require.NoError(t, posting.Wait())
	h.ExpectRuns("IncidentStatus = 'resolved' AND ExecutionStatus = 'Running'", groups)
	h.KillWorker()
	for _, alert := range alerts[:groups/2] {
		alert.Fire()
	}
	h.Pass(reopenWithin)
	for _, alert := range alerts[groups/2:] {
		alert.Fire()
	}
	h.StartWorker()
	for _, alert := range alerts {
		alert.ExpectFiring()
	}
	// On a slow machine the first may have closed before the worker was killed.
	anew := len(h.Runs("")) - groups
	t.Logf("of %d alerts, %d reopened the incident that was closing", groups, groups-anew)
	require.Less(t, anew, groups/2)
}
