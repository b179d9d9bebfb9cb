package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// upgrade is a maintenance of checkout from one time of the story to another.
func upgrade(from, to time.Duration) oncall.Maintenance {
	return oncall.Maintenance{
		ID: "m1", Service: "checkout", From: noon.Add(from).Format(time.RFC3339), To: noon.Add(to).Format(time.RFC3339), Reason: "upgrade", By: "sre-9",
	}
}

// Maintains changes at a time of the story what maintenance is known.
func (s *story) Maintains(at time.Duration, windows ...oncall.Maintenance) {
	s.At(at, func() {
		s.world.mu.Lock()
		defer s.world.mu.Unlock()
		s.world.Staff.Maintenance = windows
	})
}

// holds lets the first page of the story wait.
func holds(t *testing.T, d time.Duration) *story {
	s := tell(t)
	s.Opening.Service.HoldPage = d
	return s
}

func TestWhatResolvesWithinHoldPagePagesNobody(t *testing.T) {
	s := holds(t, 30*second)
	s.Fires(0, "5xx")
	s.At(10*second, func() {
		require.Equal(t, "the first page, if it still fires then (hold_page)", s.card().Next)
		require.Len(t, s.world.tickets, 1, "it is recorded")
	})
	s.Clears(29*second, "5xx")
	s.Run()

	s.ExpectPages()
	s.ExpectTold("0s Nobody is paged yet: hold_page lets it wait until 12:00:30 UTC", "29s Nobody was paged: resolved within 30s (hold_page)")
	s.ExpectResolved(29*second, 5*minute+29*second)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestWhatOutlastsHoldPageIsPagedWhenItEnds(t *testing.T) {
	s := holds(t, 30*second)
	s.Fires(0, "5xx")
	s.Clears(6*minute, "5xx")
	s.Fires(8*minute, "5xx")
	s.Clears(8*minute+20*second, "5xx")
	s.Fires(9*minute, "5xx")
	s.Decide(10*minute, signals.Acknowledge, "sre-1")
	s.Clears(11*minute, "5xx")
	s.Run()

	s.ExpectPages("30s step 1 to U0SRE1", "5m30s step 2 to U0SRE2", "9m30s step 1 to U0SRE1")
	s.ExpectWhispers("10m0s sre-1: Acknowledged by sre-1.")
	s.ExpectTold("30s Not resolved within 30s (hold_page)", "8m20s Nobody was paged: resolved within 30s (hold_page)", "9m0s Reopened: an alert fires again")
	s.ExpectResolved(11*minute, 16*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestHoldPageIsOverAtTheSameMomentInANewRun(t *testing.T) {
	s := holds(t, 10*minute)
	s.Fires(0, "5xx")
	s.Fills(4 * minute)
	s.Continue()
	require.Equal(t, noon.Add(10*minute), s.Opening.Resumed.WithheldUntil())
	s.Clears(12*minute, "5xx")
	s.Run()

	s.ExpectPages("10m0s step 1 to U0SRE1")
	s.ExpectResolved(12*minute, 17*minute)
	s.ExpectWholeRecord()
}

func TestDecisionsAreCarriedOutWhilePagesAreWithheld(t *testing.T) {
	for name, test := range map[string]struct {
		decide func(*story)
		pages  []string
	}{
		"acknowledged":          {func(s *story) { s.Decide(minute, signals.Acknowledge, "sre-1") }, nil},
		"escalated":             {func(s *story) { s.Decide(minute, signals.Escalate, "sre-2") }, []string{"1m0s step 1 to U0SRE1", "6m0s step 2 to U0SRE2"}},
		"snoozed":               {func(s *story) { s.Decide(minute, signals.Snooze, "sre-2", lasting("11m")) }, []string{"12m0s step 1 to U0SRE1"}},
		"snoozed for less":      {func(s *story) { s.Decide(minute, signals.Snooze, "sre-2", lasting("2m")) }, []string{"10m0s step 1 to U0SRE1"}},
		"the severity is worse": {func(s *story) { s.Decide(minute, signals.SetSeverity, "sre-2", severe(incident.SEV1)) }, []string{"10m0s step 1 to U0SRE1"}},
		"resolved by a person":  {func(s *story) { s.Decide(minute, signals.Resolve, "sre-2") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := holds(t, 10*minute)
			s.Fires(0, "5xx")
			test.decide(s)
			s.Clears(13*minute, "5xx")
			s.Run()
			s.ExpectPages(test.pages...)
			require.Len(t, s.world.whispers, 1)
			s.ExpectWhispers(s.named(s.world.whispers)...)
			s.ExpectNoTimerLeft()
		})
	}
}

func severe(severity incident.Severity) func(*incident.Decision) {
	return func(d *incident.Decision) { d.Severity = severity }
}

func TestARollbackDecidedWithinHoldPageIsCarriedOut(t *testing.T) {
	s := holds(t, 10*minute)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages()
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(rolledBack)
	s.ExpectTold("5m0s Restored with v41: every alert has resolved")
	s.ExpectResolved(5*minute, 10*minute)
}

// counts lets the story page from the third alert within five minutes on.
func counts(t *testing.T) *story {
	s := tell(t)
	s.Opening.Service.Threshold = &incident.Threshold{Alerts: 3, Within: 5 * minute}
	return s
}

func TestBelowTheThresholdNobodyIsPaged(t *testing.T) {
	s := counts(t)
	s.Fires(0, "a")
	s.Fires(minute, "b")
	s.Fires(6*minute+second, "c") // Only two within five minutes.
	s.At(7*minute, func() { require.Contains(t, s.card().Next, "1 of 3 alerts within 5m") })
	s.Clears(20*minute, "a", "b", "c")
	s.Run()

	s.ExpectPages()
	s.ExpectTold("0s Nobody is paged yet: 1 of 3 alerts within 5m (threshold)", "20m0s Nobody was paged: 1 of 3 alerts within 5m (threshold)")
	s.ExpectResolved(20*minute, 25*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestTheAlertThatReachesTheThresholdPages(t *testing.T) {
	s := counts(t)
	s.Fires(0, "a")
	s.Fires(2*minute, "b")
	s.Alert(3*minute, s.firing(2*minute, incident.SEV2, "b")...) // What is repeated does not count.
	s.Fires(4*minute, "c")
	s.Decide(5*minute, signals.Acknowledge, "sre-1")
	s.Clears(6*minute, "a", "b", "c")
	s.Run()

	s.ExpectPages("4m0s step 1 to U0SRE1")
	s.ExpectWhispers("5m0s sre-1: Acknowledged by sre-1.")
	s.ExpectTold("4m0s 3 alerts have fired within 5m (threshold)")
	s.ExpectResolved(6*minute, 11*minute)
}

func TestAnAlertThatFlapsReachesTheThresholdInANewRunToo(t *testing.T) {
	s := counts(t)
	s.Fires(0, "a")
	s.Clears(30*second, "a")
	s.Fires(minute, "a")
	s.Clears(90*second, "a")
	s.Fills(2 * minute)
	s.Continue()
	s.Fires(3*minute, "a")
	s.Clears(4*minute, "a")
	s.Run()

	s.ExpectPages("3m0s step 1 to U0SRE1")
	s.ExpectResolved(4*minute, 9*minute)
	s.ExpectWholeRecord()
}

func TestInAMaintenanceAnIncidentIsRecordedAndPagedWhenItEnds(t *testing.T) {
	s := tell(t)
	s.world.Staff.Maintenance = []oncall.Maintenance{upgrade(-hour, 10*minute+30*second)}
	s.Fires(0, "5xx")
	s.At(5*minute, func() {
		require.Contains(t, s.card().Next, "the first page, if it still fires then (checkout is in maintenance, entered by sre-9: upgrade)")
		require.Len(t, s.world.tickets, 1, "it is recorded")
	})
	s.Decide(11*minute, signals.Acknowledge, "sre-1")
	s.Clears(12*minute, "5xx")
	s.Run()

	s.ExpectPages("10m30s step 1 to U0SRE1")
	s.ExpectWhispers("11m0s sre-1: Acknowledged by sre-1.")
	s.ExpectTold("0s Nobody is paged until Tue 6 Jan 12:10:30 UTC: checkout is in maintenance, entered by sre-9: upgrade",
		"10m30s checkout is in maintenance no longer")
	s.ExpectResolved(12*minute, 17*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestWhatResolvesInAMaintenancePagesNobody(t *testing.T) {
	s := tell(t)
	s.world.Staff.Maintenance = []oncall.Maintenance{upgrade(-hour, hour)}
	s.Fires(0, "5xx")
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages()
	s.ExpectTold("20m0s Nobody was paged: checkout is in maintenance")
	s.ExpectResolved(20*minute, 25*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestAMaintenanceThatIsEndedEarlyPagesWithinAMinute(t *testing.T) {
	s := tell(t)
	s.world.Staff.Maintenance = []oncall.Maintenance{upgrade(-hour, hour)}
	s.Fires(0, "5xx")
	s.Maintains(7*minute + 20*second)
	s.Clears(12*minute, "5xx")
	s.Run()

	s.ExpectPages("8m0s step 1 to U0SRE1")
	s.ExpectResolved(12*minute, 17*minute)
}

func TestAMaintenanceThatIsMadeLongerKeepsTheQuiet(t *testing.T) {
	s := tell(t)
	s.world.Staff.Maintenance = []oncall.Maintenance{upgrade(-hour, 5*minute)}
	s.Fires(0, "5xx")
	s.Maintains(4*minute, upgrade(-hour, 5*minute), upgrade(4*minute, 9*minute))
	s.Clears(10*minute, "5xx")
	s.Run()

	s.ExpectPages("9m0s step 1 to U0SRE1")
	s.ExpectTold("4m0s Nobody is paged until Tue 6 Jan 12:09:00 UTC: checkout is in maintenance, entered by sre-9: upgrade")
	s.ExpectResolved(10*minute, 15*minute)
}

func TestAMaintenanceThatBeginsWhilePeopleArePagedStopsNothing(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Maintains(minute, upgrade(minute, hour))
	s.Fires(7*minute, "slow")
	s.Clears(16*minute, "5xx", "slow")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "5m0s step 2 to U0SRE2", "15m0s step 3 to C0LEADS")
	s.ExpectNeverTold("maintenance")
	s.ExpectResolved(16*minute, 21*minute)
}

// of are alerts of a service that shares the incident.
func of(service string, alerts []incident.Alert) []incident.Alert {
	for i := range alerts {
		alerts[i].Service = service
	}
	return alerts
}

func TestAMaintenanceOfAServiceThatJoinsKeepsItsOwnAlertsQuiet(t *testing.T) {
	s := tell(t)
	basket := upgrade(-hour, hour)
	basket.Service = "basket"
	s.world.Staff.Maintenance = []oncall.Maintenance{basket}
	s.Alert(0, of("basket", s.firing(0, incident.SEV2, "slow"))...)
	s.Alert(4*minute+10*second, of("search", s.firing(4*minute+10*second, incident.SEV2, "5xx"))...)
	s.Decide(6*minute, signals.Acknowledge, "sre-1")
	s.Clears(7*minute, "slow", "5xx")
	s.Run()

	s.ExpectTold("0s Nobody is paged until Tue 6 Jan 13:00:00 UTC: basket is in maintenance, entered by sre-9: upgrade",
		"4m10s The maintenance of basket covers no longer all that fires")
	s.ExpectPages("4m10s step 1 to U0SRE1")
	s.ExpectWhispers("6m0s sre-1: Acknowledged by sre-1.")
	s.ExpectResolved(7*minute, 12*minute)
	s.ExpectNoTimerLeft()
}

func TestAPersonPagesInAMaintenance(t *testing.T) {
	s := tell(t)
	s.world.Staff.Maintenance = []oncall.Maintenance{upgrade(-hour, hour)}
	s.Fires(0, "5xx")
	s.Decide(3*minute+20*second, signals.Escalate, "sre-2")
	s.Clears(10*minute, "5xx")
	s.Run()

	s.ExpectPages("3m20s step 1 to U0SRE1", "8m20s step 2 to U0SRE2")
	s.ExpectWhispers("3m20s sre-2: Escalated to step 1 by sre-2.")
	s.ExpectResolved(10*minute, 15*minute)
	s.ExpectNoTimerLeft()
}

func TestAnAcknowledgementThatRunsOutInAMaintenancePagesWhenItEnds(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.Default.AckTimeout = 5 * minute
	s.world.Staff.Maintenance = []oncall.Maintenance{upgrade(-hour, 20*minute)}
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-1")
	s.Clears(21*minute, "5xx")
	s.Run()

	s.ExpectPages("20m0s step 1 to U0SRE1")
	s.ExpectWhispers("1m0s sre-1: Acknowledged by sre-1.")
	s.ExpectTold("6m0s The acknowledgement by sre-1 ran out after 5m without a decision", "20m0s checkout is in maintenance no longer")
	s.ExpectResolved(21*minute, 26*minute)
}

func TestAStepThatWaitsForItsWindowMeetsTheMaintenanceOfThatMoment(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.Default.Steps[0].WaitUntil = &oncall.Window{From: "12:10", To: "18:00", TimeZone: "Europe/London"}
	s.world.Staff.Maintenance = []oncall.Maintenance{upgrade(5*minute, 12*minute)}
	s.Fires(0, "5xx")
	s.Clears(13*minute, "5xx")
	s.Run()

	s.ExpectPages("12m0s step 1 to U0SRE1")
	s.ExpectResolved(13*minute, 18*minute)
}

func TestASeverityThatIsRaisedInAMaintenancePagesByTheNewPolicyWhenItEnds(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.BySeverity = []incident.SeverityRoute{{Severity: incident.SEV1, Policy: oncall.Policy{
		ID: "worst", Steps: []oncall.Step{{Page: []oncall.Target{{Person: "sre-3"}}, AckWithin: 5 * minute}},
	}}}
	s.world.Staff.Maintenance = []oncall.Maintenance{upgrade(-hour, 10*minute)}
	s.Fires(0, "5xx")
	s.Alert(3*minute, s.firing(3*minute, incident.SEV1, "down")...)
	s.Clears(11*minute, "5xx", "down")
	s.Run()

	s.ExpectPages("10m0s step 1 to U0SRE3")
	s.ExpectResolved(11*minute, 16*minute)
}

func TestAnIncidentInAMaintenanceGoesOnInANewRun(t *testing.T) {
	s := tell(t)
	s.world.Staff.Maintenance = []oncall.Maintenance{upgrade(-hour, 10*minute)}
	s.Fires(0, "5xx")
	s.Fills(4 * minute)
	s.Continue()
	s.Clears(12*minute, "5xx")
	s.Run()

	s.ExpectPages("10m0s step 1 to U0SRE1")
	said := 0
	for _, e := range s.Incident.Timeline {
		if e.Kind == incident.PagesWithheld {
			said++
		}
	}
	require.Equal(t, 1, said, "it is said once")
	s.ExpectResolved(12*minute, 17*minute)
	s.ExpectWholeRecord()
}

func TestAMaintenanceOfAnotherServiceKeepsNobodyQuiet(t *testing.T) {
	s := tell(t)
	other := upgrade(-hour, hour)
	other.Service = "basket"
	s.world.Staff.Maintenance = []oncall.Maintenance{other}
	s.Fires(0, "5xx")
	s.Clears(minute, "5xx")
	s.Run()
	s.ExpectPages("0s step 1 to U0SRE1")
}

func TestHoldPageAMaintenanceAndAThresholdMustAllAllowAPage(t *testing.T) {
	s := counts(t)
	s.Opening.Service.HoldPage = 2 * minute
	s.world.Staff.Maintenance = []oncall.Maintenance{upgrade(0, 4*minute)}
	s.Fires(0, "a", "b", "c")
	s.Clears(5*minute, "a", "b", "c")
	s.Run()

	s.ExpectPages("4m0s step 1 to U0SRE1")
	s.ExpectTold("2m0s Not resolved within 2m (hold_page)", "2m0s Nobody is paged until Tue 6 Jan 12:04:00 UTC: checkout is in maintenance, entered by sre-9: upgrade")
	s.ExpectNeverTold("threshold")
}

func TestThePagesAfterHoldPageAreThoseOfThePreview(t *testing.T) {
	for n := range 4 {
		const hold, ends = 7*minute + 13*second, 3*hour + 17*second
		p, staff := somePolicy.Example(n), someStaff.Example(n)
		s := holds(t, hold)
		s.Opening.Policies.Default, s.world.Staff = p, staff
		s.Fires(0, "5xx")
		s.Clears(ends, "5xx")
		s.Run()

		require.NoError(t, s.Err)
		want := foretold(oncall.Preview(p, noon.Add(hold), staff, oncall.Assumption{Again: 99}), 1, ends)
		require.Equal(t, strings.Join(sameMoment(want), "\n"), strings.Join(sameMoment(s.made()), "\n"), "%+v", p)
	}
}
