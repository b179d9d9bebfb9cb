package e2e_test

import (
	"testing"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/test/e2e"
)

func resolvedBeforeThePage(_ *testing.T, h *e2e.Harness) {
	h.Break(map[string]any{"vendor": "slack", "status": 503})
	alert := h.Fire("checkout")
	alert.ExpectStatus(incident.Triggered)
	alert.Resolve()
	alert.ExpectStatus(incident.Resolved)
	h.Mend()
	alert.ExpectClosed()
}

func slackAway(_ *testing.T, h *e2e.Harness) {
	h.Break(map[string]any{"vendor": "slack", "status": 503})
	alert := h.Fire("checkout")
	alert.ExpectStatus(incident.Triggered)
	h.Pass(5 * time.Second)
	h.Mend()
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1").Click("acknowledge", e2e.FirstResponder).Told("Acknowledged")
	well(alert)
}

func doubleClick(_ *testing.T, h *e2e.Harness) {
	alert, card := opened(h)
	card.Click("roll-back", e2e.FirstResponder)
	card.ClickStale("roll-back", e2e.FirstResponder)
	h.Jenkins("checkout").ExpectBuild(older).ExpectResult("SUCCESS")
	well(alert)
}

func twoPeople(_ *testing.T, h *e2e.Harness) {
	h.Jenkins("checkout").Hold(older)
	alert, card := opened(h)
	card.ExpectButton("roll-back")
	card.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged")
	card.Click("roll-back", e2e.SecondResponder)
	build := h.Jenkins("checkout").ExpectBuild(older)
	card.ClickStale("resolve", e2e.FirstResponder).Told("is running since", "Stop it first")
	build.Finish()
	well(alert)
}

func rejected(_ *testing.T, h *e2e.Harness) {
	alert, card := opened(h)
	card.Click("roll-back", e2e.FirstResponder)
	h.Slack(e2e.SecondResponder).ExpectMessage("SEV1").Click("reject-rollback", e2e.SecondResponder)
	alert.ExpectEntries(incident.RollbackRejected, 1)
	well(alert)
}

func orderAnswerLost(_ *testing.T, h *e2e.Harness) {
	h.Break(map[string]any{"vendor": "jenkins", "match": "buildWithParameters", "drop_response": true, "times": 1})
	alert, card := opened(h)
	card.Click("roll-back", e2e.FirstResponder)
	h.Jenkins("checkout").ExpectBuild(older).ExpectResult("SUCCESS")
	well(alert)
}

func orderRefused(_ *testing.T, h *e2e.Harness) {
	h.Break(map[string]any{"vendor": "jenkins", "match": "buildWithParameters", "status": 409})
	alert, card := opened(h)
	card.Click("roll-back", e2e.FirstResponder)
	alert.ExpectEntries(incident.RollbackBroke, 1)
	well(alert)
}

func snoozed(_ *testing.T, h *e2e.Harness) {
	alert := h.Fire("checkout")
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1")
	alert.Decide(signals.Snooze, incident.Decision{By: "sre-1", For: "2s"})
	alert.ExpectEntries(incident.SnoozeEnded, 1)
	h.Slack(e2e.SecondResponder).ExpectMessage("SEV1").Click("acknowledge", e2e.SecondResponder).Told("Acknowledged")
	well(alert)
}

func ackTimedOut(_ *testing.T, h *e2e.Harness) {
	alert := h.Fire("checkout")
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1").Click("acknowledge", e2e.FirstResponder).Told("Acknowledged")
	alert.ExpectEntries(incident.AckTimedOut, 1)
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1")
	well(alert)
}

func escalated(_ *testing.T, h *e2e.Harness) {
	alert := h.Fire("checkout")
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1").Click("escalate", e2e.FirstResponder)
	h.Slack(e2e.SecondResponder).ExpectMessage("SEV1").Click("acknowledge", e2e.SecondResponder).Told("Acknowledged")
	well(alert)
}

func severityRaised(_ *testing.T, h *e2e.Harness) {
	alert := h.Fire("checkout")
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1")
	alert.Decide(signals.SetSeverity, incident.Decision{By: "sre-1", Severity: incident.SEV3})
	alert.ExpectEntries(incident.SeverityChanged, 1)
	alert.Decide(signals.SetSeverity, incident.Decision{By: "sre-1", Severity: incident.SEV1})
	alert.ExpectEntries(incident.SeverityChanged, 2)
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1")
	well(alert)
}

func responderAdded(_ *testing.T, h *e2e.Harness) {
	alert := h.Fire("checkout")
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1")
	alert.Decide(signals.AddResponder, incident.Decision{By: "sre-1", Person: "sre-2"})
	h.Slack(e2e.SecondResponder).ExpectMessage("SEV1").Click("acknowledge", e2e.SecondResponder).Told("Acknowledged")
	well(alert)
}

func resolvedByAPerson(_ *testing.T, h *e2e.Harness) {
	alert := h.Fire("checkout")
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1")
	alert.Decide(signals.Resolve, incident.Decision{By: "sre-1", Comment: "A test alert."})
	alert.ExpectStatus(incident.Resolved)
	well(alert)
}

func reopenedByAPerson(_ *testing.T, h *e2e.Harness) {
	alert := h.Fire("checkout")
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1")
	alert.Resolve()
	alert.ExpectStatus(incident.Resolved)
	alert.Decide(signals.Reopen, incident.Decision{By: "sre-2", Comment: "Customers still complain."})
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1").Click("resolve", e2e.FirstResponder)
	alert.ExpectClosed()
}
