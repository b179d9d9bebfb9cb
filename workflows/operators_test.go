package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

func TestTheEscalationQuerySaysWhoIsPagedNextAndWhen(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.Default.AckTimeout = 30 * minute
	var climbing, acknowledged signals.Escalation
	s.Fires(0, "5xx")
	s.At(minute, func() { climbing = s.escalation() })
	s.Decide(2*minute, signals.Acknowledge, "sre-1")
	s.At(3*minute, func() { acknowledged = s.escalation() })
	s.Clears(4*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers("2m0s sre-1: Acknowledged by sre-1.")
	require.Equal(t, signals.Escalation{
		Status: incident.Triggered, Step: 1, Round: 1, Paging: []string{"sre-1"}, Next: []string{"sre-2"}, At: noon.Add(5 * minute),
	}, climbing)
	require.Equal(t, incident.Acknowledged, acknowledged.Status)
	require.Equal(t, noon.Add(32*minute), acknowledged.At, "when it pages again")
}

func (s *story) escalation() (e signals.Escalation) {
	value, err := s.env.QueryWorkflow(signals.QueryEscalation)
	require.NoError(s.t, err)
	require.NoError(s.t, value.Get(&e))
	return e
}

func TestOperatorsCanListTheIncidentByWhereItStands(t *testing.T) {
	s := rollsBack(t)
	s.Clears(5*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectOrders("2m0s v41, attempt 1")
	s.ExpectWhispers(rolledBack)
	require.Equal(t, []map[string]any{
		{"IncidentId": incidentID, "IncidentEscalationStep": int64(1)},
		{"IncidentStatus": "acknowledged", "IncidentAcknowledgedBy": "sre-1", "IncidentBadRelease": "v42"},
		{"IncidentStatus": "resolved"},
	}, s.seen.attributes)
}

// Nobody waits for what runs on the other queue; pages and rollbacks come first.
func TestAStormOfEditsCannotDelayAPage(t *testing.T) {
	s := asks(t)
	s.Decide(4*minute, signals.ApproveRollback, "sre-2")
	s.Clears(7*minute, "5xx")
	s.Run()

	s.ExpectPages(approversPaged...)
	s.ExpectOrders("4m0s v41, attempt 1")
	s.ExpectWhispers(requested, "4m0s sre-2: Rollback to v41 approved by sre-2.")
	for name, options := range s.seen.activities {
		require.NotEmpty(t, options.Summary, "%s is shown without a word in the Temporal UI", name)
		switch name {
		case activities.ShowCardName, activities.SayName, activities.RefreshPageName, activities.WhisperName,
			activities.OpenTicketName, activities.WriteTicketName, activities.CloseTicketName:
			require.Equal(t, signals.BackgroundTaskQueue, options.TaskQueue, name)
			require.Zero(t, options.Priority.PriorityKey, name)
		case activities.SurveyName:
			require.Equal(t, signals.TaskQueue, options.TaskQueue, name)
		default:
			require.Equal(t, signals.TaskQueue, options.TaskQueue, name)
			require.Equal(t, 1, options.Priority.PriorityKey, name)
		}
	}
}

func TestAStepWaitsForItsWindowAndPagesWhoIsOnCallThen(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.Default.Steps[1].WaitUntil = &oncall.Window{From: "13:00", To: "18:00", TimeZone: "Europe/London"}
	s.Fires(0, "5xx")
	s.Clears(75*minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1", "1h0m0s step 2 to U0SRE2", "1h10m0s step 3 to C0LEADS")
	s.ExpectNoTimerLeft()
}

func TestAnAcknowledgementEndsTheWaitForAWindow(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.Default.Steps[1].WaitUntil = &oncall.Window{From: "13:00", To: "18:00", TimeZone: "Europe/London"}
	s.Fires(0, "5xx")
	s.Decide(20*minute, signals.Acknowledge, "sre-1")
	s.Clears(2*hour, "5xx")
	s.Run()

	s.ExpectPages("0s step 1 to U0SRE1")
	s.ExpectWhispers("20m0s sre-1: Acknowledged by sre-1.")
	s.ExpectNoTimerLeft()
}

func TestAStepThatIsNotForNowIsPassed(t *testing.T) {
	s := tell(t)
	s.Opening.Policies.Default.Steps[0].OnlyIf = &oncall.Window{From: "13:00", To: "18:00", TimeZone: "Europe/London"}
	s.Fires(0, "5xx")
	s.Clears(time.Minute, "5xx")
	s.Run()

	s.ExpectPages("0s step 2 to U0SRE2")
}
