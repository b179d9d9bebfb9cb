package signals_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

var read = time.Date(2026, 7, 1, 2, 0, 0, 0, time.UTC)

func watchOf(name string) incident.Watch {
	return incident.Watch{Heartbeat: incident.Heartbeat{Name: name, Service: "s", Every: time.Hour}, Configured: read, Last: read}
}

// memos is Temporal with workflows that have memos.
type memos struct {
	recorder
	runs  []*workflowpb.WorkflowExecutionInfo
	query string
}

func (m *memos) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	for _, run := range m.runs {
		if run.GetExecution().GetWorkflowId() == id {
			return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: run}, m.err
		}
	}
	return nil, serviceerror.NewNotFound(id)
}

// ListWorkflow gives a page for each run.
func (m *memos) ListWorkflow(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	m.query = r.GetQuery()
	i := len(r.GetNextPageToken())
	out := &workflowservice.ListWorkflowExecutionsResponse{Executions: m.runs[i : i+1]}
	if i+1 < len(m.runs) {
		out.NextPageToken = make([]byte, i+1)
	}
	return out, m.err
}

func (m *memos) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	m.options = options
	return nil, m.err
}

func (m *memos) add(t *testing.T, id string, memo map[string]any, ended bool) {
	t.Helper()
	fields := map[string]*commonpb.Payload{}
	for name, value := range memo {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		require.NoError(t, err)
		fields[name] = payload
	}
	run := &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}, Memo: &commonpb.Memo{Fields: fields}}
	if ended {
		run.CloseTime = timestamppb.New(read)
	}
	m.runs = append(m.runs, run)
}

func TestABeatReachesTheWatchOrSaysThatThereIsNone(t *testing.T) {
	temporal := &recorder{}
	c := signals.Client{Temporal: temporal}
	require.NoError(t, c.Beat(t.Context(), "backup", read))
	require.Equal(t, "heartbeat/backup", temporal.id)
	require.Equal(t, "beat", temporal.signal)
	require.Equal(t, signals.Pulse{At: read}, temporal.payload)

	temporal.err = serviceerror.NewNotFound("gone")
	require.ErrorIs(t, c.Beat(t.Context(), "backup", read), signals.ErrUnwatched)
	require.NoError(t, c.Retire(t.Context(), "backup", signals.Retirement{Read: read}), "it is retired as it is")
	temporal.err = errors.New("away")
	require.ErrorIs(t, c.Beat(t.Context(), "backup", read), temporal.err)
	require.ErrorIs(t, c.Retire(t.Context(), "backup", signals.Retirement{Read: read}), temporal.err)
}

func TestAWatchIsStartedWithWhatWasKnownUnlessItWasRetired(t *testing.T) {
	settings := signals.Configured{Heartbeat: watchOf("backup").Heartbeat, Read: read.Add(1)}
	retired := watchOf("backup")
	retired.Retired = true
	for _, tt := range []struct{ before, want incident.Watch }{
		{watchOf("backup"), watchOf("backup")},
		{incident.Watch{}, incident.Watch{Heartbeat: settings.Heartbeat, Configured: settings.Read}},
		{retired, incident.Watch{Heartbeat: settings.Heartbeat, Configured: settings.Read}},
	} {
		temporal := &recorder{}
		require.NoError(t, signals.Client{Temporal: temporal, TaskQueue: "mine"}.Watch(t.Context(), tt.before, settings))
		require.Equal(t, "heartbeat/backup", temporal.options.ID)
		require.Equal(t, "mine", temporal.options.TaskQueue)
		require.Equal(t, "configure", temporal.signal)
		require.Equal(t, settings, temporal.payload)
		require.Equal(t, signals.WatchMemo(tt.want), temporal.options.Memo)
	}
}

func TestWhatIsKnownOfHeartbeatsIsReadWithoutAWorker(t *testing.T) {
	temporal := &memos{}
	temporal.add(t, "heartbeat/a", signals.WatchMemo(watchOf("a")), false)
	temporal.add(t, "heartbeat/b", signals.WatchMemo(watchOf("b")), true)
	temporal.add(t, "heartbeat/c", nil, false)
	c := signals.Client{Temporal: temporal, TaskQueue: "mine"}

	w, running, err := c.Watched(t.Context(), "a")
	require.NoError(t, err)
	require.True(t, running)
	require.Equal(t, watchOf("a"), w)
	w, running, err = c.Watched(t.Context(), "b")
	require.NoError(t, err)
	require.False(t, running)
	require.Equal(t, watchOf("b"), w)
	w, running, err = c.Watched(t.Context(), "nobody")
	require.NoError(t, err)
	require.False(t, running)
	require.Zero(t, w)

	all, err := c.Watches(t.Context())
	require.NoError(t, err)
	require.Equal(t, []incident.Watch{watchOf("a"), watchOf("b"), {Heartbeat: incident.Heartbeat{Name: "c"}}}, all)
	require.Contains(t, temporal.query, "TaskQueue = 'mine'")
	temporal.err = errors.New("away")
	_, err = c.Watches(t.Context())
	require.ErrorIs(t, err, temporal.err)
}

func TestTheSelfCheckIsOneForEachTaskQueue(t *testing.T) {
	temporal := &memos{}
	c := signals.Client{Temporal: temporal, TaskQueue: "mine"}
	require.NoError(t, c.CheckSelf(t.Context()))
	require.Equal(t, "self-check/mine", temporal.options.ID)
	s, err := c.Checked(t.Context())
	require.NoError(t, err)
	require.False(t, s.Alive(read))

	temporal.add(t, "self-check/mine", signals.SelfCheck{Good: read, Every: time.Minute}.Memo(), false)
	s, err = c.Checked(t.Context())
	require.NoError(t, err)
	require.True(t, s.Alive(read.Add(3*time.Minute-1)))
	require.False(t, s.Alive(read.Add(3*time.Minute)))
}
