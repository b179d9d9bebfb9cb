package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/PagerDuty/go-pagerduty"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/signals"
)

// twoServices has a service that the labels of the tests lead to, and another.
const twoServices = `version: 1
people: [{id: sre-1, slack: U0SRE1}]
policies: [{id: p, steps: [{page: [{person: sre-1}]}]}]
services:
  - {id: checkout, match: [{service: checkout}], policy: p}
  - {id: cart, match: [{service: cart}], policy: p}
`

// running is Temporal with the workflows that were started in it. Any other call makes the test panic.
type running struct {
	client.Client
	mu       sync.Mutex
	fails    error
	started  []string
	received []any
}

func (r *running) SignalWithStartWorkflow(_ context.Context, id, _ string, payload any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails == nil {
		r.started, r.received = append(r.started, id), append(r.received, payload)
	}
	return nil, r.fails
}

func (r *running) SignalWorkflow(_ context.Context, id, _, _ string, payload any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails == nil && (len(r.started) == 0 || r.started[len(r.started)-1] != id) {
		return serviceerror.NewNotFound("workflow not found for ID: " + id)
	}
	r.received = append(r.received, payload)
	return r.fails
}

// pagerDuty is PagerDuty's own client, pointed at a starter, and what is behind that.
func pagerDuty(t *testing.T) (*pagerduty.Client, *running, *bytes.Buffer) {
	t.Helper()
	file, err := config.Parse("lastgood.yaml", []byte(twoServices))
	require.NoError(t, err)
	temporal, log := &running{}, &bytes.Buffer{}
	c := config.Config{File: file, AlertRate: 200, Tokens: map[string][]config.Secret{"pagerduty": {config.NewSecret("old-key"), config.NewSecret("new-key")}}}
	client, metrics := signals.Client{Temporal: temporal}, newMetrics()
	door := newAPI(c, client, newHeartbeats(nil, client, time.Now(), metrics, slog.Default()), metrics, func(context.Context) error { return nil }, slog.New(slog.NewTextHandler(log, nil)))
	server := httptest.NewServer(door)
	t.Cleanup(server.Close)
	return pagerduty.NewClient("", pagerduty.WithV2EventsAPIEndpoint(server.URL)), temporal, log
}

func event(key, action string) *pagerduty.V2Event {
	e := &pagerduty.V2Event{RoutingKey: key, Action: action, DedupKey: "disk/host-1", Client: "Nagios"}
	if action == "trigger" {
		e.Payload = &pagerduty.V2Payload{
			Summary: "Disk is full", Source: "host-1", Severity: "critical", Component: "checkout",
			Details: map[string]any{"free": 0.5},
		}
	}
	return e
}

func TestWhatPagesPagerDutyPagesThisByAnotherAddress(t *testing.T) {
	monitor, temporal, log := pagerDuty(t)
	for _, key := range []string{"old-key", "new-key"} {
		for _, action := range []string{"trigger", "acknowledge", "resolve"} {
			answer, err := monitor.ManageEventWithContext(t.Context(), event(key, action))
			require.NoError(t, err)
			require.Equal(t, &pagerduty.V2EventResponse{Status: "success", Message: "Event processed", DedupKey: "disk/host-1"}, answer)
		}
	}
	checkout := signals.IncidentWorkflow("checkout", "pagerduty/disk/host-1")
	require.Equal(t, []string{checkout, checkout}, temporal.started)
	require.Len(t, temporal.received, 6)
	fired := temporal.received[0].(incident.Delivery)
	require.Equal(t, "0.5", fired.Alerts[0].Labels["free"])
	require.True(t, fired.Firing())
	acknowledged := temporal.received[1].(incident.Decision)
	require.Equal(t, []string{"pagerduty", "Nagios"}, []string{acknowledged.By, acknowledged.Comment})
	require.Equal(t, fired.Alerts[0].Fingerprint, temporal.received[2].(incident.Delivery).Alerts[0].Fingerprint)
	require.False(t, temporal.received[2].(incident.Delivery).Firing())
	require.NotContains(t, log.String(), "-key")
}

func TestAKeyThatPagerDutyWouldMakeIsAnsweredAndResolves(t *testing.T) {
	monitor, temporal, _ := pagerDuty(t)
	e := event("new-key", "trigger")
	e.DedupKey = ""
	answer, err := monitor.ManageEventWithContext(t.Context(), e)
	require.NoError(t, err)
	again, err := monitor.ManageEventWithContext(t.Context(), e)
	require.NoError(t, err)
	require.Equal(t, answer.DedupKey, again.DedupKey)
	require.Equal(t, temporal.started[0], temporal.started[1])

	e.Action, e.DedupKey, e.Payload = "resolve", answer.DedupKey, nil
	_, err = monitor.ManageEventWithContext(t.Context(), e)
	require.NoError(t, err)
	require.False(t, temporal.received[2].(incident.Delivery).Firing())
}

func TestWhatIsToldOfAnUnknownKeyIsAcceptedAndReachesNobody(t *testing.T) {
	monitor, temporal, _ := pagerDuty(t)
	for _, action := range []string{"acknowledge", "resolve"} {
		_, err := monitor.ManageEventWithContext(t.Context(), event("new-key", action))
		require.NoError(t, err)
	}
	require.Empty(t, temporal.received)
}

func TestPagerDutysClientUnderstandsARefusal(t *testing.T) {
	monitor, temporal, log := pagerDuty(t)
	refused := func(e *pagerduty.V2Event) pagerduty.APIError {
		_, err := monitor.ManageEventWithContext(t.Context(), e)
		var failure pagerduty.APIError
		require.ErrorAs(t, err, &failure)
		return failure
	}
	wrong := refused(event("guessed-key", "trigger"))
	require.Equal(t, http.StatusUnauthorized, wrong.StatusCode)

	invalid := event("new-key", "trigger")
	invalid.Payload.Severity = "bad"
	require.Equal(t, http.StatusBadRequest, refused(invalid).StatusCode)
	require.Empty(t, temporal.received)

	temporal.fails = errors.New("connection refused")
	away := refused(event("new-key", "trigger"))
	require.Equal(t, http.StatusServiceUnavailable, away.StatusCode)
	require.True(t, away.Temporary())
	require.NotContains(t, log.String(), "-key")
}
