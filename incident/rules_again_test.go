package incident_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

// mail is an alert of a monitor that never says resolved.
func mail(at time.Time) incident.Alert {
	a := ratio(at)
	a.Fingerprint, a.Summary, a.NeverResolves = "mail", "Nightly backup failed", true
	return a
}

// endless is an incident whose only alert never resolves.
func endless(t *testing.T) *story {
	t.Helper()
	s := begins(t, checkout())
	s.in.Alerts = nil
	return s.happens(fires(mail(s.now))).reaches("sre-1").after(time.Minute)
}

func TestAnAlertThatNeverResolvesSaysSoFromTheBeginning(t *testing.T) {
	s := endless(t)
	require.Contains(t, card(s).Notes, "Somebody has to resolve INC-261123-ABCDEF: its monitor never says resolved")
	for _, b := range s.in.Buttons() {
		if b.Action == "resolve" {
			require.Equal(t, "Resolve INC-261123-ABCDEF?", b.Confirm, "there is nothing to wait for")
		}
	}
}

func TestADeliveryThatNeverResolvesMarksItsAlerts(t *testing.T) {
	s := given(t, triggered)
	a := ratio(s.now)
	a.Fingerprint = "f2"
	s.happens(incident.Event{Kind: incident.Delivered, Delivery: incident.Delivery{NeverResolves: true, Alerts: []incident.Alert{a}}})
	require.Equal(t, 1, s.in.Unending())
	require.Equal(t, 2, s.in.Firing())
}

func TestAnAlertThatNeverResolvesIsOverOnceAPersonResolves(t *testing.T) {
	s := endless(t)

	s.happens(by("sre-1", incident.WasResolved, comment("backed up by hand")))

	require.Equal(t, "Resolved: by sre-1: backed up by hand", s.last().Text)
	require.Zero(t, s.in.Firing(), "nobody waits for the monitor")
	require.Equal(t, s.now, s.in.Alerts[0].EndsAt)

	s.after(time.Minute).happens(fires(mail(s.now)))
	require.Equal(t, incident.Triggered, s.in.Status, "a later one is news")
	require.Equal(t, 1, s.count(incident.Reopened))
}

func TestAPersonWhoResolvesWaitsForTheAlertsThatAMonitorWillResolve(t *testing.T) {
	s := endless(t)
	s.happens(fires(ratio(s.now)), by("sre-1", incident.WasResolved))
	require.Equal(t, "Resolved: by sre-1 (while an alert fires)", s.last().Text)
	require.Equal(t, 1, s.in.Firing())
}

func TestAnIncidentStaysOpenForWhatNoMonitorResolves(t *testing.T) {
	s := endless(t)
	a := ratio(s.now)
	s.happens(fires(a), stops(a, s.now))
	require.True(t, s.in.Open())
}

func TestWhatNeverResolvesAndFiresOnceMoreJoinsQuietlyAndIsCounted(t *testing.T) {
	for name, alert := range map[string]func(time.Time) incident.Alert{
		"dated":   mail,
		"undated": func(time.Time) incident.Alert { return mail(time.Time{}) },
	} {
		t.Run(name, func(t *testing.T) {
			s := begins(t, checkout())
			s.in.Alerts = nil
			s.happens(delivers(alert(s.now))).reaches("sre-1")
			first, from, revision := s.now, len(s.in.Timeline), s.in.Revision
			for range 999 {
				s.after(time.Second).happens(delivers(alert(s.now)))
			}
			require.Equal(t, 999, s.in.Alerts[0].Again)
			require.Equal(t, first, s.in.Alerts[0].FiresSince())
			var want []string
			for _, n := range []int{2, 5, 10, 20, 50, 100, 200, 500, 1000} {
				want = append(want, fmt.Sprintf("AlertFired: Alert has fired %d times: Nightly backup failed", n))
			}
			require.Equal(t, want, s.said(from))
			require.Equal(t, revision+len(want), s.in.Revision, "nothing else is shown anew")
			require.Equal(t, []string{"Nightly backup failed, fired 1000 times"}, card(s).Alerts)
			require.False(t, s.in.Climb.Pending, "nobody is paged again")
		})
	}
}

func TestARestatedSeverityIsTakenFromTheFiringThatIsKnown(t *testing.T) {
	s := given(t, triggered)
	a := ratio(noon)
	a.Severity = incident.SEV1
	s.happens(delivers(a))
	require.Equal(t, incident.SEV1, s.in.Severity)
	s.ignores(delivers(a))
	s.happens(delivers(ratio(noon)))
	require.Equal(t, incident.SEV2, s.in.Severity)

	old := ratio(noon.Add(-time.Minute))
	old.Severity = incident.SEV1
	s.ignores(delivers(old))
}

func TestAnAlertThatFiresAnewWhileItFiresIsNewsWhereTheMonitorNamesItsStart(t *testing.T) {
	s := given(t, triggered)
	from := len(s.in.Timeline)
	s.happens(fires(ratio(s.now)))
	require.Equal(t, []string{"AlertFired: Alert fires: 12 % of requests fail"}, s.said(from), "it has resolved in between")
	require.Zero(t, s.in.Alerts[0].Again)
}

func TestAReminderOfWhatFiresIsNoNewFiring(t *testing.T) {
	service := checkout()
	service.Threshold = &incident.Threshold{Alerts: 3, Within: time.Hour}
	s := begins(t, service)
	first := s.in.Alerts[0].StartsAt
	remind := func() incident.Event {
		a := ratio(s.now)
		a.Repeats = true
		return delivers(a)
	}
	s.after(time.Minute).happens(remind())
	firings, from := len(s.in.Firings), len(s.in.Timeline)
	for range 5 {
		s.after(time.Minute).happens(remind())
	}
	require.Len(t, s.in.Firings, firings, "nothing counts towards the threshold")
	require.Empty(t, s.said(from))
	require.Zero(t, s.in.Alerts[0].Again)
	require.Equal(t, first, s.in.Alerts[0].FiresSince())

	s.happens(by("sre-1", incident.WasResolved))
	s.after(time.Minute).happens(remind())
	require.Equal(t, incident.Resolved, s.in.Status, "a person has resolved it while it fires")
	s.happens(stops(ratio(noon), s.now))
	require.Positive(t, s.in.Firing(), "a word from before the last reminder is late")
	s.happens(stops(ratio(s.now), s.now))
	require.Zero(t, s.in.Firing())
	s.after(time.Minute).happens(remind())
	require.True(t, s.in.Open(), "what is known to be over fires")
}

func TestARepetitionThatIsWorseRaisesTheIncident(t *testing.T) {
	s := endless(t)
	a := mail(s.now)
	a.Severity = incident.SEV1
	s.happens(fires(a))
	require.Equal(t, incident.SEV1, s.in.Severity)
	require.Equal(t, "Severity raised from SEV2 to SEV1", s.last().Text)
}

// unproved is an endless incident whose rollback is verified.
func unproved(t *testing.T) *story {
	t.Helper()
	s := endless(t)
	return s.happens(by("sre-1", incident.RollbackAsked, target("r2"))).
		happens(s.told(incident.PhaseBuilding, 7, "")).happens(s.told(incident.PhaseSucceeded, 7, ""))
}

func TestARollbackIsProvedByAPersonWhereNoMonitorResolves(t *testing.T) {
	s := unproved(t)
	due := "somebody has to resolve the incident by 12:16 UTC, as its monitor never says resolved"
	require.Equal(t, "Build 7 has deployed r2; "+due, s.last().Text)
	require.Equal(t, "Build 7 has deployed r2: "+due, card(s).Rollback)
	from := len(s.in.Timeline)

	s.happens(by("sre-1", incident.WasResolved, comment("orders go through")))

	require.Equal(t, []string{
		"Restored: Restored with r2: sre-1 says that it is well: orders go through",
		"Resolved: Resolved: rolled back to r2",
	}, s.said(from))
	require.Equal(t, incident.RollbackSucceeded, s.in.Rollback.State)
	require.Equal(t, "sre-1", s.in.ResolvedBy)
	require.Zero(t, s.in.Firing())

	s.after(time.Minute).happens(fires(mail(s.now)))
	require.Contains(t, s.said(0), "Reopened: Reopened: an alert fires again; the rollback to r2 did not hold")
}

func TestARollbackThatNobodyVouchesForPagesAgain(t *testing.T) {
	s := unproved(t).after(15 * time.Minute)
	s.happens(incident.Event{Kind: incident.NotProved})
	require.Equal(t, incident.Triggered, s.in.Status)
	require.Contains(t, s.last().Text, "is not proved: nobody has resolved the incident 15m after the build")
}

func TestWhatFiresAgainDuringTheVerificationIsSaidOnceNotToBeGood(t *testing.T) {
	s := unproved(t)
	from := len(s.in.Timeline)
	for range 4 {
		s.after(time.Second).happens(fires(mail(s.now)))
	}
	require.Equal(t, []string{
		"AlertFired: Alert has fired 2 times: Nightly backup failed",
		"NotProved: Not good yet: an alert fires while the rollback is verified",
		"AlertFired: Alert has fired 5 times: Nightly backup failed",
	}, s.said(from))
}

func TestWhatAMonitorLeavesOutIsSaidOnceAndShown(t *testing.T) {
	s := given(t, triggered)
	leaves := func(n int) incident.Event {
		ev := delivers(ratio(noon))
		ev.Delivery.LeftOut = n
		return ev
	}
	from := len(s.in.Timeline)
	s.happens(leaves(1))
	require.Equal(t, []string{"LeftOut: The monitor leaves alerts of the group out of its messages: 1 alert this time. They are not known here"}, s.said(from))
	require.Contains(t, card(s).Notes, "The monitor leaves 1 alert of the group out of its messages")
	s.ignores(leaves(1))
	s.happens(leaves(7), leaves(0), leaves(3))
	require.Len(t, s.in.Timeline, from+1)
	require.Contains(t, card(s).Notes, "The monitor leaves 3 alerts of the group out of its messages")

	s.happens(delivers(over(ratio(noon))))
	require.False(t, s.in.Open(), "now all of them are told of")
	require.Zero(t, s.in.LeftOut)
}

// shortened is a message that leaves alerts out.
func shortened(n int, alerts ...incident.Alert) incident.Event {
	ev := delivers(alerts...)
	ev.Delivery.LeftOut = n
	return ev
}

func TestWhatIsLeftOutMayStillFireWhenAllOthersHaveResolved(t *testing.T) {
	s := given(t, triggered)
	from := len(s.in.Timeline)
	s.happens(shortened(2, ratio(noon)), shortened(2, over(ratio(noon))))
	require.Equal(t, incident.Triggered, s.in.Status)
	require.Equal(t, []string{
		"LeftOut: The monitor leaves alerts of the group out of its messages: 2 alerts this time. They are not known here",
		"AlertResolved: Alert resolved: 12 % of requests fail",
		"LeftOut: All alerts that the monitor tells of are resolved; whether the 2 alerts that it leaves out fire is not known",
	}, s.said(from))
	require.Contains(t, card(s).Notes, "The monitor leaves 2 alerts of the group out of its messages: whether they fire is not known, somebody has to resolve "+s.in.ID)

	other := ratio(s.now)
	other.Fingerprint = "f2"
	s.happens(shortened(0, other))
	require.True(t, s.in.Open(), "one of them did fire")
	s.happens(shortened(0, over(other)))
	require.False(t, s.in.Open())
}

func TestAMessageThatLeavesNothingOutEndsWhatOneThatDidCouldNot(t *testing.T) {
	s := given(t, triggered)
	s.happens(shortened(1, over(ratio(noon))))
	require.True(t, s.in.Open())
	unseen := over(ratio(s.now))
	unseen.Fingerprint = "f2"
	s.happens(shortened(0, over(ratio(noon)), unseen))
	require.False(t, s.in.Open())
	require.Contains(t, s.last().Text, "all alerts are resolved")
}

func TestAPersonResolvesWhatIsLeftOut(t *testing.T) {
	s := given(t, triggered)
	s.happens(shortened(1, over(ratio(noon))), incident.Event{Kind: incident.WasResolved, Decision: incident.Decision{By: "sre-1"}})
	require.False(t, s.in.Open())
	require.Zero(t, s.in.LeftOut)
}

func TestWhatIsLeftOutIsNoProofOfARollback(t *testing.T) {
	s := given(t, verifying)
	s.happens(shortened(1, over(ratio(noon))))
	require.Equal(t, incident.RollbackVerifying, s.in.Rollback.State)
	s.happens(shortened(0, over(ratio(noon))))
	require.Equal(t, incident.RollbackSucceeded, s.in.Rollback.State)
}

func TestOneGroupDoesNotSayThatNothingOfAnotherIsLeftOut(t *testing.T) {
	s := begins(t, checkout())
	s.in.Alerts = nil
	cart := ofService("cart", ratio(s.now))
	cart.Delivery.LeftOut = 3
	quiet := ofService("cart", over(ratio(s.now)))
	quiet.Delivery.LeftOut = 3
	s.happens(cart, quiet, ofService("search", worst(s.now)))
	s.happens(ofService("search", over(worst(s.now))))
	require.True(t, s.in.Open())
	require.Equal(t, 3, s.in.LeftOut)
}
