package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const oneAlert = `{"group":"g1","alerts":[{"name":"HighErrors","firing":true,"labels":{"service":"checkout"}}]}`

func TestAStoredAlertIsAcceptedAndNamesItsWorkflow(t *testing.T) {
	for name, authorize := range map[string]func(*http.Request){
		"bearer, new token":  func(r *http.Request) { r.Header.Set("Authorization", "Bearer new-token") },
		"bearer, old token":  func(r *http.Request) { r.Header.Set("Authorization", "bearer old-token") },
		"basic, any user":    func(r *http.Request) { r.SetBasicAuth("prometheus", "new-token") },
		"basic without user": func(r *http.Request) { r.SetBasicAuth("", "old-token") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "checkout")
			r := alertRequest(t, oneAlert)
			authorize(r)
			a := w.send(r)
			require.Equal(t, http.StatusAccepted, a.Code)
			require.JSONEq(t, `{"incidents":[{"service":"checkout","workflow_id":"incident/checkout/1"}]}`, a.Body.String())
			require.Equal(t, "alertmanager", w.deliveries["checkout"].Source)
			require.Equal(t, "g1", w.deliveries["checkout"].Group)
			require.Contains(t, w.logged(), "level=INFO msg=\"alerts accepted\"")
			require.Contains(t, w.logged(), "incident/checkout/1")
			require.NotContains(t, w.logged(), "-token")
			require.Contains(t, w.metrics(t), `lastgood_alerts_total{result="accepted",source="alertmanager"} 1`)
		})
	}
}

func TestARefusedAlertReachesNobody(t *testing.T) {
	down := errors.New("connection refused")
	for _, c := range []struct {
		name   string
		body   string
		change func(*http.Request)
		alert  func(context.Context, string) error
		status int
		detail string
		result string
	}{
		{name: "no token", change: func(r *http.Request) { r.Header.Del("Authorization") }, status: 401, result: "unauthorized"},
		{name: "wrong token", change: func(r *http.Request) { r.Header.Set("Authorization", "Bearer guess") }, status: 401, result: "unauthorized"},
		{name: "empty token", change: func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }, status: 401, result: "unauthorized"},
		{name: "token of another source", change: func(r *http.Request) { r.Header.Set("Authorization", "Bearer other-token") }, status: 401, result: "unauthorized"},
		{name: "token as user", change: func(r *http.Request) { r.SetBasicAuth("new-token", "") }, status: 401, result: "unauthorized"},
		{name: "beginning of a token", change: func(r *http.Request) { r.Header.Set("Authorization", "Bearer new-tok") }, status: 401, result: "unauthorized"},
		{name: "another scheme", change: func(r *http.Request) { r.Header.Set("Authorization", "Token new-token") }, status: 401, result: "unauthorized"},
		{name: "broken JSON", body: `{"alerts":[`, status: 400, detail: "unexpected EOF", result: "unreadable"},
		{name: "no body", body: ``, status: 400, detail: "EOF", result: "unreadable"},
		{name: "trailing JSON", body: oneAlert + `{}`, status: 400, detail: "something stands behind the JSON", result: "unreadable"},
		{name: "no alerts", body: `{"alerts":[]}`, status: 400, detail: "alerts: is empty", result: "unreadable"},
		{name: "2 MiB", body: `{"group":"` + strings.Repeat("x", 2<<20) + `"}`, status: 413, detail: "larger than 1048576 bytes", result: "too_large"},
		{
			name: "unknown service", body: `{"alerts":[{"labels":{"service":"cart","alertname":"Down"}}]}`, status: 422,
			detail: `no service matches the labels {alertname="Down", service="cart"}, and there is no service "default"`, result: "no_service",
		},
		{
			name: "Temporal down", alert: func(context.Context, string) error { return down }, status: 503,
			detail: "safe to send all of them again", result: "not_stored",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, "checkout")
			w.alert = c.alert
			body := c.body
			if body == "" && c.name != "no body" {
				body = oneAlert
			}
			r := alertRequest(t, body)
			if c.change != nil {
				c.change(r)
			}
			a := w.send(r)
			require.Contains(t, requireProblem(t, a, c.status), c.detail)
			require.Equal(t, c.status == 401, a.Header().Get("WWW-Authenticate") != "")
			require.Equal(t, c.status == 503, a.Header().Get("Retry-After") != "")
			w.requireUntouched(t)
			require.Equal(t, 1, strings.Count(w.logged(), "level=WARN"), w.logged())
			require.NotContains(t, w.logged(), "-token")
			require.Contains(t, w.metrics(t), `lastgood_alerts_total{result="`+c.result+`",source="alertmanager"} 1`)
		})
	}
}

func TestACallThatBreaksOffReachesNobody(t *testing.T) {
	w := newWorld(t, "checkout")
	r := alertRequest(t, "")
	r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	require.Equal(t, "read the body: unexpected EOF", requireProblem(t, w.send(r), http.StatusBadRequest))
	w.requireUntouched(t)
}

func TestABodyThatComesTooSlowlyIsToBeSentAgain(t *testing.T) {
	w := newWorld(t, "checkout")
	r := alertRequest(t, "")
	r.Body = io.NopCloser(iotest.ErrReader(&net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}))
	require.Equal(t, "the body did not come in time; send it again", requireProblem(t, w.send(r), http.StatusServiceUnavailable))
	require.Contains(t, w.metrics(t), `lastgood_alerts_total{result="busy",source="alertmanager"} 1`)
	w.requireUntouched(t)
}

func TestABodyOfExactlyTheLimitIsRead(t *testing.T) {
	w := newWorld(t, "checkout")
	body := oneAlert + strings.Repeat(" ", 1<<20-len(oneAlert))
	require.Equal(t, http.StatusAccepted, w.send(alertRequest(t, body)).Code)
}

const threeServices = `{"group":"g1","url":"http://am","alerts":[
	{"name":"A","labels":{"service":"cart"}}, {"name":"B","labels":{"service":"nobody"}},
	{"name":"C","firing":true,"labels":{"service":"checkout"}}, {"name":"D","labels":{"service":"cart"}}]}`

func TestAGroupOverSeveralServicesIsSplitAndTheRestIsNamed(t *testing.T) {
	w := newWorld(t, "checkout", "cart")
	a := w.send(alertRequest(t, threeServices))
	require.Equal(t, http.StatusAccepted, a.Code)
	require.JSONEq(t, `{
		"incidents": [
			{"service": "cart", "workflow_id": "incident/cart/1"},
			{"service": "checkout", "workflow_id": "incident/checkout/1"}
		],
		"unrouted": [{"name": "B", "labels": {"service": "nobody"}}]
	}`, a.Body.String())
	require.Contains(t, w.metrics(t), `lastgood_alerts_total{result="no_service",source="alertmanager"} 1`)
	require.Len(t, w.deliveries, 2)
	require.Len(t, w.deliveries["cart"].Alerts, 2)
	require.Equal(t, "D", w.deliveries["cart"].Alerts[1].Name)
	require.Len(t, w.deliveries["checkout"].Alerts, 1)
	require.Equal(t, "http://am", w.deliveries["checkout"].URL)
	require.Contains(t, w.logged(), `msg="alerts match no service"`)
	require.Contains(t, w.logged(), `nobody`)
}

func TestAPartlyStoredGroupIsToBeSentAgain(t *testing.T) {
	w := newWorld(t, "checkout", "cart")
	w.alert = func(_ context.Context, service string) error {
		if service == "cart" {
			return errors.New("unavailable")
		}
		return nil
	}
	a := w.send(alertRequest(t, threeServices))
	requireProblem(t, a, http.StatusServiceUnavailable)
	require.Contains(t, w.deliveries, "checkout", "one that fails keeps no other from being stored")
	require.NotContains(t, a.Body.String(), "unavailable", "what went wrong inside is not for outside")
	require.Contains(t, w.logged(), "unavailable")
	require.Contains(t, w.logged(), "stored=[checkout]")
}

func TestATemporalThatHangsIsGivenUpWithin5Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "checkout")
		w.alert = func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}
		began := time.Now()
		requireProblem(t, w.send(alertRequest(t, oneAlert)), http.StatusServiceUnavailable)
		require.Less(t, time.Since(began), 5*time.Second)
		w.requireUntouched(t)
	})
}

func TestOfACallThatIsTooMuchForItsTimeAnotherPartIsStoredEachTime(t *testing.T) {
	var services, alerts []string
	for i := range 40 {
		services = append(services, fmt.Sprintf("s%d", i))
		alerts = append(alerts, fmt.Sprintf(`{"name":"A","firing":true,"labels":{"service":"s%d"}}`, i))
	}
	w := newWorld(t, services...)
	var left atomic.Int32
	w.alert = func(context.Context, string) error {
		if left.Add(-1) < 0 {
			return errors.New(strings.Repeat("too late ", 500))
		}
		return nil
	}
	for range 200 { // Odds of 1 to 10^23 that one of them is never among the first ten.
		left.Store(10)
		requireProblem(t, w.send(alertRequest(t, `{"group":"g1","alerts":[`+strings.Join(alerts, ",")+`]}`)), http.StatusServiceUnavailable)
	}
	require.Len(t, w.deliveries, 40)
	for line := range strings.Lines(w.logged()) {
		require.Less(t, len(line), 3000)
	}
}

func TestOfVeryManyAlertsWithoutAServiceTheFirstAreNamed(t *testing.T) {
	w := newWorld(t, "checkout")
	lost := strings.Repeat(`,{"name":"B","labels":{"service":"nobody"}}`, 3000)
	a := w.send(alertRequest(t, `{"group":"g1","alerts":[`+lost[1:]+`]}`))
	require.Equal(t, `no service matches the labels {service="nobody"}, and there is no service "default" (nor those of 2999 more)`,
		requireProblem(t, a, http.StatusUnprocessableEntity))
	require.Less(t, a.Body.Len(), 2000)

	a = w.send(alertRequest(t, `{"group":"g1","alerts":[{"name":"A","firing":true,"labels":{"service":"checkout"}}`+lost+`]}`))
	require.Equal(t, http.StatusAccepted, a.Code)
	require.Less(t, a.Body.Len(), 2000)
}
