package incident_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
)

// warning is where Temporal begins to warn of a payload, in bytes.
const warning = 512 << 10

// numbered are alerts of one group, from one number to another.
func crowd(from, to int, firing bool) (alerts []incident.Alert) {
	for i := from; i < to; i++ {
		a := ratio(noon.Add(time.Duration(i) * time.Millisecond))
		a.Fingerprint, a.Name, a.Summary, a.Firing = fmt.Sprintf("alert number %d", i), fmt.Sprint("Alert", i), "", firing
		a.Severity = incident.SEV3
		alerts = append(alerts, a)
	}
	return alerts
}

// carry lets the incident go on in a new run.
func (s *story) carry() {
	s.t.Helper()
	text := encode(s.t, s.in)
	s.in = decode(s.t, text)
	require.Equal(s.t, text, encode(s.t, s.in), "what is read is what was written")
}

func TestTenThousandAlertsAreOneIncidentUntilTheLastOfThemResolves(t *testing.T) {
	const all, each = 10_000, 170
	s := begins(t, checkout())
	s.happens(stops(ratio(noon), s.now))
	s.after(time.Minute)
	for from := 0; from < all; from += each {
		s.happens(delivers(crowd(from, min(from+each, all), true)...))
	}
	require.Equal(t, all, s.in.Firing())
	require.Equal(t, incident.Triggered, s.in.Status)
	require.Equal(t, 1, s.count(incident.Reopened))
	require.Less(t, len(encode(t, s.in)), warning)
	s.carry()
	require.Equal(t, all, s.in.Firing())
	require.Less(t, len(encode(t, s.in)), warning)
	card := incident.CardOf(s.in, temporal)
	require.Len(t, card.Alerts, 5)
	require.Equal(t, all-5, card.More)
	require.True(t, strings.HasPrefix(card.Alerts[0], "Alert0"))

	s.ignores(delivers(crowd(9000, all, true)...))
	s.happens(delivers(crowd(1, all, false)...))
	s.carry()
	require.Equal(t, incident.Triggered, s.in.Status, "one of them still fires")
	require.Equal(t, 1, s.in.Firing())
	s.ignores(delivers(crowd(1, all, true)...))
	s.ignores(delivers(crowd(1, all, false)...))

	s.happens(delivers(crowd(0, 1, false)...))
	require.Equal(t, incident.Resolved, s.in.Status)
	s.carry()
	s.ignores(delivers(crowd(0, all, true)...))
}

// What a monitor sends is bounded by the alert, and bodies may come one after the other.
func TestWhateverItsAlertsSayAnIncidentFitsIntoASignal(t *testing.T) {
	const refused = 2 << 20 // Bytes, by Temporal.
	s := begins(t, checkout())
	labels := map[string]string{"a": "first"}
	for i := range 100 {
		labels[fmt.Sprintf("label_%03d", i)] = strings.Repeat("<", 500)
	}
	alerts := crowd(0, 10_000, true)
	for i := range alerts {
		alerts[i].Name, alerts[i].Summary = strings.Repeat("<", 200), strings.Repeat("<", 500)
		alerts[i].Labels, alerts[i].URL = labels, "https://example.com/"+strings.Repeat("x", 1900)
	}
	for one := range slices.Chunk(alerts[:100], 1) {
		s.happens(delivers(one...))
	}
	s.happens(delivers(alerts[100:]...))

	require.Equal(t, "first", s.in.Alerts[1].Labels["a"])
	require.Equal(t, 1+10_000, s.in.Firing())
	require.Less(t, len(encode(t, s.in)), refused)
	s.carry()
}

func TestAnAlertOfTheCrowdThatFiresAgainIsNews(t *testing.T) {
	s := begins(t, checkout())
	s.happens(delivers(crowd(0, 2000, true)...))
	s.happens(delivers(crowd(1000, 2000, false)...))
	s.carry()
	again := crowd(1999, 2000, true)
	again[0].StartsAt, again[0].Severity = noon.Add(time.Hour), incident.SEV1
	firing := s.in.Firing()

	s.after(time.Hour).happens(delivers(again...))

	require.Equal(t, firing+1, s.in.Firing())
	require.Equal(t, incident.SEV1, s.in.Severity)
	require.Contains(t, s.said(0), "AlertFired: Alert fires: Alert1999")
	s.carry()
	s.ignores(delivers(again...))
	again[0].Firing = false
	s.happens(delivers(again...))
	require.Equal(t, firing, s.in.Firing())
	require.Equal(t, incident.SEV2, s.in.Severity)
}

func TestAnAlertOfTheCrowdThatCameAndWentWithinOneDeliveryIsOver(t *testing.T) {
	s := begins(t, checkout())
	s.happens(delivers(crowd(0, 2000, true)...))
	s.carry()
	firing := s.in.Firing()
	again := crowd(1999, 2000, true)[0]
	again.StartsAt = noon.Add(time.Hour)
	over := again
	over.Firing, over.EndsAt = false, again.StartsAt.Add(time.Second)

	s.after(2 * time.Hour).happens(delivers(again, over))

	require.Equal(t, firing-1, s.in.Firing())
	s.ignores(delivers(again))
}

func TestALargeDeliveryMaySayTwoThingsOfAnAlertThatIsNew(t *testing.T) {
	s := begins(t, checkout())
	fresh := crowd(0, 30, true)
	over := fresh[29]
	over.Firing = false

	s.happens(delivers(append(fresh, over)...))

	require.Equal(t, 1+29, s.in.Firing())
	require.Len(t, s.in.Alerts, 1+30)
}

func TestWhatFiresGetsAPlaceByNameBeforeWhatIsOver(t *testing.T) {
	s := begins(t, checkout())
	s.happens(delivers(crowd(0, 499, true)...))
	s.happens(delivers(crowd(0, 499, false)...))
	s.happens(delivers(crowd(1000, 1001, true)...))
	s.carry()
	require.Equal(t, []string{"ErrorRatio", "Alert1000"}, []string{s.in.Alerts[0].Name, s.in.Alerts[1].Name})
}

func TestAnAlertOfTheCrowdIsNamedAsItResolves(t *testing.T) {
	s := begins(t, checkout())
	s.happens(delivers(crowd(0, 2000, true)...))
	s.happens(delivers(crowd(1999, 2000, false)...))
	require.Equal(t, "Alert resolved: Alert1999", s.last().Text)
}

func TestMoreAlertsThanCanBeToldApartAreEndedByAPerson(t *testing.T) {
	const most = 20_000
	s := begins(t, checkout())
	s.happens(delivers(crowd(0, most+500, true)...))
	require.Len(t, s.in.Alerts, most)
	require.Less(t, len(encode(t, s.in)), warning)
	s.carry()
	require.Contains(t, incident.CardOf(s.in, temporal).Notes, "More alerts fire than can be told apart: somebody has to resolve INC-261123-ABCDEF")

	s.happens(stops(ratio(noon), s.now))
	s.happens(delivers(crowd(0, most+500, false)...))
	require.Equal(t, 1, s.in.Firing())
	require.Equal(t, incident.Triggered, s.in.Status, "it is not known whether all are resolved")

	s.happens(by("sre-1", incident.WasResolved))
	require.Equal(t, incident.Resolved, s.in.Status)
	require.Zero(t, s.in.Firing())
}

func TestOfTheCrowdThoseAreForgottenThatResolved(t *testing.T) {
	s := begins(t, checkout())
	s.happens(delivers(crowd(0, 15_000, true)...))
	s.happens(delivers(crowd(0, 14_000, false)...))
	s.happens(delivers(crowd(20_000, 30_000, true)...))

	require.Len(t, s.in.Alerts, 20_000)
	require.Equal(t, 1+1000+10_000, s.in.Firing())
	require.Equal(t, "f1", s.in.Alerts[0].Fingerprint, "what fires and has a name stays in front")
	require.NotContains(t, incident.CardOf(s.in, temporal).Notes, "apart")
}

func TestAnIncidentIsReadAsItWasWrittenWhateverItsAlertsAre(t *testing.T) {
	s := begins(t, checkout())
	s.happens(delivers(crowd(0, 600, true)...))
	rapid.Check(t, func(t *rapid.T) {
		a := incident.Alert{
			Fingerprint: rapid.String().Draw(t, "fingerprint"), Firing: rapid.Bool().Draw(t, "firing"),
			StartsAt:      time.Unix(rapid.Int64Range(-6e10, 2e11).Draw(t, "start"), 7).UTC(),
			Severity:      rapid.SampledFrom([]incident.Severity{"", incident.SEV1, incident.SEV4}).Draw(t, "severity"),
			NeverResolves: rapid.Bool().Draw(t, "never"), Blind: rapid.Bool().Draw(t, "blind"), Name: "Other",
		}
		in, err := incident.Apply(s.in, delivers(a))
		require.NoError(t, err)
		text := encode(t, in)
		again := decode(t, text)
		require.Equal(t, text, encode(t, again))
		require.Equal(t, in.Alerts, again.Alerts)
		same, err := incident.Apply(again, delivers(a))
		require.NoError(t, err)
		require.Equal(t, in.Firing(), same.Firing(), "it is known again")
	})
	var in incident.Incident
	require.EqualError(t, json.Unmarshal([]byte(`{"incident":"INC-1","crowd":"AAAA"}`), &in), "read the crowd of INC-1: 3 bytes are no multiple of 17")
}

func TestALongTimelineTellsOnceAMinuteWhatComesAndGoes(t *testing.T) {
	s := begins(t, checkout())
	change := func(i int) {
		s.after(time.Second).happens(delivers(append(crowd(i, i+1, true), crowd(i-1, i, false)...)...))
	}
	i := 1000
	for ; len(s.in.Timeline) < 1000; i++ {
		change(i)
	}
	long, until := len(s.in.Timeline), i+300
	for ; i < until; i++ {
		change(i)
	}
	require.Less(t, len(s.in.Timeline), long+4*(300/60+1))
	told := s.said(long)
	require.Regexp(t, `^AlertFired: Alert fires: Alert1\d\d\d$`, told[0])
	require.Contains(t, told, "AlertFired: 59 more alerts of the group fire")
	require.Contains(t, told, "AlertResolved: 59 more alerts of the group resolved")
	revision, entries := s.in.Revision, len(s.in.Timeline)
	s.happens(stops(ratio(noon), s.now))
	s.happens(delivers(crowd(i-1, i, false)...))
	require.Equal(t, incident.Resolved, s.in.Status)
	require.Equal(t, "Resolved: all alerts are resolved", s.last().Text)
	require.Equal(t, revision+2, s.in.Revision, "the card knows")
	require.LessOrEqual(t, len(s.in.Timeline), entries+4)
}
