package incident_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
)

// of is a delivery of one alert about a service of a shared incident.
func ofService(service string, a incident.Alert) incident.Event {
	d := incident.Delivery{Source: "alertmanager", Group: "g-" + service, Alerts: []incident.Alert{a}}
	return incident.Event{Kind: incident.Delivered, Delivery: d.Joint(service)}
}

func TestAlertsOfSeveralServicesMakeOneIncident(t *testing.T) {
	s := begins(t, checkout())
	s.in.Alerts = nil
	s.happens(ofService("cart", ratio(s.now))).reaches("sre-1")
	from := len(s.in.Timeline)

	s.happens(ofService("search", worst(s.now)))
	require.Equal(t, incident.SEV1, s.in.Severity, "the worst of all of them")
	require.Equal(t, []string{"AlertFired: Alert fires: search: Nobody can pay", "SeverityChanged: Severity raised from SEV2 to SEV1"}, s.said(from))
	require.Equal(t, "cart, search", card(s).Affected)
	require.Equal(t, []string{"search: Nobody can pay", "cart: 12 % of requests fail"}, card(s).Alerts)
	require.Contains(t, incident.TicketOf(s.in, temporal).Description, "||Affected services|cart, search|\n")

	s.happens(ofService("search", over(worst(s.now))))
	require.Equal(t, "cart; search well again", card(s).Affected)
	require.True(t, s.in.Open(), "it resolves when all of them are well")
	s.happens(ofService("cart", over(ratio(s.now))))
	require.False(t, s.in.Open())
	require.Equal(t, "cart, search well again", card(s).Affected)
}

func TestAHeadlineNamesTheServiceThatIsNotTheOwner(t *testing.T) {
	for service, want := range map[string]string{"checkout": "12 % of requests fail", "cart": "cart: 12 % of requests fail"} {
		s := begins(t, checkout())
		s.in.Alerts, s.in.Summary = nil, ""
		s.happens(ofService(service, ratio(s.now)))
		require.Equal(t, want, s.in.Summary)
		require.Equal(t, want, incident.Worst(ofService(service, ratio(s.now)).Delivery).Headline("checkout"))
		require.Equal(t, []string{service + ": 12 % of requests fail"}, card(s).Alerts, "a list names all of them")
	}
}

func TestAnIncidentOfOneServiceNamesNoAffectedOnes(t *testing.T) {
	require.Empty(t, card(given(t, triggered)).Affected)
}

func TestVeryManyAffectedServicesAreCounted(t *testing.T) {
	s := begins(t, checkout())
	for i := range 12 {
		s.happens(ofService(fmt.Sprint("s", i), ratio(s.now)))
	}
	require.True(t, strings.HasSuffix(card(s).Affected, "s8, s9 and 2 more"), card(s).Affected)
}

func TestAlertsThatShareAFingerprintAreToldApartByMonitorAndGroup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-c:/]{0,3}`)
		draw := func() (incident.Delivery, string) {
			d := incident.Delivery{Source: word.Draw(t, "source"), Group: word.Draw(t, "group"), Alerts: []incident.Alert{{Fingerprint: word.Draw(t, "fingerprint")}}}
			return d, d.Joint("cart").Alerts[0].Fingerprint
		}
		one, first := draw()
		other, second := draw()
		same := one.Source == other.Source && one.Group == other.Group && one.Alerts[0].Fingerprint == other.Alerts[0].Fingerprint
		require.Equal(t, same, first == second)
		require.Empty(t, one.Alerts[0].Service, "the delivery itself is left as it was")
	})
}

func TestAJointAlertFiresOnWhicheverServiceResolvesFirst(t *testing.T) {
	s := begins(t, checkout())
	s.in.Alerts = nil
	a := ratio(s.now) // The same fingerprint in two groups.
	s.happens(ofService("cart", a), ofService("search", a)).after(time.Minute).happens(ofService("cart", over(a)))
	require.Equal(t, 1, s.in.Firing())
	require.True(t, s.in.Open())
}

func TestAMonitorAcknowledgesASharedIncidentOnlyForAnAlertOfItsOwnThatFires(t *testing.T) {
	s := begins(t, checkout())
	s.in.Alerts = nil
	cart := ofService("cart", ratio(s.now))
	s.happens(cart)
	by := func(alert string) incident.Event {
		return incident.Event{Kind: incident.WasAcknowledged, Decision: incident.Decision{By: "pagerduty", Alert: alert}}
	}
	s.ignores(by("of another monitor"))
	require.Equal(t, incident.Triggered, s.in.Status)
	s.happens(ofService("search", worst(s.now)), ofService("search", over(worst(s.now))))
	s.ignores(by(ofService("search", worst(s.now)).Delivery.Alerts[0].Fingerprint))
	require.Equal(t, incident.Triggered, s.in.Status, "what is over needs nobody to work on it")

	s.happens(by(cart.Delivery.Alerts[0].Fingerprint))
	require.Equal(t, incident.Acknowledged, s.in.Status)
	require.Equal(t, "pagerduty", s.in.AcknowledgedBy)
}

func TestWhatOneGroupOfASharedIncidentLeavesOutIsNotForgottenForAnother(t *testing.T) {
	cut := incident.Delivery{Source: "alertmanager", Group: "g1", LeftOut: 5, Alerts: []incident.Alert{ratio(noon)}}.Joint("cart")
	whole := incident.Delivery{Source: "alertmanager", Group: "g2", Alerts: []incident.Alert{ratio(noon)}}.Joint("search")
	require.Equal(t, 5, cut.Union(whole).LeftOut)
	require.Equal(t, 5, whole.Union(cut).LeftOut)
}
