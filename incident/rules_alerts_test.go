package incident_test

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

func TestAnIncidentOpensOnce(t *testing.T) {
	s := begins(t, checkout())

	require.Equal(t, incident.Triggered, s.in.Status)
	require.Equal(t, noon, s.in.OpenedAt)
	require.Equal(t, oncall.Position{Step: 1, Round: 1}, s.in.Climb.At)
	require.Equal(t, []string{
		"Opened: Opened for checkout as SEV2",
		"AlertFired: Alert fires: 12 % of requests fail",
		"Enriched: In service: r3 since 11:50 UTC; last good: r2",
	}, s.said(0))
	s.ignores(incident.Event{Kind: incident.Opened})
}

func TestAnEventThatIsUnknownIsAnError(t *testing.T) {
	s := begins(t, checkout())
	require.EqualError(t, s.apply(incident.Event{Kind: "Rained"}), `apply "Rained": no such event`)
}

func TestWhatAMonitorRepeatsIsNoNews(t *testing.T) {
	inEach(t, everyState, func(t *testing.T, s *story) {
		a := ratio(noon)
		s.ignores(fires(a))

		a.StartsAt = noon.Add(-time.Hour)
		s.ignores(fires(a))
		s.ignores(stops(a, noon))
		s.ignores(stops(a, time.Time{}))

		a.StartsAt = noon.In(time.FixedZone("elsewhere", 3600))
		s.ignores(fires(a))
	})
}

func TestAFiringThatIsKnownAsResolvedIsALateDuplicate(t *testing.T) {
	inEach(t, []string{resolved, restored, closed}, func(t *testing.T, s *story) {
		s.ignores(fires(ratio(noon)))
		s.ignores(stops(ratio(noon), s.now))
		require.Equal(t, incident.Resolved, s.in.Status)
	})
}

// Two Prometheis see the same from moments of their own. Alertmanager tells of the earlier
// one as soon as it knows it, and of that one alone that it is over.
func TestAFiringIsOverWhenTheMonitorHasComeToTellOfAnEarlierStart(t *testing.T) {
	s := given(t, triggered)
	earlier := ratio(noon.Add(-10 * time.Second))
	s.ignores(fires(earlier))

	s.happens(stops(earlier, s.now))

	require.Equal(t, incident.Resolved, s.in.Status)
	s.ignores(fires(ratio(noon)))
	s.ignores(fires(earlier))
	s.after(time.Minute).happens(fires(ratio(s.now)))
	require.Equal(t, incident.Triggered, s.in.Status)
}

func TestAResolutionThatOvertakesItsFiringIsRemembered(t *testing.T) {
	for name, since := range map[string]time.Time{"of a new alert": noon, "of a known alert": noon.Add(time.Minute)} {
		t.Run(name, func(t *testing.T) {
			s := given(t, resolved)
			a := ratio(since)
			if name == "of a new alert" {
				a.Fingerprint = "f2"
			}
			s.happens(stops(a, s.now))

			s.ignores(fires(a))
			require.Equal(t, incident.Resolved, s.in.Status)
			require.Zero(t, s.in.Firing())
		})
	}
}

func TestAResolutionEndsEveryEarlierFiringOfItsAlert(t *testing.T) {
	s := given(t, triggered)
	later := ratio(noon.Add(30 * time.Second))

	s.happens(stops(later, s.now))

	require.Equal(t, incident.Resolved, s.in.Status)
	s.ignores(fires(later))
}

func TestAnIncidentResolvesWithTheLastOfItsAlerts(t *testing.T) {
	s := given(t, triggered)
	second := ratio(noon)
	second.Fingerprint, second.Summary = "f2", "Queue is full"
	s.happens(fires(second))
	require.Equal(t, 2, s.in.Firing())
	require.Equal(t, "12 % of requests fail", s.in.Summary, "an incident keeps its name")

	s.happens(stops(ratio(noon), s.now))
	require.Equal(t, incident.Triggered, s.in.Status)
	require.Equal(t, 1, s.in.Firing())
	s.happens(stops(second, s.now))
	require.Equal(t, incident.Resolved, s.in.Status)
}

func TestAnAlertOfAWorseSeverityRaisesTheIncident(t *testing.T) {
	s := given(t, acknowledged)
	worse := ratio(noon)
	worse.Fingerprint, worse.Severity = "f2", incident.SEV1

	s.happens(fires(worse))

	require.Equal(t, incident.SEV1, s.in.Severity)
	require.Equal(t, incident.Acknowledged, s.in.Status)
	require.True(t, s.in.Climb.Pending)
	require.Equal(t, "Severity raised from SEV2 to SEV1", s.last().Text)
	require.Empty(t, s.last().By)
}

func TestAnAlertDoesNotLowerNorUnsetASeverity(t *testing.T) {
	for _, mild := range []incident.Severity{incident.SEV4, "", "SEV0", "critical"} {
		t.Run(string(mild), func(t *testing.T) {
			s := given(t, triggered)
			a := ratio(noon)
			a.Fingerprint, a.Severity = "f2", mild

			s.happens(fires(a))

			require.Equal(t, incident.SEV2, s.in.Severity)
			require.False(t, s.in.Climb.Pending)
		})
	}
}

func TestASeveritySetByAPersonIsNotRaisedByAlerts(t *testing.T) {
	s := given(t, triggered)
	s.happens(by("sre-1", incident.SeverityChanged, severity(incident.SEV3)))
	a := ratio(noon)
	a.Fingerprint, a.Severity = "f2", incident.SEV1

	s.happens(fires(a))

	require.Equal(t, incident.SEV3, s.in.Severity)
	require.Equal(t, "sre-1", s.in.SeverityBy)
}

func TestAnIncidentResolvedByHandWaitsForTheMonitorWithoutPaging(t *testing.T) {
	s := given(t, triggered)

	s.happens(by("sre-1", incident.WasResolved, comment("false alarm")))

	require.Equal(t, incident.Resolved, s.in.Status)
	require.Equal(t, "sre-1", s.in.ResolvedBy)
	require.Equal(t, "Resolved: by sre-1: false alarm (while an alert fires)", s.last().Text)
	require.Equal(t, 1, s.in.Firing())
	s.ignores(fires(ratio(noon)))
	s.happens(stops(ratio(noon), s.now))
	require.Equal(t, incident.Resolved, s.in.Status)
	require.Zero(t, s.in.Firing())
	require.Equal(t, 1, s.count(incident.WasResolved))
}

func TestAReopenedIncidentWithoutDeploymentsDoesNotWaitForThem(t *testing.T) {
	service := checkout()
	service.Deployments = nil
	s := begins(t, service)
	s.happens(stops(ratio(noon), s.now))

	s.after(time.Minute).happens(fires(ratio(s.now)))

	require.True(t, s.in.Facts.Asked)
	s.ignores(incident.Event{Kind: incident.FactsDoubted})
}

func TestFactsAreToldWhenTheyAreNew(t *testing.T) {
	s := begins(t, checkout())
	told := len(s.in.Timeline)

	s.happens(incident.Event{Kind: incident.FactsDoubted})
	require.False(t, s.in.Facts.Asked)
	s.happens(incident.Event{Kind: incident.Enriched, Facts: history()})
	require.True(t, s.in.Facts.Asked)
	require.Len(t, s.in.Timeline, told)

	s.happens(incident.Event{Kind: incident.Enriched, Facts: incident.Facts{Obstacle: "Jenkins is away"}})
	require.Equal(t, "No rollback can be offered: Jenkins is away", s.last().Text)
	s.happens(incident.Event{Kind: incident.Enriched})
	require.Len(t, s.in.Timeline, told+1, "nothing is known, nothing is said")

	known := history()
	known.Choice.Candidates = nil
	s.happens(incident.Event{Kind: incident.Enriched, Facts: known})
	require.Equal(t, "In service: r3 since 11:50 UTC", s.last().Text)
}

func TestAStormOfAlertsStaysSmall(t *testing.T) {
	s := begins(t, checkout())
	for i := range 100 {
		a := ratio(noon)
		a.Fingerprint, a.Summary = fmt.Sprint("storm-", i), strings.Repeat("ä", 5000)+"\nsecond line"
		a.Name, a.URL, a.Labels = strings.Repeat("n", 5000), "https://prom.example.com", map[string]string{"pod": "p"}
		s.happens(fires(a))
	}

	require.Len(t, s.in.Alerts, 101)
	for i, a := range s.in.Alerts[1:] {
		require.LessOrEqual(t, len([]rune(a.Summary)), 300)
		require.LessOrEqual(t, len([]rune(a.Name)), 200)
		require.Equal(t, i+1 < 20, a.Labels != nil, "the first 20 keep everything")
	}
	for _, e := range s.in.Timeline {
		require.LessOrEqual(t, len([]rune(e.Text)), 220)
		require.NotContains(t, e.Text, "\n")
	}
}

func TestADeliveryIsTakenAsOneChange(t *testing.T) {
	s := given(t, triggered)
	second, over := ratio(s.now), ratio(noon)
	second.Fingerprint, second.Summary = "f2", "Queue is full"
	over.Firing = false
	revision, from := s.in.Revision, len(s.in.Timeline)
	delivery := incident.Event{Kind: incident.Delivered, Delivery: incident.Delivery{Alerts: []incident.Alert{over, second, ratio(noon)}}}

	s.happens(delivery)

	require.Equal(t, incident.Triggered, s.in.Status, "it does not resolve between two alerts of one message")
	require.Equal(t, revision+1, s.in.Revision)
	require.Equal(t, []string{
		"AlertFired: Alert fires: Queue is full", "AlertResolved: Alert resolved: 12 % of requests fail",
	}, s.said(from))
	s.ignores(delivery)
	s.ignores(incident.Event{Kind: incident.Delivered})

	second.Firing = false
	s.happens(incident.Event{Kind: incident.Delivered, Delivery: incident.Delivery{Alerts: []incident.Alert{second}}})
	require.Equal(t, incident.Resolved, s.in.Status)
}

func TestAStormOfAlertsIsTakenInAMoment(t *testing.T) {
	s := begins(t, checkout())
	var storm incident.Delivery
	for i := range 4000 {
		a := ratio(noon)
		a.Fingerprint = fmt.Sprint("storm-", i)
		storm.Alerts = append(storm.Alerts, a)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.happens(incident.Event{Kind: incident.Delivered, Delivery: storm})
	runtime.ReadMemStats(&after)

	require.Equal(t, 4001, s.in.Firing())
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20), "the state is not copied for each alert")
}

func TestTheWorstOfADeliveryIsAmongTheAlertsThatFire(t *testing.T) {
	quiet := incident.Alert{Severity: incident.SEV1, Name: "Quiet"}
	second := incident.Alert{Firing: true, Severity: incident.SEV2, Name: "Second", Summary: "Bad\nand long"}
	third := incident.Alert{Firing: true, Severity: incident.SEV3, Name: "Third"}
	tests := map[string]struct {
		alerts   []incident.Alert
		severity incident.Severity
		title    string
	}{
		"none":           {nil, "", ""},
		"all resolved":   {[]incident.Alert{quiet}, "", ""},
		"the worst":      {[]incident.Alert{third, quiet, second}, incident.SEV2, "Bad"},
		"without a word": {[]incident.Alert{third}, incident.SEV3, "Third"},
		"unreadable":     {[]incident.Alert{third, {Firing: true, Severity: "SEV0"}}, incident.SEV3, "Third"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := incident.Delivery{Alerts: test.alerts}
			worst := incident.Worst(d)
			require.Equal(t, test.severity, worst.Severity)
			require.Equal(t, test.title, worst.Headline("checkout"))
			require.Equal(t, worst.Firing, d.Firing())
		})
	}
}

func TestAMatchFitsWhenAllItsLabelsAreEqual(t *testing.T) {
	labels := map[string]string{"service": "checkout", "env": "production"}
	require.True(t, incident.Match{"service": "checkout"}.Fits(labels))
	require.True(t, incident.Match{"service": "checkout", "env": "production"}.Fits(labels))
	require.False(t, incident.Match{"service": "checkout", "env": "staging"}.Fits(labels))
	require.False(t, incident.Match{"zone": "a"}.Fits(labels))
	require.False(t, incident.Match{}.Fits(labels), "a match of nothing fits nothing")
}

func TestAnAlertOfManyKeepsItsDetailsWhenItFiresAnew(t *testing.T) {
	var shards []incident.Alert
	for i := range 25 {
		a := ratio(noon)
		a.Fingerprint, a.Summary, a.Labels = fmt.Sprintf("f%d", i), fmt.Sprintf("shard %d is down", i), map[string]string{"shard": strconv.Itoa(i)}
		shards = append(shards, a)
	}
	s := begins(t, checkout())
	s.in.Alerts = nil
	s.happens(delivers(shards...)).after(time.Minute)
	for _, a := range shards {
		s.happens(stops(a, s.now))
	}
	require.Equal(t, incident.Resolved, s.in.Status)

	s.after(time.Minute)
	shards[3].StartsAt, shards[22].StartsAt = s.now, s.now
	s.happens(delivers(shards[3], shards[22]))

	require.Equal(t, "shard 3 is down", s.in.Summary, "it is what is paged")
	require.Equal(t, map[string]string{"shard": "3"}, s.in.Alerts[3].Labels)
	require.Empty(t, s.in.Alerts[22].Labels, "it had none before")
}
