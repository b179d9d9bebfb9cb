package workflows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
	"github.com/seed-44180607/lastgood/signals"
)

func TestAnEscalationWhileSlackIsAwayReachesTheNextStepAfterTheOutage(t *testing.T) {
	s := tell(t)
	s.world.Slack.Down(fails, 3*minute, 4*minute+15*second)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.Acknowledge, "sre-1")
	s.Decide(3*minute, signals.Escalate, "sre-1", func(d *incident.Decision) { d.Reply = nil })
	s.Clears(2*hour, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "4m17.5s step 2 to U0SRE2")
	s.ExpectTold("3m40s Nobody could be reached in round 1; it is climbed again every 30s", "4m17.5s Paged sre-2 by slack")
	s.ExpectWhispers("2m0s sre-1: Acknowledged by sre-1.")
	require.Equal(t, "sre-1", s.Incident.AcknowledgedBy, "the acknowledgement is kept")
	s.ExpectResolved(2*hour, 2*hour+5*minute)
	s.ExpectNoTimerLeft()
}

func TestAnEscalationWhosePageIsRefusedGoesOnToTheNextStep(t *testing.T) {
	s := tell(t)
	s.world.deaf["U0SRE2"] = true
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.Acknowledge, "sre-1")
	s.Decide(3*minute, signals.Escalate, "sre-1")
	s.Clears(2*hour, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "3m0s step 3 to C0LEADS")
	s.ExpectWhispers("2m0s sre-1: Acknowledged by sre-1.", "3m0s sre-1: Escalated to step 2 by sre-1.")
	s.ExpectTold("3m0s Could not page sre-2 by slack: slack: post to U0SRE2: 404 Not Found (channel_not_found)")
	require.Equal(t, "sre-1", s.Incident.AcknowledgedBy, "the acknowledgement is kept")
	s.ExpectResolved(2*hour, 2*hour+5*minute)
	s.ExpectNoTimerLeft()
}

func TestAnAbortWhileJenkinsIsAwayOrdersNothingAfterwards(t *testing.T) {
	s := rollsBack(t)
	s.world.Jenkins.Down(fails, 2*minute, 20*minute)
	s.Decide(3*minute, signals.AbortRollback, "sre-2")
	s.Clears(40*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders()
	s.ExpectWhispers(rolledBack, "3m0s sre-2: sre-2 asks to stop the rollback.")
	require.Equal(t, incident.RollbackAborted, s.Incident.Rollback.State)
	require.Contains(t, strings.Join(s.timeline(), "\n"), "The rollback was stopped: whether Jenkins has the order is unknown")
	s.ExpectResolved(40*minute, 45*minute)
	s.ExpectNoTimerLeft()
}

func TestAnOrderWhoseOutcomeIsUnknownIsLookedForAndFollowed(t *testing.T) {
	for name, jenkins := range map[string]func(*vendor){
		"away for long": func(v *vendor) {
			v.DownFor("order", loses, 2*minute, 3*hour)
			v.DownFor("look for", fails, 2*minute, 20*minute)
		},
		"refusing to say, once": func(v *vendor) {
			v.DownFor("order", loses, 2*minute, 3*hour)
			v.DownFor("look for", refuses, 2*minute, 2*minute+1200*millisecond)
			v.Slow(600*millisecond, 2*minute+100*millisecond, 3*minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := rollsBack(t)
			jenkins(s.world.Jenkins)
			s.Clears(30*minute, "5xx")
			s.Opening.Service.VerifyWithin = hour
			s.Run()

			s.ExpectPages("0s step 1 to U0SRE1")
			require.Len(t, s.orders(), 1, "it is found, not given again")
			s.ExpectOrders(s.orders()...)
			s.ExpectWhispers(rolledBack)
			s.ExpectNeverTold("failed")
			require.Equal(t, "v41", s.Incident.Restored)
			s.ExpectResolved(30*minute, 35*minute)
			s.ExpectNoTimerLeft()
		})
	}
}

func TestAnOrderThatCannotBeLookedForIsToldAsUnknown(t *testing.T) {
	s := rollsBack(t)
	s.world.Jenkins.DownFor("order", loses, 2*minute, 3*hour)
	s.world.Jenkins.DownFor("look for", refuses, 2*minute, 3*hour)
	s.Clears(6*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0.5s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(rolledBack)
	require.Contains(t, s.Incident.Rollback.Reason, "whether Jenkins has it is unknown")
}

func TestCancellingTheRollbackWorkflowDoesNotStopTheBuild(t *testing.T) {
	s := tell(t)
	plan := s.Opening.Service.Rollback
	s.At(20*second, s.env.CancelWorkflow)
	s.env.ExecuteWorkflow(signals.RollbackType, signals.Rollback{
		Service: "checkout", Timeout: plan.Timeout, By: "sre-1",
		Order: release.Order{
			Job: plan.Job, Release: "v41", ReleaseParameter: plan.ReleaseParameter,
			Key: incidentID + "/1", IncidentParameter: plan.IncidentParameter, Parameters: plan.Parameters,
		},
	})

	require.NoError(t, s.env.GetWorkflowError())
	s.ExpectOrders("0s v41, attempt 1")
	require.Equal(t, 61*second, s.world.line.orders[0].ended, "it is followed to its end")
	require.Equal(t, "v41", s.world.line.history[0].Release)
	require.Equal(t, release.Success, s.world.line.history[0].Result)
	s.nothingElse()
}

func TestABuildThatIsLostForEverEndsAsFailedAtTheDeadline(t *testing.T) {
	s := rollsBack(t)
	for range 3 {
		s.Builds(build{Queued: 10 * minute, Lost: true})
	}
	s.Clears(34*minute, "5xx")
	s.Run()

	s.ExpectOrders(s.orders()...)
	s.ExpectWhispers(rolledBack)
	s.ExpectPages(s.pages()...)
	require.Len(t, s.pages(), 2, "a failed rollback pages again")
	require.Equal(t, incident.RollbackFailed, s.Incident.Rollback.State)
	require.WithinDuration(t, noon.Add(32*minute), s.Incident.Rollback.Ended, 2*time.Second)
	require.Contains(t, s.Incident.Rollback.Reason, "within 30m")
}

func TestANoteInTheLastMomentIsRecordedAlthoughJiraIsAway(t *testing.T) {
	for name, at := range map[string]time.Duration{
		"while the last words are said":  9*minute + 59*second,
		"as they are given up":           10 * minute,
		"while the record is being left": 10*minute + 500*millisecond,
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t)
			s.world.Jira.Down(hangs, minute, 3*hour)
			s.Fires(0, "5xx")
			s.Clears(3*minute, "5xx")
			s.Decide(at, signals.AddNote, "sre-2", because("one more thing"))
			s.Run()

			s.ExpectPages("0s step 1 to U0SRE1")
			s.ExpectWhispers(fmt.Sprintf("%s sre-2: sre-2: one more thing.", at))
			s.ExpectTold("8m0s Closed: open for 8 min, resolved", fmt.Sprintf("%s sre-2: one more thing", at))
			s.ExpectResolved(3*minute, 8*minute)
			s.ExpectWholeTicket()
		})
	}
}

func TestADeliveryOfManyAlertsMakesFewLinesAndOnePage(t *testing.T) {
	s := tell(t)
	names := make([]string, 300)
	for i := range names {
		names[i] = fmt.Sprintf("alert-%d", i)
	}
	s.Fires(0, names...)
	s.Clears(2*minute, names...)
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	require.Less(t, len(s.Incident.Timeline), 40, "the timeline:\n%s", strings.Join(s.timeline(), "\n"))
	require.Len(t, s.Incident.Alerts, 300, "each is known all the same")
	s.ExpectResolved(2*minute, 7*minute)
	s.ExpectWholeRecord()
}

func TestANoticeThatSlackRefusesDoesNotHoldUpLaterOnes(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.Default.AckTimeout = 10 * minute
	s.world.Slack.DownFor("post to C0CHECKOUT", refuses, 90*minute, 90*minute+millisecond)
	s.Fires(0, "5xx")
	s.Decide(95*minute, signals.Acknowledge, "sre-1")
	s.Clears(200*minute, "5xx")
	s.Run()

	s.ExpectPages(s.pages()...)
	s.ExpectWhispers("1h35m0s sre-1: Acknowledged by sre-1.")
	require.Len(t, s.notices(), 1, "the first is refused, the second is said")
	require.True(t, strings.HasPrefix(s.notices()[0], "3h15m0s Nobody has answered INC"), s.notices()[0])
	s.ExpectNotices(s.notices()...)
	s.ExpectResolved(200*minute, 205*minute)
	s.ExpectWholeRecord()
}
