package e2e_test

import (
	"flag"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/test/e2e"
)

// recordings is where workflows/replay_test.go looks for histories.
const recordings = "../../workflows/testdata/histories"

var recording = flag.Bool("record-histories", false, "record the histories of workflows/testdata anew")

// Every path through the workflows has a recorded history, which later versions
// must still be able to replay. `make histories` records them anew.
func TestHistories(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]struct {
		setting e2e.Setting
		tell    func(*testing.T, *e2e.Harness)
	}{
		"acknowledged-at-step-2": {e2e.Setting{AckWithin: 2 * time.Second}, acknowledgedAtStep2},
		"rolled-back":            {e2e.Setting{}, rolledBack},
		"approved":               {e2e.Setting{Approval: true}, approved},
		"second-target":          {e2e.Setting{}, secondTarget},
		"not-proved":             {e2e.Setting{VerifyWithin: 2 * time.Second}, notProved},
		"aborted":                {e2e.Setting{}, aborted},
		"joined":                 {e2e.Setting{}, joined},
		"nobody-answers":         {e2e.Setting{AckWithin: time.Second, Repeat: 1}, nobodyAnswers},
		"nobody-reached":         {e2e.Setting{Plain: true}, nobodyReached},
		"reopened":               {e2e.Setting{ReopenWithin: 10 * time.Second}, reopened},
		"reopened-while-closing": {e2e.Setting{Plain: true, ReopenWithin: 2 * time.Second}, reopenedWhileClosing},
		"jira-away":              {e2e.Setting{}, jiraAway},
		"continued":              {e2e.Setting{Plain: true}, continued},
		"resolved-before-page":   {e2e.Setting{Plain: true}, resolvedBeforeThePage},
		"slack-away":             {e2e.Setting{AckWithin: 2 * time.Second}, slackAway},
		"double-click":           {e2e.Setting{}, doubleClick},
		"two-people":             {e2e.Setting{}, twoPeople},
		"rejected":               {e2e.Setting{Approval: true}, rejected},
		"order-answer-lost":      {e2e.Setting{}, orderAnswerLost},
		"order-refused":          {e2e.Setting{}, orderRefused},
		"snoozed":                {e2e.Setting{Plain: true, AckWithin: 2 * time.Second}, snoozed},
		"ack-timed-out":          {e2e.Setting{Plain: true, AckTimeout: 2 * time.Second}, ackTimedOut},
		"escalated":              {e2e.Setting{Plain: true}, escalated},
		"severity-raised":        {e2e.Setting{Plain: true}, severityRaised},
		"responder-added":        {e2e.Setting{Plain: true}, responderAdded},
		"resolved-by-a-person":   {e2e.Setting{Plain: true}, resolvedByAPerson},
		"text-lost":              {e2e.Setting{Plain: true, Contact: textThenMail}, textLost},
		"answered-by-text":       {e2e.Setting{Plain: true, Contact: "[{via: slack}, {via: sms, after: 1s}]"}, answeredByText},
		"held-back":              {e2e.Setting{Plain: true, ReopenWithin: 10 * time.Second, Quiet: "hold_page: 3s"}, heldBack},
		"below-threshold":        {e2e.Setting{Plain: true, Quiet: "threshold: {alerts: 2, within: 5m}"}, belowThreshold},
		"maintenance":            {e2e.Setting{OwnTemporal: true, Plain: true}, maintained},
		"roster":                 {e2e.Setting{OwnTemporal: true, Plain: true}, rosterChanged},
		"roster-continued":       {e2e.Setting{OwnTemporal: true, Plain: true}, rosterContinued},
		"heartbeat":              {e2e.Setting{Plain: true, Heartbeat: "every: 2s, grace: 1s"}, heartbeatRetired},
		"self-check":             {e2e.Setting{Plain: true, WorkerEnv: []string{"DEADMAN_EVERY=1s"}}, selfChecked},
		"reopened-by-a-person":   {e2e.Setting{Plain: true, ReopenWithin: 10 * time.Second}, reopenedByAPerson},
	} {
		t.Run(name, func(t *testing.T) {
			if !*recording {
				kept, err := filepath.Glob(filepath.Join(recordings, name+".*-1.json*"))
				require.NoError(t, err)
				require.NotEmpty(t, kept, "this story was never recorded: run `make histories`")
				return
			}
			t.Parallel()
			h := e2e.Start(t, story.setting)
			h.AllowAll()
			story.tell(t, h)
			h.Record(recordings, name)
		})
	}
}

// opened fires an alert and waits for the page and the card.
func opened(h *e2e.Harness) (*e2e.Alert, *e2e.Message) {
	alert := h.Fire("checkout")
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	return alert, h.Slack("C0CHECKOUT").ExpectMessage(page.Incident())
}

// well resolves an alert and waits until its incident has closed.
func well(alert *e2e.Alert) incident.Incident {
	alert.Resolve()
	return alert.ExpectClosed()
}

func acknowledgedAtStep2(_ *testing.T, h *e2e.Harness) {
	alert, _ := opened(h)
	h.Slack(e2e.SecondResponder).ExpectMessage("SEV1").Click("acknowledge", e2e.SecondResponder).Told("Acknowledged by sre-2")
	well(alert)
}

func rolledBack(_ *testing.T, h *e2e.Harness) {
	alert, card := opened(h)
	card.Click("roll-back", e2e.FirstResponder)
	h.Jenkins("checkout").ExpectBuild(older).ExpectResult("SUCCESS")
	well(alert)
}

func approved(_ *testing.T, h *e2e.Harness) {
	alert, card := opened(h)
	card.Click("roll-back", e2e.FirstResponder)
	call := h.Slack(e2e.SecondResponder).ExpectMessage("SEV1")
	call.Click("approve-rollback", e2e.SecondResponder)
	h.Jenkins("checkout").ExpectBuild(older).ExpectResult("SUCCESS")
	well(alert)
}

func secondTarget(_ *testing.T, h *e2e.Harness) {
	h.Jenkins("checkout").Fail(older)
	alert, card := opened(h)
	card.Click("roll-back", e2e.FirstResponder)
	h.Jenkins("checkout").ExpectBuild(older).ExpectResult("FAILURE")
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1").Click("roll-back", e2e.FirstResponder)
	h.Jenkins("checkout").ExpectBuild(oldest).ExpectResult("SUCCESS")
	well(alert)
}

func notProved(_ *testing.T, h *e2e.Harness) {
	alert, card := opened(h)
	card.Click("roll-back", e2e.FirstResponder)
	h.Jenkins("checkout").ExpectBuild(older).ExpectResult("SUCCESS")
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1").Click("acknowledge", e2e.FirstResponder).Told("Acknowledged")
	well(alert)
}

func aborted(_ *testing.T, h *e2e.Harness) {
	h.Jenkins("checkout").Hold(older)
	alert, card := opened(h)
	card.Click("roll-back", e2e.FirstResponder)
	build := h.Jenkins("checkout").ExpectBuild(older)
	card.Click("abort-rollback", e2e.SecondResponder)
	build.ExpectResult("ABORTED")
	alert.ExpectEntries(incident.RollbackStopped, 1)
	well(alert)
}

func joined(_ *testing.T, h *e2e.Harness) {
	h.Jenkins("checkout").Hold(older)
	alert, card := opened(h)
	card.Click("roll-back", e2e.FirstResponder)
	build := h.Jenkins("checkout").ExpectBuild(older)
	second := h.Alert("checkout", "HighLatency")
	second.Fire()
	h.Slack(e2e.FirstResponder).ExpectMessage("HighLatency").Click("roll-back", e2e.FirstResponder)
	second.ExpectEntries(incident.RollbackJoined, 1)
	build.Finish()
	well(alert)
	well(second)
}

func nobodyAnswers(_ *testing.T, h *e2e.Harness) {
	alert, _ := opened(h)
	alert.ExpectEntries(incident.Exhausted, 1)
	h.Slack("C0CHECKOUT").ExpectMessage("Nobody has answered")
	well(alert)
}

func nobodyReached(_ *testing.T, h *e2e.Harness) {
	h.Break(map[string]any{"vendor": "slack", "match": "chat.postMessage", "status": 200, "body": `{"ok":false,"error":"invalid_auth"}`})
	alert := h.Fire("checkout")
	alert.ExpectEntries(incident.NobodyReached, 1)
	h.Mend()
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1")
	well(alert)
}

func reopened(_ *testing.T, h *e2e.Harness) {
	alert, _ := opened(h)
	alert.Resolve()
	alert.ExpectStatus(incident.Resolved)
	alert.Fire()
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1").Click("acknowledge", e2e.FirstResponder).Told("Acknowledged")
	well(alert)
}

func reopenedWhileClosing(_ *testing.T, h *e2e.Harness) {
	alert := h.Fire("checkout")
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1")
	alert.ExpectStatus(incident.Triggered)
	alert.Resolve()
	alert.ExpectStatus(incident.Resolved)
	h.KillWorker()
	h.Pass(3 * time.Second)
	alert.Fire()
	h.StartWorker()
	alert.ExpectFiring()
	well(alert)
}

func jiraAway(t *testing.T, h *e2e.Harness) {
	h.Break(map[string]any{"vendor": "jira", "status": 503})
	alert, card := opened(h)
	card.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged")
	alert.Resolve()
	h.Pass(2 * time.Minute) // The last words wait for so long.
	require.False(t, alert.ExpectClosed().Cursors.TicketClosed)
	h.Mend()
	h.ExpectTicket(card.Incident()).ExpectDone()
	h.ExpectRecorded(card.Incident())
}

// The same firing is delivered until the history is so long that the incident
// goes on in a new run.
func continued(t *testing.T, h *e2e.Harness) {
	alert := h.Fire("checkout")
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1")
	first := alert.Run()
	for alert.Run() == first {
		var repeat errgroup.Group
		for range 50 {
			repeat.Go(func() error {
				alert.Again()
				return nil
			})
		}
		require.NoError(t, repeat.Wait())
	}
	page.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged")
	require.Equal(t, page.Incident(), well(alert).ID)
}

func textLost(_ *testing.T, h *e2e.Harness) {
	h.LoseTexts(e2e.Phone, 30003)
	alert := h.Fire("checkout")
	h.ExpectMail(e2e.Mailbox, "checkout")
	alert.ExpectEntries(incident.Paged, 2)
	alert.Resolve()
	alert.ExpectClosed()
}

func answeredByText(_ *testing.T, h *e2e.Harness) {
	alert := h.Fire("checkout")
	text := h.ExpectText(e2e.Phone, "checkout")
	alert.ExpectEntries(incident.PageReported, 1)
	h.Answer(e2e.Phone, "OK "+text.Code(), "")
	alert.ExpectStatus(incident.Acknowledged)
	alert.Resolve()
	alert.ExpectClosed()
}
