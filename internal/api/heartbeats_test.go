package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/signals"
)

// Beat is the world's own heartbeat, backup.
func (w *world) Beat(ctx context.Context, name string) error {
	if name != "backup" {
		return signals.ErrUnwatched
	}
	return w.store(ctx, name)
}

// checked is the self-check as the world has it.
func (w *world) checked(context.Context) (signals.SelfCheck, error) { return w.self, w.away }

func beatRequest(t *testing.T, name, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/heartbeats/"+name, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer beat-token")
	return r
}

func TestABeatIsAnsweredOnceItIsStored(t *testing.T) {
	for _, body := range []string{"", `{"version":"4","alerts":[]}`, "\xff{"} {
		w := newWorld(t)
		a := w.send(beatRequest(t, "backup", body))
		require.Equal(t, http.StatusNoContent, a.Code)
		require.Empty(t, a.Body.String())
		require.Equal(t, []any{"backup"}, w.wrote, "whatever the body says")
		require.Contains(t, w.metrics(t), `lastgood_beats_total{result="accepted"} 1`)
	}
}

func TestTheTokenOfABeatMayBeAPassword(t *testing.T) {
	w := newWorld(t)
	r := beatRequest(t, "backup", "")
	r.SetBasicAuth("cron", "beat-token")
	require.Equal(t, http.StatusNoContent, w.send(r).Code)
}

func TestABeatThatCannotBeTakenIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(w *world, r *http.Request)
		status int
		says   string
		result string
	}{
		"no token":              {func(_ *world, r *http.Request) { r.Header.Del("Authorization") }, 401, "no token of the source heartbeat", "unauthorized"},
		"another source's":      {func(_ *world, r *http.Request) { r.Header.Set("Authorization", "Bearer new-token") }, 401, "no token", "unauthorized"},
		"a name nobody knows":   {func(_ *world, r *http.Request) { r.URL.Path = "/v1/heartbeats/backups" }, 404, "add it to heartbeats in lastgood.yaml", "unknown_heartbeat"},
		"nobody's, no token":    {func(_ *world, r *http.Request) { r.URL.Path = "/v1/heartbeats/x"; r.Header.Del("Authorization") }, 401, "no token", "unauthorized"},
		"a body without an end": {func(_ *world, r *http.Request) { r.Body = large() }, 413, "larger than", "too_large"},
		"Temporal is away": {func(w *world, _ *http.Request) {
			w.write = func(context.Context) error { return errors.New("the secret host is away") }
		}, 503, "safe to send it again", "not_stored"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := beatRequest(t, "backup", "")
			tt.change(w, r)
			a := w.send(r)
			detail := requireProblem(t, a, tt.status)
			require.Contains(t, detail, tt.says)
			require.NotContains(t, detail, "secret host")
			require.Equal(t, tt.status == 503, a.Header().Get("Retry-After") != "")
			require.Contains(t, w.metrics(t), `lastgood_beats_total{result="`+tt.result+`"} 1`)
			require.Contains(t, w.logged(), "result="+tt.result)
			require.NotContains(t, w.logged(), "new-token")
			w.requireUntouched(t)
		})
	}
}

func TestABeatIsAPost(t *testing.T) {
	w := newWorld(t)
	r := beatRequest(t, "backup", "")
	r.Method = http.MethodGet
	requireProblem(t, w.send(r), http.StatusMethodNotAllowed)
	w.requireUntouched(t)
}

func TestAMonitorOutsideSeesWhetherLastgoodCouldPage(t *testing.T) {
	for name, tt := range map[string]struct {
		self   signals.SelfCheck
		away   error
		status int
		says   string
	}{
		"checked lately":            {signals.SelfCheck{Good: time.Now().Add(-170 * time.Second), Every: time.Minute}, nil, 200, `"checked":`},
		"good before, faulty since": {signals.SelfCheck{Good: time.Now().Add(-time.Second), Every: time.Minute, Fault: "slack: 401"}, nil, 200, `"checked":`},
		"too long ago":              {signals.SelfCheck{Good: time.Now().Add(-181 * time.Second), Every: time.Minute, Fault: "slack: 401 token-in-here"}, nil, 503, "the last time"},
		"never":                     {signals.SelfCheck{Fault: "slack: 401"}, nil, 503, "no worker has found"},
		"Temporal is away":          {signals.SelfCheck{}, errors.New("dial tcp 10.0.0.1"), 503, "Temporal does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.self, w.away = tt.self, tt.away
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				a := w.send(httptest.NewRequestWithContext(t.Context(), method, "/deadman", nil))
				require.Equal(t, tt.status, a.Code)
				require.Equal(t, "no-store", a.Header().Get("Cache-Control"))
				require.Contains(t, a.Body.String(), tt.says)
				require.NotContains(t, a.Body.String(), "token-in-here", "the world may read it")
				require.NotContains(t, a.Body.String(), "10.0.0.1")
			}
		})
	}
}

// large is a body beyond the limit.
func large() *largeBody { return &largeBody{strings.NewReader(strings.Repeat(" ", api.MaxBody+1))} }

type largeBody struct{ *strings.Reader }

// Close does nothing.
func (*largeBody) Close() error { return nil }
