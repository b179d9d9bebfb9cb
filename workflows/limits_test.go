package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// The stories here are about limits of Slack that outlast the 20 s after which a page
// counts as stuck, and about outages alike: what is on its way stays there.

// pagesOnly leaves this much of the policy, two rounds of it.
func (s *story) pagesOnly(steps ...oncall.Step) {
	s.Opening.Policies.Default.Steps = steps
	s.Opening.Policies.Default.Repeat = oncall.Repeat{Times: 1, FromStep: 1}
}

func step(within time.Duration, people ...string) oncall.Step {
	one := oncall.Step{AckWithin: within}
	for _, p := range people {
		one.Page = append(one.Page, oncall.Target{Person: p})
	}
	return one
}

// limits lets Slack take no message to an address up to a moment.
func (s *story) limits(address string, until time.Duration) {
	s.world.Slack.DownFor("post to "+address, limits, 0, until)
}

// told counts the lines of the timeline with a text in them.
func (s *story) told(text string) (n int) {
	for _, line := range s.timeline() {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

func TestAPageLeavesWhenSlackAllowsItHoweverLongTheLimitIs(t *testing.T) {
	for _, limit := range []time.Duration{25 * second, 40 * second, 60 * second, 100 * second, 10 * minute} {
		t.Run(limit.String(), func(t *testing.T) {
			s := tell(t)
			s.pagesOnly(step(5*minute, "sre-1"))
			s.limits("U0SRE1", limit)
			s.Fires(0, "5xx")
			s.Clears(limit+7*minute, "5xx")
			s.Run()

			again := limit + 5*minute
			s.ExpectPages(limit.String()+" step 1 to U0SRE1", again.String()+" step 1 to U0SRE1")
			s.ExpectTold(
				"20s Could not page sre-1 by slack for 20s; still trying",
				"20s Nobody could be reached in round 1; it is climbed again every 30s",
				limit.String()+" Paged sre-1 by slack",
				again.String()+" Nobody answered step 1 of round 1",
			)
			require.Equal(t, 1, s.told("Nobody could be reached"))
			require.Equal(t, 2, s.told("Paged"), "each page is told once")
			require.Len(t, s.Incident.Cursors.Pages, 2)
			s.ExpectWholeRecord()
			s.ExpectNoTimerLeft()
		})
	}
}

func TestAPageThatSlackHoldsUpWhileTheClimbRestsIsTakenAwayByADecision(t *testing.T) {
	for signal, more := range map[string]func(*incident.Decision){
		signals.Acknowledge: func(*incident.Decision) {},
		signals.RollBack:    to("v41"),
		signals.Resolve:     because("all is well"),
		signals.Snooze:      func(d *incident.Decision) { d.For = "1h" },
	} {
		t.Run(signal, func(t *testing.T) {
			s := tell(t)
			s.pagesOnly(step(5*minute, "sre-1"))
			s.Builds(build{Takes: 10 * minute})
			s.limits("U0SRE1", 40*second)
			s.Fires(0, "5xx")
			s.Decide(30*second, signal, "sre-2", more, func(d *incident.Decision) { d.Reply = nil })
			s.Clears(12*minute, "5xx")
			s.Run()

			s.ExpectPages()
			s.ExpectOrders(s.orders()...)
			s.ExpectNeverTold("Paged", "Could not page sre-1 by slack: ")
		})
	}
}

func TestAnEscalationWhileTheClimbRestsPagesTheNextStepAndCallsTheOtherPageBack(t *testing.T) {
	s := tell(t)
	s.pagesOnly(step(5*minute, "sre-1"), step(5*minute, "sre-2"), step(5*minute, "sre-3"))
	s.limits("U0SRE", 100*second)
	s.At(61*second, func() { s.world.Slack.outages = nil })
	s.Fires(0, "5xx")
	s.Decide(70*second, signals.Escalate, "sre-3", func(d *incident.Decision) { d.Reply = nil })
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("1m10s step 2 to U0SRE2")
	s.ExpectTold("1m0s Nobody could be reached in round 1; it is climbed again every 30s", "1m10s Escalated to step 2 by sre-3", "1m10s Paged sre-2 by slack")
}

func TestAPageOfTheLastStepThatArrivesWhileTheClimbRestsTakesItBackThere(t *testing.T) {
	s := tell(t)
	s.pagesOnly(step(5*minute, "sre-1"), step(10*minute, "sre-2"))
	s.limits("U0SRE", 50*second)
	s.Fires(0, "5xx")
	s.Clears(11*minute, "5xx")
	s.Run()

	s.ExpectPages("50s step 2 to U0SRE2", "10m50s step 1 to U0SRE1")
	s.ExpectTold("40s Nobody could be reached in round 1; it is climbed again every 30s", "50s Paged sre-2 by slack", "10m50s Nobody answered step 2 of round 1")
	s.ExpectNoTimerLeft()
}

func TestALimitThatOutlastsTheRestHoldsUpTheStepThatIsClimbedThen(t *testing.T) {
	s := tell(t)
	s.pagesOnly(step(5*minute, "sre-1"), step(10*minute, "sre-2"))
	s.limits("U0SRE", 75*second)
	s.Fires(0, "5xx")
	s.Clears(7*minute, "5xx")
	s.Run()

	s.ExpectPages("1m15s step 1 to U0SRE1", "6m15s step 2 to U0SRE2")
	s.ExpectNoTimerLeft()
}

func TestAPageStaysOnItsWayWhileTheNextStepHasNobodyOrWaits(t *testing.T) {
	for name, next := range map[string]oncall.Step{
		"nobody": step(5*minute, "gone"),
		"waits": {
			Page: []oncall.Target{{Person: "sre-2"}}, AckWithin: 5 * minute,
			WaitUntil: &oncall.Window{From: "18:00", To: "20:00", TimeZone: "Europe/London"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t)
			s.pagesOnly(step(5*minute, "sre-1"), next)
			s.limits("U0SRE1", 40*second)
			s.Fires(0, "5xx")
			s.Clears(5*minute, "5xx")
			s.Run()

			s.ExpectPages("40s step 1 to U0SRE1")
			s.ExpectTold("40s Paged sre-1 by slack")
			s.ExpectNoTimerLeft()
		})
	}
}

func TestAPageOfWhoIsNoLongerOnCallIsCalledBackWhenTheRoundIsClimbedAgain(t *testing.T) {
	s := tell(t)
	s.pagesOnly(oncall.Step{Page: []oncall.Target{{Schedule: "checkout-primary"}}, AckWithin: 5 * minute})
	s.limits("U0SRE1", 100*second)
	s.At(30*second, func() { s.world.Staff.Schedules[0].Layers[0].People = []string{"sre-2"} })
	s.Fires(0, "5xx")
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("50s step 1 to U0SRE2")
	s.ExpectNoTimerLeft()
}

func TestAnEscalationIsReachedWhileTheClimbRests(t *testing.T) {
	s := tell(t)
	s.pagesOnly(step(5*minute, "sre-1"), step(5*minute, "sre-2"))
	s.world.Slack.DownFor("post to U0SRE2", limits, 0, 3*minute+40*second)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.Acknowledge, "sre-1")
	s.Decide(3*minute, signals.Escalate, "sre-1")
	s.Clears(hour, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "3m40s step 2 to U0SRE2")
	s.ExpectWhispers("2m0s sre-1: Acknowledged by sre-1.", "3m0s sre-1: Escalated to step 2 by sre-1.")
	require.Equal(t, "sre-1", s.Incident.AcknowledgedBy)
}

func TestAPageThatSlackHoldsUpLeavesInTimeInANewRun(t *testing.T) {
	s := tell(t)
	s.pagesOnly(step(5*minute, "sre-1"))
	s.limits("U0SRE1", 40*second)
	s.Fires(0, "5xx")
	s.Fills(30 * second)
	s.Continue()
	require.True(t, s.Opening.Resumed.Climb.Pending, "the climb rests")
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("40s step 1 to U0SRE1")
	require.Equal(t, 1, s.told("Paged"))
	require.Equal(t, 1, s.told("Nobody could be reached"))
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestAPageThatSlackHoldsUpIsTakenAwayWhileTheNextStepIsLookedUp(t *testing.T) {
	s := tell(t)
	s.pagesOnly(step(5*minute, "sre-1"), step(5*minute, "sre-2"))
	s.limits("U0SRE1", 40*second)
	s.world.People.Down(hangs, 15*second, 10*minute)
	s.Fires(0, "5xx")
	s.Decide(30*second, signals.Acknowledge, "sre-2", func(d *incident.Decision) { d.Reply = nil })
	s.Clears(12*minute, "5xx")
	s.Run()

	s.ExpectPages()
}

func TestThePageOfTheLastStepLeavesWhenSlackAllowsItAlsoWhenTheClimbIsExhausted(t *testing.T) {
	s := tell(t)
	s.pagesOnly(step(5*minute, "sre-1"), step(5*minute, "sre-2"))
	s.Opening.Policies.Default.Repeat = oncall.Repeat{}
	s.limits("U0SRE2", 5*minute+40*second)
	s.Fires(0, "5xx")
	s.Clears(hour, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "5m40s step 2 to U0SRE2", "35m20s step 2 to U0SRE2")
	s.ExpectTold(
		"5m20s Exhausted: nobody answered in 1 rounds; step 2 is paged again every 30m0s",
		"5m40s Paged sre-2 by slack",
		"35m20s Paged sre-2 by slack",
	)
	s.ExpectNotices("5m20s Nobody has answered INC (checkout, SEV2): 5xx. Every step of the escalation policy was paged. Please take it. (loud)")
	s.ExpectNoTimerLeft()
}
