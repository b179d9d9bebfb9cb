package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/test/e2e"
)

func TestTheLastGoodCopyOfACalendarHoldsWhileItsURLIsDown(t *testing.T) {
	t.Parallel()
	calendar := e2e.ServeCalendar(t, "sre-2")
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true, Calendar: calendar.URL})

	first := h.Fire("checkout")
	h.Slack(e2e.SecondResponder).ExpectMessage("SEV1", "checkout").Click("acknowledge", e2e.SecondResponder).Told("Acknowledged by sre-2")
	first.Resolve()
	require.Zero(t, staleNotes(first.ExpectClosed()))
	h.ExpectKeptCalendar("without a fault", func(c oncall.Calendar) bool { return c.Fault == "" && len(c.Shifts) > 8 })
	require.Contains(t, h.WorkerMetrics(), `lastgood_calendar_age_seconds{schedule="primary"}`)

	calendar.Down()
	code, _ := h.StopWorker()
	require.Zero(t, code)
	require.Equal(t, "sre-2", h.OnCall("primary").Person, "it is known with all workers stopped")
	h.StartWorker()
	h.ExpectKeptCalendar("with a fault", func(c oncall.Calendar) bool { return c.Fault != "" && len(c.Shifts) > 8 })
	second := h.Alert("checkout", "HighLatency")
	second.Fire()
	h.Slack(e2e.SecondResponder).ExpectMessage("SEV1", "HighLatency").Click("acknowledge", e2e.SecondResponder).Told("Acknowledged by sre-2")
	second.Resolve()
	in := second.ExpectClosed()
	require.Equal(t, 1, staleNotes(in), "%v", in.Timeline)
	require.NotContains(t, h.WorkerMetrics(), `{schedule="primary"} +Inf`)
	h.NothingSays(e2e.CalendarSecret)
}

// staleNotes counts what the timeline says of a calendar that could not be read.
func staleNotes(in incident.Incident) (n int) {
	for _, e := range in.Timeline {
		if strings.Contains(e.Text, "the calendar of schedule primary is of ") && strings.Contains(e.Text, "could not be read since: ical: ") &&
			strings.Contains(e.Text, "502 Bad Gateway") {
			n++
		}
	}
	return n
}

func TestACalendarFileSaysWhoIsOnCall(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "oncall.ics")
	require.NoError(t, os.WriteFile(path, e2e.CalendarOf("sre-2"), 0o600))
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true, Calendar: path})

	h.Fire("checkout")
	h.Slack(e2e.SecondResponder).ExpectMessage("SEV1", "checkout").Click("acknowledge", e2e.SecondResponder).Told("Acknowledged by sre-2")
}

func TestARunningIncidentKeepsThePolicyItOpenedWith(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, AckWithin: 6 * time.Second, Repeat: 1})
	running := h.Fire("checkout")
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "HighErrorRatio")

	// While step 1 waits, the schedule passes to sre-2, who has another account, and the policy becomes one of the leads.
	h.Rewrite(
		"layers: [{people: [sre-1],", "layers: [{people: [sre-2],",
		"slack: U0SRE2", "slack: U0STRANGER",
		"    steps:\n", "    steps:\n      - {page: [{slack_channel: C0LEADS}], ack_within: 10m}\n",
	)
	for _, stop := range []func() (int, time.Duration){h.StopWorker, h.StopStarter} {
		code, _ := stop()
		require.Zero(t, code)
	}
	h.StartWorker()
	h.StartStarter()
	opened := h.Alert("checkout", "HighLatency")
	opened.Fire()
	h.Slack(e2e.Leads).ExpectMessage("SEV1", "HighLatency").Click("acknowledge", e2e.FirstResponder).Told("Acknowledged by sre-1")

	h.Slack("U0STRANGER").ExpectMessage("SEV1", "HighErrorRatio")
	h.Slack(e2e.Leads).ExpectMessage("SEV1", "HighErrorRatio")
	again := h.Slack("U0STRANGER").ExpectMessage("SEV1", "HighErrorRatio")
	again.Click("acknowledge", "U0STRANGER").Told("Acknowledged by sre-2")
	in := running.ExpectStatus(incident.Acknowledged)
	require.Len(t, in.Policies.Default.Steps, 3)
	require.Equal(t, oncall.Position{Step: 1, Round: 2}, in.Climb.At)
}
