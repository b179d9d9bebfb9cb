package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

func release41(d *incident.Decision) { d.Release = "v41" }

func TestAClickRollsBackAndTheRestoreIsProved(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", release41)
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers("2m0s sre-1: Acknowledged by sre-1, who decides to roll back.")
	s.ExpectResolved(5*minute, 10*minute)
	s.ExpectWholeRecord()
	s.ExpectNoTimerLeft()
	require.Equal(t, "v41", s.Incident.Restored)
	require.Equal(t, incident.RollbackSucceeded, s.Incident.Rollback.State)
}
