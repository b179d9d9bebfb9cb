package e2e_test

import (
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/test/e2e"
)

const (
	// bounded is how many events no run may have.
	bounded = 4000
	// soon is how many events a run has when something is decided that is due in the
	// next one.
	soon = 2500
	// nearlyFull is how many a run has shortly before the next is due.
	nearlyFull = 2900
	// quick is the pause between two changes of a group that is to be in a new run soon.
	quick = 20 * time.Millisecond
)

// whole has the long stories told at their full length.
var whole = flag.Bool("whole", false, "tell the long stories at their full length")

// scaled is how much of a story is told: all of it, or what a run of all stories has time for.
func scaled(all, sample int) int {
	if *whole {
		return all
	}
	return sample
}

// starterRoom is how much memory a starter may take, in bytes.
const starterRoom = 80 << 20

// A group of ten thousand alerts comes one by one within a minute; another comes in
// bodies as large as they may be.
func TestThousandsOfAlertsInOneGroupAreOneIncidentAndOnePage(t *testing.T) {
	t.Parallel()
	const largest = 2_500 // In one body, below 1 MiB.
	all := scaled(10_000, 1_500)
	h := e2e.Start(t, e2e.Setting{Services: []string{"checkout", "search"}})
	h.Allow("slack", "message")

	one, many := h.Alert("checkout", "One"), h.Alert("search", "Many")
	began := time.Now()
	longest, again := h.Rush(one.Crowd("firing", all, 1), 175)
	t.Logf("%d alerts one by one in %s, the longest answer took %s, %d were sent again", all, time.Since(began).Round(time.Second), longest, again)
	began = time.Now()
	large := many.Crowd("firing", all, largest)
	require.Less(t, len(large[0]), 1<<20)
	_, again = h.Rush(large, 10)
	t.Logf("%d alerts in large bodies in %s, %d were sent again", all, time.Since(began).Round(time.Millisecond), again)

	for _, a := range []*e2e.Alert{one, many} {
		a.ExpectEntries(incident.Paged, 1)
		in := a.ExpectStatus(incident.Triggered)
		require.Equal(t, all, in.Firing())
		h.ExpectTicket(in.ID)
		require.Len(t, h.ExpectPages(2)[in.ID], 1)
	}
	require.Len(t, h.Pages(), 2, "one page for each incident")
	over := many.Crowd("resolved", all, largest)
	h.Rush(over[1:], 10)
	require.Equal(t, min(all, largest), many.ExpectStatus(incident.Triggered).Firing())
	h.Rush(over[:1], 10)
	require.Zero(t, many.ExpectClosed().Firing())
	h.Rush(one.Crowd("resolved", all, 500), 4)
	require.Zero(t, one.ExpectClosed().Firing())

	h.ExpectRuns("WorkflowType = 'Incident' AND ExecutionStatus = 'Completed'", 2)
	for _, a := range []*e2e.Alert{one, many} {
		t.Logf("%s: runs of %v events", a.Name, a.Chain())
		for _, events := range a.Chain() {
			require.Less(t, events, bounded)
		}
	}
	t.Logf("the starter took %d MB at the most", h.StarterPeak()>>20)
	require.Less(t, h.StarterPeak(), starterRoom)
}

// The worker is gone while a large group goes on changing. All of it is one workflow task
// for the next worker, which has four seconds, and a second without a pause, before it is
// taken for dead.
func TestAStormThatCameWhileNoWorkerWasUpIsTakenByTheNextOne(t *testing.T) {
	t.Parallel()
	const largest = 2_500
	all, changes := scaled(10_000, 5_000), scaled(3_000, 1_000)
	h := e2e.Start(t, e2e.Setting{Plain: true})
	h.Allow("slack", "message")

	alert := h.Alert("checkout", "Many")
	h.Rush(alert.Crowd("firing", all, largest), 10)
	require.Equal(t, all, alert.ExpectStatus(incident.Triggered).Firing())
	h.KillWorker()
	n := 0
	alert.Flood(0, 0, func() bool { n++; return n > changes })
	alert.Decide(signals.Acknowledge, incident.Decision{By: "sre-1"})
	h.StartWorker()
	began := time.Now()

	require.Equal(t, all, alert.ExpectStatus(incident.Acknowledged).Firing())
	t.Logf("%d changes of a group of %d were taken %s after the worker was back", changes, all, time.Since(began).Round(time.Millisecond))
	h.Rush(alert.Crowd("resolved", all, largest), 10)
	require.Zero(t, alert.ExpectClosed().Firing())
}

// Signals come faster than any starter sends them, and at full length neither Slack nor Jira
// answers: the run goes on in a new one before Temporal takes no more.
func TestAFloodOfSignalsIsTakenToTheLast(t *testing.T) {
	t.Parallel()
	const senders = 24
	each := scaled(600, 150)
	h := e2e.Start(t, e2e.Setting{})
	h.AllowAll()
	alert := h.Fire("checkout")
	alert.ExpectEntries(incident.TicketOpened, 1)
	if *whole {
		h.Break(map[string]any{"vendor": "slack", "match": "/slack/api/", "hang": "30s"})
		h.Break(map[string]any{"vendor": "jira", "match": "", "hang": "40s"})
	}
	var sending errgroup.Group
	for sender := range senders {
		sending.Go(func() error { return alert.Signal(fmt.Sprintf("sender-%d", sender), each) })
	}
	require.NoError(t, sending.Wait(), "Temporal refuses none")
	alert.ExpectCounted(senders * each)
	t.Logf("%d signals, runs of %v events", senders*each, alert.Chain())
	for _, events := range alert.Chain() {
		require.Less(t, events, 9000)
	}
}

// Three groups change hundreds of times. Each incident goes on in a new run while
// something of it is under way: a rollback, a snooze, an acknowledgement that runs out.
func TestWhatIsUnderWayOutlivesANewRunInAStorm(t *testing.T) {
	t.Parallel()
	const lasts = time.Minute
	h := e2e.Start(t, e2e.Setting{Services: []string{"checkout", "search", "cart"}, AckTimeout: lasts})
	h.AllowAll() // The thread and the edits of a storm.
	h.Jenkins("checkout").Hold(older)

	var all sync.WaitGroup
	flood := func(service string, decide func(*e2e.Alert), see func(*e2e.Alert)) {
		all.Go(func() {
			alert := h.Fire(service)
			alert.ExpectStatus(incident.Triggered)
			first := alert.Run()
			// As fast as can be until the run is nearly full, and then at the pace of a
			// starter: a run ends only in a moment in which nothing arrives.
			changes := alert.Flood(0, quick, func() bool { return alert.Events() >= soon })
			decide(alert)
			changes = alert.Flood(changes, quick, func() bool { return alert.Events() >= nearlyFull })
			require.Equal(t, first, alert.Run())
			changes = alert.Flood(changes, time.Second, func() bool { return alert.Run() != first })
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
