package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"go.temporal.io/server/common/headers"
)

// within bounds every wait for something that happens by itself.
const within = 30 * time.Second

func TestTheReadyLineNamesWhatCanBeUsed(t *testing.T) {
	db, port := database(t), freePort(t)
	p := launch(t, "--db", db, "--port", "0", "--ui-port", port, "--fast")

	require.Equal(t, fmt.Sprintf("ready  temporal %s  ui http://127.0.0.1:%s  db %s\n", p.address(), port, versioned(db)), p.ready)
	require.Contains(t, versioned(db), headers.ServerVersion)
	require.FileExists(t, versioned(db))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/api/v1/namespaces/default", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(t, http.StatusOK, resp.StatusCode, "the UI reaches the server")
	_, err = p.dial(t).WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	require.NoError(t, err)
}

func TestAnInterruptEndsItWithExitCodeZeroInTime(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(sig.String(), func(t *testing.T) {
			p := launch(t, "--db", database(t), "--port", "0", "--ui-port", freePort(t), "--fast")
			work(t, p.dial(t), "idle") // Long polls are what a stop has to wait for.

			asked := time.Now()
			require.NoError(t, p.cmd.Process.Signal(sig))
			rest, _ := p.stdout.ReadString(0)
			require.NoError(t, p.cmd.Wait())
			require.Less(t, time.Since(asked), 5*time.Second)
			require.Empty(t, rest, "one line on stdout is all")
			require.Empty(t, p.stderr.String())
		})
	}
}

func TestSearchAttributesCanBeUsedAtOnce(t *testing.T) {
	p := launch(t, "--db", database(t), "--port", "0", "--ui-port", "0", "--fast")
	startAndFind(t, p.dial(t))
}

func TestAnOlderDatabaseGetsRetentionAndSearchAttributesOfToday(t *testing.T) {
	db := database(t)
	require.NoError(t, os.MkdirAll(filepath.Dir(db), 0o755))
	require.NoError(t, createDatabase(versioned(db)))
	some := map[string]enumspb.IndexedValueType{"IncidentId": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "Theirs": enumspb.INDEXED_VALUE_TYPE_KEYWORD}
	require.NoError(t, createNamespace(store(versioned(db), true), 24*time.Hour, some))

	c := launch(t, "--db", db, "--port", "0", "--ui-port", "0", "--fast").dial(t)

	startAndFind(t, c)
	require.Equal(t, retention, keptFor(t, c))
	have, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	require.NoError(t, err)
	require.Contains(t, have.GetCustomAttributes(), "Theirs", "what others added stays")
}

func TestASearchAttributeOfAnotherTypeIsRefused(t *testing.T) {
	db := database(t)
	require.NoError(t, os.MkdirAll(filepath.Dir(db), 0o755))
	require.NoError(t, createDatabase(versioned(db)))
	other := map[string]enumspb.IndexedValueType{"IncidentOpenedAt": enumspb.INDEXED_VALUE_TYPE_KEYWORD}
	require.NoError(t, createNamespace(store(versioned(db), true), retention, other))

	code, said := runToEnd(t, "--db", db, "--port", "0", "--ui-port", "0")

	require.Equal(t, 1, code)
	require.Contains(t, said, "IncidentOpenedAt")
	require.Contains(t, said, "--db")
}

func TestWorkflowsAreKeptForThirtyDays(t *testing.T) {
	p := launch(t, "--db", database(t), "--port", "0", "--ui-port", "0", "--fast")
	require.Equal(t, 30*24*time.Hour, keptFor(t, p.dial(t)))
}

func TestAKilledServerComesBackWithItsWorkflowsAndTimers(t *testing.T) {
	args := []string{"--db", database(t), "--port", freePort(t), "--ui-port", "0", "--fast"}
	const timer = 4 * time.Second
	first := launch(t, args...)
	c := first.dial(t)
	opts := client.StartWorkflowOptions{ID: "survivor", TaskQueue: "timers"}
	started, err := c.ExecuteWorkflow(t.Context(), opts, lateEcho, "still here", timer)
	require.NoError(t, err)
	work(t, c, "timers")
	require.Eventually(t, func() bool { return timersStarted(t.Context(), c, started) == 1 }, within, 50*time.Millisecond)
	due := time.Now().Add(timer)

	first.kill()
	launch(t, args...)

	var echoed string
	require.NoError(t, c.GetWorkflow(t.Context(), "survivor", started.GetRunID()).Get(t.Context(), &echoed))
	require.Equal(t, "still here", echoed)
	require.Less(t, time.Since(due), 5*time.Second)
	require.Equal(t, 1, timersStarted(t.Context(), c, started), "the timer that was running fired; no other was started")
}

func TestATimerShorterThanASecondFiresInTime(t *testing.T) {
	c := launch(t, "--db", database(t), "--port", "0", "--ui-port", "0", "--fast").dial(t)
	work(t, c, "timers")
	fastest := time.Hour
	for range 5 {
		asked := time.Now()
		run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "timers"}, lateEcho, "", 100*time.Millisecond)
		require.NoError(t, err)
		require.NoError(t, run.Get(t.Context(), nil))
		fastest = min(fastest, time.Since(asked))
	}
	require.Less(t, fastest, 700*time.Millisecond)
}

func TestAPortInUseIsNamedWithTheWayOut(t *testing.T) {
	taken, err := net.Listen("tcp", address(0))
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	for way, args := range map[string][]string{
		"--port":    {"--port", port, "--ui-port", "0"},
		"--ui-port": {"--port", "0", "--ui-port", port},
	} {
		t.Run(way, func(t *testing.T) {
			code, said := runToEnd(t, append(args, "--db", database(t))...)
			require.Equal(t, 1, code)
			require.Contains(t, said, "port "+port)
			require.Contains(t, said, "choose another with "+way)
			require.Equal(t, 1, strings.Count(said, "\n"), said)
		})
	}
}

func TestADatabaseServesOneServerOnly(t *testing.T) {
	db := database(t)
	launch(t, "--db", db, "--port", "0", "--ui-port", "0", "--fast")
	code, said := runToEnd(t, "--db", db, "--port", "0", "--ui-port", "0")
	require.Equal(t, 1, code)
	require.Contains(t, said, versioned(db))
	require.Contains(t, said, "in use")
}

func TestAnUnfinishedDatabaseIsMadeAgain(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a name? with #1 100% of the trouble.db")
	require.NoError(t, os.WriteFile(versioned(db)+".new", []byte("half a schema"), 0o600))
	p := launch(t, "--db", db, "--port", "0", "--ui-port", "0", "--fast")
	require.FileExists(t, versioned(db))
	require.NoFileExists(t, versioned(db)+".new")
	p.dial(t)
}

func TestWrongFlagsEndWithUsageAndExitCodeTwo(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown flag":     {"--fats"},
		"not a number":     {"--port", "temporal"},
		"port too high":    {"--port", "65536"},
		"UI port negative": {"--ui-port", "-1"},
		"same port twice":  {"--port", "7000", "--ui-port", "7000"},
		"no database":      {"--db", ""},
		"an argument":      {"start"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, said bytes.Buffer
			require.Equal(t, 2, run(args, &out, &said))
			require.Contains(t, said.String(), "-ui-port")
			require.Empty(t, out.String())
		})
	}
}

func TestTheServersVersionIsInTheNameOfTheDatabase(t *testing.T) {
	require.Equal(t, ".data/temporal-"+headers.ServerVersion+".db", versioned(".data/temporal.db"))
	require.Equal(t, "state-"+headers.ServerVersion, versioned("state"))
}

// lateEcho returns said when the time is over.
func lateEcho(ctx workflow.Context, said string, after time.Duration) (string, error) {
	return said, workflow.Sleep(ctx, after)
}

// startAndFind starts a workflow with every search attribute set, and finds it by one of each type.
func startAndFind(t *testing.T, c client.Client) {
	t.Helper()
	values := []temporal.SearchAttributeUpdate{
		temporal.NewSearchAttributeKeyInt64("IncidentEscalationStep").ValueSet(2),
		temporal.NewSearchAttributeKeyTime("IncidentOpenedAt").ValueSet(time.Now()),
	}
	for name, kind := range searchAttributes {
		if kind == enumspb.INDEXED_VALUE_TYPE_KEYWORD {
			values = append(values, temporal.NewSearchAttributeKeyKeyword(name).ValueSet("checkout"))
		}
	}
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		TaskQueue:             "nobody",
		TypedSearchAttributes: temporal.NewSearchAttributes(values...),
	}, "Incident")
	require.NoError(t, err)
	query := "IncidentService = 'checkout' AND IncidentBadRelease = 'checkout' AND IncidentEscalationStep = 2 AND IncidentOpenedAt > '2020-01-01T00:00:00Z'"
	var found []*workflowpb.WorkflowExecutionInfo
	require.Eventually(t, func() bool {
		list, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		found = list.GetExecutions()
		return err == nil && len(found) > 0
	}, within, 20*time.Millisecond)
	require.Len(t, found, 1)
	require.Equal(t, run.GetRunID(), found[0].GetExecution().GetRunId())
	require.Len(t, found[0].GetSearchAttributes().GetIndexedFields(), len(searchAttributes))
}

func keptFor(t *testing.T, c client.Client) time.Duration {
	t.Helper()
	ns, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	require.NoError(t, err)
	return ns.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
}

// timersStarted counts them in the history so far.
func timersStarted(ctx context.Context, c client.Client, run client.WorkflowRun) int {
	n := 0
	events := c.GetWorkflowHistory(ctx, run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return n
		}
		if event.GetEventType() == enumspb.EVENT_TYPE_TIMER_STARTED {
			n++
		}
	}
	return n
}
