package signals_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/signals"
)

// idLimit is how long an ID may be, in bytes: limit.maxIDLength of Temporal.
const idLimit = 1000

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestAGroupOfAServiceHasOneWorkflow(t *testing.T) {
	id := signals.IncidentWorkflow("checkout", `{}/{service="checkout"}:{alertname="ErrorRatio"}`)

	require.Regexp(t, `^incident/checkout/[0-9a-f]{16}$`, id)
	require.Equal(t, id, signals.IncidentWorkflow("checkout", `{}/{service="checkout"}:{alertname="ErrorRatio"}`))
	require.NotEqual(t, id, signals.IncidentWorkflow("checkout", `{}/{service="checkout"}:{alertname="Latency"}`))
	require.NotEqual(t, id, signals.IncidentWorkflow("search", `{}/{service="checkout"}:{alertname="ErrorRatio"}`))
}

func TestTheIDOfAWorkflowIsShortAndPlainWhateverTheGroupIs(t *testing.T) {
	service := strings.Repeat("s", 100)
	for _, group := range []string{"", "{}", "日本\x00\xff\n/", strings.Repeat("k", 1<<20)} {
		id := signals.IncidentWorkflow(service, group)
		require.Less(t, len(id), idLimit)
		require.Regexp(t, `^incident/s{100}/[0-9a-f]{16}$`, id)
	}
	require.NotEqual(t, signals.IncidentWorkflow("s", strings.Repeat("k", 1<<20)), signals.IncidentWorkflow("s", strings.Repeat("k", 1<<20-1)),
		"the end of a long key counts as well")
}

func TestAServiceHasOneRollbackAndAnIncidentOneRecord(t *testing.T) {
	require.Equal(t, "rollback/checkout", signals.RollbackWorkflow("checkout"))
	require.Equal(t, "record/INC-261123-ABCDEF", signals.RecordWorkflow("INC-261123-ABCDEF"))
}

func TestAnIncidentIDNeverComesBack(t *testing.T) {
	id := signals.MintIncidentID("run-1", noon)
	require.Regexp(t, `^INC-261123-[A-Z2-7]{6}$`, id)
	require.Equal(t, id, signals.MintIncidentID("run-1", noon), "a replay mints the same")
	require.NotEqual(t, id, signals.MintIncidentID("run-1", noon.AddDate(0, 0, 1)))

	seen := map[string]bool{}
	for i := range 1000 {
		seen[signals.MintIncidentID(fmt.Sprint("run-", i), noon)] = true
	}
	require.Len(t, seen, 1000)
}

func TestTheDayOfAnIncidentIDIsThatOfUTC(t *testing.T) {
	east := time.FixedZone("east", 14*3600)
	require.Equal(t, signals.MintIncidentID("run-1", noon), signals.MintIncidentID("run-1", noon.In(east)))
	require.Contains(t, signals.MintIncidentID("run-1", time.Date(2027, 1, 1, 3, 0, 0, 0, east)), "INC-261231-")
}

func TestTheBackgroundQueueGoesWithItsQueue(t *testing.T) {
	require.Equal(t, signals.BackgroundTaskQueue, signals.Background(signals.TaskQueue))
	require.Equal(t, "emea-background", signals.Background("emea"))
}

func TestTheAddressOfARunEscapesItsID(t *testing.T) {
	require.Equal(t, "https://temporal.example.com/namespaces/default/workflows/incident%2Fcheckout%2F00/run-1/history",
		signals.HistoryURL("https://temporal.example.com/", "default", "incident/checkout/00", "run-1"))
	require.Empty(t, signals.HistoryURL("", "default", "incident/checkout/00", "run-1"))
}

func TestEverySignalIsNamedOnceInTheImperative(t *testing.T) {
	seen := map[string]bool{signals.Alert: true, signals.RollbackUpdate: true}
	for _, name := range signals.Decisions {
		require.Regexp(t, `^[a-z]+(-[a-z]+)*$`, name)
		require.False(t, seen[name], "%s is listed twice", name)
		seen[name] = true
	}
}
