package app

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/signals"
)

const (
	alertToken   = "alert-token-1"
	signedWith   = "signing-secret"
	deliveryPath = "/v1/alerts/alertmanager"
)

// stored is Temporal as far as the door needs it: it keeps what was stored. Any other call makes the test panic.
type stored struct {
	client.Client
	mu    sync.Mutex
	calls []string
	fails error
}

func (s *stored) keep(call string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		return s.fails
	}
	s.calls = append(s.calls, call)
	return nil
}

func (s *stored) SignalWithStartWorkflow(_ context.Context, id, signal string, _ any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	return nil, s.keep(signal + " " + id)
}

func (s *stored) SignalWorkflow(_ context.Context, id, _, signal string, _ any) error {
	return s.keep(signal + " " + id)
}

func (s *stored) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return nil, serviceerror.NewNotFound("no workflow " + id)
}

// doorway is a starter's whole HTTP interface before a Temporal that is made up.
type doorway struct {
	temporal *stored
	metrics  *metrics
	log      bytes.Buffer
	api      *api.API
}

func newDoorway(t *testing.T, change func(*config.Env)) *doorway {
	t.Helper()
	temporal := &stored{}
	d := newDoorwayOf(t, signals.Client{Temporal: temporal}, change)
	d.temporal = temporal
	return d
}

func newDoorwayOf(t *testing.T, client signals.Client, change func(*config.Env)) *doorway {
	t.Helper()
	env := config.Env{
		Config:        "testdata/door.yaml",
		AlertTokens:   config.NewSecret("alertmanager:" + alertToken + ",alertmanager:alert-token-2,oncall:oncall-token,grafana:grafana-token,datadog:datadog-token,pagerduty:routing-key-1,uptime:uptime-token"),
		SlackBotToken: config.NewSecret("xoxb-bot-token"), SlackSigningSecret: config.NewSecret(signedWith), SlackAPIURL: "http://127.0.0.1:1/",
	}
	if change != nil {
		change(&env)
	}
	c, err := config.From(config.Starter, env)
	require.NoError(t, err)
	d := &doorway{metrics: newMetrics()}
	ready := func(context.Context) error { return nil }
	log := slog.New(slog.NewTextHandler(&d.log, nil))
	d.api = newAPI(c, client, newHeartbeats(c.Heartbeats, client, time.Now(), d.metrics, log), d.metrics, ready, log)
	return d
}

func (d *doorway) send(r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	d.api.ServeHTTP(answer, r)
	d.api.Wait()
	return answer
}

func (d *doorway) counted(t *testing.T) string {
	t.Helper()
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(d.metrics.registry, promhttp.HandlerOpts{}).
		ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	return answer.Body.String()
}

// posted is a call with a body, as Alertmanager makes it.
func posted(t *testing.T, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, deliveryPath, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+alertToken)
	return r
}

// bySlack is a call of Slack's with its signature.
func bySlack(t *testing.T, path, body string, at time.Time) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(signedWith))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return r
}

const (
	goodAlert = `{"status":"firing","labels":{"alertname":"Down","service":"s"},"annotations":{},"startsAt":"2026-11-22T23:22:25Z","fingerprint":"aa49"}`
	goodBody  = `{"version":"4","groupKey":"{}:{}","status":"firing","alerts":[` + goodAlert + `]}`
)

// with is the good body with one piece of it replaced.
func with(old, replacement string) string {
	if !strings.Contains(goodBody, old) {
		panic("the body has no " + old)
	}
	return strings.Replace(goodBody, old, replacement, 1)
}

func (row refusedRow) request(t *testing.T) *http.Request {
	t.Helper()
	if row.call != nil {
		return row.call(t)
	}
	body := row.body
	switch body {
	case "":
		body = goodBody
	case "\x00none":
		body = ""
	}
	r := posted(t, body)
	if row.change != nil {
		row.change(r)
	}
	return r
}

// metric is the line that counts the row once.
func (row refusedRow) metric() string {
	if source, result, found := strings.Cut(row.counts, "/"); found {
		return fmt.Sprintf("lastgood_alerts_total{result=%q,source=%q} 1\n", result, source)
	}
	name, result, _ := strings.Cut(row.counts, " ")
	return fmt.Sprintf("lastgood_%s_total{result=%q} 1\n", name, result)
}

func TestARefusedInputIsToldWhyAndStartsNothing(t *testing.T) {
	rows := refusedRows()
	require.GreaterOrEqual(t, len(rows), 40)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, row.isRefused) // Time passes by itself while Temporal is tried again.
		})
	}
}

func (row refusedRow) isRefused(t *testing.T) {
	d := newDoorway(t, nil)
	d.temporal.fails = row.fails
	answer := d.send(row.request(t))
	<-time.After(2 * gatherFor) // What has gathered has left.

	require.Equal(t, row.status, answer.Code, answer.Body.String())
	require.Contains(t, row.detail(t, answer), row.says)
	require.Less(t, answer.Body.Len(), 10_000)
	require.Equal(t, row.status == 401 && strings.Contains(row.counts, "/"), answer.Header().Get("WWW-Authenticate") != "")
	require.Equal(t, row.status == 503, answer.Header().Get("Retry-After") != "")
	require.Empty(t, d.temporal.calls, "nothing is started")
	require.Contains(t, d.counted(t), row.metric())
	requireDiscreet(t, d.log.String(), answer.Body.String())
}

// detail is what the answer says in words: a problem's, or those of the source.
func (row refusedRow) detail(t *testing.T, answer *httptest.ResponseRecorder) string {
	t.Helper()
	if strings.HasPrefix(row.counts, "pagerduty/") {
		require.Equal(t, "application/json", answer.Header().Get("Content-Type"))
		return answer.Body.String()
	}
	require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
	var problem struct {
		Title, Detail string
		Status        int
	}
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &problem))
	require.Equal(t, row.status, problem.Status)
	require.Equal(t, http.StatusText(row.status), problem.Title)
	return problem.Detail
}

// requireDiscreet asserts that one line was logged, of bounded length, and that no secret stands in it or in the answer.
func requireDiscreet(t *testing.T, logged, answered string) {
	t.Helper()
	require.Equal(t, 1, strings.Count(logged, "level=WARN"), logged)
	require.Less(t, len(logged), 5000)
	for _, secret := range []string{alertToken, "alert-token-2", "oncall-token", "grafana-token", "datadog-token", "routing-key-1", "uptime-token", signedWith, "xoxb-bot-token", "Authorization", "Bearer"} {
		require.NotContains(t, logged, secret)
		require.NotContains(t, answered, secret)
	}
	require.NotContains(t, answered, "secret-inside", "what went wrong inside is not for outside")
}

// What may look odd, and is taken: a page is not lost for a byte.
func TestAnOddInputIsTaken(t *testing.T) {
	for name, body := range map[string]string{
		"broken UTF-8 becomes a mark":          with("Down", "Do\xffwn"),
		"half of a surrogate pair":             with("Down", `Do\ud800wn`),
		"an escaped NUL is left out":           with("Down", `Do\u0000wn`),
		"of two fields of a name the last one": with(`"status":"firing","alerts"`, `"status":"burning","status":"firing","alerts"`),
		"fields that are not known":            with(`"version":"4"`, `"version":"9","more":[{"a":[1,2,{}]}]`),
		"a label that is null":                 with(`"Down"`, "null"),
		"a group of 300 kB":                    with("{}:{}", strings.Repeat("g", 300_000)),
		"thousands of alerts":                  with(goodAlert, goodAlert+strings.Repeat(","+goodAlert, 5000)),
		"a body of 1 MiB":                      goodBody + strings.Repeat(" ", 1<<20-len(goodBody)),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoorway(t, nil)
			require.Equal(t, http.StatusAccepted, d.send(posted(t, body)).Code)
			require.NotEmpty(t, d.temporal.calls)
			require.Less(t, d.log.Len(), 2000)
		})
	}
}

func TestBothTokensOfASourceOpenTheDoor(t *testing.T) {
	d := newDoorway(t, nil)
	for _, token := range []string{alertToken, "alert-token-2"} {
		r := posted(t, goodBody)
		r.Header.Set("Authorization", "Bearer "+token)
		require.Equal(t, http.StatusAccepted, d.send(r).Code)
	}
	require.Len(t, d.temporal.calls, 2)
}
