package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/seed-44180607/lastgood/signals"
)

// longestPlain is the longest history that is kept as plain JSON, in bytes.
const longestPlain = 50 << 10

// Record waits until every workflow of the story has ended and writes their
// histories into a folder, one file a run, named after the story.
func (h *Harness) Record(folder, story string) {
	h.t.Helper()
	old, err := filepath.Glob(filepath.Join(folder, story+".*"))
	require.NoError(h.t, err)
	for _, path := range old {
		require.NoError(h.t, os.Remove(path))
	}
	h.ExpectRuns("ExecutionStatus = 'Running'", 0)
	runs := h.Runs("")
	if h.recorded != "" {
		more, err := h.runs(h.t.Context(), h.recorded)
		require.NoError(h.t, err)
		runs = append(runs, more...)
	}
	slices.SortFunc(runs, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime())
	})
	seen := map[string]int{}
	for _, run := range runs {
		kind := strings.ToLower(run.GetType().GetName())
		seen[kind]++
		h.keep(filepath.Join(folder, fmt.Sprintf("%s.%s-%d.json", story, kind, seen[kind])), h.history(run))
	}
}

// keep writes a history, packed when it is long.
func (h *Harness) keep(path string, content []byte) {
	h.t.Helper()
	if len(content) > longestPlain {
		var packed bytes.Buffer
		w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		require.NoError(h.t, err)
		_, err = w.Write(content)
		require.NoError(h.t, err)
		require.NoError(h.t, w.Close())
		path, content = path+".gz", packed.Bytes()
	}
	require.NoError(h.t, os.WriteFile(path, content, 0o644))
	h.t.Logf("%s: %d bytes", filepath.Base(path), len(content))
}

// history reads the history of a run, without what no replay looks at.
func (h *Harness) history(run *workflowpb.WorkflowExecutionInfo) []byte {
	h.t.Helper()
	id := run.GetExecution()
	events := h.temporal.GetWorkflowHistory(h.t.Context(), id.GetWorkflowId(), id.GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var all historypb.History
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(h.t, err)
		all.Events = append(all.Events, event)
	}
	content, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(&all)
	require.NoError(h.t, err)
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber() // Durations have more digits than a float keeps.
	var plain map[string]any
	require.NoError(h.t, decoder.Decode(&plain))
	var lines bytes.Buffer
	lines.WriteString("{\"events\":[\n")
	for i, event := range plain["events"].([]any) {
		line, err := json.Marshal(without(event, "identity", "taskId", "requestId", "workerVersion"))
		require.NoError(h.t, err)
		if i > 0 {
			lines.WriteString(",\n")
		}
		lines.Write(line)
	}
	lines.WriteString("\n]}\n")
	return lines.Bytes()
}

// without takes fields out of a JSON value, wherever they stand, and the names of
// sticky task queues, which are those of machines.
func without(value any, fields ...string) any {
	switch v := value.(type) {
	case map[string]any:
		if v["kind"] == "TASK_QUEUE_KIND_STICKY" {
			delete(v, "name")
		}
		for name := range v {
			if slices.Contains(fields, name) {
				delete(v, name)
				continue
			}
			v[name] = without(v[name], fields...)
		}
	case []any:
		for i := range v {
			v[i] = without(v[i], fields...)
		}
	}
	return value
}

// ExpectRecorded waits until the record of an incident has been delivered after
// its end.
func (h *Harness) ExpectRecorded(incident string) {
	h.t.Helper()
	require.NoError(h.t, h.temporal.GetWorkflow(h.t.Context(), signals.RecordWorkflow(incident), "").Get(h.t.Context(), nil))
}
