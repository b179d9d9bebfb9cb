package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/test/e2e"
)

func TestAMonitorThatPagesPagerDutyTriggersAcknowledgesAndResolves(t *testing.T) {
	t.Parallel()
	const ackWithin = 4 * time.Second
	h := e2e.Start(t, e2e.Setting{
		Plain: true, AckWithin: ackWithin, ReopenWithin: 3 * time.Second, Tokens: []string{"pagerduty:routing-key"},
		Services: []string{"checkout", "basket"},
	})
	alert := h.Alert("checkout", "Disk")
	alert.Group = "pagerduty/disk/host-1"
	tell := func(action string) {
		event := map[string]any{"routing_key": "routing-key", "event_action": action, "dedup_key": "disk/host-1", "client": "Nagios"}
		if action == "trigger" {
			event["payload"] = map[string]any{
				"summary": "Disk is full", "source": "host-1", "severity": "critical", "component": "checkout",
				"custom_details": map[string]any{"env": "production"},
			}
		}
		got := h.Post("/v2/enqueue", "", event)
		require.Equal(t, http.StatusAccepted, got.Status, got.Body)
		require.JSONEq(t, `{"status":"success","message":"Event processed","dedup_key":"disk/host-1"}`, got.Body)
	}

	tell("resolve")
	tell("trigger")
	tell("trigger")
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "Disk is full")
	tell("acknowledge")
	require.Equal(t, "pagerduty", alert.ExpectStatus(incident.Acknowledged).AcknowledgedBy)
	h.Pass(ackWithin + time.Second) // The second responder is not paged.
	tell("resolve")
	alert.ExpectStatus(incident.Resolved)
	tell("trigger")
	alert.ExpectEntries(incident.Reopened, 1)
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "Disk is full")
	tell("resolve")
	in := alert.ExpectClosed()
	require.Equal(t, 2, e2e.Count(in, incident.AlertFired), "a repetition is no news")
	h.ExpectRuns("", 1)
}

func TestAnyJSONOpensAndResolvesAnIncident(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, Tokens: []string{"uptime:uptime-token"}, Sources: `
  - id: uptime
    alerts: body.checks
    when: alert.type != "test"
    group: alert.monitor
    firing: alert.status == "down"
    summary: alert.monitor + " is down"
    labels: {service: alert.service, env: '"production"'}`})
	alert := h.Alert("checkout", "")
	alert.Group = "uptime/shop"
	tell := func(check map[string]any) e2e.Answer {
		return h.Post("/v1/alerts/uptime", "uptime-token", map[string]any{"checks": []any{check}})
	}
	check := map[string]any{"monitor": "shop", "status": "down", "service": "checkout"}

	require.Equal(t, http.StatusUnauthorized, h.Post("/v1/alerts/uptime", "simulator-alert-token", check).Status)
	require.Contains(t, tell(map[string]any{"monitor": "shop", "service": []string{"checkout"}, "status": "down"}).Body,
		`alerts[0] has no labels.service by \"alert.service\": it comes to a list, not to a text`)
	nothing := tell(map[string]any{"type": "test"})
	require.Equal(t, http.StatusAccepted, nothing.Status, nothing.Body)
	require.JSONEq(t, `{"incidents":[]}`, nothing.Body)
	h.ExpectRuns("", 0)

	taken := tell(check)
	require.Equal(t, http.StatusAccepted, taken.Status, taken.Body)
	require.Contains(t, taken.Body, alert.Workflow())
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV2", "shop is down")
	check["status"] = "up"
	require.Equal(t, http.StatusAccepted, tell(check).Status)
	require.Equal(t, incident.Resolved, alert.ExpectClosed().Status)
}
