package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
)

func chosen(d *incident.Decision) { d.Chosen = true }

func via(channel string) func(*incident.Decision) {
	return func(d *incident.Decision) { d.Via = channel }
}

func TestWhichReleaseADecisionToRollBackMeans(t *testing.T) {
	tests := map[string]struct {
		edits []func(*incident.Decision)
		want  string
	}{
		"no release named: the one offered": {nil, "r2"},
		"the release offered":               {[]func(*incident.Decision){target("r2")}, "r2"},
		"an older one chosen from the list": {[]func(*incident.Decision){target("r1"), chosen}, "r1"},
		"an older one typed by an operator": {[]func(*incident.Decision){target("r1"), via("cli")}, "r1"},
		"an older one from the Temporal UI": {[]func(*incident.Decision){target("r1"), via("temporal-ui")}, "r1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := given(t, acknowledged)
			s.happens(by("sre-1", incident.RollbackAsked, test.edits...))
			require.Equal(t, test.want, s.in.Rollback.Release)
		})
	}
}

func TestWhichDecisionsToRollBackAreRefused(t *testing.T) {
	tests := map[string]struct {
		change func(*incident.Incident)
		edits  []func(*incident.Decision)
		why    string
	}{
		"the button of a release that is not offered first": {
			nil,
			[]func(*incident.Decision){target("r1")},
			"The target has changed: r1 is not the release to go back to any more, r2 is.",
		},
		"a release that is not known-good, though typed by an operator": {
			nil,
			[]func(*incident.Decision){target("r3"), via("cli")},
			"The target has changed: r3 is not the release to go back to any more, r2 is.",
		},
		"a release that was tried, though chosen": {
			func(in *incident.Incident) { in.Tried = []string{"r2"} },
			[]func(*incident.Decision){target("r2"), chosen},
			"The target has changed: r2 is not the release to go back to any more, r1 is.",
		},
		"every release was tried": {
			func(in *incident.Incident) { in.Tried = []string{"r2", "r1"} }, nil,
			"There is nothing to go back to: every known-good release was tried.",
		},
		"no release is known-good": {
			func(in *incident.Incident) { in.Facts.Choice.Candidates = nil }, nil,
			"There is nothing to go back to: no deployment to this environment is older than r3.",
		},
		"nothing was ever deployed": {
			func(in *incident.Incident) { in.Facts.Choice = release.Choice{} }, nil,
			"There is nothing to go back to: the job has no finished deployment to this environment.",
		},
		"something is in the way": {
			func(in *incident.Incident) { in.Facts.Obstacle = "the job does not declare INCIDENT_ID" }, nil,
			"No rollback can be offered: the job does not declare INCIDENT_ID.",
		},
		"no rollback is configured": {
			func(in *incident.Incident) { in.Service.Rollback = nil }, nil,
			"No rollback is configured for checkout.",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := given(t, acknowledged)
			if test.change != nil {
				test.change(&s.in)
			}
			require.Equal(t, test.why, s.refuses(by("sre-1", incident.RollbackAsked, test.edits...)))
			require.Empty(t, s.in.Rollback.State)
		})
	}
}

func TestTheOfferIsTheNewestKnownGoodReleaseThatWasNotTried(t *testing.T) {
	s := given(t, triggered)
	require.Equal(t, "r2", s.in.Offer().Release)
	s.in.Tried = []string{"r2"}
	require.Equal(t, "r1", s.in.Offer().Release)
	s.in.Tried = []string{"r2", "r1"}
	require.Nil(t, s.in.Offer())

	inEach(t, []string{requested, running, building, verifying, resolved, restored, closed}, func(t *testing.T, s *story) {
		require.Nil(t, s.in.Offer())
	})
}

func TestWhoDecidesToRollBackTakesTheIncident(t *testing.T) {
	s := given(t, triggered)
	from := len(s.in.Timeline)
	s.happens(by("sre-2", incident.RollbackAsked))
	require.Equal(t, "sre-2", s.in.AcknowledgedBy)
	require.Equal(t, []string{
		"Acknowledged: Acknowledged by sre-2, who decides to roll back",
		"RollbackRequested: Rollback from r3 to r2 decided by sre-2",
	}, s.said(from))

	s = given(t, acknowledged)
	s.happens(by("sre-2", incident.Escalated), by("sre-2", incident.RollbackAsked))
	require.Equal(t, "sre-1", s.in.AcknowledgedBy, "an acknowledgement is kept")
	require.False(t, s.in.Paging(), "the step that was still to be paged is not needed any more")
}

func TestAnApprovalMustFitTheRequestThatWaits(t *testing.T) {
	s := given(t, requested)
	require.Equal(t, "You asked for this rollback: somebody else must approve it.",
		s.refuses(by("sre-1", incident.RollbackApproved)))
	for _, kind := range []incident.Kind{incident.RollbackApproved, incident.RollbackRejected} {
		require.Equal(t, "The target has changed: not r1 but r2 waits for approval.", s.refuses(by("sre-2", kind, target("r1"))))
	}

	inEach(t, except(everyState, requested), func(t *testing.T, s *story) {
		for _, kind := range []incident.Kind{incident.RollbackApproved, incident.RollbackRejected} {
			require.Equal(t, "No rollback of INC-261123-ABCDEF waits for approval.", s.refuses(by("sre-2", kind)))
		}
		s.ignores(incident.Event{Kind: incident.RollbackLapsed})
	})
}

func TestOnlyARollbackThatWaitsOrRunsCanBeStopped(t *testing.T) {
	inEach(t, except(everyState, requested, running, building, verifying), func(t *testing.T, s *story) {
		require.Equal(t, "No rollback of INC-261123-ABCDEF can be stopped now.", s.refuses(by("sre-1", incident.AbortAsked)))
	})

	s := given(t, requested)
	s.happens(by("sre-1", incident.AbortAsked, comment("my mistake")))
	require.Equal(t, incident.RollbackWithdrawn, s.in.Rollback.State)
	require.False(t, s.in.Rollback.Lapsed)
	require.Equal(t, "The request to roll back is withdrawn by sre-1: my mistake", s.last().Text)
}

// lapsed is a request of sre-1 that nobody approved in time.
func lapsed(t *testing.T) *story {
	t.Helper()
	s := given(t, requested).after(15 * time.Minute)
	return s.happens(incident.Event{Kind: incident.RollbackLapsed})
}

func TestTheRequesterGoesOnAloneAfterTheRequestHasLapsed(t *testing.T) {
	s := lapsed(t)

	s.happens(by("sre-1", incident.RollbackAsked, comment("nobody is awake")))

	require.Equal(t, incident.RollbackRunning, s.in.Rollback.State)
	require.Equal(t, "sre-1", s.in.Rollback.Approved)
	require.Equal(t, "INC-261123-ABCDEF/2", s.in.Rollback.Key)
	require.Equal(t, "Rollback from r3 to r2 decided by sre-1 alone, nobody having approved in time: nobody is awake", s.last().Text)
}

func TestNobodyElseAndNothingElseGoesOnAlone(t *testing.T) {
	tests := map[string]struct {
		change func(*incident.Incident)
		ev     incident.Event
	}{
		"without a reason":               {nil, by("sre-1", incident.RollbackAsked)},
		"with a reason of spaces":        {nil, by("sre-1", incident.RollbackAsked, comment(" \n"))},
		"by another person":              {nil, by("sre-2", incident.RollbackAsked, comment("now"))},
		"to another release":             {nil, by("sre-1", incident.RollbackAsked, comment("now"), target("r1"), chosen)},
		"where it may not be overridden": {func(in *incident.Incident) { in.Service.Rollback.Approval.Override = false }, by("sre-1", incident.RollbackAsked, comment("now"))},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := lapsed(t)
			if test.change != nil {
				test.change(&s.in)
			}
			s.happens(test.ev)
			require.Equal(t, incident.RollbackRequested, s.in.Rollback.State)
			require.Empty(t, s.in.Rollback.Approved)
			require.Len(t, s.in.Calls, 2, "approvers are called again")
		})
	}
}

func TestALapsedRequestPromisesNoOverrideWhereThereIsNone(t *testing.T) {
	s := given(t, requested)
	s.in.Service.Rollback.Approval.Override = false
	s.after(15 * time.Minute).happens(incident.Event{Kind: incident.RollbackLapsed})
	require.Equal(t, "Nobody has approved the rollback of checkout to r2 that sre-1 asked for (INC-261123-ABCDEF).", s.in.Notices[0].Text)
}

func TestTheCourseOfARollbackIsTold(t *testing.T) {
	s := given(t, running)
	from := len(s.in.Timeline)

	s.happens(s.told(incident.PhaseQueued, 0, ""), s.told(incident.PhaseLost, 0, ""),
		s.told(incident.PhaseQueued, 0, ""), s.told(incident.PhaseBuilding, 7, ""))

	require.Equal(t, []string{
		"RollbackQueued: Jenkins has queued the rollback to r2",
		"BuildLost: Jenkins lost the queued rollback; it is triggered again",
		"RollbackQueued: Jenkins has queued the rollback to r2",
		"BuildStarted: Build 7 deploys r2",
	}, s.said(from))
	require.Equal(t, 7, s.in.Rollback.Build)
	require.Equal(t, "https://jenkins.example.com/job/deploy/7/", s.in.Rollback.URL)
	require.Equal(t, s.in.Rollback.URL, s.last().URL)
}

func TestNewsOfARollbackThatDoesNotRunIsIgnored(t *testing.T) {
	phases := []incident.Phase{
		incident.PhaseQueued, incident.PhaseLost, incident.PhaseBuilding,
		incident.PhaseSucceeded, incident.PhaseFailed, incident.PhaseAborted,
	}
	inEach(t, everyState, func(t *testing.T, s *story) {
		for _, phase := range phases {
			stale := s.told(phase, 9, "x")
			stale.Progress.Key = "INC-261101-AAAAAA/1"
			s.ignores(stale)
			if s.in.Rollback.State != incident.RollbackRunning {
				s.ignores(s.told(phase, 9, "x"))
			}
		}
		if s.in.Rollback.State != incident.RollbackRunning {
			s.ignores(s.told(incident.PhaseJoined, 0, ""))
		}
	})
}

func TestAnIncidentFollowsARollbackThatRunsAlready(t *testing.T) {
	s := given(t, running)
	other := incident.Progress{Key: "INC-261123-ZZZZZZ/1", Phase: incident.PhaseJoined, Release: "r1"}
	own := s.told(incident.PhaseBuilding, 9, "")

	s.happens(incident.Event{Kind: other.Phase.Kind(), Progress: other})

	require.Equal(t, "INC-261123-ZZZZZZ/1", s.in.Rollback.Key)
	require.Equal(t, "r1", s.in.Rollback.Release)
	require.Equal(t, "A rollback of checkout to r1 runs already (INC-261123-ZZZZZZ/1); this incident follows it", s.last().Text)
	s.ignores(own)

	s.happens(s.told(incident.PhaseBuilding, 3, ""), s.told(incident.PhaseFailed, 3, "build 3 ended FAILURE"))
	require.Equal(t, []string{"r1"}, s.in.Tried)
	require.Equal(t, "r2", s.in.Offer().Release)
	s.happens(by("sre-1", incident.RollbackAsked))
	require.Equal(t, "INC-261123-ABCDEF/2", s.in.Rollback.Key, "the next attempt is its own again")
}

func TestARollbackThatIsUnheardOfForTooLongHasFailed(t *testing.T) {
	s := given(t, building)
	silent := incident.Event{Kind: incident.RollbackBroke}
	s.ignores(silent)
	wait, kind := s.due()
	require.Equal(t, incident.RollbackBroke, kind)
	require.Equal(t, 45*time.Minute, wait)

	s.after(wait).happens(silent)

	require.Equal(t, incident.RollbackFailed, s.in.Rollback.State)
	require.Equal(t, incident.Triggered, s.in.Status)
	require.Contains(t, s.last().Text, "the state of the service is unknown")
	require.Equal(t, 7, s.in.Rollback.Build)
	require.NotEmpty(t, s.in.Rollback.URL)
}

func TestARollbackThatWasNeverBuiltIsOfferedAgain(t *testing.T) {
	s := given(t, running)

	s.happens(s.told(incident.PhaseFailed, 0, "the build was cancelled in Jenkins' queue"))

	require.Equal(t, incident.RollbackFailed, s.in.Rollback.State)
	require.Empty(t, s.in.Tried)
	require.Equal(t, "r2", s.in.Offer().Release)
}

func TestAFailedRollbackPagesAlthoughItsAlertsHaveResolved(t *testing.T) {
	s := given(t, building)
	s.happens(stops(ratio(noon), s.now), s.told(incident.PhaseFailed, 7, "build 7 ended FAILURE"))
	require.Equal(t, incident.Triggered, s.in.Status, "nobody knows what is in service")
	require.True(t, s.in.Paging())
}

func TestARollbackStoppedBeforeItsBuildResolvesWhenNothingFires(t *testing.T) {
	s := given(t, running)
	s.happens(stops(ratio(noon), s.now), s.told(incident.PhaseAborted, 0, ""))
	require.Equal(t, incident.Resolved, s.in.Status)
	require.Equal(t, incident.RollbackAborted, s.in.Rollback.State)

	s = given(t, building)
	s.happens(stops(ratio(noon), s.now), s.told(incident.PhaseAborted, 7, ""))
	require.Equal(t, incident.Acknowledged, s.in.Status, "the service may be half-way between two releases")
}

func TestTheNewsOfEveryPhaseHasItsEvent(t *testing.T) {
	kinds := map[incident.Phase]incident.Kind{
		incident.PhaseJoined: incident.RollbackJoined, incident.PhaseQueued: incident.RollbackQueued,
		incident.PhaseLost: incident.BuildLost, incident.PhaseBuilding: incident.BuildStarted,
		incident.PhaseSucceeded: incident.RolledBack, incident.PhaseAborted: incident.RollbackStopped,
		incident.PhaseFailed: incident.RollbackBroke, "unheard-of": incident.RollbackBroke,
	}
	for phase, kind := range kinds {
		require.Equal(t, kind, phase.Kind(), "%s", phase)
	}
}

func TestWhatComesFirstIsDue(t *testing.T) {
	s := given(t, acknowledged)
	s.happens(by("sre-1", incident.RollbackAsked))
	s.happens(by("sre-1", incident.Snoozed, lasting("10m")))
	wait, kind := s.due()
	require.Equal(t, incident.SnoozeEnded, kind)
	require.Equal(t, 10*time.Minute, wait)
	s.after(wait).happens(incident.Event{Kind: kind})
	wait, kind = s.due()
	require.Equal(t, incident.RollbackBroke, kind)
	require.Equal(t, 35*time.Minute, wait)

	_, kind = given(t, triggered).due()
	require.Empty(t, kind)
}
