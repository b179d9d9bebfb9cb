package incident_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
)

// someEdges draws deliveries about a few alerts that come, go and come again.
func someEdges(t *rapid.T) []incident.Delivery {
	one := rapid.Custom(func(t *rapid.T) incident.Alert {
		a := ratio(noon.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "minute")) * time.Minute))
		a.Fingerprint = rapid.SampledFrom([]string{"f1", "f2", "f3"}).Draw(t, "fingerprint")
		a.Firing = rapid.Bool().Draw(t, "firing")
		return a
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) incident.Delivery {
		return incident.Delivery{Group: "g", Alerts: rapid.SliceOfN(one, 1, 3).Draw(t, "alerts")}
	}), 1, 6).Draw(t, "deliveries")
}

// stands is where each alert of an incident stands.
func stands(in incident.Incident) map[string]string {
	list := map[string]string{}
	for _, a := range in.Alerts {
		list[a.Fingerprint] = fmt.Sprint(a.StartsAt.Sub(noon), " ", a.Firing)
	}
	return list
}

func TestDeliveriesTakenTogetherComeToWhatTheyComeToOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := incident.Incident{ID: "INC-261123-ABCDEF", Service: checkout(), Policies: policies(), Severity: incident.SEV2}
		in, err := incident.Apply(in, incident.Event{Kind: incident.Opened, At: noon})
		require.NoError(t, err)
		take := func(in incident.Incident, d incident.Delivery) incident.Incident {
			next, err := incident.Apply(in, incident.Event{Kind: incident.Delivered, At: noon, Delivery: d})
			require.NoError(t, err)
			return next
		}
		first := take(in, incident.Delivery{Alerts: []incident.Alert{ratio(noon)}})
		one, all := first, incident.Delivery{}
		for _, d := range someEdges(t) {
			one, all = take(one, d), all.Union(d)
		}
		together := take(first, all)
		require.Equal(t, stands(one), stands(together))
		require.Equal(t, one.Status, together.Status)

		parted := first
		for _, part := range all.Parts(1) {
			require.Len(t, part.Alerts, 1)
			parted = take(parted, part)
		}
		require.Equal(t, stands(together), stands(parted))
		require.Equal(t, together.Status, parted.Status)
		require.Equal(t, encode(t, together), encode(t, take(first, all.Union(all))), "what is said twice is said once")
	})
}

func TestWithoutStartsTheLastWordOnAnAlertCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := incident.Incident{ID: "INC-261123-ABCDEF", Service: checkout(), Policies: policies(), Severity: incident.SEV2}
		in, err := incident.Apply(in, incident.Event{Kind: incident.Opened, At: noon})
		require.NoError(t, err)
		take := func(in incident.Incident, d incident.Delivery) incident.Incident {
			next, err := incident.Apply(in, incident.Event{Kind: incident.Delivered, At: noon, Delivery: d})
			require.NoError(t, err)
			return next
		}
		first := take(in, incident.Delivery{Alerts: []incident.Alert{ratio(noon)}})
		one, all := first, incident.Delivery{}
		for _, d := range someEdges(t) {
			for i := range d.Alerts {
				d.Alerts[i].StartsAt = time.Time{}
			}
			one, all = take(one, d), all.Union(d)
		}
		together := take(first, all)
		require.Equal(t, firing(one), firing(together))
		require.Equal(t, one.Status, together.Status)
	})
}

// firing are the fingerprints of the alerts that fire.
func firing(in incident.Incident) map[string]bool {
	list := map[string]bool{}
	for _, a := range in.Alerts {
		if a.Firing {
			list[a.Fingerprint] = true
		}
	}
	return list
}

func TestTheLastWordOnASeverityCountsInWhatIsTakenTogether(whole *testing.T) {
	rapid.Check(whole, func(t *rapid.T) {
		s := begins(whole, checkout())
		one, all := s.in, incident.Delivery{}
		for _, severity := range rapid.SliceOfN(rapid.SampledFrom([]incident.Severity{incident.SEV1, incident.SEV2, incident.SEV3}), 1, 6).Draw(t, "severities") {
			a := ratio(noon)
			a.Severity = severity
			next, err := incident.Apply(one, delivers(a))
			require.NoError(t, err)
			one, all = next, all.Union(incident.Delivery{Alerts: []incident.Alert{a}})
		}
		together, err := incident.Apply(s.in, incident.Event{Kind: incident.Delivered, Delivery: all})
		require.NoError(t, err)
		require.Equal(t, one.Severity, together.Severity)
		require.Equal(t, one.Alerts, together.Alerts)
	})
}

func TestAnAlertThatFiredAndResolvedInBetweenIsNews(t *testing.T) {
	s := given(t, triggered)
	brief := ratio(s.now)
	brief.Fingerprint, brief.Summary = "f2", "Queue is full"
	over := brief
	over.Firing = false
	fired := incident.Delivery{Alerts: []incident.Alert{brief}}
	from := len(s.in.Timeline)

	s.happens(incident.Event{Kind: incident.Delivered, Delivery: fired.Union(incident.Delivery{Alerts: []incident.Alert{over}})})

	require.Equal(t, []string{"AlertFired: Alert fires: Queue is full", "AlertResolved: Alert resolved: Queue is full"}, s.said(from))
	require.Equal(t, incident.Triggered, s.in.Status)
}

func TestADeliveryIsCutIntoPartsThatFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 200, -1)
		d := incident.Delivery{Source: "alertmanager", Group: text.Draw(t, "group"), URL: text.Draw(t, "url")}
		for i := range rapid.IntRange(1, 60).Draw(t, "alerts") {
			a := ratio(noon.Add(time.Duration(i)))
			a.Firing = rapid.Bool().Draw(t, "firing")
			a.Fingerprint, a.Summary, a.Name = fmt.Sprint(i), text.Draw(t, "summary"), text.Draw(t, "name")
			a.Labels = map[string]string{text.Draw(t, "label"): text.Draw(t, "value")}
			d.Alerts = append(d.Alerts, a)
		}
		const most = 8 << 10
		var fingerprints []string
		quiet := false
		for _, part := range d.Parts(most) {
			content, err := json.Marshal(part)
			require.NoError(t, err)
			if len(part.Alerts) > 1 {
				require.LessOrEqual(t, len(content), most)
			}
			require.Equal(t, d.Group, part.Group)
			for _, a := range part.Alerts {
				require.False(t, a.Firing && quiet, "what fires comes first")
				quiet = !a.Firing
				require.Equal(t, len(fingerprints) < 20, a.Labels != nil, "the first 20 keep everything")
				fingerprints = append(fingerprints, a.Fingerprint)
			}
		}
		require.Len(t, fingerprints, len(d.Alerts))
	})
}

func TestADeliveryIsCutIntoPartsThatFitWhateverJSONMakesOfItsTexts(t *testing.T) {
	for _, one := range []string{"x", "\n", "\x00", "\x7f", `"`, `\`, "<", ">", "&", "\u2028", "é", "\xff", "🔥"} {
		text := strings.Repeat(one, 100)
		d := incident.Delivery{Source: text, Group: text, URL: text}
		for i := range 50 {
			a := ratio(noon)
			a.Fingerprint, a.Name, a.Summary, a.URL, a.Runbook = fmt.Sprint(i, text), text, text, text, text
			a.Labels = map[string]string{text: text, "a" + text: text}
			d.Alerts = append(d.Alerts, a)
		}
		const most = 16 << 10
		for _, part := range d.Parts(most) {
			content, err := json.Marshal(part)
			require.NoError(t, err)
			require.LessOrEqual(t, len(content), most, "%q", one)
		}
	}
}

func TestDeliveriesTakenTogetherSayWhatTheLastSaidBesideTheAlerts(t *testing.T) {
	first := incident.Delivery{Group: "g", URL: "https://monitor.example.com/1", By: "U1", Note: "looks bad", LeftOut: 3, Alerts: []incident.Alert{ratio(noon)}}
	plain := incident.Delivery{Group: "g", Alerts: first.Alerts}
	last := incident.Delivery{Group: "g", URL: "https://monitor.example.com/2", By: "U2", Note: "worse", LeftOut: 1, Alerts: first.Alerts}

	kept := first.Union(plain)
	require.Equal(t, []any{first.URL, first.By, first.Note, 0}, []any{kept.URL, kept.By, kept.Note, kept.LeftOut})
	require.Equal(t, last, first.Union(last))
}

func TestAnOrdinaryDeliveryIsNotCut(t *testing.T) {
	d := incident.Delivery{Group: "g", Alerts: []incident.Alert{ratio(noon)}}
	require.Equal(t, []incident.Delivery{d}, d.Parts(1<<18))
	d.Alerts[0].Summary = strings.Repeat("x", 1<<19)
	require.Len(t, d.Parts(1<<18), 1, "one alert is one")
}

func TestAnAlertWithoutAStartIsInTheEndAsItWasLastSaidToBe(t *testing.T) {
	said := func(firing ...bool) incident.Delivery {
		var d incident.Delivery
		for _, f := range firing {
			d = d.Union(incident.Delivery{Alerts: []incident.Alert{{Fingerprint: "f1", Name: "Disk", Firing: f}}})
		}
		return d
	}
	for _, test := range []struct {
		said  []bool
		fires bool
	}{
		{[]bool{true, false}, false}, {[]bool{true, false, true}, true}, {[]bool{false, true}, true}, {[]bool{true, false, true, false}, false},
	} {
		s := begins(t, checkout())
		s.in.Alerts = nil
		s.happens(incident.Event{Kind: incident.Delivered, Delivery: said(test.said...)})
		require.Equal(t, test.fires, s.in.Firing() > 0, "%v", test.said)
	}
}
