package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/test/e2e"
)

// token is that of every source on the stage.
const token = "simulator-alert-token"

func TestAnAlertOfGrafanaIsSignedPagesOnceAndResolves(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, ReopenWithin: time.Second})
	began := time.Now().UTC()
	firing, resolved := ofGrafana("firing", began), ofGrafana("resolved", began)

	require.Equal(t, http.StatusUnauthorized, h.PostAlerts(firing, grafana(firing, "guess", began)).Status)
	require.Equal(t, http.StatusUnauthorized, h.PostAlerts(firing, grafana(firing, token, began.Add(-time.Hour))).Status)
	h.ExpectRuns("WorkflowType = 'Incident'", 0)

	for range 3 {
		require.Equal(t, http.StatusAccepted, h.PostAlerts(firing, grafana(firing, token, time.Now())).Status)
	}
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "More than 5% fail")
	require.Equal(t, http.StatusAccepted, h.PostAlerts(resolved, grafana(resolved, token, time.Now())).Status)
	h.ExpectRuns("WorkflowType = 'Incident' AND ExecutionStatus = 'Completed'", 1)
}

func TestAnAlertOfDatadogPagesOnceAndResolves(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, ReopenWithin: time.Second})
	began := time.Now().UTC()
	datadog := func(r *http.Request) { r.URL.Path = "/v1/alerts/datadog" }

	for _, body := range [][]byte{
		ofDatadog("Triggered", began), ofDatadog("Triggered", began), ofDatadog("Renotify", began.Add(30*time.Second)),
	} {
		got := h.PostAlerts(body, datadog)
		require.Equal(t, http.StatusAccepted, got.Status, got.Body)
	}
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "Too many errors")
	require.Equal(t, http.StatusAccepted, h.PostAlerts(ofDatadog("Recovered", began.Add(time.Minute)), datadog).Status)
	h.ExpectRuns("WorkflowType = 'Incident' AND ExecutionStatus = 'Completed'", 1)
}

// grafana sends a body to its own address, signed at a moment in the place of a token.
func grafana(body []byte, secret string, at time.Time) func(*http.Request) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s:%s", stamp, body)
	return func(r *http.Request) {
		r.URL.Path = "/v1/alerts/grafana"
		r.Header.Del("Authorization")
		r.Header.Set("X-Grafana-Alerting-Timestamp", stamp)
		r.Header.Set("X-Grafana-Alerting-Signature", hex.EncodeToString(mac.Sum(nil)))
	}
}

func ofGrafana(status string, began time.Time) []byte {
	alert := map[string]any{
		"status":      status,
		"labels":      map[string]string{"alertname": "checkout 5xx", "service": "checkout", "env": "production", "severity": "critical"},
		"annotations": map[string]string{"summary": "More than 5% fail"},
		"startsAt":    began, "endsAt": time.Time{}, "fingerprint": "fac0861a85de433a",
		"generatorURL": "http://grafana.example.com/alerting", "values": map[string]float64{"B": 0.2},
	}
	if status == "resolved" {
		alert["endsAt"] = began.Add(time.Minute)
	}
	return inJSON(map[string]any{
		"status": status, "version": "1", "groupKey": `{}:{alertname="checkout 5xx"}`, "alerts": []any{alert},
		"externalURL": "http://grafana.example.com", "title": "[FIRING:1] checkout 5xx", "state": "alerting", "message": "**Firing**",
	})
}

func ofDatadog(transition string, at time.Time) []byte {
	return inJSON(map[string]any{
		"monitor": "1234", "aggregate": "9bd4ac313a4d1e8fae2482df7b77628", "transition": transition,
		"date": strconv.FormatInt(at.UnixMilli(), 10), "title": "[" + transition + "] Too many errors",
		"link": "https://app.datadoghq.com/event/jump_to?event_id=123456", "priority": "P1", "type": "error",
		"tags": "env:production,service:checkout", "scope": "service:checkout",
	})
}

func inJSON(body map[string]any) []byte {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // Maps of texts, numbers and times are always JSON.
	}
	return text
}
