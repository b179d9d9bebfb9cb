package simulator

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ship has a release deployed, and waits until it is.
func (w *world) ship(release string, bad bool) {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"service": "checkout", "release": release, "bad": bad})
	require.NoError(w.t, err)
	got := w.send(http.MethodPost, "/shop/ship", "application/json", string(body), nil)
	require.Equal(w.t, http.StatusAccepted, got.status, got.text)
	w.clock.pass(time.Minute)
}

// evaluate has the monitor look at the shop once.
func (w *world) evaluate() {
	w.t.Helper()
	w.sim.notify(w.t.Context(), w.cfg.Services[0])
}

func alertOf(t *testing.T, got received) map[string]any {
	t.Helper()
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.body), &body))
	return body
}

func TestABadReleaseBreaksTheShopAndAGoodOneMendsIt(t *testing.T) {
	w := newWorld(t)
	ratio := func() any { return w.send(http.MethodGet, "/shop/api/checkout", "", "", nil).json["error_ratio"] }
	require.InDelta(t, goodRatio, ratio(), 0)
	w.ship("2026.11.4", true)
	require.InDelta(t, badRatio, ratio(), 0)
	w.trigger("VERSION", "2026.11.3", "ENVIRONMENT", "staging")
	w.clock.pass(time.Minute)
	require.InDelta(t, badRatio, ratio(), 0, "staging is not production")
	w.trigger("VERSION", "2026.11.3", "ENVIRONMENT", "production")
	w.clock.pass(time.Minute)
	require.InDelta(t, goodRatio, ratio(), 0)
}

func TestTheMetricsCountWhatTheReleaseInServiceDoes(t *testing.T) {
	w := newWorld(t)
	w.clock.pass(1000 * time.Second)
	got := w.send(http.MethodGet, "/shop/metrics", "", "", nil)
	require.Contains(t, got.header.Get("Content-Type"), "version=0.0.4")
	require.Contains(t, got.text, `shop_requests_total{service="checkout",code="200"} 39920`)
	require.Contains(t, got.text, `shop_requests_total{service="checkout",code="500"} 80`)
	require.Contains(t, got.text, `shop_error_ratio{service="checkout"} 0.002`)
}

func TestTheMonitorTellsOfAnAlertOnceAndOfItsEnd(t *testing.T) {
	w := newWorld(t)
	w.evaluate()
	require.Empty(t, w.inbox())
	w.ship("2026.11.4", true)
	w.evaluate()
	fired := w.clock.Now()
	w.evaluate()
	require.Len(t, w.inbox(), 1)
	got := w.inbox()[0]
	require.Equal(t, "Bearer simulator-alert-token", got.header.Get("Authorization"))
	body := alertOf(t, got)
	require.Equal(t, "4", body["version"])
	require.Equal(t, "firing", body["status"])
	require.Equal(t, `{}:{alertname="HighErrorRatio", service="checkout"}`, body["groupKey"])
	require.Equal(t, map[string]any{"alertname": "HighErrorRatio", "service": "checkout", "env": "production", "severity": "critical"}, at(body, "alerts", 0, "labels"))
	require.Equal(t, fired.Format(time.RFC3339), at(body, "alerts", 0, "startsAt"))
	require.Equal(t, "0001-01-01T00:00:00Z", at(body, "alerts", 0, "endsAt"))
	require.Regexp(t, "^[0-9a-f]{16}$", at(body, "alerts", 0, "fingerprint"))

	w.ship("2026.11.3", false)
	w.evaluate()
	resolved := alertOf(t, w.inbox()[1])
	require.Equal(t, "resolved", at(resolved, "alerts", 0, "status"))
	require.Equal(t, fired.Format(time.RFC3339), at(resolved, "alerts", 0, "startsAt"))
	require.Equal(t, w.clock.Now().Format(time.RFC3339), at(resolved, "alerts", 0, "endsAt"))

	w.ship("2026.11.5", true)
	w.evaluate()
	again := alertOf(t, w.inbox()[2])
	require.Equal(t, w.clock.Now().Format(time.RFC3339), at(again, "alerts", 0, "startsAt"))
	require.Equal(t, at(body, "alerts", 0, "fingerprint"), at(again, "alerts", 0, "fingerprint"))
	require.Len(t, w.ledger("monitor", "alert"), 3)
}

func TestTheMonitorRetriesServerErrorsOnly(t *testing.T) {
	w := newWorld(t)
	w.ship("2026.11.4", true)
	w.answers(http.StatusServiceUnavailable)
	w.evaluate()
	w.evaluate()
	require.Empty(t, w.ledger("monitor", ""))
	w.answers(http.StatusAccepted)
	w.evaluate()
	require.Len(t, w.inbox(), 3)
	require.Equal(t, w.inbox()[0].body, w.inbox()[2].body)
	require.Len(t, w.ledger("monitor", "alert"), 1)

	w.ship("2026.11.3", false)
	w.answers(http.StatusTooManyRequests)
	w.evaluate()
	w.evaluate()
	require.Len(t, w.inbox(), 4, "Alertmanager gives up on 429")
	require.Len(t, w.ledger("monitor", "alert-refused"), 1)
}

func TestAnAlertThatWasNeverToldIsNotResolved(t *testing.T) {
	w := newWorld(t)
	w.answers(http.StatusServiceUnavailable)
	w.ship("2026.11.4", true)
	w.evaluate()
	w.ship("2026.11.3", false)
	w.answers(http.StatusAccepted)
	w.evaluate()
	require.Len(t, w.inbox(), 1)
}

func TestAReleaseIsMarkedWithoutADeployment(t *testing.T) {
	w := newWorld(t)
	mark := func(body string) int {
		return w.send(http.MethodPost, "/shop/mark", "application/json", body, nil).status
	}
	require.Equal(t, http.StatusOK, mark(`{"service":"checkout","release":"2026.11.3","bad":true}`))
	w.evaluate()
	require.Len(t, w.inbox(), 1)
	require.Empty(t, w.ledger("jenkins", ""))
	require.Equal(t, http.StatusNotFound, mark(`{"service":"nothing","release":"1"}`))
	require.Equal(t, http.StatusBadRequest, mark(`{`))
}

func TestTheFingerprintIsThatOfPrometheus(t *testing.T) {
	// As Alertmanager 0.34.2 sent it for these labels.
	require.Equal(t, "aa49fa88e14d3ff6", fingerprint(map[string]string{
		"alertname": "HighErrors", "instance": "a", "service": "checkout", "severity": "critical",
	}))
}

func TestRunBuildsAndWatchesUntilItIsToldToStop(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.Now = time.Now
		c.QuietPeriod, c.BuildDuration, c.MonitorEvery = -1, time.Millisecond, time.Millisecond
		c.Services = []Service{{Name: "checkout"}, {Name: "search"}}
	})
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		w.sim.Run(ctx)
		close(stopped)
	}()
	w.send(http.MethodPost, "/shop/ship", "application/json", `{"service":"search","release":"2","bad":true}`, nil)
	<-w.reached
	require.Contains(t, w.inbox()[0].body, `"service":"search"`)
	stop()
	<-stopped
}

func TestListenAndServeEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	log, written := io.Pipe()
	ended := make(chan error)
	go func() {
		ended <- ListenAndServe(ctx, "127.0.0.1:0", Config{Logger: slog.New(slog.NewJSONHandler(written, nil))})
	}()
	var line struct{ URL string }
	require.NoError(t, json.NewDecoder(log).Decode(&line))
	response, err := http.Get(line.URL + "/shop/api")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	stop()
	require.NoError(t, <-ended)
	require.Error(t, ListenAndServe(t.Context(), "256.0.0.1:0", Config{}))
}
