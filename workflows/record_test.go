package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

const day = 24 * hour

func TestWithJiraDownForADayNothingElseChangesAndTheRecordIsCaughtUp(t *testing.T) {
	s := tell(t)
	s.world.Jira.Down(fails, 0, day)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Decide(hour, signals.AddNote, "sre-2", because("looks good so far"))
	s.At(hour, func() { require.Contains(t, s.card().Notes, "Jira is behind and will catch up") })
	s.Fires(2*hour, "slow")
	s.Clears(5*minute, "5xx")
	s.Opening.Service.ReopenWithin = 26 * hour
	s.Clears(2*hour+4*minute, "slow")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2h0m0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(rolledBack, "1h0m0s sre-2: sre-2: looks good so far.")
	s.ExpectResolved(2*hour+4*minute, 28*hour+4*minute)
	s.ExpectWholeRecord()
	require.LessOrEqual(t, s.world.tickets[0].opened, day+6*minute, "the ticket is opened soon after")
	require.Len(t, s.world.tickets[0].comments, 2, "what was missed is one comment")
}

func TestTicketAnswersThatAreLostDoubleNothing(t *testing.T) {
	s := tell(t)
	s.world.Jira.Down(loses, 0, 2*minute)
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-1")
	s.Decide(90*second, signals.AddNote, "sre-1", because("reading"))
	s.Clears(10*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers("1m0s sre-1: Acknowledged by sre-1.", "1m30s sre-1: sre-1: reading.")
	s.ExpectResolved(10*minute, 15*minute)
	s.ExpectWholeRecord()
}

func TestABatchWhoseAnswerIsLostIsNotToldAgainWithMoreInIt(t *testing.T) {
	s := tell(t)
	s.world.Slack.Down(loses, 10*minute, 10*minute+millisecond)
	s.world.Jira.DownFor("comment", loses, 10*minute, 10*minute+millisecond)
	s.world.Slack.Down(fails, 10*minute+millisecond, 12*minute)
	s.world.Jira.Down(fails, 10*minute+millisecond, 12*minute)
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-1")
	silent := func(d *incident.Decision) { d.Reply = nil }
	s.Decide(10*minute, signals.AddNote, "sre-1", because("one"), silent)
	s.Decide(11*minute, signals.AddNote, "sre-1", because("two"), silent)
	s.Clears(hour, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers("1m0s sre-1: Acknowledged by sre-1.")
	s.ExpectResolved(hour, 65*minute)
	s.ExpectWholeRecord()
}

func TestWhatSlackDidAlthoughItsAnswerWasLostIsNotSaidTwice(t *testing.T) {
	s := tell(t)
	for _, at := range []time.Duration{0, 90 * minute} {
		s.world.Slack.DownFor("post to C0CHECKOUT", loses, at, at+millisecond)
		s.world.Slack.DownFor("post to C0CHECKOUT", fails, at+millisecond, at+2*minute)
		s.world.Slack.DownFor("read C0CHECKOUT", fails, at, at+2*minute)
	}
	s.Fires(0, "5xx")
	s.Clears(100*minute, "5xx")
	s.Run()

	require.Len(t, s.pages(), 9)
	s.ExpectPages(s.pages()...)
	require.Len(t, s.notices(), 1)
	s.ExpectNotices(s.notices()...)
	s.ExpectWholeRecord()
}

func TestAnAlertThatFiresWhileTheRecordIsHandedOverIsPagedAtOnce(t *testing.T) {
	s := tell(t)
	s.world.Jira.Down(fails, 0, 20*minute)
	s.Fires(0, "5xx")
	s.Clears(3*minute, "5xx")
	s.Fires(10*minute+30*second, "5xx") // The last words have been waited for, a call is under way still.
	s.Clears(14*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "10m30s step 1 to U0SRE1")
	s.ExpectTold("8m0s Closed: open for 8 min, resolved", "10m30s Reopened: an alert fires again")
	s.ExpectResolved(14*minute, 19*minute)
	s.ExpectWholeTicket()
}

func TestWhatJiraMissedToTheEndIsDeliveredByTheRecordWorkflow(t *testing.T) {
	s := tell(t)
	s.world.Jira.Down(fails, minute, 30*hour)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.Acknowledge, "sre-1")
	s.Clears(10*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers("2m0s sre-1: Acknowledged by sre-1.")
	s.ExpectResolved(10*minute, 15*minute)
	s.ExpectWholeTicket()
	require.GreaterOrEqual(t, s.world.tickets[0].closed, 30*hour)
	require.NoError(t, s.env.GetWorkflowErrorByID(signals.RecordWorkflow(incidentID)))
}

func TestARecordThatCannotBeDeliveredIsGivenUpAfterAWeek(t *testing.T) {
	s := tell(t)
	s.world.Jira.Down(refuses, 0, 10*day)
	s.Fires(0, "5xx")
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectResolved(4*minute, 9*minute)
	require.Empty(t, s.world.tickets)
	require.ErrorContains(t, s.env.GetWorkflowErrorByID(signals.RecordWorkflow(incidentID)),
		"the record of "+incidentID+" could not be delivered within seven days")
	require.Equal(t, 9*minute+2*minute+7*day, s.world.since())
}

func TestAnAlertThatFiresWhileTheLastWordsAreSaidReopens(t *testing.T) {
	s := tell(t)
	s.world.Jira.Down(fails, 0, 20*minute)
	s.Fires(0, "5xx")
	s.Clears(3*minute, "5xx")
	s.Fires(9*minute, "5xx")
	s.Clears(12*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "9m0s step 1 to U0SRE1")
	s.ExpectTold("8m0s Closed: open for 8 min, resolved", "9m0s Reopened: an alert fires again")
	s.ExpectResolved(12*minute, 17*minute)
	s.ExpectWholeTicket()
}

func TestWithoutJiraTheTimelineSaysSoOnce(t *testing.T) {
	s := tell(t)
	s.world.noJira = true
	s.stage(noon)
	s.Fires(0, "5xx")
	s.Clears(3*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectTold("0s Jira is not configured: nothing is recorded there")
	s.ExpectResolved(3*minute, 8*minute)
	require.Empty(t, s.world.tickets)
}

func TestTheCardShowsTheEndWithoutButtons(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.At(2*minute, func() {
		card := s.card()
		require.Equal(t, "sre-2", card.Next)
		require.Equal(t, noon.Add(5*minute), card.NextAt)
	})
	s.Clears(3*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	require.Equal(t, incident.Resolved, s.card().Status)
	require.Empty(t, s.card().Buttons, "nothing can be decided any more")
	require.Empty(t, s.buttons(), "on the pages neither")
}
