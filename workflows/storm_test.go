package workflows_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// counts the activities that are started from now on, by name.
func (s *story) counts() map[string]int {
	started := map[string]int{}
	s.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		started[info.ActivityType.Name]++
	})
	return started
}

// inThread says whether an entry stands in the thread.
func (s *story) inThread(text string) bool {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return slices.ContainsFunc(s.world.messages, func(m *message) bool {
		return slices.ContainsFunc(m.said.Entries, func(e incident.Entry) bool { return e.Text == text })
	})
}

// Flaps lets one alert come and another go, again and again, as one delivery each time.
func (s *story) Flaps(from, every time.Duration, times int) {
	for i := range times {
		at := from + time.Duration(i)*every
		change := s.firing(at, incident.SEV2, fmt.Sprint("pod ", i))
		if i > 0 {
			change = append(change, s.resolved(at, fmt.Sprint("pod ", i-1))...)
		}
		s.Alert(at, change...)
	}
}

func TestAGroupThatChangesFiveHundredTimesIsShownNowAndThen(t *testing.T) {
	const changes, every = 500, 7200 * millisecond
	s := tell(t)
	started := s.counts()
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-1")
	s.Flaps(2*minute, every, changes)
	s.Clears(65*minute, fmt.Sprint("pod ", changes-1), "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers("1m0s sre-1: Acknowledged by sre-1.")
	s.ExpectResolved(65*minute, 70*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
	for _, name := range []string{activities.ShowCardName, activities.SayName, activities.RefreshPageName, activities.WriteTicketName} {
		require.Less(t, started[name], 170, "%s is spared in a storm", name)
	}
	for _, name := range []string{activities.ShowCardName, activities.SayName, activities.WriteTicketName} {
		require.Greater(t, started[name], 100, "%s is not forgotten", name)
	}
}

func TestInAStormADecisionIsShownAtOnce(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Flaps(minute, 5*second, 120)
	s.Decide(10*minute+2*second, signals.Acknowledge, "sre-1")
	s.At(10*minute+4*second, func() {
		require.Equal(t, incident.Acknowledged, s.card().Status)
		require.True(t, s.inThread("Acknowledged by sre-1"))
	})
	s.Clears(20*minute, "pod 119", "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "5m0s step 2 to U0SRE2")
	s.ExpectWhispers("10m2s sre-1: Acknowledged by sre-1.")
	s.ExpectResolved(20*minute, 25*minute)
	s.ExpectWholeRecord()
}

// A storm goes on while the run waits for what is under way: the new run begins all the
// same, within the two minutes that a vendor may take, and knows of every alert.
func TestAStormDoesNotHoldUpANewRun(t *testing.T) {
	for name, how := range map[string]fault{"all is well": slow, "Jira never answers": hangs} {
		t.Run(name, func(t *testing.T) {
			const full = 4 * minute
			s := tell(t)
			s.world.Jira.Down(how, 3*minute, hour)
			s.world.Slack.Slow(second, minute, hour)
			s.Fires(0, "5xx")
			for at := second; at < 15*minute; at += second {
				s.Fires(at, fmt.Sprint("pod ", at))
			}
			s.At(full-millisecond, func() { s.env.SetCurrentHistoryLength(3000) })
			s.Continue()
			began := s.env.Now().Sub(noon)
			require.Less(t, began, full+2*minute+10*second)
			require.Equal(t, 1+int(began/second), s.Opening.Resumed.Firing(), "the alerts until then")

			s.Decide(8*minute, signals.Acknowledge, "sre-1")
			s.At(hour, func() {
				var gone []incident.Alert
				for _, a := range s.State().Alerts {
					a.Firing = false
					gone = append(gone, a)
				}
				s.env.SignalWorkflow(signals.Alert, incident.Delivery{Group: "group", Alerts: gone})
			})
			s.Run()
			s.ExpectPages(s.pages()...)
			s.ExpectWhispers(s.world.whispers...)
			s.ExpectResolved(hour, hour+5*minute)
			s.ExpectWholeRecord()
		})
	}
}

// Temporal takes so many signals in a run and no more, decisions neither: a flood is not to
// come so far while Slack and Jira let each of their two minutes pass.
func TestAFloodWaitsForNothingThatIsOnlyShown(t *testing.T) {
	const tooLong = 5 * minute
	s := tell(t)
	s.world.Jira.Down(hangs, 4*minute, 10*minute)
	s.world.Slack.Down(hangs, 4*minute, 10*minute)
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-1")
	for at := 2 * minute; at < 15*minute; at += second {
		s.Fires(at, fmt.Sprint("pod ", at))
	}
	s.At(tooLong-30*second-millisecond, func() { s.env.SetCurrentHistoryLength(3000) })
	s.At(tooLong-millisecond, func() { s.env.SetCurrentHistoryLength(6000) })
	s.Continue()
	began := s.env.Now().Sub(noon)
	require.Greater(t, began, tooLong-2*second, "until then it waits")
	require.Less(t, began, tooLong+2*second)
	require.Equal(t, 1+int((began-2*minute)/second)+1, s.Opening.Resumed.Firing(), "the alerts until then")

	s.At(hour, func() {
		var gone []incident.Alert
		for _, a := range s.State().Alerts {
			a.Firing = false
			gone = append(gone, a)
		}
		s.env.SignalWorkflow(signals.Alert, incident.Delivery{Group: "group", Alerts: gone})
	})
	s.Run()
	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers("1m0s sre-1: Acknowledged by sre-1.")
	s.ExpectResolved(hour, hour+5*minute)
	s.ExpectWholeRecord()
}

func TestWhatIsDueOutlivesANewRunInAStorm(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.Default.AckTimeout = 30 * minute
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-1")
	s.Flaps(2*minute, 5*second, 100)
	s.At(5*minute, func() { s.env.SetCurrentHistoryLength(3000) })
	s.Continue()
	require.Equal(t, noon.Add(31*minute), s.Opening.Resumed.AckDue)

	s.Flaps(15*minute, 5*second, 300)
	s.Clears(45*minute, "pod 299", "5xx")
	s.Run()
	s.ExpectPages("0s step 1 to U0SRE1", "31m0s step 1 to U0SRE1", "36m0s step 2 to U0SRE2")
	s.ExpectWhispers("1m0s sre-1: Acknowledged by sre-1.")
}
