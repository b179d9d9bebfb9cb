package e2e_test

import (
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/test/e2e"
)

// races is how often an alert and the end of its incident are let race.
var races = flag.Int("races", 40, "how often an alert fires in the moment in which its incident closes")

const (
	lanes = 10
	// moment is how long a resolved incident stays open here: longer than the second in
	// which a starter gathers what is said of one group.
	moment = 1200 * time.Millisecond
)

// The alert fires around the very moment at which its incident closes. Each lane
// homes in on that moment: it fires later when the incident was still there, and
// earlier when it was gone. Half of the alerts come straight to Temporal, as from another
// starter each time, and resolve at once again in every other race.
func TestAnAlertThatFiresWhileItsIncidentClosesIsNeverLost(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, ReopenWithin: moment})
	h.Allow("slack", "message")

	var reopened, anew atomic.Int64
	var all sync.WaitGroup
	for lane := range lanes {
		all.Go(func() {
			alert := h.Alert("checkout", fmt.Sprintf("Lane%d", lane))
			alert.Patient, alert.Direct = true, lane%2 == 1
			alert.Fire()
			alert.ExpectFiring()
			aim := aim{wait: moment, step: 50 * time.Millisecond}
			for round := range *races / lanes {
				run := alert.Run()
				alert.Resolve()
				h.Pass(aim.wait)
				alert.Fire()
				if alert.Direct && round%2 == 1 {
					alert.Resolve()
					alert.ExpectOver()
				} else {
					alert.ExpectFiring()
				}
				hit := alert.Run() == run
				aim.adjust(hit)
				if hit {
					reopened.Add(1)
				} else {
					anew.Add(1)
				}
			}
			alert.Resolve()
		})
	}
	all.Wait()
	h.ExpectRuns("ExecutionStatus = 'Running'", 0)
	n := *races / lanes * lanes
	t.Logf("of %d alerts, %d reopened the incident that was closing, %d opened one of their own, 0 were lost", n, reopened.Load(), anew.Load())
	require.EqualValues(t, n, reopened.Load()+anew.Load())
	require.Positive(t, reopened.Load())
	require.Positive(t, anew.Load())
}

// aim homes in on the moment of closing.
type aim struct {
	wait, step time.Duration
	met        bool
}

// adjust waits longer when the incident was still there, and less when it was gone.
func (a *aim) adjust(hit bool) {
	if hit {
		a.wait += a.step
	} else {
		a.wait, a.met = max(0, a.wait-a.step), true
	}
	if a.met {
		a.step = max(a.step/2, 10*time.Millisecond)
	} else {
		a.step *= 2
	}
}

// Alerts come in one after the other while the run becomes so long that it goes on in a
// new one: each of them is counted.
func TestAnAlertThatFiresWhileItsRunContinuesAsNewIsNeverLost(t *testing.T) {
	t.Parallel()
	const senders = 8
	h := e2e.Start(t, e2e.Setting{Plain: true, ReopenWithin: 100 * time.Millisecond})
	h.Allow("slack", "message")

	alert := h.Fire("checkout")
	alert.ExpectStatus(incident.Triggered)
	alert.Decide(signals.Acknowledge, incident.Decision{By: "sre-1"})
	const each = 25
	sent := 0
	for range max(1, *races/200) {
		for first := alert.Run(); alert.Run() == first; {
			var group errgroup.Group
			for sender := range senders {
				group.Go(func() error { return alert.Signal(fmt.Sprintf("sender-%d", sender), each) })
			}
			require.NoError(t, group.Wait())
			sent += senders * each
			alert.ExpectCounted(sent)
		}
	}
	t.Logf("%d alerts fired over %d runs, 0 were lost", sent, len(h.Runs("WorkflowType = 'Incident'")))
}

// The worker is gone while the alert fires and the time to close comes, one before
// the other: both wait for it in one task.
func TestAnAlertThatFiresWithNoWorkerUpReopensItsIncident(t *testing.T) {
	t.Parallel()
	const groups, reopenWithin = 100, 20 * time.Second
	h := e2e.Start(t, e2e.Setting{Plain: true, ReopenWithin: reopenWithin})
	h.Allow("slack", "message")

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
