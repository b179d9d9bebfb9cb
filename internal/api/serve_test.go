package api_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/api"
)

func TestARequestThatHasBegunComesToItsEndWhenTheProcessStops(t *testing.T) {
	w := newWorld(t, "checkout")
	begun, finish := make(chan struct{}), make(chan struct{})
	w.alert = func(ctx context.Context, _ string) error {
		close(begun)
		<-finish
		return ctx.Err()
	}
	url, stop, stopped := serve(t, w.api)

	answered := make(chan int)
	go func() { answered <- post(t, url+"/v1/alerts/alertmanager", oneAlert) }()
	<-begun
	stop()
	close(finish)
	require.Equal(t, http.StatusAccepted, <-answered)
	require.NoError(t, <-stopped)
	require.Contains(t, w.deliveries, "checkout")
}

func TestACallerThatSendsTooMuchHasItsAnswer(t *testing.T) {
	w := newWorld(t, "checkout")
	url, stop, stopped := serve(t, w.api)
	require.Equal(t, http.StatusRequestEntityTooLarge,
		post(t, url+"/v1/alerts/alertmanager", strings.Repeat("x", 2<<20)))
	stop()
	require.NoError(t, <-stopped)
}

func TestAListenerThatFailsIsReported(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	err = api.Serve(t.Context(), l, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "serve 127.0.0.1:")
}

func TestTheMetricsListenerSaysWhetherTheProcessIsReady(t *testing.T) {
	w := newWorld(t)
	h := api.Metrics(w.registry, func(context.Context) error { return io.ErrUnexpectedEOF })
	url, stop, stopped := serve(t, h)
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/metrics": 200, "/v1/alerts/alertmanager": 404} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, nil)
		require.NoError(t, err)
		a, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, a.Body.Close())
		require.Equal(t, want, a.StatusCode, path)
	}
	stop()
	require.NoError(t, <-stopped)
}

// serve serves a handler on loopback until it is stopped.
func serve(t *testing.T, h http.Handler) (url string, stop func(), stopped <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- api.Serve(ctx, l, h, slog.New(slog.DiscardHandler)) }()
	return "http://" + l.Addr().String(), cancel, done
}

// post gives the status of the answer, 0 when none came.
func post(t *testing.T, url, body string) int {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer new-token")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer func() { _ = a.Body.Close() }()
	return a.StatusCode
}
