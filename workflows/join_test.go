package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
	"github.com/seed-44180607/lastgood/signals"
)

// Two incidents of one service are told side by side: a workflow around them
// starts both, so that they share the world and the rollback.
var (
	oneWorkflow = signals.IncidentWorkflow("checkout", "one")
	twoWorkflow = signals.IncidentWorkflow("checkout", "two")
)

func bothIncidents(ctx workflow.Context, o signals.Opening) ([]incident.Incident, error) {
	var running []workflow.ChildWorkflowFuture
	for _, id := range []string{oneWorkflow, twoWorkflow} {
		running = append(running, workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID: id, ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		}), signals.IncidentType, o))
	}
	ended := make([]incident.Incident, len(running))
	for i, child := range running {
		if err := child.Get(ctx, &ended[i]); err != nil {
			return nil, err
		}
	}
	return ended, nil
}

// both tells both incidents to their end; a signal is sent to each at its time.
func both(t *testing.T, script func(s *story, to func(at time.Duration, id, signal string, what any))) (*story, incident.Incident, incident.Incident) {
	s := tell(t)
	to := func(at time.Duration, id, signal string, what any) {
		s.At(at, func() { require.NoError(t, s.env.SignalWorkflowByID(id, signal, what)) })
	}
	for _, id := range []string{oneWorkflow, twoWorkflow} {
		to(minute, id, signals.Alert, incident.Delivery{Group: id, Alerts: s.firing(0, incident.SEV2, "5xx")})
		to(10*minute, id, signals.Alert, incident.Delivery{Group: id, Alerts: s.resolved(10*minute, "5xx")})
	}
	script(s, to)
	s.env.ExecuteWorkflow(bothIncidents, s.Opening)
	require.NoError(t, s.env.GetWorkflowError())
	var ended []incident.Incident
	require.NoError(t, s.env.GetWorkflowResult(&ended))
	require.NotEqual(t, ended[0].ID, ended[1].ID)
	return s, ended[0], ended[1]
}

func rollBackBy(person string) incident.Decision {
	return incident.Decision{ID: person, By: person, Via: "slack", Release: "v41"}
}

func TestTwoIncidentsOfOneServiceShareOneRollback(t *testing.T) {
	s, one, two := both(t, func(s *story, to func(time.Duration, string, string, any)) {
		s.Builds(build{Takes: 4 * minute})
		to(2*minute, oneWorkflow, signals.RollBack, rollBackBy("sre-1"))
		to(3*minute, twoWorkflow, signals.RollBack, rollBackBy("sre-2"))
	})

	require.Len(t, s.world.line.orders, 1, "one build for both")
	require.Equal(t, one.ID+"/1", s.world.line.orders[0].order.Key)
	require.Equal(t, one.ID+"/1", two.Rollback.Key)
	for _, in := range []incident.Incident{one, two} {
		require.Equal(t, "v41", in.Restored, in.Timeline)
		require.Equal(t, 113, in.Rollback.Build)
		require.Equal(t, noon.Add(10*minute), in.ResolvedAt)
	}
	require.Contains(t, texts(two), "A rollback of checkout to v41 runs already ("+one.ID+"/1, decided by sre-1); this incident follows it")
	require.NotContains(t, texts(one), "A rollback of checkout to v41 runs already ("+one.ID+"/1, decided by sre-1); this incident follows it")
}

func TestBothIncidentsHearThatTheirRollbackFailed(t *testing.T) {
	s, one, two := both(t, func(s *story, to func(time.Duration, string, string, any)) {
		s.Builds(build{Takes: 4 * minute, Result: release.Failure})
		to(2*minute, oneWorkflow, signals.RollBack, rollBackBy("sre-1"))
		to(3*minute, twoWorkflow, signals.RollBack, rollBackBy("sre-2"))
	})

	require.Len(t, s.world.line.orders, 1, "one build for both")
	for _, in := range []incident.Incident{one, two} {
		require.Contains(t, texts(in), "The rollback to v41 failed: build 113 ended FAILURE")
		require.Equal(t, []string{"v41"}, in.Tried)
	}
}

func texts(in incident.Incident) []string {
	var list []string
	for _, e := range in.Timeline {
		list = append(list, e.Text)
	}
	return list
}

func TestServicesThatShareAnIncidentArePagedOnceAndResolvedTogether(t *testing.T) {
	s := tell(t)
	of := func(at time.Duration, service string, alerts []incident.Alert) {
		d := incident.Delivery{Source: "alertmanager", Group: service, Alerts: alerts}.Joint(service)
		s.At(at, func() { s.env.SignalWorkflow(signals.Alert, d) })
	}
	of(0, "cart", s.firing(0, incident.SEV2, "5xx"))
	cart := s.resolved(3*minute, "5xx")
	of(minute, "search", s.firing(minute, incident.SEV2, "5xx"))
	search := s.resolved(4*minute, "5xx")
	s.At(2*minute, func() { require.Equal(t, "cart, search", s.card().Affected) })
	of(3*minute, "cart", cart)
	s.At(3*minute+30*second, func() { require.Equal(t, "search; cart well again", s.card().Affected) })
	of(4*minute, "search", search)
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectTold("0s Alert fires: cart: 5xx", "1m0s Alert fires: search: 5xx")
	s.ExpectResolved(4*minute, 9*minute)
	s.ExpectWholeRecord()
}
