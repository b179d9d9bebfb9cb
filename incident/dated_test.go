package incident_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
)

// undated is what a monitor that tells no starts says of one alert.
func undated(fingerprint string, firing bool) incident.Event {
	return incident.Event{Kind: incident.Delivered, Delivery: incident.Delivery{Alerts: []incident.Alert{
		{Fingerprint: fingerprint, Firing: firing, Severity: incident.SEV2, Name: "Disk", Summary: "Disk is full"},
	}}}
}

func known(t require.TestingT, s *story, fingerprint string) incident.Alert {
	i := slices.IndexFunc(s.in.Alerts, func(a incident.Alert) bool { return a.Fingerprint == fingerprint })
	require.GreaterOrEqual(t, i, 0)
	return s.in.Alerts[i]
}

func TestAnAlertWithoutAStartBeginsWhenItArrivesAndJoinsWhileItFires(t *testing.T) {
	s := given(t, triggered).happens(undated("d1", true))
	began := s.now
	require.Equal(t, began, known(t, s, "d1").StartsAt)

	s.after(time.Hour).ignores(undated("d1", true))
	require.Equal(t, began, known(t, s, "d1").StartsAt)
}

func TestAnAlertWithoutAStartResolvesAndIsNewsAfterwards(t *testing.T) {
	s := given(t, triggered).happens(undated("d1", true), undated("d1", false))
	require.False(t, known(t, s, "d1").Firing)
	s.ignores(undated("d1", false))

	from := len(s.in.Timeline)
	s.happens(undated("d1", true))
	require.Equal(t, []string{"AlertFired: Alert fires: Disk is full"}, s.said(from))
	require.True(t, known(t, s, "d1").Firing)
}

func TestAnAlertWithoutAStartReopensAnIncidentThatAPersonResolvedWhileItFired(t *testing.T) {
	s := given(t, triggered).happens(undated("d1", true), by("sre-1", incident.WasResolved))
	require.Equal(t, incident.Resolved, s.in.Status)

	s.after(time.Minute).happens(undated("d1", true))
	require.Equal(t, incident.Triggered, s.in.Status)
}

func TestAResolutionWithoutAStartOfAnUnknownAlertIsNothing(t *testing.T) {
	inEach(t, everyState, func(t *testing.T, s *story) { s.ignores(undated("d9", false)) })
}

func TestAnAlertWithoutAStartFiresWhenItsMonitorLastSaidSo(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := given(t, triggered)
		said := map[string]bool{}
		for range rapid.IntRange(1, 30).Draw(r, "calls") {
			s.now = s.now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute}).Draw(r, "later"))
			one, firing := rapid.SampledFrom([]string{"d1", "d2"}).Draw(r, "alert"), rapid.Bool().Draw(r, "firing")
			require.NoError(r, s.apply(undated(one, firing)))
			if _, heard := said[one]; heard || firing {
				said[one] = firing
				require.Equal(r, firing, known(r, s, one).Firing)
			}
			require.True(r, s.in.Open() || !slices.Contains([]bool{said["d1"], said["d2"]}, true))
		}
	})
}

func TestAStartThatIsLongToComeIsNone(t *testing.T) {
	s := opensWith(t, checkout(), ratio(noon.AddDate(0, 0, 1)))
	require.Equal(t, noon, s.in.Alerts[0].StartsAt, "it fires now")

	over := ratio(noon)
	over.Firing, over.EndsAt = false, noon.Add(time.Minute)
	s.after(time.Minute).happens(delivers(over))
	require.Equal(t, incident.Resolved, s.in.Status)

	s.after(time.Minute).happens(delivers(ratio(s.now)))
	require.Equal(t, incident.Triggered, s.in.Status, "the clock was put right: it fires anew")
}

func TestAClockThatIsALittleAheadIsBelieved(t *testing.T) {
	s := opensWith(t, checkout(), ratio(noon.Add(10*time.Minute)))
	require.Equal(t, noon.Add(10*time.Minute), s.in.Alerts[0].StartsAt)
}
