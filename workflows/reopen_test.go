package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

func TestAnAlertThatFiresAgainWithinTheWindowReopens(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-1")
	first := s.firing(0, incident.SEV2, "5xx")
	s.Clears(10*minute, "5xx")
	s.Alert(11*minute, first...) // A late duplicate of what has resolved.
	s.Fires(14*minute, "5xx")
	s.Clears(16*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "14m0s step 1 to U0SRE1")
	s.ExpectWhispers("1m0s sre-1: Acknowledged by sre-1.")
	s.ExpectTold("14m0s Reopened: an alert fires again")
	s.ExpectResolved(16*minute, 21*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
}

func TestARollbackThatDidNotHoldSaysSoAndOffersTheNextRelease(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Clears(5*minute, "5xx")
	s.Fires(8*minute, "5xx")
	s.At(9*minute, func() {
		require.Contains(t, s.buttons(), "roll-back v40")
		require.Contains(t, s.card().Failure, "it did not hold")
	})
	s.Decide(9*minute, signals.RollBack, "sre-1", to("v40"))
	s.Clears(12*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "8m0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1", "9m0s v40, attempt 2")
	s.ExpectWhispers(rolledBack, "9m0s sre-1: Rollback from v41 to v40 decided by sre-1.")
	s.ExpectTold("8m0s Reopened: an alert fires again; the rollback to v41 did not hold", "12m0s Restored with v40: every alert has resolved")
	s.ExpectResolved(12*minute, 17*minute)
}

func TestAPersonReopens(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Clears(3*minute, "5xx")
	s.At(4*minute, func() { require.Contains(t, s.buttons(), "reopen") })
	s.Decide(5*minute, signals.Reopen, "sre-2", because("customers still complain"))
	s.Decide(6*minute, signals.Resolve, "sre-2")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "5m0s step 1 to U0SRE1")
	s.ExpectWhispers("5m0s sre-2: Reopened: by sre-2: customers still complain.", "6m0s sre-2: Resolved: by sre-2.")
	s.ExpectResolved(6*minute, 11*minute)
}

func TestAPersonResolvesWhileTheAlertFiresAndTheRunWaitsForTheMonitor(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.Resolve, "sre-1", because("a test"))
	s.Clears(3*hour, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers("2m0s sre-1: Resolved: by sre-1: a test (while an alert fires).")
	s.ExpectResolved(2*minute, 3*hour)
	s.ExpectNoTimerLeft()
}

func TestTheRunWaitsForTheMonitorADayAtMost(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.Resolve, "sre-1", because("a test"))
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers("2m0s sre-1: Resolved: by sre-1: a test (while an alert fires).")
	s.ExpectResolved(2*minute, day+2*minute)
	s.ExpectWholeRecord()
}

func TestALaterFiringReopensWhatAPersonResolved(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.Resolve, "sre-1", because("a test"))
	s.Fires(2*hour, "slow")
	s.Clears(2*hour+minute, "5xx", "slow")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2h0m0s step 1 to U0SRE1")
	s.ExpectWhispers("2m0s sre-1: Resolved: by sre-1: a test (while an alert fires).")
	s.ExpectResolved(2*hour+minute, 2*hour+6*minute)
}

// endless are alerts of a monitor that never says resolved.
func (s *story) endless(at time.Duration, names ...string) []incident.Alert {
	alerts := s.firing(at, incident.SEV2, names...)
	for i := range alerts {
		alerts[i].NeverResolves = true
	}
	return alerts
}

func TestAnAlertThatNeverResolvesIsOverWhenAPersonResolves(t *testing.T) {
	s := tell(t)
	s.Alert(0, s.endless(0, "backup failed")...)
	s.At(minute, func() {
		require.Contains(t, s.card().Notes, "Somebody has to resolve "+incidentID+": its monitor never says resolved")
	})
	for n := range 5 {
		at := 2*minute + time.Duration(n)*10*second
		s.Alert(at, s.endless(at, "backup failed")...)
	}
	s.Decide(4*minute, signals.Resolve, "sre-1", because("backed up by hand"))
	s.Alert(6*minute, s.endless(6*minute, "backup failed")...)
	s.Decide(7*minute, signals.Resolve, "sre-1")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "6m0s step 1 to U0SRE1")
	s.ExpectWhispers("4m0s sre-1: Resolved: by sre-1: backed up by hand.", "7m0s sre-1: Resolved: by sre-1.")
	s.ExpectTold("2m0s Alert has fired 2 times: backup failed", "2m30s Alert has fired 5 times: backup failed",
		"6m0s Reopened: an alert fires again")
	s.ExpectResolved(7*minute, 12*minute)
	s.ExpectNoTimerLeft()
	s.ExpectWholeRecord()
}

func TestAPersonProvesARollbackWhereNoMonitorResolves(t *testing.T) {
	s := tell(t)
	s.Alert(0, s.endless(0, "5xx")...)
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Decide(8*minute, signals.Resolve, "sre-1", because("orders go through"))
	s.Alert(10*minute, s.endless(10*minute, "5xx")...)
	s.Decide(11*minute, signals.Resolve, "sre-2")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "10m0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(rolledBack, "8m0s sre-1: Resolved: rolled back to v41.", "11m0s sre-2: Resolved: by sre-2.")
	s.ExpectTold("8m0s Restored with v41: sre-1 says that it is well: orders go through",
		"10m0s Reopened: an alert fires again; the rollback to v41 did not hold")
	s.ExpectResolved(11*minute, 16*minute)
}

func TestTheWorstAlertOfAGroupComesAndGoesWithoutPagingTwice(t *testing.T) {
	s := tell(t)
	s.Fires(0, "slow")
	s.Alert(minute, s.firing(minute, incident.SEV1, "5xx")...)
	s.Decide(90*second, signals.Acknowledge, "sre-1")
	s.Clears(2*minute, "5xx")
	s.At(2*minute+30*second, func() { require.Equal(t, incident.SEV2, s.card().Severity) })
	s.Alert(3*minute, s.firing(3*minute, incident.SEV1, "5xx")...)
	s.At(3*minute+30*second, func() { require.Equal(t, incident.SEV1, s.card().Severity) })
	s.Clears(4*minute, "5xx", "slow")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "1m0s step 1 to U0SRE1")
	s.ExpectWhispers("1m30s sre-1: Acknowledged by sre-1.")
	s.ExpectResolved(4*minute, 9*minute)
}
