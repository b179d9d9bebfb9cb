package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// looksBack begins a story whose group had an incident three days ago.
func looksBack(t *testing.T) *story {
	s := tell(t)
	s.Opening.LookBack = true
	s.world.Ended = incident.Before{ID: "INC-260103-FIRST2", Run: "old", ResolvedAt: noon.Add(-3 * day), Restored: "v40"}
	return s
}

const lastTime = "Last time: INC-260103-FIRST2 was resolved 3 days before, rolled back to v40"

func TestANewIncidentSaysWhatCameBefore(t *testing.T) {
	s := looksBack(t)
	s.Fires(0, "5xx")
	s.At(minute, func() {
		require.Contains(t, s.card().Notes, lastTime)
		require.Contains(t, s.card().Links, incident.Link{
			Text: "INC-260103-FIRST2", URL: signals.HistoryURL("http://temporal.test", "default-test-namespace", incidentWorkflow, "old"),
		})
	})
	s.Clears(3*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectTold("0s " + lastTime)
	s.ExpectResolved(3*minute, 8*minute)
	s.ExpectWholeRecord()
	require.Equal(t, signals.BackgroundTaskQueue, s.seen.activities[activities.LookBackName].TaskQueue)
}

func TestAPageDoesNotWaitForWhatCameBefore(t *testing.T) {
	s := looksBack(t)
	s.world.Past.Slow(9*second, 0, hour)
	s.world.Slack.Slow(3*second, 0, minute)
	s.Fires(0, "5xx")
	s.Clears(3*minute, "5xx")
	s.Run()

	s.ExpectPages("3s step 1 to U0SRE1")
	s.ExpectTold("12s " + lastTime)
	s.ExpectResolved(3*minute, 8*minute)
}

func TestNothingIsSaidWhenWhatCameBeforeCannotBeFoundOut(t *testing.T) {
	s := looksBack(t)
	s.world.Past.Down(fails, 0, hour)
	s.Fires(0, "5xx")
	s.Clears(3*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	require.Zero(t, s.Incident.Before)
	require.False(t, s.Incident.LookBack, "it is not tried for ever")
	s.ExpectResolved(3*minute, 8*minute)
	s.ExpectWholeRecord()
}
