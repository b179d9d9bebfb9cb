package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
)

// worst is an alert of SEV1 beside that of the stories.
func worst(at time.Time) incident.Alert {
	a := ratio(at)
	a.Fingerprint, a.Severity, a.Summary = "worst", incident.SEV1, "Nobody can pay"
	return a
}

// over is an alert that has resolved.
func over(a incident.Alert) incident.Alert {
	a.Firing = false
	return a
}

// climbed is an acknowledged incident of SEV2 that a worse alert has raised: its
// policy is climbed.
func climbed(t *testing.T) *story {
	t.Helper()
	s := given(t, acknowledged)
	return s.happens(delivers(worst(s.now))).reaches("lead")
}

func TestTheSeverityIsThatOfTheWorstAlertThatFires(t *testing.T) {
	s := climbed(t)
	require.Equal(t, incident.SEV1, s.in.Severity)
	place := s.in.Climb

	s.happens(delivers(over(worst(s.now))))

	require.Equal(t, incident.SEV2, s.in.Severity)
	require.Equal(t, "Severity lowered from SEV1 to SEV2: nothing worse fires", s.last().Text)
	require.Equal(t, place, s.in.Climb, "the climb keeps its place")
}

func TestAWorstAlertThatComesAndGoesPagesOnce(t *testing.T) {
	s := climbed(t)
	lap := s.in.Climb.Lap
	for range 5 {
		s.happens(delivers(over(worst(s.now)))).after(time.Minute).happens(delivers(worst(s.now)))
		require.Equal(t, incident.SEV1, s.in.Severity)
		require.Equal(t, lap, s.in.Climb.Lap)
		require.False(t, s.in.Climb.Pending)
	}
}

func TestWhoTookALesserSeverityIsPagedForAWorseOne(t *testing.T) {
	for name, decision := range map[string]func(*story){
		"acknowledged": func(s *story) { s.happens(by("sre-1", incident.WasAcknowledged)) },
		"snoozed":      func(s *story) { s.happens(by("sre-1", incident.Snoozed, lasting("1h"))) },
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, triggered)
			s.happens(delivers(worst(s.now)), delivers(over(worst(s.now))))
			decision(s)
			s.after(time.Minute).happens(delivers(worst(s.now)))
			require.True(t, s.in.Climb.Pending)
			require.Zero(t, s.in.SnoozedUntil)
		})
	}
}

func TestASeverityIsNotLoweredOnTheWayToAllQuiet(t *testing.T) {
	s := climbed(t)
	from := len(s.in.Timeline)
	s.happens(delivers(over(worst(s.now)), over(ratio(noon))))
	require.Equal(t, incident.SEV1, s.in.Severity, "as it is recorded")
	require.Equal(t, incident.Resolved, s.in.Status)
	require.NotContains(t, s.said(from), "Severity lowered")
}

func TestASeveritySetByAPersonIsNotLoweredByAlerts(t *testing.T) {
	s := climbed(t)
	s.happens(by("sre-1", incident.SeverityChanged, severity(incident.SEV3)))
	s.happens(by("sre-1", incident.SeverityChanged, severity(incident.SEV1)), delivers(over(worst(s.now))))
	require.Equal(t, incident.SEV1, s.in.Severity)
}

func TestAReopenedIncidentIsAsSevereAsWhatFiresThen(t *testing.T) {
	s := climbed(t)
	s.happens(delivers(over(worst(s.now)), over(ratio(noon)))).after(time.Minute)
	from := len(s.in.Timeline)

	s.happens(delivers(ratio(s.now)))

	require.Equal(t, []string{
		"AlertFired: Alert fires: 12 % of requests fail",
		"SeverityChanged: Severity lowered from SEV1 to SEV2: nothing worse fires",
		"Reopened: Reopened: an alert fires again",
	}, s.said(from))
	require.True(t, s.in.Climb.Pending)

	s.happens(delivers(worst(s.now)))
	require.Equal(t, incident.SEV1, s.in.Severity)
	require.True(t, s.in.Climb.Pending)
}

func TestAReopenedIncidentIsNotLoweredForTheFirstAlertOfSeveral(t *testing.T) {
	s := climbed(t)
	s.happens(delivers(over(worst(s.now)), over(ratio(noon)))).after(time.Minute)
	from := len(s.in.Timeline)
	s.happens(delivers(ratio(s.now), worst(s.now)))
	require.Equal(t, incident.SEV1, s.in.Severity)
	require.Equal(t, []string{
		"AlertFired: Alert fires: 12 % of requests fail", "Reopened: Reopened: an alert fires again", "AlertFired: Alert fires: Nobody can pay",
	}, s.said(from))
}

func TestTheSeverityIsAlwaysThatOfTheWorstWhateverIsDelivered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := incident.Incident{ID: "INC-261123-ABCDEF", Service: checkout(), Policies: policies(), Severity: incident.SEV2}
		now, fired := noon, false
		in, err := incident.Apply(in, incident.Event{Kind: incident.Opened, At: now})
		require.NoError(t, err)
		for range rapid.IntRange(1, 30).Draw(t, "deliveries") {
			now = now.Add(time.Minute)
			var alerts []incident.Alert
			for _, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"f1", "f2", "f3"}), 1, 3).Draw(t, "names") {
				a := ratio(now)
				a.Fingerprint, a.Firing = name, rapid.Bool().Draw(t, "firing")
				a.Severity = rapid.SampledFrom([]incident.Severity{incident.SEV1, incident.SEV2, incident.SEV3}).Draw(t, "severity")
				alerts = append(alerts, a)
			}
			ev := delivers(alerts...)
			ev.At = now
			in, err = incident.Apply(in, ev)
			require.NoError(t, err)
			if severity := incident.Worst(incident.Delivery{Alerts: in.Alerts}).Severity; in.Open() && severity != "" {
				require.Equal(t, severity, in.Severity)
			}
			fired = fired || ev.Delivery.Firing()
			require.Equal(t, in.Firing() == 0 && fired, !in.Open(), "resolved when all are")
		}
	})
}
