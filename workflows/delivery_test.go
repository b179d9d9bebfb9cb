package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// reachable lets sre-1 be paged by mail as well, two minutes after Slack.
func (s *story) reachable() {
	s.world.Staff.People[0].Contact = []oncall.ContactRule{{Via: oncall.Slack}, {Via: oncall.Email, After: 2 * minute}}
}

func TestEachContactRuleIsFollowedInItsTime(t *testing.T) {
	s := tell(t)
	s.reachable()
	s.Fires(0, "5xx")
	s.Clears(6*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s step 1 to sre-1@example.com", "5m0s step 2 to U0SRE2")
}

func TestAContactRuleThatComesTooLateHoldsUpNobody(t *testing.T) {
	s := tell(t)
	s.world.Staff.People[0].Contact = []oncall.ContactRule{{Via: oncall.Slack}, {Via: oncall.Email, After: 10 * minute}}
	s.Fires(0, "5xx")
	s.Clears(12*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "5m0s step 2 to U0SRE2")
	s.ExpectNoTimerLeft()
}

func TestAPageThatIsRefusedGoesByTheNextMethodNow(t *testing.T) {
	s := tell(t)
	s.reachable()
	s.world.deaf["U0SRE1"] = true
	s.Fires(0, "5xx")
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to sre-1@example.com")
	s.ExpectTold("0s Could not page sre-1 by slack: slack: post to U0SRE1: 404 Not Found (channel_not_found)")
}

func TestAStepThatReachesNobodyIsPassedNow(t *testing.T) {
	s := tell(t)
	s.world.deaf["U0SRE1"] = true
	s.Fires(0, "5xx")
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 2 to U0SRE2")
}

func TestAPageThatIsStuckGoesByTheNextMethodAsWell(t *testing.T) {
	s := tell(t)
	s.reachable()
	s.world.Slack.Down(hangs, 0, 3*minute)
	s.Fires(0, "5xx")
	s.Clears(6*minute, "5xx")
	s.Run()

	s.ExpectPages(
		"20s step 1 to sre-1@example.com",
		"3m0s step 1 to U0SRE1",
		"5m20s step 2 to U0SRE2",
	)
}

func TestAPageWhoseAnswerIsLostIsNotSentTwice(t *testing.T) {
	s := tell(t)
	s.world.Slack.Down(loses, 0, 100*time.Millisecond)
	s.Fires(0, "5xx")
	s.Clears(2*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectTold("500ms Paged sre-1 by slack")
	s.ExpectWholeRecord()
}

func TestAPageWhoseAnswerIsLostIsFoundWhenItsRoundIsClimbedAgain(t *testing.T) {
	s := tell(t)
	s.world.Slack.Down(loses, 0, millisecond)
	s.world.Slack.Down(fails, millisecond, 92*second)
	s.Fires(0, "5xx")
	s.Clears(8*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "6m33.5s step 2 to U0SRE2")
	s.ExpectTold("1m33.5s Paged sre-1 by slack")
}

func TestOneWhoCannotBeReachedDoesNotKeepTheirTurn(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.Default.Steps = []oncall.Step{{
		Page: []oncall.Target{{Person: "sre-1"}, {Person: "sre-2"}}, AckWithin: 5 * minute, RoundRobin: true,
	}}
	s.world.deaf["U0SRE1"] = true
	s.Fires(0, "5xx")
	s.Clears(2*minute, "5xx")
	s.Run()

	s.ExpectPages("30s step 1 to U0SRE2")
	s.ExpectTold("0s Nobody could be reached in round 1; it is climbed again every 30s", "30s Paged sre-2 by slack")
}

func TestWithSlackDownForAnHourTheLadderIsNotBurnt(t *testing.T) {
	const outage = hour + 7*second // The 40th rest has just ended: step 1 is paged.
	for name, how := range map[string]fault{"answering 503": fails, "never answering": hangs} {
		t.Run(name, func(t *testing.T) {
			s := tell(t)
			s.world.Slack.Down(how, 0, outage)
			s.Fires(0, "5xx")
			s.Clears(4*hour, "5xx")
			s.Run()

			pages := s.pages()
			s.ExpectPages(pages...)
			require.NotEmpty(t, pages, "nobody was paged after the outage")
			first, err := time.ParseDuration(strings.Fields(pages[0])[0])
			require.NoError(t, err)
			require.GreaterOrEqual(t, first, outage)
			require.LessOrEqual(t, first, outage+5*second, "somebody is paged soon after the outage")
			s.ExpectTold("1m0s Nobody could be reached in round 1; it is climbed again every 30s")
			s.expectRoundsFrom(first, pages)
			s.ExpectNotices(s.notices()...)
			require.Len(t, s.notices(), 1, "the ladder is exhausted once, after the outage")
			s.ExpectWholeRecord()
		})
	}
}

// expectRoundsFrom says that what follows the first page is the rest of the first
// round and two more, each step with its whole time.
func (s *story) expectRoundsFrom(at time.Duration, pages []string) {
	s.t.Helper()
	within := map[string]time.Duration{"1": 5 * minute, "2": 10 * minute, "3": 15 * minute}
	to := map[string]string{"1": "U0SRE1", "2": "U0SRE2", "3": "C0LEADS"}
	step := strings.Fields(pages[0])[2]
	var want []string
	for round := 1; round <= 3; {
		want = append(want, at.String()+" step "+step+" to "+to[step])
		at += within[step]
		if step = string(step[0] + 1); step == "4" {
			step, round = "1", round+1
		}
	}
	require.Equal(s.t, want, pages[:len(want)])
	s.ExpectTold(at.String() + " Exhausted: nobody answered in 3 rounds; step 3 is paged again every 30m0s")
}

func TestAckWithinCountsFromTheDelivery(t *testing.T) {
	s := tell(t)
	s.world.Slack.Down(fails, 0, 12*second)
	s.Fires(0, "5xx")
	s.Clears(10*minute, "5xx")
	s.Run()

	// Attempts at 0, 0.5, 1.5, 3.5, 7.5 and 12.5 s.
	s.ExpectPages("12.5s step 1 to U0SRE1", "5m12.5s step 2 to U0SRE2")
}

func TestAnAcknowledgementStopsThePagesOfItsStep(t *testing.T) {
	s := tell(t)
	s.reachable()
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-1")
	s.Clears(10*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers("1m0s sre-1: Acknowledged by sre-1.")
	s.ExpectNoTimerLeft()
}

func TestAnAcknowledgementStopsEverythingStillToComeForEveryone(t *testing.T) {
	s := tell(t)
	s.reachable()
	s.world.Staff.People[1].Contact = []oncall.ContactRule{{Via: oncall.Slack, After: 30 * second}, {Via: oncall.Slack, After: 3 * minute}}
	s.Opening.Policies.Default.Steps[0].Page = []oncall.Target{{Person: "sre-1"}, {Person: "sre-2"}, {Person: "sre-3"}}
	s.world.Staff.People[2].Contact = []oncall.ContactRule{{Via: oncall.Slack, After: 61 * second}}
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-2")
	s.Clears(hour, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "30s step 1 to U0SRE2")
	s.ExpectWhispers("1m0s sre-2: Acknowledged by sre-2.")
	s.ExpectNoTimerLeft()
}

func TestAPageThatSlackHoldsUpLeavesWhenItIsAllowed(t *testing.T) {
	s := tell(t)
	s.world.Slack.Down(limits, 0, 10*second)
	s.Fires(0, "5xx")
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("10s step 1 to U0SRE1")
	s.ExpectWholeRecord()
}

func TestAPageThatSlackHoldsUpIsTakenAwayByAnAcknowledgement(t *testing.T) {
	s := tell(t)
	s.world.Slack.Down(limits, 0, 10*second)
	s.Fires(0, "5xx")
	s.Decide(9*second, signals.Acknowledge, "sre-2")
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages()
	s.ExpectWhispers("10s sre-2: Acknowledged by sre-2.")
	s.ExpectNeverTold("Paged", "Could not page")
	s.ExpectNoTimerLeft()
}

func TestWhenTheRosterCannotBeReadTheStepIsPassed(t *testing.T) {
	s := tell(t)
	s.world.People.Down(fails, 0, 10*second)
	s.Fires(0, "5xx")
	s.Clears(4*minute, "5xx")
	s.Run()

	require.Len(t, s.pages(), 1)
	s.ExpectPages("12.5s step 1 to U0SRE1")
}
