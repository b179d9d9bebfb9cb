package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// The alert comes in the very moment in which the incident would close: once
// before its timer, once together with it.
func TestAnAlertThatFiresInTheMomentOfClosingIsNotLost(t *testing.T) {
	for name, send := range map[string]func(*story, incident.Delivery){
		"a task before": func(s *story, d incident.Delivery) { s.env.SignalWorkflow(signals.Alert, d) },
		"the same task": func(s *story, d incident.Delivery) { s.env.SignalWorkflowSkippingWorkflowTask(signals.Alert, d) },
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t)
			s.Fires(0, "5xx")
			s.Clears(3*minute, "5xx")
			again := incident.Delivery{Group: "group", Alerts: s.firing(8*minute, incident.SEV2, "5xx")}
			s.At(8*minute, func() { send(s, again) })
			s.Clears(9*minute, "5xx")
			s.Run()

			s.ExpectPages("0s step 1 to U0SRE1", "8m0s step 1 to U0SRE1")
			s.ExpectResolved(9*minute, 14*minute)
			s.ExpectWholeRecord()
		})
	}
}

func TestADecisionAfterTheLastWordsIsStillAnsweredAndRecorded(t *testing.T) {
	s := tell(t)
	s.world.Jira.Slow(8*second, 8*minute, 9*minute)
	s.Fires(0, "5xx")
	s.Clears(3*minute, "5xx")
	s.Decide(8*minute+4*second, signals.AddNote, "sre-1", because("one more thing"))
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers("8m4s sre-1: sre-1: one more thing.")
	s.ExpectResolved(3*minute, 8*minute)
	s.ExpectWholeRecord()
}

func TestAnIncidentClosesOnlyWhenEveryAlertHasResolved(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx", "slow")
	s.Clears(2*minute, "5xx")
	s.Fires(0, "5xx") // The monitor repeats itself.
	s.Clears(4*minute, "slow")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectResolved(4*minute, 9*minute)
}

func TestAnOperatorCancelsAResolvedIncidentThatWaits(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Clears(3*minute, "5xx")
	s.At(4*minute, s.env.CancelWorkflow)
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	require.True(t, temporal.IsCanceledError(s.Err))
	require.Equal(t, 4*minute, s.world.tickets[0].closed.Truncate(minute))
}

func TestACancelledIncidentLeavesTheRunningRollbackAlone(t *testing.T) {
	s := rollsBack(t)
	s.Builds(build{Takes: 10 * minute})
	s.At(4*minute, s.env.CancelWorkflow)
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(rolledBack)
	require.True(t, temporal.IsCanceledError(s.Err))
	require.NotZero(t, s.world.line.orders[0].ended, "nobody stops the build")
	require.Contains(t, s.card().Failure, "the state of the service is unknown")
}

func TestAnIncidentWithoutAServiceIsRefused(t *testing.T) {
	s := tell(t)
	s.Opening.Service = incident.Service{}
	s.Fires(0, "5xx")
	s.Run()

	var broken *temporal.ApplicationError
	require.ErrorAs(t, s.Err, &broken)
	require.True(t, broken.NonRetryable())
	require.Equal(t, "BrokenInput", broken.Type())
}

func TestWithoutSlackTheRestOfTheIncidentGoesOn(t *testing.T) {
	s := tell(t)
	s.world.noSlack = true
	s.stage(noon)
	s.Fires(0, "5xx")
	s.Decide(5*minute, signals.RollBack, "sre-1", to("v41"))
	s.Clears(8*minute, "5xx")
	s.Run()

	s.ExpectOrders("5m0s v41, attempt 1")
	s.ExpectTold("0s Could not page sre-1 by slack: Slack is not configured")
	s.ExpectResolved(8*minute, 13*minute)
	s.ExpectWholeTicket()
}
