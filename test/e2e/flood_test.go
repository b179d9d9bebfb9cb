package e2e_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/test/e2e"
)

const (
	// bounded is how many events no run may have.
	bounded = 4000
	// soon is how many events a run has when something is decided that is due in the
	// next one.
	soon = 2400
)

// Three groups change hundreds of times. Each incident goes on in a new run while
// something of it is under way: a rollback, a snooze, an acknowledgement that runs out.
func TestWhatIsUnderWayOutlivesANewRunInAStorm(t *testing.T) {
	t.Parallel()
	const lasts = 40 * time.Second
	h := e2e.Start(t, e2e.Setting{Services: []string{"checkout", "search", "cart"}, AckTimeout: lasts})
	for _, effect := range []string{"message", "update"} {
		h.Allow("slack", effect)
	}
	h.AllowAll()
	h.Jenkins("checkout").Hold(older)

	var all sync.WaitGroup
	flood := func(service string, decide func(*e2e.Alert), see func(*e2e.Alert)) {
		all.Go(func() {
			alert := h.Fire(service)
			alert.ExpectStatus(incident.Triggered)
			first, decided := alert.Run(), false
			changes := alert.Flood(func(changes int) bool {
				if changes%10 > 0 {
					return false
				}
				if !decided && alert.Events() >= soon {
					decide(alert)
					decided = true
				}
				return alert.Run() != first
			})
			require.True(t, decided, "it was decided in the first run")
			see(alert)
			t.Logf("%s: %d changes, runs of %v events", service, changes, alert.Chain())
			for _, events := range alert.Chain() {
				require.Less(t, events, bounded)
			}
		})
	}
	var build *e2e.Build
	flood("checkout",
		func(a *e2e.Alert) {
			a.Decide(signals.RollBack, incident.Decision{By: "sre-1", Release: older})
			a.ExpectDecided()
			build = h.Jenkins("checkout").ExpectBuild(older)
		},
		func(a *e2e.Alert) {
			in, _ := a.Incident()
			require.Equal(t, incident.RollbackRunning, in.Rollback.State)
			build.Finish()
			a.Resolve()
			closed := a.ExpectClosed()
			require.Equal(t, older, closed.Restored)
			require.Equal(t, 1, closed.Rollback.Attempt)
			require.Equal(t, 1, e2e.Count(closed, incident.BuildStarted))
		})
	var due sync.Map
	flood("search",
		func(a *e2e.Alert) {
			a.Decide(signals.Acknowledge, incident.Decision{By: "sre-1"})
			due.Store("search", a.ExpectStatus(incident.Acknowledged).AckDue)
		},
		func(a *e2e.Alert) {
			in, _ := a.Incident()
			before, _ := due.Load("search")
			require.Equal(t, before, in.AckDue, "what is due is due at the same moment")
			require.NotZero(t, in.AckDue)
			a.ExpectEntries(incident.AckTimedOut, 1)
			a.ExpectEntries(incident.Paged, 2)
			a.Resolve()
			a.ExpectClosed()
		})
	flood("cart",
		func(a *e2e.Alert) {
			a.Decide(signals.Snooze, incident.Decision{By: "sre-1", For: lasts.String()})
			a.ExpectEntries(incident.Snoozed, 1)
		},
		func(a *e2e.Alert) {
			in, _ := a.Incident()
			require.NotZero(t, in.SnoozedUntil)
			a.ExpectEntries(incident.SnoozeEnded, 1)
			a.Resolve()
			closed := a.ExpectClosed()
			require.Equal(t, 1, e2e.Count(closed, incident.Paged))
		})
	all.Wait()
}
