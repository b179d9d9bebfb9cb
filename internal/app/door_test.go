package app

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
		Config:        "../config/testdata/good/minimal.yaml",
		AlertTokens:   config.NewSecret("alertmanager:" + alertToken + ",alertmanager:alert-token-2,oncall:oncall-token"),
		SlackBotToken: config.NewSecret("xoxb-bot-token"), SlackSigningSecret: config.NewSecret(signedWith), SlackAPIURL: "http://127.0.0.1:1/",
	}
	if change != nil {
		change(&env)
	}
	c, err := config.From(config.Starter, env)
	require.NoError(t, err)
	d := &doorway{metrics: newMetrics()}
	ready := func(context.Context) error { return nil }
	d.api = newAPI(c, client, d.metrics, ready, slog.New(slog.NewTextHandler(&d.log, nil)))
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

// refusedRow is an input that must not get in. A row is a call of Alertmanager unless it makes its own.
type refusedRow struct {
	name   string
	body   string
	change func(*http.Request)              // Of the call.
	call   func(t *testing.T) *http.Request // Instead of the call.
	fails  error                            // What Temporal says.
	status int
	says   string // In the problem's detail.
	counts string // source/result of lastgood_alerts_total, or result of another metric with its name.
}

func path(p string) func(*http.Request) { return func(r *http.Request) { r.URL.Path = p } }

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func refusedByWhoSends() []refusedRow {
	const no, counts = "no token of this source is shown", "alertmanager/unauthorized"
	authorization := func(value string) func(*http.Request) { return header("Authorization", value) }
	return []refusedRow{
		{name: "no token", change: func(r *http.Request) { r.Header.Del("Authorization") }, status: 401, says: no, counts: counts},
		{name: "a wrong token", change: authorization("Bearer guess"), status: 401, says: no, counts: counts},
		{name: "an empty token", change: authorization("Bearer "), status: 401, says: no, counts: counts},
		{name: "the beginning of a token", change: authorization("Bearer " + alertToken[:len(alertToken)-1]), status: 401, says: no, counts: counts},
		{name: "a token and more", change: authorization("Bearer " + alertToken + "x"), status: 401, says: no, counts: counts},
		{name: "a token in capitals", change: authorization("Bearer " + strings.ToUpper(alertToken)), status: 401, says: no, counts: counts},
		{name: "both tokens as one", change: authorization("Bearer " + alertToken + ",alert-token-2"), status: 401, says: no, counts: counts},
		{name: "another scheme", change: authorization("Token " + alertToken), status: 401, says: no, counts: counts},
		{name: "a token without a scheme", change: authorization(alertToken), status: 401, says: no, counts: counts},
		{name: "the token of another source", change: authorization("Bearer oncall-token"), status: 401, says: no, counts: counts},
		{name: "the token as the user of basic auth", change: func(r *http.Request) { r.SetBasicAuth(alertToken, "") }, status: 401, says: no, counts: counts},
		{name: "the token in the query", change: func(r *http.Request) {
			r.Header.Del("Authorization")
			r.URL.RawQuery = "token=" + alertToken
		}, status: 401, says: no, counts: counts},
		{name: "the token after a wrong one", change: func(r *http.Request) {
			r.Header["Authorization"] = []string{"Bearer guess", "Bearer " + alertToken}
		}, status: 401, says: no, counts: counts},
	}
}

func refusedByHowItIsSent() []refusedRow {
	const noSource = "there is no such source of alerts"
	method := func(m string) func(*http.Request) { return func(r *http.Request) { r.Method = m } }
	return []refusedRow{
		{name: "GET", change: method("GET"), status: 405, says: "GET is not served", counts: "alertmanager/method"},
		{name: "PUT", change: method("PUT"), status: 405, says: "PUT is not served", counts: "alertmanager/method"},
		{name: "DELETE", change: method("DELETE"), status: 405, says: "DELETE is not served", counts: "alertmanager/method"},
		{name: "a made up method", change: method(strings.Repeat("X", 5000)), status: 405, says: "XXXXXXXXXXXXXXXXXXXX is not", counts: "alertmanager/method"},
		{name: "an unknown source", change: path("/v1/alerts/nobody"), status: 404, says: noSource, counts: "unknown/unknown"},
		{name: "a source within a source", change: path(deliveryPath + "/x"), status: 404, says: noSource, counts: "unknown/unknown"},
		{name: "a slash too many", change: path(deliveryPath + "/"), status: 404, says: noSource, counts: "unknown/unknown"},
		{name: "another spelling of a source", change: path("/v1/alerts/Alertmanager"), status: 404, says: noSource, counts: "unknown/unknown"},
		{name: "a source with a long name", change: path("/v1/alerts/" + strings.Repeat("x", 9000)), status: 404, says: noSource, counts: "unknown/unknown"},
		{name: "gzip", change: header("Content-Encoding", "gzip"), status: 415, says: `packed (Content-Encoding "gzip")`, counts: "alertmanager/packed"},
		{name: "several codings", change: header("Content-Encoding", "identity, br"), status: 415, says: "send it as it is", counts: "alertmanager/packed"},
		{name: "1 MiB and a byte", body: strings.Repeat(" ", 1<<20+1), status: 413, says: "larger than 1048576 bytes", counts: "alertmanager/too_large"},
		{name: "2 MiB of unknown length", body: strings.Repeat("[", 2<<20), change: func(r *http.Request) { r.ContentLength = -1 }, status: 413, says: "larger", counts: "alertmanager/too_large"},
		{name: "a call that breaks off", change: func(r *http.Request) {
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(goodBody[:50]), broken{}))
		}, status: 400, says: "read the body: unexpected EOF", counts: "alertmanager/unreadable"},
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func refusedAsNoJSON() []refusedRow {
	rows := []refusedRow{
		{name: "no body", body: "\x00none", says: "byte 0"},
		{name: "blanks", body: "  \n\t ", says: "breaks off"},
		{name: "a word", body: "alert", says: "byte 1"},
		{name: "a form", body: "status=firing&alerts=1", says: "breaks off"},
		{name: "XML", body: "<alert/>", says: "byte 1"},
		{name: "half of a body", body: goodBody[:len(goodBody)/2], says: "unexpected end of JSON input"},
		{name: "JSON behind the JSON", body: goodBody + "{}", says: "after top-level value"},
		{name: "a second body", body: goodBody + "\n" + goodBody, says: "after top-level value"},
		{name: "a bracket too many", body: goodBody + "}", says: "after top-level value"},
		{name: "a comment", body: "/* */" + goodBody, says: "byte 1"},
		{name: "a comma too many", body: with(`]}`, `],}`), says: "breaks off"},
		{name: "NaN", body: with(`"4"`, `NaN`), says: "breaks off"},
		{name: "a NUL as it is", body: with("Down", "Do\x00wn"), says: "invalid character '\\x00'"},
		{name: "a line break in a text", body: with("Down", "Do\nwn"), says: "invalid character '\\n'"},
		{name: "half an escape", body: with("Down", `Do\u12wn`), says: "breaks off"},
		{name: "a byte order mark", body: "\uFEFF" + goodBody, says: "byte 1"},
		{name: "UTF-16", body: "{\x00}\x00", says: "breaks off"},
		{name: "10,000 arrays in one another", body: strings.Repeat("[", 10000) + strings.Repeat("]", 10000), says: "deeper than 32 levels"},
		{name: "half a million objects", body: strings.Repeat(`{"a":`, 180_000), says: "deeper than 32 levels"},
		{name: "nesting within a label", body: with(`"Down"`, strings.Repeat("[", 40)+strings.Repeat("]", 40)), says: "deeper than 32 levels"},
	}
	return each(rows, 400, "alertmanager/unreadable")
}

func refusedByItsFields() []refusedRow {
	rows := []refusedRow{
		{name: "an array at the top", body: "[" + goodBody + "]", says: "the body is a array"},
		{name: "a text at the top", body: `"firing"`, says: "the body is a string"},
		{name: "a number at the top", body: `4`, says: "the body is a number"},
		{name: "a long number in the place of a text", body: with(`"4"`, `"4","groupKey":`+strings.Repeat("9", 5000)), says: "groupKey is a number"},
		{name: "null", body: `null`, says: "status is"},
		{name: "an empty object", body: `{}`, says: "status is"},
		{name: "no alerts", body: with(`"alerts":`, `"others":`), says: "alerts is missing or empty"},
		{name: "an empty list of alerts", body: with(goodAlert, ""), says: "alerts is missing or empty"},
		{name: "alerts that are null", body: with("["+goodAlert+"]", "null"), says: "alerts is missing or empty"},
		{name: "alerts that are an object", body: with("["+goodAlert+"]", goodAlert), says: "alerts is a object"},
		{name: "alerts that are texts", body: with(goodAlert, `"a"`), says: "is a string"},
		{name: "an alert that is null", body: with(goodAlert, "null"), says: "alerts[0].status is"},
		{name: "an unknown status", body: with(`"status":"firing","alerts"`, `"status":"burning","alerts"`), says: `status is "burning"`},
		{name: "a status in capitals", body: with(`"status":"firing","alerts"`, `"status":"FIRING","alerts"`), says: `status is "FIRING"`},
		{name: "a long status", body: with(`"status":"firing","alerts"`, `"status":"`+strings.Repeat("x", 100_000)+`","alerts"`), says: `"xxxxxxxx`},
		{name: "an alert of unknown status", body: with(`"status":"firing","labels"`, `"status":"?","labels"`), says: `alerts[0].status is "?"`},
		{name: "no group", body: with(`"groupKey":"{}:{}",`, ""), says: "groupKey is missing"},
		{name: "a group that is a number", body: with(`"{}:{}"`, "4"), says: "groupKey is a number"},
		{name: "no fingerprint", body: with(`,"fingerprint":"aa49"`, ""), says: "alerts[0].fingerprint is missing"},
		{name: "a fingerprint of two lines", body: with("aa49", `a\na`), says: "is no fingerprint"},
		{name: "a fingerprint with a NUL", body: with("aa49", `a\u0000a`), says: "is no fingerprint"},
		{name: "a fingerprint without an end", body: with("aa49", strings.Repeat("a", 200)), says: "is no fingerprint"},
		{name: "no beginning", body: with(`"startsAt":"2026-11-22T23:22:25Z",`, ""), says: "startsAt is missing"},
		{name: "a beginning in words", body: with("2026-11-22T23:22:25Z", "yesterday"), says: "startsAt is \"yesterday\", not a time"},
		{name: "a beginning in seconds", body: with(`"2026-11-22T23:22:25Z"`, "1795389745"), says: "is a number"},
		{name: "the 30th of February", body: with("2026-11-22", "2026-02-30"), says: "not a time"},
		{name: "the year 10000", body: with("2026-11-22T23:22:25Z", "9999-12-31T23:59:59-01:00"), says: "not a time"},
		{name: "an end in words", body: with(`"fingerprint"`, `"endsAt":"soon","fingerprint"`), says: "endsAt is \"soon\""},
		{name: "labels in a list", body: with(`{"alertname":"Down","service":"s"}`, `["Down"]`), says: "labels is a array"},
		{name: "a label that is a number", body: with(`"Down"`, "4"), says: "labels is a number"},
		{name: "a label that is an object", body: with(`"Down"`, `{"$ne":1}`), says: "is a object"},
		{name: "annotations in a text", body: with(`"annotations":{}`, `"annotations":"a"`), says: "annotations is a string"},
		{name: "one bad alert among good ones", body: with(goodAlert, goodAlert+","+strings.Replace(goodAlert, "aa49", "", 1)), says: "alerts[1].fingerprint"},
	}
	return each(rows, 400, "alertmanager/unreadable")
}

func refusedAsNobodys() []refusedRow {
	return []refusedRow{
		{name: "an unknown service", body: with(`"s"`, `"nobody"`), status: 422, says: `no service matches the labels {alertname="Down", service="nobody"}`, counts: "alertmanager/no_service"},
		{name: "no labels", body: with(`"labels":{"alertname":"Down","service":"s"},`, ""), status: 422, says: "the labels {}", counts: "alertmanager/no_service"},
		{name: "long labels", body: with(`"s"`, `"`+strings.Repeat("x", 9000)+`"`), status: 422, says: "…", counts: "alertmanager/no_service"},
	}
}

func refusedByTemporal() []refusedRow {
	rows := []refusedRow{
		{name: "Temporal refuses the connection", fails: serviceerror.NewUnavailable("connection refused")},
		{name: "Temporal does not answer in time", fails: serviceerror.NewDeadlineExceeded("too late")},
		{name: "Temporal is overloaded", fails: &serviceerror.ResourceExhausted{Message: "limit"}},
		{name: "there is no namespace", fails: serviceerror.NewNamespaceNotFound("prod")},
		{name: "Temporal denies the permission", fails: serviceerror.NewPermissionDenied("no", "")},
		{name: "Temporal does not take the payload", fails: serviceerror.NewInvalidArgument("blob size exceeds limit")},
		{name: "something else is wrong", fails: errors.New("secret-inside")},
	}
	for i := range rows {
		rows[i].says = "safe to send all of them again"
	}
	return each(rows, 503, "alertmanager/not_stored")
}

func refusedFromSlack() []refusedRow {
	const interactions, commands = "/slack/interactions", "/slack/commands"
	call := func(path, body string, changes ...func(*http.Request)) func(*testing.T) *http.Request {
		return func(t *testing.T) *http.Request {
			r := bySlack(t, path, body, time.Now())
			for _, change := range changes {
				change(r)
			}
			return r
		}
	}
	old := func(t *testing.T) *http.Request {
		return bySlack(t, interactions, "payload=%7B%7D", time.Now().Add(-6*time.Minute))
	}
	return []refusedRow{
		{name: "a click without a signature", call: call(interactions, "payload=%7B%7D", func(r *http.Request) { r.Header.Del("X-Slack-Signature") }), status: 401, says: "signature is missing", counts: "interactions unauthorized"},
		{name: "a click with another's signature", call: call(interactions, "payload=%7B%7D", header("X-Slack-Signature", "v0=00")), status: 401, says: "does not match", counts: "interactions unauthorized"},
		{name: "an old click", call: old, status: 401, says: "too old", counts: "interactions unauthorized"},
		{name: "a click without a payload", call: call(interactions, "a=b"), status: 400, says: "0 payloads", counts: "interactions unreadable"},
		{name: "a click with two payloads", call: call(interactions, "payload=%7B%7D&payload=%7B%7D"), status: 400, says: "2 payloads", counts: "interactions unreadable"},
		{name: "a click that is no JSON", call: call(interactions, "payload=hello"), status: 400, says: "invalid character", counts: "interactions unreadable"},
		{name: "a click on a button without a value", call: call(interactions, `payload={"type":"block_actions","actions":[{"action_id":"acknowledge"}]}`), status: 400, says: "value of the button", counts: "interactions unreadable"},
		{name: "a click of 2 MiB", call: call(interactions, strings.Repeat("x", 2<<20)), status: 413, says: "larger", counts: "interactions too_large"},
		{name: "a command without a signature", call: call(commands, "command=x", header("X-Slack-Signature", "")), status: 401, says: "signature is missing", counts: "commands unauthorized"},
		{name: "a command that is no form", call: call(commands, "%zz"), status: 400, says: "no form", counts: "commands unreadable"},
		{name: "a command of nobody", call: call(commands, "command=x&trigger_id=1"), status: 400, says: "user_id", counts: "commands unreadable"},
	}
}

func each(rows []refusedRow, status int, counts string) []refusedRow {
	for i := range rows {
		rows[i].status, rows[i].counts = status, counts
	}
	return rows
}

func refusedRows() []refusedRow {
	var rows []refusedRow
	for _, some := range [][]refusedRow{
		refusedByWhoSends(), refusedByHowItIsSent(), refusedAsNoJSON(), refusedByItsFields(), refusedAsNobodys(), refusedByTemporal(), refusedFromSlack(),
	} {
		rows = append(rows, some...)
	}
	return rows
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

	require.Equal(t, row.status, answer.Code, answer.Body.String())
	require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
	var problem struct {
		Title, Detail string
		Status        int
	}
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &problem))
	require.Equal(t, row.status, problem.Status)
	require.Contains(t, problem.Detail, row.says)
	require.Less(t, len(problem.Detail), 5000)
	require.Equal(t, row.status == 401 && row.call == nil, answer.Header().Get("WWW-Authenticate") != "")
	require.Equal(t, row.status == 503, answer.Header().Get("Retry-After") != "")
	require.Empty(t, d.temporal.calls, "nothing is started")
	require.Contains(t, d.counted(t), row.metric())
	requireDiscreet(t, d.log.String(), answer.Body.String())
}

// requireDiscreet asserts that one line was logged, of bounded length, and that no secret stands in it or in the answer.
func requireDiscreet(t *testing.T, logged, answered string) {
	t.Helper()
	require.Equal(t, 1, strings.Count(logged, "level=WARN"), logged)
	require.Less(t, len(logged), 5000)
	for _, secret := range []string{alertToken, "alert-token-2", "oncall-token", signedWith, "xoxb-bot-token", "Authorization", "Bearer"} {
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
			require.Len(t, d.temporal.calls, 1)
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
