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
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// described is Temporal with a roster in it.
type described struct {
	recorder
	kept   *signals.Kept // nil: there is no workflow.
	ended  *timestamppb.Timestamp
	broken *commonpb.Payload // In the place of the overrides.
	away   error             // Of describing.
	asked  int

	stored []*historypb.HistoryEvent // Its history; when there is one a worker is awaited.
}

func (d *described) GetWorkflowHistory(context.Context, string, string, bool, enums.HistoryEventFilterType) client.HistoryEventIterator {
	return &pages{d.stored}
}

// pages are the events of a history, one after the other.
type pages struct{ left []*historypb.HistoryEvent }

func (p *pages) HasNext() bool { return len(p.left) > 0 }

func (p *pages) Next() (*historypb.HistoryEvent, error) {
	next := p.left[0]
	p.left = p.left[1:]
	return next, nil
}

// sent is the event of a signal.
func sent(t *testing.T, name string, payload any) *historypb.HistoryEvent {
	t.Helper()
	input, err := converter.GetDefaultDataConverter().ToPayloads(payload)
	require.NoError(t, err)
	return &historypb.HistoryEvent{EventType: enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{
		WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{SignalName: name, Input: input},
	}}
}

// named is the christmas of another ID.
func named(id string) oncall.Override {
	o := christmas()
	o.ID = id
	return o
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
	var task *workflowpb.PendingWorkflowTaskInfo
	if d.stored != nil {
		task = &workflowpb.PendingWorkflowTaskInfo{}
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{PendingWorkflowTask: task, WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		CloseTime: d.ended, Memo: &commonpb.Memo{Fields: fields},
	}}, nil
}

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
	got, err := signals.Client{Temporal: &described{kept: &kept}}.Roster(t.Context())
	require.NoError(t, err)
	require.Equal(t, kept, got)

	roster := got.Over(oncall.Roster{People: []oncall.Person{{ID: "sre-1"}}})
	require.Equal(t, oncall.Roster{People: []oncall.Person{{ID: "sre-1"}}, Overrides: kept.Overrides, Calendars: kept.Calendars}, roster)
}

func TestARosterThatNobodyWroteInOrThatWasEndedIsEmpty(t *testing.T) {
	for name, temporal := range map[string]*described{
		"none yet":    {},
		"no task yet": {kept: &signals.Kept{}},
		"terminated":  {kept: &signals.Kept{Overrides: []oncall.Override{christmas()}}, ended: timestamppb.Now()},
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
		"unreadable": {kept: &signals.Kept{}, broken: unreadable},
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
	temporal := &described{kept: &signals.Kept{Overrides: []oncall.Override{christmas()}}}
	c := signals.Client{Temporal: temporal}
	require.ErrorIs(t, c.Remove(t.Context(), signals.Removal{ID: "abd"}), signals.ErrNoOverride)
	require.ErrorIs(t, c.Remove(t.Context(), signals.Removal{}), signals.ErrNoOverride)
	require.False(t, temporal.started)
	require.NoError(t, c.Remove(t.Context(), signals.Removal{ID: "abc", By: "sre-1"}))
	require.Equal(t, signals.Removal{ID: "abc", By: "sre-1"}, temporal.payload)
}

func TestWhatNoWorkerHasTakenIsKnownAndCanBeTakenBack(t *testing.T) {
	temporal := &described{kept: &signals.Kept{}, stored: []*historypb.HistoryEvent{
		sent(t, "override", named("taken")),
		{EventType: enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED},
		sent(t, "override", named("one")), sent(t, "override", named("two")),
		sent(t, "swap", signals.Swapping{ID: "s", Overrides: []oncall.Override{named("s"), named("s")}}),
		sent(t, "remove", signals.Removal{ID: "one"}),
		sent(t, "calendar", oncall.Calendar{Schedule: "secondary"}),
		sent(t, "override", "nonsense"),
		sent(t, "maintenance", freeze("m1")), sent(t, "maintenance", freeze("m2")), sent(t, "maintenance-end", signals.Removal{ID: "m1"}),
	}}
	c := signals.Client{Temporal: temporal}
	waiting, err := c.Waiting(t.Context())
	require.NoError(t, err)
	require.Equal(t, signals.Kept{
		Overrides:   []oncall.Override{named("two"), named("s"), named("s")},
		Maintenance: []oncall.Maintenance{freeze("m2")},
	}, waiting)

	require.ErrorIs(t, c.Remove(t.Context(), signals.Removal{ID: "one"}), signals.ErrNoOverride)
	require.ErrorIs(t, c.Remove(t.Context(), signals.Removal{ID: "taken"}), signals.ErrNoOverride)
	require.False(t, temporal.started)
	require.NoError(t, c.Remove(t.Context(), signals.Removal{ID: "s"}))
	require.Equal(t, signals.Removal{ID: "s"}, temporal.payload)

	temporal.stored = nil
	waiting, err = c.Waiting(t.Context())
	require.NoError(t, err)
	require.Empty(t, waiting, "a worker is there")
}

func TestAFullRosterIsSaidBeforeAnythingIsStored(t *testing.T) {
	var kept signals.Kept
	for i := range signals.MostOverrides {
		o := christmas()
		o.ID = fmt.Sprint(i)
		kept.Overrides = append(kept.Overrides, o)
	}
	temporal := &described{kept: &kept}
	c := signals.Client{Temporal: temporal}
	require.ErrorIs(t, c.Override(t.Context(), christmas()), signals.ErrFull)
	require.False(t, temporal.started)

	kept.Overrides[0].To = "2026-01-01T00:00:00Z" // The roster forgets this one when the next comes.
	kept.Overrides[0].From = "2025-12-31T00:00:00Z"
	require.ErrorIs(t, c.Swap(t.Context(), signals.Swapping{ID: "s", Overrides: []oncall.Override{christmas(), christmas()}}), signals.ErrFull)
	require.NoError(t, c.Override(t.Context(), christmas()))
}
