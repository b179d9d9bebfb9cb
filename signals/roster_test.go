package signals_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// described is Temporal with a roster in it.
type described struct {
	recorder
	kept   *signals.Kept // nil: there is no workflow.
	status enums.WorkflowExecutionStatus
	broken *commonpb.Payload // In the place of the overrides.
	away   error             // Of describing.
	asked  int
}

func (d *described) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	d.asked++
	switch {
	case d.away != nil:
		return nil, d.away
	case d.kept == nil:
		return nil, serviceerror.NewNotFound("workflow not found for ID: " + id)
	}
	fields := map[string]*commonpb.Payload{}
	for name, value := range d.kept.Memo() {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			return nil, err
		}
		fields[name] = payload
	}
	if d.broken != nil {
		fields["overrides"] = d.broken
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Status: d.status, Memo: &commonpb.Memo{Fields: fields},
	}}, nil
}

const running = enums.WORKFLOW_EXECUTION_STATUS_RUNNING

func christmas() oncall.Override {
	return oncall.Override{
		ID: "abc", By: "sre-1", Schedule: "primary", Person: "sre-2", Made: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC),
		From: "2026-12-24T09:00:00Z", To: "2099-12-27T09:00:00Z",
	}
}

func TestTheRosterIsReadOutOfItsMemo(t *testing.T) {
	kept := signals.Kept{
		Overrides: []oncall.Override{christmas()},
		Calendars: []oncall.Calendar{{Schedule: "secondary", Read: christmas().Made, Shifts: []oncall.Override{christmas()}}},
	}
	got, err := signals.Client{Temporal: &described{kept: &kept, status: running}}.Roster(t.Context())
	require.NoError(t, err)
	require.Equal(t, kept, got)

	roster := got.Over(oncall.Roster{People: []oncall.Person{{ID: "sre-1"}}})
	require.Equal(t, oncall.Roster{People: []oncall.Person{{ID: "sre-1"}}, Overrides: kept.Overrides, Calendars: kept.Calendars}, roster)
}

func TestARosterThatNobodyWroteInOrThatWasEndedIsEmpty(t *testing.T) {
	for name, temporal := range map[string]*described{
		"none yet":    {},
		"no task yet": {kept: &signals.Kept{}, status: running},
		"terminated":  {kept: &signals.Kept{Overrides: []oncall.Override{christmas()}}, status: enums.WORKFLOW_EXECUTION_STATUS_TERMINATED},
	} {
		got, err := signals.Client{Temporal: temporal}.Roster(t.Context())
		require.NoError(t, err, name)
		require.Empty(t, got, name)
	}
}

func TestARosterThatCannotBeReadIsAnErrorAndNothingIsStored(t *testing.T) {
	unreadable := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("binary/encrypted")}, Data: []byte("?")}
	for name, temporal := range map[string]*described{
		"away":       {away: serviceerror.NewUnavailable("connection refused")},
		"denied":     {away: serviceerror.NewPermissionDenied("no", "")},
		"unreadable": {kept: &signals.Kept{}, status: running, broken: unreadable},
	} {
		c := signals.Client{Temporal: temporal}
		_, err := c.Roster(t.Context())
		require.ErrorContains(t, err, "roster", name)
		require.Error(t, c.Override(t.Context(), christmas()), name)
		require.Error(t, c.Swap(t.Context(), signals.Swapping{ID: "s"}), name)
		require.Error(t, c.Remove(t.Context(), signals.Removal{ID: "abc"}), name)
		require.False(t, temporal.started, name)
	}
}

func TestAnOverrideStartsTheRosterOrReachesTheOneThatRuns(t *testing.T) {
	temporal := &described{}
	require.NoError(t, signals.Client{Temporal: temporal, TaskQueue: "own"}.Override(t.Context(), christmas()))

	require.True(t, temporal.started)
	require.Equal(t, "roster", temporal.id)
	require.Equal(t, "override", temporal.signal)
	require.Equal(t, christmas(), temporal.payload)
	require.Equal(t, "own", temporal.options.TaskQueue)
	require.Equal(t, signals.TaskTimeout, temporal.options.WorkflowTaskTimeout)
	require.Equal(t, enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING, temporal.options.WorkflowIDConflictPolicy)
	require.LessOrEqual(t, len(temporal.options.StaticSummary), 180)

	temporal.err = errors.New("connection refused")
	require.EqualError(t, signals.Client{Temporal: temporal}.Override(t.Context(), christmas()), "signal override to roster: connection refused")
}

func TestASwapGoesInOneSignal(t *testing.T) {
	temporal, swapping := &described{}, signals.Swapping{ID: "s", Overrides: []oncall.Override{christmas(), christmas()}}
	require.NoError(t, signals.Client{Temporal: temporal}.Swap(t.Context(), swapping))
	require.Equal(t, "swap", temporal.signal)
	require.Equal(t, swapping, temporal.payload)
}

func TestACalendarGoesToTheRoster(t *testing.T) {
	temporal, latest := &described{}, oncall.Calendar{Schedule: "secondary"}
	require.NoError(t, signals.Client{Temporal: temporal}.Calendar(t.Context(), latest))
	require.Equal(t, "calendar", temporal.signal)
	require.Equal(t, latest, temporal.payload)
}

func TestOnlyWhatIsThereCanBeRemoved(t *testing.T) {
	temporal := &described{kept: &signals.Kept{Overrides: []oncall.Override{christmas()}}, status: running}
	c := signals.Client{Temporal: temporal}
	require.ErrorIs(t, c.Remove(t.Context(), signals.Removal{ID: "abd"}), signals.ErrNoOverride)
	require.ErrorIs(t, c.Remove(t.Context(), signals.Removal{}), signals.ErrNoOverride)
	require.False(t, temporal.started)
	require.NoError(t, c.Remove(t.Context(), signals.Removal{ID: "abc", By: "sre-1"}))
	require.Equal(t, signals.Removal{ID: "abc", By: "sre-1"}, temporal.payload)
}

func TestAFullRosterIsSaidBeforeAnythingIsStored(t *testing.T) {
	var kept signals.Kept
	for i := range signals.MostOverrides {
		o := christmas()
		o.ID = fmt.Sprint(i)
		kept.Overrides = append(kept.Overrides, o)
	}
	temporal := &described{kept: &kept, status: running}
	c := signals.Client{Temporal: temporal}
	require.ErrorIs(t, c.Override(t.Context(), christmas()), signals.ErrFull)
	require.False(t, temporal.started)

	kept.Overrides[0].To = "2026-01-01T00:00:00Z" // The roster forgets this one when the next comes.
	kept.Overrides[0].From = "2025-12-31T00:00:00Z"
	require.ErrorIs(t, c.Swap(t.Context(), signals.Swapping{ID: "s", Overrides: []oncall.Override{christmas(), christmas()}}), signals.ErrFull)
	require.NoError(t, c.Override(t.Context(), christmas()))
}
