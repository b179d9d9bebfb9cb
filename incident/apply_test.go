package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// Each row of the state machine's table is one test here, in the table's order.

func TestATriggeredIncidentThatIsAcknowledgedStopsTheClimbAndStartsTheAckTimeout(t *testing.T) {
	s := given(t, triggered)

	s.happens(by("sre-1", incident.WasAcknowledged, comment("on it")))

	require.Equal(t, incident.Acknowledged, s.in.Status)
	require.Equal(t, "sre-1", s.in.AcknowledgedBy)
	require.Equal(t, s.now, s.in.AcknowledgedAt)
	require.False(t, s.in.Paging())
	require.Zero(t, s.in.Climb.Until)
	require.Nil(t, s.in.Climb.Following)
	require.Equal(t, s.now.Add(30*time.Minute), s.in.AckDue)
	require.Equal(t, "Acknowledged by sre-1: on it", s.last().Text)
	require.Equal(t, "sre-1", s.last().By)
}

func TestAnAcknowledgedIncidentRefusesASecondAcknowledgementAndNamesTheFirst(t *testing.T) {
	s := given(t, acknowledged).after(time.Minute)

	why := s.refuses(by("sre-2", incident.WasAcknowledged))

	require.Equal(t, "INC-261123-ABCDEF was acknowledged by sre-1 at 12:01 UTC already.", why)
	require.Equal(t, "sre-1", s.in.AcknowledgedBy)
}

func TestAnyOpenIncidentThatIsEscalatedPagesTheNextStepAndKeepsAnAcknowledgement(t *testing.T) {
	inEach(t, openStates, func(t *testing.T, s *story) {
		before := s.in

		s.happens(by("sre-1", incident.Escalated, comment("need a hand")))

		require.Equal(t, before.Status, s.in.Status)
		require.Equal(t, before.AcknowledgedBy, s.in.AcknowledgedBy)
		require.Equal(t, before.Rollback, s.in.Rollback)
		require.Equal(t, oncall.Position{Step: 2, Round: 1}, s.in.Climb.At)
		require.True(t, s.in.Climb.Pending)
		require.Equal(t, s.now, s.in.Climb.PageAt)
		require.True(t, s.in.Paging(), "a snooze ends with it")
		require.Equal(t, "Escalated to step 2 by sre-1: need a hand", s.last().Text)
	})
}

func TestAnAcknowledgementThatRunsOutTriggersAgainFromTheStepOfThePolicy(t *testing.T) {
	s := given(t, acknowledged).after(30 * time.Minute)
	lap := s.in.Climb.Lap

	s.happens(incident.Event{Kind: incident.AckTimedOut})

	require.Equal(t, incident.Triggered, s.in.Status)
	require.Empty(t, s.in.AcknowledgedBy)
	require.Zero(t, s.in.AcknowledgedAt)
	require.Zero(t, s.in.AckDue)
	require.Equal(t, oncall.Position{Step: 2, Round: 1}, s.in.Climb.At, "from_step is 2")
	require.Equal(t, lap+1, s.in.Climb.Lap)
	require.True(t, s.in.Paging())
	require.Equal(t, "The acknowledgement by sre-1 ran out after 30m without a decision", s.last().Text)
}

func TestAnOpenIncidentWithoutARollbackUnderWayResolvesWithItsLastAlert(t *testing.T) {
	inEach(t, []string{triggered, acknowledged, snoozed, failed}, func(t *testing.T, s *story) {
		s.happens(stops(ratio(noon), s.now))

		require.Equal(t, incident.Resolved, s.in.Status)
		require.Equal(t, s.now, s.in.ResolvedAt)
		require.Empty(t, s.in.ResolvedBy, "nobody decided it")
		require.Equal(t, s.now.Add(5*time.Minute), s.in.QuietUntil)
		require.False(t, s.in.Paging())
		require.Zero(t, s.in.SnoozedUntil)
		require.Zero(t, s.in.AckDue)
		require.Equal(t, "Resolved: all alerts are resolved", s.last().Text)
		_, kind := s.due()
		require.Empty(t, kind, "nothing more happens by itself")
	})
}

func TestARequestToRollBackLapsesWhenAllAlertsResolve(t *testing.T) {
	s := given(t, requested)
	from := len(s.in.Timeline)

	s.happens(stops(ratio(noon), s.now))

	require.Equal(t, incident.Resolved, s.in.Status)
	require.Equal(t, incident.RollbackWithdrawn, s.in.Rollback.State)
	require.Zero(t, s.in.Rollback.Due)
	require.Equal(t, s.now, s.in.Rollback.Ended)
	require.Empty(t, s.in.Restored)
	require.Equal(t, []string{
		"AlertResolved: Alert resolved: 12 % of requests fail",
		"RollbackLapsed: The request to roll back lapses: all alerts are resolved",
		"Resolved: Resolved: all alerts are resolved",
	}, s.said(from))
}

func TestARunningRollbackGoesOnWhenAllAlertsResolveAndIsThenVerified(t *testing.T) {
	s := given(t, building)

	s.happens(stops(ratio(noon), s.now))

	require.Equal(t, incident.Acknowledged, s.in.Status)
	require.Equal(t, incident.RollbackRunning, s.in.Rollback.State)
	require.Contains(t, s.last().Text, "the rollback goes on and is verified")

	from := len(s.in.Timeline)
	s.after(time.Minute).happens(s.told(incident.PhaseSucceeded, 7, ""))

	require.Equal(t, incident.Resolved, s.in.Status)
	require.Equal(t, incident.RollbackSucceeded, s.in.Rollback.State)
	require.Equal(t, []string{
		"RolledBack: Build 7 has deployed r2; the alerts must resolve by 12:17 UTC",
		"Restored: Restored with r2: every alert has resolved",
		"Resolved: Resolved: rolled back to r2",
	}, s.said(from))
}

func TestAnAlertThatFiresDuringTheVerificationIsNotGood(t *testing.T) {
	s := given(t, verifying)
	due := s.in.Rollback.Due
	again := ratio(s.after(time.Minute).now)

	s.happens(fires(again))

	require.Equal(t, incident.RollbackVerifying, s.in.Rollback.State)
	require.Equal(t, due, s.in.Rollback.Due, "the time to prove it in is not longer for that")
	require.Equal(t, incident.NotProved, s.last().Kind)
	require.Contains(t, s.last().Text, "Not good yet")

	s.ignores(stops(ratio(noon), s.now))
	s.happens(stops(again, s.now))
	require.Equal(t, incident.Resolved, s.in.Status, "the later firing has resolved, too")
}

func TestARaisedSeverityClimbsItsOwnPolicyFromTheFirstStep(t *testing.T) {
	inEach(t, openStates, func(t *testing.T, s *story) {
		before := s.in
		lap := s.in.Climb.Lap

		s.happens(by("sre-2", incident.SeverityChanged, severity(incident.SEV1), comment("checkout is down")))

		require.Equal(t, before.Status, s.in.Status)
		require.Equal(t, before.Rollback, s.in.Rollback)
		require.Equal(t, incident.SEV1, s.in.Severity)
		require.Equal(t, "worst", s.in.Policy().ID)
		require.Equal(t, oncall.Position{Step: 1, Round: 1}, s.in.Climb.At)
		require.Equal(t, lap+1, s.in.Climb.Lap)
		require.True(t, s.in.Climb.Pending)
		require.True(t, s.in.Paging(), "what was snoozed was not this bad")
		require.Equal(t, "Severity raised from SEV2 to SEV1: checkout is down", s.last().Text)
	})
}

func TestALoweredSeverityKeepsThePlaceOfTheClimb(t *testing.T) {
	inEach(t, openStates, func(t *testing.T, s *story) {
		before := s.in

		s.happens(by("sre-2", incident.SeverityChanged, severity(incident.SEV3)))

		require.Equal(t, incident.SEV3, s.in.Severity)
		require.Equal(t, before.Climb, s.in.Climb)
		require.Equal(t, before.Status, s.in.Status)
		require.Equal(t, before.SnoozedUntil, s.in.SnoozedUntil)
		require.Equal(t, "Severity lowered from SEV2 to SEV3 by sre-2", s.last().Text)
	})
}

func TestASnoozeLetsTheClimbWaitAndThenGoOnWhereItWas(t *testing.T) {
	s := given(t, triggered)
	left := s.in.Climb.Until.Sub(s.now)

	s.happens(by("sre-1", incident.Snoozed, lasting("30m"), comment("known")))

	require.False(t, s.in.Paging())
	require.Equal(t, incident.Triggered, s.in.Status)
	require.Equal(t, "Snoozed until 12:31 UTC by sre-1: known", s.last().Text)
	wait, kind := s.due()
	require.Equal(t, incident.SnoozeEnded, kind)
	require.Equal(t, 30*time.Minute, wait)

	s.after(wait).happens(incident.Event{Kind: incident.SnoozeEnded})

	require.True(t, s.in.Paging())
	require.False(t, s.in.Climb.Pending, "the step was paged; it is not paged again")
	require.Equal(t, oncall.Position{Step: 1, Round: 1}, s.in.Climb.At)
	require.Equal(t, left, s.in.Climb.Until.Sub(s.now))
}

func TestAResolvedIncidentReopensWithALaterFiringOrByHand(t *testing.T) {
	inEach(t, []string{resolved, closed}, func(t *testing.T, s *story) {
		for name, ev := range map[string]incident.Event{
			"an alert fires again":     fires(ratio(s.after(time.Minute).now)),
			"by sre-2: it still hurts": by("sre-2", incident.Reopened, comment("it still hurts")),
		} {
			again := &story{t: t, in: s.in, now: s.now}
			again.happens(ev)

			require.Equal(t, incident.Triggered, again.in.Status)
			require.True(t, again.in.Paging())
			require.Equal(t, oncall.Position{Step: 1, Round: 1}, again.in.Climb.At)
			require.Equal(t, "Reopened: "+name, again.last().Text)
			require.Zero(t, again.in.ResolvedAt)
			require.Zero(t, again.in.QuietUntil)
			require.False(t, again.in.Closed)
			require.False(t, again.in.Facts.Asked, "what is deployed is read again")
			require.Empty(t, again.in.Tried)
		}
	})
}

func TestAReopenedIncidentIsNamedAfterWhatFiresNow(t *testing.T) {
	inEach(t, []string{resolved, closed}, func(t *testing.T, s *story) {
		again := ratio(s.after(time.Minute).now)
		again.Summary = "More than half of the requests fail"
		s.happens(fires(again))
		require.Equal(t, "More than half of the requests fail", s.in.Summary)
	})
}

func TestARestoredIncidentThatReopensSaysThatTheRollbackDidNotHold(t *testing.T) {
	s := given(t, restored).after(time.Minute)

	s.happens(fires(ratio(s.now)))

	require.Equal(t, incident.Triggered, s.in.Status)
	require.Equal(t, incident.RollbackFailed, s.in.Rollback.State)
	require.Equal(t, "it did not hold: an alert fires again", s.in.Rollback.Reason)
	require.Equal(t, "Reopened: an alert fires again; the rollback to r2 did not hold", s.last().Text)
	require.Empty(t, s.in.Restored)
	require.Equal(t, []string{"r2"}, s.in.Tried)
	require.Nil(t, s.in.Offer(), "what is deployed must be read first")
	require.False(t, s.in.Facts.Asked)

	facts := history()
	facts.Choice.Suspect = &facts.Choice.Candidates[0]
	s.happens(incident.Event{Kind: incident.Enriched, Facts: facts})
	require.Equal(t, "r1", s.in.Offer().Release)
}

func TestARestoredIncidentThatAPersonReopensSaysWho(t *testing.T) {
	s := given(t, restored)
	s.happens(by("sre-1", incident.Reopened, comment("orders are lost")))
	require.Equal(t, "Reopened: by sre-1: orders are lost; the rollback to r2 did not hold", s.last().Text)
	require.Equal(t, "The rollback to r2 failed: it did not hold: reopened by sre-1: orders are lost", card(s).Failure)
}
