package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// holding is checkout with a hold_page of 30 s.
func holding() incident.Service {
	service := checkout()
	service.HoldPage = 30 * time.Second
	return service
}

// counting is checkout with a threshold of three alerts within 5 min.
func counting() incident.Service {
	service := checkout()
	service.Threshold = &incident.Threshold{Alerts: 3, Within: 5 * time.Minute}
	return service
}

// upgrade is a maintenance of checkout for an hour from noon on.
func upgrade() oncall.Maintenance {
	return oncall.Maintenance{ID: "m1", Service: "checkout", From: "2026-11-23T12:00:00Z", To: "2026-11-23T13:00:00Z", Reason: "database upgrade", By: "sre-9"}
}

// opensWith opens an incident by one delivery, as a monitor does.
func opensWith(t *testing.T, service incident.Service, alerts ...incident.Alert) *story {
	t.Helper()
	s := &story{t: t, now: noon, in: incident.Incident{
		ID: "INC-261123-ABCDEF", Service: service, Policies: policies(), Severity: incident.SEV2, Summary: "12 % of requests fail",
	}}
	return s.happens(incident.Event{Kind: incident.Opened}, delivers(alerts...))
}

func delivers(alerts ...incident.Alert) incident.Event {
	return incident.Event{Kind: incident.Delivered, Delivery: incident.Delivery{Alerts: alerts}}
}

// since is an alert of its own that fires from now on.
func (s *story) since(fingerprint string) incident.Alert {
	a := ratio(s.now)
	a.Fingerprint = fingerprint
	return a
}

func inMaintenance() incident.Event {
	return incident.Event{Kind: incident.PagesWithheld, Maintenance: upgrade()}
}

func TestHoldPageLetsTheFirstPageWait(t *testing.T) {
	s := opensWith(t, holding(), ratio(noon))
	require.False(t, s.in.Paging())
	require.Equal(t, noon.Add(30*time.Second), s.in.WithheldUntil())
	require.Equal(t, "PagesWithheld: Nobody is paged yet: hold_page lets it wait until 12:00:30 UTC", s.said(0)[2])
	wait, kind := s.due()
	require.Equal(t, 30*time.Second, wait)
	require.Equal(t, incident.PagesDue, kind)
	s.after(29 * time.Second).ignores(incident.Event{Kind: kind})

	s.after(time.Second).happens(incident.Event{Kind: kind})
	require.True(t, s.in.Paging())
	require.Zero(t, s.in.WithheldUntil())
	require.Equal(t, "PagesDue: Not resolved within 30s (hold_page)", s.said(0)[3])
	s.reaches("sre-1")
	require.Equal(t, 5*time.Minute, s.in.Climb.Until.Sub(s.now))
}

func TestWhatResolvesWithinHoldPageSaysThatNobodyWasPaged(t *testing.T) {
	s := opensWith(t, holding(), ratio(noon))
	s.after(20 * time.Second).happens(delivers(stops(ratio(noon), s.now).Alert))
	require.Equal(t, []string{
		"AlertResolved: Alert resolved: 12 % of requests fail",
		"NobodyPaged: Nobody was paged: resolved within 30s (hold_page)",
		"Resolved: Resolved: all alerts are resolved",
	}, s.said(3))
	at, _ := s.in.Due()
	require.Zero(t, at, "no page is due any more")
}

func TestAnAlertThatComesBackIsHeldAgain(t *testing.T) {
	s := opensWith(t, holding(), ratio(noon))
	s.after(20 * time.Second).happens(delivers(stops(ratio(noon), s.now).Alert))
	s.after(time.Minute).happens(delivers(ratio(s.now)))
	require.Equal(t, incident.Triggered, s.in.Status)
	require.False(t, s.in.Paging())
	require.Equal(t, s.now.Add(30*time.Second), s.in.WithheldUntil())
	require.Equal(t, 2, s.count(incident.PagesWithheld), "it is said of each opening")
}

func TestARollbackThatDidNotHoldAndAPersonWhoReopensPageAtOnce(t *testing.T) {
	s := given(t, restored)
	s.in.Service.HoldPage = time.Minute
	s.after(time.Minute).happens(delivers(ratio(s.now)))
	require.True(t, s.in.Paging())

	s = opensWith(t, holding(), ratio(noon))
	s.happens(delivers(stops(ratio(noon), s.now).Alert), by("sre-1", incident.Reopened))
	require.True(t, s.in.Paging())
}

func TestOfHoldPageASeverityThatIsRaisedTakesNothingAway(t *testing.T) {
	s := opensWith(t, holding(), ratio(noon))
	s.after(10 * time.Second).happens(by("sre-1", incident.SeverityChanged, severity(incident.SEV1)))
	require.False(t, s.in.Paging())
	require.Equal(t, noon.Add(30*time.Second), s.in.WithheldUntil())
}

func TestAPersonPagesAlthoughPagesAreWithheld(t *testing.T) {
	for name, service := range map[string]incident.Service{"hold_page": holding(), "threshold": counting(), "maintenance": checkout()} {
		t.Run(name, func(t *testing.T) {
			s := opensWith(t, service, ratio(noon))
			if name == "maintenance" {
				s.happens(inMaintenance())
			}
			lap := s.in.Climb.Lap
			s.happens(by("sre-2", incident.Escalated))
			require.Equal(t, "Escalated: Escalated to step 1 by sre-2", s.said(0)[len(s.in.Timeline)-1], "nobody was paged there yet")
			require.True(t, s.in.Paging())
			require.Equal(t, lap+1, s.in.Climb.Lap)
			s.ignores(inMaintenance())
			s.reaches("sre-1").happens(by("sre-2", incident.Escalated))
			require.Equal(t, 2, s.in.Climb.At.Step)
		})
	}
}

func TestWhatSomebodyHasTakenIsWithheldFromNobody(t *testing.T) {
	for name, service := range map[string]incident.Service{"hold_page": holding(), "threshold": counting()} {
		t.Run(name, func(t *testing.T) {
			s := opensWith(t, service, ratio(noon))
			s.happens(by("sre-1", incident.WasAcknowledged))
			wait, kind := s.due()
			require.Equal(t, incident.AckTimedOut, kind)
			s.after(wait).happens(incident.Event{Kind: kind})
			require.True(t, s.in.Paging(), "who took it has forgotten it")
		})
	}
}

func TestThePageOfAFailedRollbackIsNotWithheld(t *testing.T) {
	s := opensWith(t, checkout(), ratio(noon))
	s.happens(incident.Event{Kind: incident.Enriched, Facts: history()}, inMaintenance(), by("sre-1", incident.RollbackAsked, target("r2")))
	s.happens(s.told(incident.PhaseBuilding, 7, ""), s.told(incident.PhaseFailed, 7, "build 7 ended FAILURE"))
	require.True(t, s.in.Paging())
	s.ignores(inMaintenance())
}

func TestNobodyIsPagedBelowTheThreshold(t *testing.T) {
	s := opensWith(t, counting(), ratio(noon))
	require.False(t, s.in.Paging())
	require.Zero(t, s.in.WithheldUntil(), "nobody knows when")
	require.Equal(t, "PagesWithheld: Nobody is paged yet: 1 of 3 alerts within 5m (threshold)", s.said(0)[2])

	s.after(time.Minute).happens(delivers(s.since("f2")))
	require.False(t, s.in.Paging())
	s.ignores(delivers(s.since("f2")))
	require.Equal(t, "the first page, once there are enough alerts: 2 of 3 alerts within 5m (threshold)", incident.CardOf(s.in, temporal).Next)

	s.after(time.Minute).happens(delivers(s.since("f3")))
	require.True(t, s.in.Paging())
	require.Equal(t, "PagesDue: 3 alerts have fired within 5m (threshold)", s.said(0)[len(s.in.Timeline)-1])
}

func TestFiringsOlderThanTheThresholdsTimeDoNotCount(t *testing.T) {
	s := opensWith(t, counting(), ratio(noon))
	s.after(time.Minute).happens(delivers(s.since("f2")))
	s.after(4*time.Minute + time.Second).happens(delivers(s.since("f3")))
	require.False(t, s.in.Paging(), "the first was 5m1s ago")
	s.after(time.Minute - time.Second).happens(delivers(s.since("f4")))
	require.True(t, s.in.Paging(), "the second was 5m0s ago")
}

func TestAThresholdThatIsReachedAtOnceWithholdsNothing(t *testing.T) {
	more := func(f string) incident.Alert { a := ratio(noon); a.Fingerprint = f; return a }
	s := opensWith(t, counting(), ratio(noon), more("f2"), more("f3"))
	require.True(t, s.in.Paging())
	require.Zero(t, s.count(incident.PagesWithheld)+s.count(incident.PagesDue))
}

func TestAnAlertThatFlapsReachesTheThreshold(t *testing.T) {
	s := opensWith(t, counting(), ratio(noon))
	flaps := func() {
		s.after(30 * time.Second).happens(delivers(stops(ratio(s.in.Alerts[0].StartsAt), s.now).Alert))
		s.after(30 * time.Second).happens(delivers(ratio(s.now)))
	}
	flaps()
	require.False(t, s.in.Paging())
	require.Equal(t, "NobodyPaged: Nobody was paged: 1 of 3 alerts within 5m (threshold)", s.said(0)[4])
	flaps()
	require.True(t, s.in.Paging())
}

func TestFiringsThatCountAreNotForgottenByClosing(t *testing.T) {
	service := counting()
	service.ReopenWithin, service.Threshold.Within = time.Minute, time.Hour
	s := opensWith(t, service, ratio(noon))
	s.after(10 * time.Minute).happens(delivers(stops(ratio(noon), s.now).Alert))
	require.Equal(t, noon.Add(time.Hour), s.in.QuietUntil)

	paged := opensWith(t, checkout(), ratio(noon)).reaches("sre-1")
	paged.happens(delivers(stops(ratio(noon), paged.now).Alert))
	require.Equal(t, noon.Add(5*time.Minute), paged.in.QuietUntil)
}

func TestHoldPageAndThresholdMustBothAllowAPage(t *testing.T) {
	service := counting()
	service.HoldPage, service.Threshold.Alerts = 30*time.Second, 2
	s := opensWith(t, service, ratio(noon))
	require.Equal(t, "PagesWithheld: Nobody is paged yet: hold_page lets it wait until 12:00:30 UTC; 1 of 2 alerts within 5m (threshold)", s.said(0)[2])
	s.after(10 * time.Second).happens(delivers(s.since("f2")))
	require.False(t, s.in.Paging(), "hold_page is not over")
	s.after(20 * time.Second).happens(incident.Event{Kind: incident.PagesDue})
	require.True(t, s.in.Paging())
}

func TestAMaintenanceIsToldOnce(t *testing.T) {
	s := opensWith(t, checkout(), ratio(noon))
	s.happens(inMaintenance())
	require.Equal(t, "PagesWithheld: Nobody is paged until Mon 23 Nov 13:00:00 UTC: checkout is in maintenance, entered by sre-9: database upgrade", s.said(0)[2])
	require.Equal(t, noon.Add(time.Hour), s.in.WithheldUntil())
	s.after(time.Minute).ignores(inMaintenance())

	longer := inMaintenance()
	longer.Maintenance.To = "2026-11-23T14:00:00Z"
	s.happens(longer)
	require.Equal(t, 2, s.count(incident.PagesWithheld), "that is news")

	s.after(2 * time.Hour).reaches("sre-1")
	require.Equal(t, "PagesDue: checkout is in maintenance no longer", s.said(0)[4])
	s.happens(delivers(stops(ratio(noon), s.now).Alert))
	require.Zero(t, s.count(incident.NobodyPaged))
}

func TestWhatResolvesInAMaintenanceSaysThatNobodyWasPaged(t *testing.T) {
	s := opensWith(t, checkout(), ratio(noon)).happens(inMaintenance())
	s.happens(delivers(stops(ratio(noon), s.now).Alert))
	require.Equal(t, "NobodyPaged: Nobody was paged: checkout is in maintenance", s.said(0)[4])
}

func TestAMaintenanceChangesNothingForWhatIsBeingPaged(t *testing.T) {
	inEach(t, everyState, func(t *testing.T, s *story) { s.ignores(inMaintenance()) })
}

func TestTheThresholdIsReachedExactlyWhenEnoughFiringsFallIntoItsTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.IntRange(2, 5).Draw(rt, "alerts")
		within := time.Duration(rapid.IntRange(1, 20).Draw(rt, "minutes")) * time.Minute
		service := checkout()
		service.Threshold = &incident.Threshold{Alerts: want, Within: within}
		in := incident.Incident{ID: "INC-261123-ABCDEF", Service: service, Policies: policies(), Severity: incident.SEV2}
		in, err := incident.Apply(in, incident.Event{Kind: incident.Opened, At: noon})
		require.NoError(rt, err)
		now, fired, reached := noon, []time.Time(nil), false
		for i, gap := range rapid.SliceOfN(rapid.IntRange(0, 400), 1, 30).Draw(rt, "gaps") {
			now = now.Add(time.Duration(gap) * time.Second)
			a := ratio(now)
			a.Fingerprint = string(rune('a' + i))
			in, err = incident.Apply(in, incident.Event{Kind: incident.AlertFired, Alert: a, At: now})
			require.NoError(rt, err)
			fired = append(fired, now)
			n := 0
			for _, at := range fired {
				if now.Sub(at) <= within {
					n++
				}
			}
			reached = reached || n >= want
			require.Equal(rt, reached, in.Paging())
			require.LessOrEqual(rt, len(in.Firings), want)
		}
	})
}

func TestWhatNeverResolvesCountsEachTimeThatItFires(t *testing.T) {
	s := opensWith(t, counting(), mail(time.Time{}))
	s.after(time.Second).happens(delivers(mail(time.Time{})))
	require.False(t, s.in.Paging())
	s.after(time.Second).happens(delivers(mail(time.Time{})))
	require.True(t, s.in.Paging(), "each time counts: its monitor has no other way to fire anew")
	require.Equal(t, "PagesDue: 3 alerts have fired within 5m (threshold)", s.said(len(s.in.Timeline) - 1)[0])
}
