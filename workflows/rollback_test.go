package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
	"github.com/seed-44180607/lastgood/signals"
)

// to names the release on the button that was clicked.
func to(name string) func(*incident.Decision) {
	return func(d *incident.Decision) { d.Release = name }
}

func because(comment string) func(*incident.Decision) {
	return func(d *incident.Decision) { d.Comment = comment }
}

func TestAClickRollsBackAndTheRestoreIsProved(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers("2m0s sre-1: Rollback from v42 to v41 decided by sre-1.")
	s.ExpectTold(
		"2m0s Acknowledged by sre-1, who decides to roll back",
		"2m0s Rollback from v42 to v41 decided by sre-1",
		"2m0s Jenkins has queued the rollback to v41",
		"2m1s Build 113 deploys v41",
		"3m1s Build 113 has deployed v41; the alerts must resolve by 12:18 UTC",
		"5m0s Restored with v41: every alert has resolved",
	)
	s.ExpectResolved(5*minute, 10*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
	require.Equal(t, "v41", s.Incident.Restored)
	require.Equal(t, incident.RollbackSucceeded, s.Incident.Rollback.State)
}

func TestAlertsThatResolveWhileItBuildsDoNotEndTheWatch(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Clears(150*second, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers("2m0s sre-1: Rollback from v42 to v41 decided by sre-1.")
	s.ExpectResolved(181*second, 481*second)
}

func TestAFailedRollbackPagesAgainAndOffersTheNextOlderRelease(t *testing.T) {
	s := tell(t)
	s.Builds(build{Result: release.Failure})
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.At(4*minute, func() {
		card := s.card()
		require.Equal(t, "The rollback to v41 failed: build 113 ended FAILURE", card.Failure)
		require.Equal(t, buildURL(113), card.RollbackURL)
		require.Contains(t, s.buttons(), "roll-back v40")
	})
	s.Decide(4*minute, signals.RollBack, "sre-1", to("v40"))
	s.Clears(7*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "3m1s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1", "4m0s v40, attempt 2")
	s.ExpectWhispers(
		"2m0s sre-1: Rollback from v42 to v41 decided by sre-1.",
		"4m0s sre-1: Rollback from v41 to v40 decided by sre-1.",
	)
	s.ExpectTold("3m1s The rollback to v41 failed: build 113 ended FAILURE", "7m0s Restored with v40: every alert has resolved")
	s.ExpectResolved(7*minute, 12*minute)
	s.ExpectWholeRecord()
}

func TestARestoreThatIsNotProvedInTimePagesAgain(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.At(19*minute, func() { require.Contains(t, s.buttons(), "roll-back v40") })
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "18m1s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers("2m0s sre-1: Rollback from v42 to v41 decided by sre-1.")
	s.ExpectTold("18m1s The rollback to v41 did not help: the alerts still fire 15m after the build")
	s.ExpectResolved(20*minute, 25*minute)
	require.Empty(t, s.Incident.Restored)
}

func TestAnAlertThatFiresWhileItIsVerifiedIsNotGoodYet(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Fires(4*minute, "slow")
	s.Clears(5*minute, "5xx")
	s.Clears(6*minute, "slow")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers("2m0s sre-1: Rollback from v42 to v41 decided by sre-1.")
	s.ExpectTold("4m0s Not good yet: an alert fires while the rollback is verified", "6m0s Restored with v41: every alert has resolved")
	s.ExpectResolved(6*minute, 11*minute)
}

func TestADoubleClickIsOneRollback(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	same := func(d *incident.Decision) { d.ID = "one" }
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"), same)
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"), same)
	s.Decide(2*minute+300*millisecond, signals.RollBack, "sre-1", to("v41"))
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(
		"2m0s sre-1: Rollback from v42 to v41 decided by sre-1.",
		"2m0.3s sre-1: A rollback to v41 is under way already: decided by sre-1 at 12:02 UTC.",
	)
	s.ExpectResolved(5*minute, 10*minute)
}

func TestOfTwoWhoClickAtOnceOneIsTold(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Decide(2*minute+second, signals.Acknowledge, "sre-2")
	s.Decide(2*minute+2*second, signals.Resolve, "sre-2")
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(
		"2m0s sre-1: Rollback from v42 to v41 decided by sre-1.",
		"2m1s sre-2: INC was acknowledged by sre-1 at 12:02 UTC already.",
		"2m2s sre-2: A rollback to v41 is running since 12:02 UTC: it resolves INC when it is proved. Stop it first.",
	)
	s.ExpectResolved(5*minute, 10*minute)
}

func TestAnAcknowledgementIsKeptWhenAnotherRollsBack(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-2")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(
		"1m0s sre-2: Acknowledged by sre-2.",
		"2m0s sre-1: Rollback from v42 to v41 decided by sre-1.",
	)
	s.ExpectResolved(5*minute, 10*minute)
	require.Equal(t, "sre-2", s.Incident.AcknowledgedBy)
}

func TestARollbackOfAResolvedIncidentIsRefused(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.Resolve, "sre-2", because("known"))
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Clears(3*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers(
		"2m0s sre-2: Resolved: by sre-2: known (while an alert fires).",
		"2m0s sre-1: INC is resolved since 12:02 UTC. Reopen it first.",
	)
	s.ExpectResolved(2*minute, 7*minute)
}

func TestATargetThatHasChangedMeanwhileIsRefusedWithTheNewOne(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Deployed(minute, "v43")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v40"))
	s.Decide(3*minute, signals.RollBack, "sre-1", to("v41"))
	s.Clears(6*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("3m0s v41, attempt 1")
	s.ExpectWhispers(
		"2m0s sre-1: The target has changed: v40 is not the release to go back to any more, v41 is.",
		"3m0s sre-1: Rollback from v43 to v41 decided by sre-1.",
	)
	s.ExpectResolved(6*minute, 11*minute)
}

func TestARollbackByAnotherJobMeanwhileIsSeenThoughItsBuildHasTheSameNumber(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Deployed(minute, "v41", func(d *release.Deployment) {
		d.Job, d.Build, d.Incident = "roll-back/checkout", 112, "INC-261101-AAAAAA/1"
	})
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Clears(3*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders()
	s.ExpectWhispers("2m0s sre-1: The target has changed: v41 is not the release to go back to any more, v40 is.")
	s.ExpectResolved(3*minute, 8*minute)
}

func TestAParameterThatWasTakenOffTheJobMeanwhileRefusesTheClick(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Undeclares(minute, "INCIDENT_ID")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.At(3*minute, func() { require.NotContains(t, s.buttons(), "roll-back v41") })
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders()
	s.ExpectWhispers("2m0s sre-1: No rollback can be offered: the job deploy/checkout does not declare the parameter INCIDENT_ID, so Jenkins would drop it.")
	s.ExpectResolved(4*minute, 9*minute)
}

func TestADeploymentThatBeganMeanwhileIsToldToWhoClicks(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Deploying(minute, "v43")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.At(150*second, func() {
		require.Contains(t, s.card().Notes,
			"A deployment of v43 was running when the rollback was decided (build 113): see which of the two is in service")
	})
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers("2m0s sre-1: Rollback from v42 to v41 decided by sre-1, while build 113 deploys v43.")
	s.ExpectResolved(5*minute, 10*minute)
}
