package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

func TestNobodyAnswersAndEveryStepIsPagedInThreeRounds(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Clears(170*minute, "5xx")
	s.Run()

	s.ExpectPages(
		"0s step 1 to U0SRE1", "5m0s step 2 to U0SRE2", "15m0s step 3 to C0LEADS",
		"30m0s step 1 to U0SRE1", "35m0s step 2 to U0SRE2", "45m0s step 3 to C0LEADS",
		"1h0m0s step 1 to U0SRE1", "1h5m0s step 2 to U0SRE2", "1h15m0s step 3 to C0LEADS",
		"2h0m0s step 3 to C0LEADS", "2h30m0s step 3 to C0LEADS",
	)
	s.ExpectNotices("1h30m0s Nobody has answered INC (checkout, SEV2): 5xx. Every step of the escalation policy was paged. Please take it. (loud)")
	s.ExpectTold(
		"0s Opened for checkout as SEV2",
		"5m0s Nobody answered step 1 of round 1",
		"1h30m0s Exhausted: nobody answered in 3 rounds; step 3 is paged again every 30m0s",
	)
	s.ExpectResolved(170*minute, 175*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestAnAcknowledgementAtStepTwoStopsTheClimb(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(7*minute, signals.Acknowledge, "sre-2")
	s.Clears(hour, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "5m0s step 2 to U0SRE2")
	require.Contains(t, s.seen.cancelled, "climb on from step 2 unless acknowledged")
	s.ExpectWhispers("7m0s sre-2: Acknowledged by sre-2.")
	s.ExpectResolved(hour, 65*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestAnAlertThatResolvesBeforeTheFirstPagePagesNobody(t *testing.T) {
	s := tell(t)
	s.world.Jenkins.Slow(10*second, 0, hour)
	s.Fires(0, "5xx")
	s.Clears(2*second, "5xx")
	s.Run()

	s.ExpectResolved(2*second, 5*minute+2*second)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestAPageThatIsTriedAgainStopsWhenTheAlertResolves(t *testing.T) {
	s := tell(t)
	s.world.Slack.Down(fails, 0, 9*second)
	s.Fires(0, "5xx")
	s.Clears(7*second, "5xx")
	s.Run()

	s.ExpectResolved(7*second, 5*minute+7*second)
	s.ExpectWholeRecord()
}

func TestAPageDoesNotWaitForSlowFacts(t *testing.T) {
	s := tell(t)
	s.world.Jenkins.Slow(5*second, 0, minute)
	s.Fires(0, "5xx")
	s.At(4*second, func() { require.NotContains(t, s.buttons(), "roll-back v41") })
	s.At(6*second, func() {
		require.Contains(t, s.buttons(), "roll-back v41", "the page gets its button later")
		require.Equal(t, "v42", s.State().Facts.Choice.Suspect.Release)
	})
	s.Clears(minute, "5xx")
	s.Run()

	s.ExpectPages("3s step 1 to U0SRE1")
	s.ExpectTold("3s Paged sre-1 by slack", "5s In service: v42 since 11:51 UTC; last good: v41")
	s.ExpectResolved(minute, 6*minute)
}

func TestFactsThatCannotBeHadDelayNoPageAndComeLater(t *testing.T) {
	s := tell(t)
	s.world.Jenkins.Down(fails, 0, 90*second)
	s.Fires(0, "5xx")
	s.At(80*second, func() { require.NotContains(t, s.buttons(), "roll-back v41") })
	s.At(3*minute, func() { require.Contains(t, s.buttons(), "roll-back v41") })
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("3s step 1 to U0SRE1")
	s.ExpectResolved(4*minute, 9*minute)
	s.ExpectWholeRecord()
}

func TestFactsThatAreRefusedLetThePageGoAtOnce(t *testing.T) {
	s := tell(t)
	s.world.Jenkins.Down(refuses, 0, hour)
	s.Fires(0, "5xx")
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectTold("0s No rollback can be offered: Jenkins could not be read: jenkins: read deploy/checkout: 401 Unauthorized")
	s.ExpectResolved(4*minute, 9*minute)
}

func TestAnIncidentOfAServiceWithoutDeploymentsPagesAtOnce(t *testing.T) {
	s := tell(t)
	s.Opening.Service.Deployments, s.Opening.Service.Rollback = nil, nil
	s.Fires(0, "5xx")
	s.Clears(minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectResolved(minute, 6*minute)
}

// buttons are those of the first page, as it looks now.
func (s *story) buttons() []string {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	var list []string
	for _, m := range s.world.messages {
		if !m.said.Page {
			continue
		}
		for _, b := range m.said.Card.Buttons {
			list = append(list, spelled(b))
		}
		break
	}
	return list
}

func spelled(b incident.Button) string {
	if b.Release == "" {
		return b.Action
	}
	return b.Action + " " + b.Release
}
