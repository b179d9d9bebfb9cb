package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

func lasting(d string) func(*incident.Decision) { return func(in *incident.Decision) { in.For = d } }

func TestASnoozedClimbGoesOnWhereItWas(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.Snooze, "sre-1", lasting("30m"))
	s.Clears(40*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "35m0s step 2 to U0SRE2")
	s.ExpectWhispers("2m0s sre-1: Snoozed until 12:32 UTC by sre-1.")
	s.ExpectTold("32m0s The snooze has ended")
	s.ExpectResolved(40*minute, 45*minute)
	s.ExpectNoTimerLeft()
}

func TestASnoozeThatComesBeforeThePageHoldsItBack(t *testing.T) {
	s := tell(t)
	s.world.Slack.Down(fails, 0, minute)
	s.Fires(0, "5xx")
	s.Decide(5*second, signals.Snooze, "sre-1", lasting("10m"))
	s.Clears(20*minute, "5xx")
	s.Run()

	s.ExpectPages("10m5s step 1 to U0SRE1", "15m5s step 2 to U0SRE2")
	s.ExpectWhispers(s.world.whispers...)
	s.ExpectResolved(20*minute, 25*minute)
}

func TestAnAcknowledgementThatRunsOutPagesAgain(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.Default.AckTimeout = 30 * minute
	s.Opening.Policies.Default.Repeat.FromStep = 2
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.Acknowledge, "sre-1")
	s.Decide(20*minute, signals.AddNote, "sre-1", because("still looking"))
	s.Clears(55*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "50m0s step 2 to U0SRE2")
	s.ExpectWhispers("2m0s sre-1: Acknowledged by sre-1.", "20m0s sre-1: sre-1: still looking.")
	s.ExpectTold("50m0s The acknowledgement by sre-1 ran out after 30m without a decision")
	s.ExpectResolved(55*minute, hour)
	s.ExpectNoTimerLeft()
}

func TestAnAcknowledgementDoesNotRunOutDuringARollback(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.Default.AckTimeout = 5 * minute
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.RollBack, "sre-1", to("v41"))
	s.Builds(build{Takes: 15 * minute})
	s.Clears(25*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(rolledBack)
	s.ExpectResolved(25*minute, 30*minute)
}

func TestEscalatingAnAcknowledgedIncidentPagesTheNextStepOnce(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(2*minute, signals.Acknowledge, "sre-1")
	s.Decide(3*minute, signals.Escalate, "sre-1", because("need the database team"))
	s.Clears(2*hour, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "3m0s step 2 to U0SRE2")
	s.ExpectWhispers("2m0s sre-1: Acknowledged by sre-1.", "3m0s sre-1: Escalated to step 2 by sre-1: need the database team.")
	s.ExpectResolved(2*hour, 2*hour+5*minute)
	s.ExpectNoTimerLeft()
	require.Equal(t, "sre-1", s.Incident.AcknowledgedBy, "the acknowledgement is kept")
}

func TestEscalatingATriggeredIncidentClimbsOnFromThere(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Escalate, "sre-1")
	s.Clears(12*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "1m0s step 2 to U0SRE2", "11m0s step 3 to C0LEADS")
	s.ExpectWhispers("1m0s sre-1: Escalated to step 2 by sre-1.")
	s.ExpectResolved(12*minute, 17*minute)
}

func TestAResponderWhoIsAddedIsCalledBesideThePolicy(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.Decide(minute, signals.Acknowledge, "sre-1")
	s.Decide(2*minute, signals.AddResponder, "sre-1", func(d *incident.Decision) { d.Person = "sre-3" })
	s.Clears(10*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "2m0s call to U0SRE3")
	s.ExpectWhispers("1m0s sre-1: Acknowledged by sre-1.", "2m0s sre-1: sre-3 added as a responder by sre-1.")
}

func TestARaisedSeverityClimbsItsOwnPolicyFromTheFirstStep(t *testing.T) {
	s := tell(t)
	worst := oncall.Policy{ID: "worst", Steps: []oncall.Step{
		{Page: []oncall.Target{{Person: "sre-3"}}, AckWithin: minute},
		{Page: []oncall.Target{{SlackChannel: "C0ALL"}}, AckWithin: hour},
	}}
	s.Opening.Policies.BySeverity = []incident.SeverityRoute{{Severity: incident.SEV1, Policy: worst}}
	s.Fires(0, "5xx")
	s.Alert(7*minute, s.firing(7*minute, incident.SEV1, "down")...)
	s.Decide(9*minute, signals.Acknowledge, "sre-3")
	s.Decide(10*minute, signals.SetSeverity, "sre-3", func(d *incident.Decision) { d.Severity = incident.SEV3 })
	s.Clears(30*minute, "5xx", "down")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "5m0s step 2 to U0SRE2", "7m0s step 1 to U0SRE3", "8m0s step 2 to C0ALL")
	s.ExpectWhispers("9m0s sre-3: Acknowledged by sre-3.", "10m0s sre-3: Severity lowered from SEV1 to SEV3 by sre-3.")
	s.ExpectTold("7m0s Severity raised from SEV2 to SEV1")
	s.ExpectResolved(30*minute, 35*minute)
}

func TestACancelledIncidentSaysSoAndEnds(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.At(7*minute, s.env.CancelWorkflow)
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "5m0s step 2 to U0SRE2")
	var cancelled *temporal.CanceledError
	require.ErrorAs(t, s.Err, &cancelled)
	require.Equal(t, incident.Resolved, s.card().Status, "the card says so")
	require.Empty(t, s.card().Buttons)
	require.Equal(t, 7*minute, s.world.tickets[0].closed.Truncate(minute))
	require.LessOrEqual(t, s.world.since(), 8*minute)
}

func TestADecisionThatNamesAnotherIncidentChangesNothing(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	another := func(d *incident.Decision) { d.Incident = "INC-260105-ABCDEF" }
	s.Decide(minute, signals.Acknowledge, "sre-2", another)
	s.Decide(2*minute, signals.RollBack, "sre-2", another, to("v41"))
	s.Clears(3*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	closed := "INC-260105-ABCDEF is closed. The incident of checkout that is open now is INC: use its own buttons."
	s.ExpectWhispers("1m0s sre-2: "+closed, "2m0s sre-2: "+closed)
	s.ExpectResolved(3*minute, 8*minute)
	s.ExpectNeverTold("sre-2")
}

func TestADecisionSentByHandNeedsNothingButAName(t *testing.T) {
	s := tell(t)
	s.Fires(0, "5xx")
	s.At(minute, func() { s.env.SignalWorkflow(signals.Acknowledge, map[string]string{"by": "sre-1"}) })
	s.Clears(10*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectTold("1m0s Acknowledged by sre-1")
	s.ExpectResolved(10*minute, 15*minute)
}
