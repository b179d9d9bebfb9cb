package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

var errClosed = errors.New("closed")

// world is all that lies behind an API: it remembers what reached it.
type world struct {
	mu         sync.Mutex
	deliveries map[string]incident.Delivery
	clicks     []incident.Click
	reports    []incident.PageReport
	whispers   []string
	log        bytes.Buffer

	// alert, decide and ready answer for Temporal; nil stores everything.
	alert  func(ctx context.Context, service string) error
	decide func(ctx context.Context) error
	ready  error
	// owners are the services whose incidents others join, by these.
	owners map[string]string
	// whisper answers for Slack.
	whisper error
	// texting, running, alone and report are for what comes from phones.
	texting api.Texting
	running func() ([]incident.Named, error)
	alone   func(number, id string) (bool, error)
	report  error

	// roster is who there is; away keeps what was entered at run time from being known, write answers for Temporal.
	roster oncall.Roster
	away   error
	write  func(ctx context.Context) error
	wrote  []any
	self   signals.SelfCheck

	// forms are those that were shown; form answers for Slack.
	forms []incident.Form
	form  error

	registry *prometheus.Registry
	api      *api.API
}

func newWorld(t *testing.T, services ...string) *world {
	t.Helper()
	return newWorldWith(t, func(*api.Options) {}, services...)
}

// newWorldWith is newWorld with some options changed.
func newWorldWith(t *testing.T, change func(*api.Options), services ...string) *world {
	t.Helper()
	w := &world{deliveries: map[string]incident.Delivery{}, registry: prometheus.NewRegistry()}
	w.texting = w.phones()
	options := api.Options{
		Log:     slog.New(slog.NewTextHandler(w, nil)),
		Metrics: w.registry,
		Ready:   func(context.Context) error { return w.ready },
		Sources: []api.Source{{Name: "alertmanager", Decode: decode}, pager},
		Tokens: map[string][]string{
			"alertmanager": {"old-token", "new-token"}, "grafana": {"other-token"}, "oncall": {"oncall-token"}, "pager": {"pager-token"},
			"heartbeat": {"beat-token"},
		},
		Services: services,
		Rate:     1000,
		Owner: func(service string) (string, bool) {
			owner := w.owners[service]
			return owner, owner != ""
		},
		Route: func(labels map[string]string) (string, bool) {
			s := labels["service"]
			return s, slices.Contains(services, s)
		},
		Alerts: w,
		VerifySlack: func(h http.Header, body []byte) error {
			if h.Get("X-Slack-Signature") != "v0="+string(body) {
				return errors.New("the signature is wrong or older than 5 minutes")
			}
			return nil
		},
		DecodeClick: decodeClick,
		Person: func(user string) (string, bool) {
			return strings.ToLower(user), user == "U0SRE1"
		},
		Decisions:     w,
		IsClosed:      func(err error) bool { return errors.Is(err, errClosed) },
		Whisperer:     w,
		Roster:        w,
		DecodeCommand: func(body []byte) (c incident.Command, err error) { return c, json.Unmarshal(body, &c) },
		AnswerCommand: func(lines []string) any { return lines },
		Texting:       w.texting,
		Declaring: api.Declaring{
			Forms:   w,
			Channel: func(service string) string { return "C0" + strings.ToUpper(service) },
			Decode: func(body []byte) (d incident.Declaration, ok bool, err error) {
				err = json.Unmarshal(body, &d)
				return d, d.ID != "", err
			},
			Rejected: func(faults map[string]string) any { return map[string]any{"errors": faults} },
			Declared: func(d incident.Declaration, channel string) any {
				return map[string]any{"declared": d.Service, "channel": channel}
			},
		},
		Heartbeats: w,
		SelfCheck:  w.checked,
	}
	change(&options)
	w.api = api.New(options)
	return w
}

// decode reads a delivery in the domain's own JSON, as strictly as a monitor's adapter.
func decode(body []byte) (incident.Delivery, error) {
	var d incident.Delivery
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&d); err != nil {
		return d, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return d, errors.New("something stands behind the JSON")
	}
	return d, nil
}

func decodeClick(body []byte) (incident.Click, bool, error) {
	var c incident.Click
	err := json.Unmarshal(body, &c)
	return c, c.Signal != "", err
}

func (w *world) Alert(ctx context.Context, service string, d incident.Delivery) (string, error) {
	if w.alert != nil {
		if err := w.alert(ctx, service); err != nil {
			return "", err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliveries[service] = d
	return "incident/" + service + "/1", nil
}

func (w *world) Decide(ctx context.Context, c incident.Click) error {
	if w.decide != nil {
		if err := w.decide(ctx); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clicks = append(w.clicks, c)
	return nil
}

func (w *world) Whisper(_ context.Context, to incident.Reply, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.whispers = append(w.whispers, to.Channel+" "+to.User+": "+text)
	return w.whisper
}

func (w *world) Ask(_ context.Context, f incident.Form) error {
	if w.form != nil {
		return w.form
	}
	w.forms = append(w.forms, f)
	return nil
}

func (w *world) Known(context.Context) (oncall.Roster, error) { return w.roster, w.away }

func (w *world) Override(ctx context.Context, o oncall.Override) error { return w.store(ctx, o) }

func (w *world) Swap(ctx context.Context, s signals.Swapping) error { return w.store(ctx, s) }

func (w *world) Remove(ctx context.Context, r signals.Removal) error { return w.store(ctx, r) }

func (w *world) Maintain(ctx context.Context, m oncall.Maintenance) error { return w.store(ctx, m) }

func (w *world) EndMaintenance(ctx context.Context, r signals.Removal) error { return w.store(ctx, r) }

func (w *world) store(ctx context.Context, what any) error {
	if w.write != nil {
		if err := w.write(ctx); err != nil {
			return err
		}
	}
	w.wrote = append(w.wrote, what)
	return nil
}

// Write takes the log.
func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

// send makes one request and waits for everything that it set off.
func (w *world) send(r *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	w.api.ServeHTTP(recorder, r)
	w.api.Wait()
	return recorder
}

func (w *world) metrics(t *testing.T) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	ready := func(context.Context) error { return nil }
	api.Metrics(w.registry, ready).ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, recorder.Code)
	return recorder.Body.String()
}

// requireUntouched asserts that nothing went on to Temporal or to Slack.
func (w *world) requireUntouched(t *testing.T) {
	t.Helper()
	require.Empty(t, w.deliveries)
	require.Empty(t, w.clicks)
	require.Empty(t, w.whispers)
	require.Empty(t, w.reports)
	require.Empty(t, w.wrote)
	require.Empty(t, w.forms)
}

func alertRequest(t *testing.T, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/alerts/alertmanager", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer new-token")
	return r
}

func clickRequest(t *testing.T, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/slack/interactions", strings.NewReader(body))
	r.Header.Set("X-Slack-Signature", "v0="+body)
	return r
}

// requireProblem asserts that a refusal is application/problem+json and gives its detail.
func requireProblem(t *testing.T, a *httptest.ResponseRecorder, status int) string {
	t.Helper()
	require.Equal(t, status, a.Code, a.Body.String())
	require.Equal(t, "application/problem+json", a.Header().Get("Content-Type"))
	var p struct {
		Title, Detail string
		Status        int
	}
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &p))
	require.Equal(t, status, p.Status)
	require.Equal(t, http.StatusText(status), p.Title)
	require.NotEmpty(t, p.Detail)
	return p.Detail
}

func TestEverythingButItsMethodAndPathIsRefused(t *testing.T) {
	w := newWorld(t, "checkout")
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{http.MethodGet, "/v1/alerts/alertmanager", http.StatusMethodNotAllowed, "POST"},
		{http.MethodPut, "/v1/alerts/alertmanager", http.StatusMethodNotAllowed, "POST"},
		{http.MethodGet, "/slack/interactions", http.StatusMethodNotAllowed, "POST"},
		{http.MethodGet, "/slack/commands", http.StatusMethodNotAllowed, "POST"},
		{http.MethodPost, "/v1/oncall/primary", http.StatusMethodNotAllowed, "GET"},
		{http.MethodGet, "/v1/heartbeats/backup", http.StatusMethodNotAllowed, "POST"},
		{http.MethodPost, "/v1/heartbeats", http.StatusNotFound, ""},
		{http.MethodPost, "/deadman", http.StatusMethodNotAllowed, "GET"},
		{http.MethodGet, "/v1/oncall", http.StatusNotFound, ""},
		{http.MethodPost, "/healthz", http.StatusMethodNotAllowed, "GET"},
		{http.MethodPost, "/v1/alerts/grafana", http.StatusNotFound, ""},
		{http.MethodPost, "/v1/alerts/alertmanager/x", http.StatusNotFound, ""},
		{http.MethodGet, "/", http.StatusNotFound, ""},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			r := alertRequest(t, `{"alerts":[{"labels":{"service":"checkout"}}]}`)
			r.Method, r.URL.Path = c.method, c.path
			a := w.send(r)
			requireProblem(t, a, c.status)
			require.Equal(t, c.allow, a.Header().Get("Allow"))
			w.requireUntouched(t)
		})
	}
}

func TestAliveAndReadyAreTwoThings(t *testing.T) {
	w := newWorld(t)
	get := func(path string) *httptest.ResponseRecorder {
		return w.send(httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	}
	require.Equal(t, http.StatusOK, get("/healthz").Code)
	require.Equal(t, http.StatusOK, get("/readyz").Code)
	w.ready = errors.New("Temporal does not answer")
	require.Equal(t, http.StatusOK, get("/healthz").Code)
	require.Equal(t, "Temporal does not answer", requireProblem(t, get("/readyz"), http.StatusServiceUnavailable))
}
