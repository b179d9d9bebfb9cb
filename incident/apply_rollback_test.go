package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// The rows of the state machine's table that are about rollbacks, in its order.

func TestAnyOpenIncidentWithoutARollbackUnderWayStartsOne(t *testing.T) {
	inEach(t, []string{triggered, acknowledged, snoozed}, func(t *testing.T, s *story) {
		s.happens(by("sre-2", incident.RollbackAsked, target("r2"), comment("bad cache")))

		require.Equal(t, incident.Acknowledged, s.in.Status)
		require.False(t, s.in.Paging())
		require.Equal(t, incident.Rollback{
			Attempt: 1, State: incident.RollbackRunning, Key: "INC-261123-ABCDEF/1", Release: "r2", Bad: "r3",
			By: "sre-2", At: s.now, Due: s.now.Add(45 * time.Minute),
		}, s.in.Rollback)
		require.Zero(t, s.in.AckDue, "the acknowledgement does not run out meanwhile")
		require.Equal(t, "Rollback from r3 to r2 decided by sre-2: bad cache", s.last().Text)
	})
}

func TestARollbackThatNeedsApprovalIsRequestedFirst(t *testing.T) {
	s := given(t, requested)

	require.Equal(t, incident.RollbackRequested, s.in.Rollback.State)
	require.Equal(t, s.now.Add(15*time.Minute), s.in.Rollback.Due)
	require.Equal(t, []incident.Call{{
		Why:     "sre-1 asks to roll checkout back to r2: approve or reject",
		Targets: []oncall.Target{{Schedule: "checkout-primary"}}, Except: "sre-1", Attempt: 1,
	}}, s.in.Calls)
	require.Equal(t, "Rollback from r3 to r2 requested by sre-1; a second person must approve by 12:16 UTC", s.last().Text)
}

func TestAnOldRollBackButtonIsRefusedWithTheNewTarget(t *testing.T) {
	inEach(t, []string{triggered, acknowledged, failed}, func(t *testing.T, s *story) {
		offer := s.in.Offer().Release

		why := s.refuses(by("sre-1", incident.RollbackAsked, target("r0")))

		require.Equal(t, "The target has changed: r0 is not the release to go back to any more, "+offer+" is.", why)
	})
}

func TestARollbackUnderWayRefusesASecondOneAndNamesWhoAndWhen(t *testing.T) {
	inEach(t, []string{requested, running, building, verifying}, func(t *testing.T, s *story) {
		why := s.after(time.Minute).refuses(by("sre-2", incident.RollbackAsked, target("r2")))

		require.Equal(t, "A rollback to r2 is under way already: decided by sre-1 at 12:01 UTC.", why)
	})
}

func TestARequestedRollbackRunsOnceSomebodyElseApproves(t *testing.T) {
	s := given(t, requested)

	s.happens(by("sre-2", incident.RollbackApproved, target("r2"), comment("agreed")))

	require.Equal(t, incident.RollbackRunning, s.in.Rollback.State)
	require.Equal(t, "sre-2", s.in.Rollback.Approved)
	require.Equal(t, s.now.Add(45*time.Minute), s.in.Rollback.Due)
	require.Equal(t, "Rollback to r2 approved by sre-2: agreed", s.last().Text)
}

func TestARequestedRollbackIsWithdrawnWhenItIsRejected(t *testing.T) {
	s := given(t, requested)

	s.happens(by("sre-2", incident.RollbackRejected, comment("wait")))

	require.Equal(t, incident.RollbackWithdrawn, s.in.Rollback.State)
	require.Equal(t, incident.Acknowledged, s.in.Status)
	require.Equal(t, s.now.Add(30*time.Minute), s.in.AckDue, "the acknowledgement runs again")
	require.Equal(t, "Rollback to r2 rejected by sre-2: wait", s.last().Text)
	require.Equal(t, "r2", s.in.Offer().Release, "it can be asked for again")
}

func TestARequestedRollbackLapsesLoudlyWhenItsTimeIsOver(t *testing.T) {
	s := given(t, requested)
	s.ignores(incident.Event{Kind: incident.RollbackLapsed})
	wait, kind := s.due()
	require.Equal(t, incident.RollbackLapsed, kind)

	s.after(wait).happens(incident.Event{Kind: incident.RollbackLapsed})

	require.Equal(t, incident.RollbackWithdrawn, s.in.Rollback.State)
	require.True(t, s.in.Rollback.Lapsed)
	require.Equal(t, "Nobody approved the rollback to r2 within 15m", s.last().Text)
	require.Equal(t, []incident.Notice{{Loud: true, Text: "Nobody has approved the rollback of checkout to r2 that sre-1 asked for " +
		"(INC-261123-ABCDEF). sre-1 may now go on alone, with a reason."}}, s.in.Notices)
}

func TestARollbackThatIsAbortedBeforeTheBuildIsWithdrawn(t *testing.T) {
	s := given(t, running)

	s.happens(by("sre-2", incident.AbortAsked, comment("wrong one")))
	require.Equal(t, "sre-2", s.in.Rollback.AbortBy)
	require.Equal(t, incident.RollbackRunning, s.in.Rollback.State, "until its workflow has stopped")
	require.Equal(t, "sre-2 asks to stop the rollback: wrong one", s.last().Text)

	s.happens(s.told(incident.PhaseAborted, 0, ""))
	require.Equal(t, incident.RollbackAborted, s.in.Rollback.State)
	require.Equal(t, incident.Acknowledged, s.in.Status)
	require.Equal(t, "The rollback was stopped before it was built", s.last().Text)
	require.Empty(t, s.in.Rollback.Reason)
	require.Equal(t, "r2", s.in.Offer().Release, "it can be asked for again")
}

func TestARollbackThatIsAbortedWhileItBuildsLeavesTheServiceUnknown(t *testing.T) {
	s := given(t, building)

	s.happens(by("sre-2", incident.AbortAsked))
	require.Equal(t, "sre-2 has asked to stop the rollback already.", s.refuses(by("sre-1", incident.AbortAsked)))
	s.happens(s.told(incident.PhaseAborted, 7, ""))

	require.Equal(t, incident.RollbackAborted, s.in.Rollback.State)
	require.Equal(t, "Build 7 was stopped: the state of the service is unknown", s.last().Text)
	require.False(t, s.in.Facts.Asked, "what is deployed is read again")
	require.True(t, s.in.Open())
}

func TestAnAbortOfABuildThatRunsOnSaysSo(t *testing.T) {
	s := given(t, building)
	s.happens(s.told(incident.PhaseAborted, 7, "build 7 runs on"))
	require.Equal(t, "The rollback was given up: build 7 runs on", s.last().Text)
	require.Equal(t, "The rollback to r2 was given up: build 7 runs on", card(s).Failure)
}

func TestAFailedRollbackPagesAgainFromTheCurrentStepAndOffersTheNextRelease(t *testing.T) {
	s := given(t, acknowledged)
	s.happens(by("sre-1", incident.Escalated)).reaches("sre-2")
	s.happens(by("sre-1", incident.RollbackAsked), s.told(incident.PhaseBuilding, 7, ""))
	lap := s.in.Climb.Lap

	s.happens(s.told(incident.PhaseFailed, 7, "build 7 ended FAILURE"))

	require.Equal(t, incident.Triggered, s.in.Status)
	require.Equal(t, incident.RollbackFailed, s.in.Rollback.State)
	require.Equal(t, "build 7 ended FAILURE", s.in.Rollback.Reason)
	require.Equal(t, oncall.Position{Step: 2, Round: 1}, s.in.Climb.At)
	require.Equal(t, lap+1, s.in.Climb.Lap)
	require.True(t, s.in.Paging())
	require.Equal(t, []string{"r2"}, s.in.Tried)
	require.Equal(t, "r1", s.in.Offer().Release)
	require.Equal(t, "The rollback to r2 failed: build 7 ended FAILURE", s.last().Text)
	require.Equal(t, "https://jenkins.example.com/job/deploy/7/console", s.last().URL)

	s.happens(by("sre-1", incident.RollbackAsked))
	require.Equal(t, "INC-261123-ABCDEF/2", s.in.Rollback.Key, "no attempt is taken for another")
	require.Equal(t, "r1", s.in.Rollback.Release)
}

func TestARollbackThatIsNotProvedInTimePagesAgain(t *testing.T) {
	s := given(t, verifying)
	s.ignores(incident.Event{Kind: incident.NotProved})
	wait, kind := s.due()
	require.Equal(t, incident.NotProved, kind)
	require.Equal(t, 15*time.Minute, wait)

	s.after(wait).happens(incident.Event{Kind: incident.NotProved})

	require.Equal(t, incident.Triggered, s.in.Status)
	require.Equal(t, incident.RollbackFailed, s.in.Rollback.State)
	require.Equal(t, "The rollback to r2 did not help: the alerts still fire 15m after the build", s.last().Text)
	require.Equal(t, "r1", s.in.Offer().Release)
	require.True(t, s.in.Paging())
}

func TestAVerifiedRollbackIsProvedAndResolvesTheIncidentWithItsAlerts(t *testing.T) {
	s := given(t, verifying)

	s.happens(stops(ratio(noon), s.now))

	require.Equal(t, incident.Resolved, s.in.Status)
	require.Equal(t, incident.RollbackSucceeded, s.in.Rollback.State)
	require.Equal(t, s.now, s.in.Rollback.Ended)
	require.Zero(t, s.in.Rollback.Due)
	require.Equal(t, "r2", s.in.Restored)
	require.Equal(t, "Resolved: rolled back to r2", s.last().Text)
}

func TestAnIncidentThatJoinsARollbackNamesWhoDecidedIt(t *testing.T) {
	s := given(t, running)

	s.happens(incident.Event{Kind: incident.RollbackJoined, Progress: incident.Progress{
		Key: "INC-261123-OTHERS/1", Phase: incident.PhaseJoined, Release: "r2", By: "sre-2",
	}})

	require.Equal(t, "A rollback of checkout to r2 runs already (INC-261123-OTHERS/1, decided by sre-2); this incident follows it", s.last().Text)
	require.Equal(t, "Rolling back to r2, decided by sre-2", card(s).Rollback)
	require.Equal(t, "A rollback to r2 is under way already: decided by sre-2 at 12:01 UTC.", s.refuses(by("sre-3", incident.RollbackAsked)))
}

func TestWhatAProvedRollbackHasBroughtIsABuildOfTheJobThatRollsBack(t *testing.T) {
	for job, want := range map[string]string{"deploy/checkout": "", "/deploy/checkout/": "", "roll-back/checkout": "roll-back/checkout"} {
		s := given(t, verifying)
		plan := *s.in.Service.Rollback
		plan.Job = job
		s.in.Service.Rollback = &plan

		s.happens(stops(ratio(noon), s.now))

		require.Equal(t, want, s.in.Facts.Choice.Suspect.Job, job)
	}
}
