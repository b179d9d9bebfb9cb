package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// Fills lets the history be full from a moment on; the next thing that happens
// notices it.
func (s *story) Fills(at time.Duration) {
	s.At(at, func() { s.env.SetContinueAsNewSuggested(true) })
	s.Decide(at, signals.AddNote, "sre-9", because("the history is full"), func(d *incident.Decision) { d.Reply = nil })
}

// Continue runs up to the end of the first run and prepares the next, as a server
// would: what is to happen from then on is scripted after it.
func (s *story) Continue() {
	s.t.Helper()
	s.env.SetDetachedChildWait(false)
	s.env.ExecuteWorkflow(signals.IncidentType, s.Opening)
	var next *workflow.ContinueAsNewError
	require.ErrorAs(s.t, s.env.GetWorkflowError(), &next)
	require.Equal(s.t, signals.IncidentType, next.WorkflowType.Name)
	s.Opening = signals.Opening{}
	require.NoError(s.t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &s.Opening))
	require.NotNil(s.t, s.Opening.Resumed)
	s.stage(s.env.Now())
}

func TestAClimbGoesOnInANewRun(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Fills(7 * minute)
	s.Continue()

	resumed := s.Opening.Resumed
	require.Equal(t, incidentID, resumed.ID)
	require.Equal(t, noon.Add(15*minute), resumed.Climb.Until, "deadlines are moments, not durations")
	require.Equal(t, 2, resumed.Climb.At.Step)
	require.Equal(t, "OPS-1", resumed.Cursors.Ticket.Key)
	require.Equal(t, "http://temporal.test", s.Opening.TemporalUI)

	s.Clears(20*minute, "5xx")
	s.Run()
	s.ExpectPages("0s step 1 to U0SRE1", "5m0s step 2 to U0SRE2", "15m0s step 3 to C0LEADS")
	s.ExpectResolved(20*minute, 25*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestAFullHistoryDoesNotDelayAPageWhileJiraIsAway(t *testing.T) {
	s := tell(t)
	s.world.Jira.Down(fails, minute, 2*hour)
	s.Fires(0, "5xx")
	s.Decide(4*minute, signals.AddNote, "sre-1", because("to be written"), func(d *incident.Decision) { d.Reply = nil })
	s.Fills(4*minute + 40*second)
	s.Continue()
	s.Decide(9*minute, signals.Acknowledge, "sre-2")
	s.Clears(3*hour, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "5m0s step 2 to U0SRE2")
	s.ExpectWhispers("9m0s sre-2: Acknowledged by sre-2.")
	s.ExpectResolved(3*hour, 3*hour+5*minute)
	s.ExpectWholeRecord()
}

func TestAFullHistoryContinuesWhileNobodyCanBeReached(t *testing.T) {
	s := tell(t)
	s.world.Slack.Down(fails, 0, 10*minute)
	s.Fires(0, "5xx")
	s.Fills(4 * minute)
	s.Continue()
	s.Clears(14*minute, "5xx")
	s.Run()

	require.Len(t, s.pages(), 1)
	s.ExpectPages(s.pages()...)
	s.ExpectResolved(14*minute, 19*minute)
	s.ExpectWholeRecord()
}

func TestARollbackThatRunsIsFollowedInANewRunAndNotStartedAgain(t *testing.T) {
	s := tell(t)
	s.Builds(build{Takes: 20 * minute})
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Fills(5 * minute)
	s.Continue()
	require.Equal(t, incident.RollbackRunning, s.Opening.Resumed.Rollback.State)

	s.At(22*minute, func() {
		s.env.SignalWorkflow(signals.RollbackUpdate, incident.Progress{
			Key: incidentID + "/1", Phase: incident.PhaseSucceeded, Release: "v41", Build: 113,
		})
	})
	s.Clears(23*minute, "5xx")
	s.Run()
	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(rolledBack)
	s.ExpectTold("23m0s Restored with v41: every alert has resolved")
	s.ExpectResolved(23*minute, 28*minute)
	s.ExpectWholeRecord()
}

func TestWhatIsDueByItselfIsDueInANewRunToo(t *testing.T) {
	s := asks(t)
	s.Fills(5 * minute)
	s.Continue()
	s.Clears(30*minute, "5xx")
	s.Run()

	s.ExpectPages(approversPaged...)
	require.Len(t, s.notices(), 1)
	s.ExpectNotices(s.notices()...)
	s.ExpectWhispers(requested)
	s.ExpectTold("17m0s Nobody approved the rollback to v41 within 15m")
	s.ExpectResolved(30*minute, 35*minute)
}

func TestAResolvedIncidentClosesInANewRun(t *testing.T) {
	s := tell(t)
	s.world.Jira.Down(fails, minute, 10*minute)
	s.Fires(0, "5xx")
	s.Clears(4*minute, "5xx")
	s.Fills(5 * minute)
	s.Continue()
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectResolved(4*minute, 9*minute)
	s.ExpectWholeTicket()
}

func TestADecisionKnownBeforeCountsOnceInANewRun(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	same := func(d *incident.Decision) { d.ID = "one" }
	s.Decide(minute, signals.Escalate, "sre-1", same)
	s.Fills(2 * minute)
	s.Continue()
	s.Decide(3*minute, signals.Escalate, "sre-1", same)
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "1m0s step 2 to U0SRE2")
	s.ExpectWhispers("1m0s sre-1: Escalated to step 2 by sre-1.")
}
