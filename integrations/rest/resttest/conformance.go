// Package resttest is the conformance kit of the adapters: it puts one call of an
// adapter before the ways in which an HTTP vendor fails, and checks that each
// comes back as the *rest.Error on which retries are decided. It knows nothing of
// any vendor's own way to fail; that is for the adapter's tests.
package resttest

import (
	"context"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/rest"
)

// patience is how long any call may take; an adapter under test has to have a
// timeout well below it.
const patience = 5 * time.Second

// Call makes an adapter for the vendor at baseURL, which has no trailing slash,
// with a timeout of less than two seconds, and makes one call with it.
type Call func(ctx context.Context, baseURL string) error

// Conformance runs the call against vendors that refuse, limit, break, hang, drop
// the connection or are not there. None of the secrets, the ones that the adapter
// was given, may be found in the text of an error, or of any error within it.
func Conformance(t *testing.T, vendor string, call Call, secrets ...string) {
	t.Helper()
	k := kit{vendor: vendor, call: call, secrets: secrets}
	t.Run("answers", k.answers)
	t.Run("a lost answer may have been carried out", k.lost)
	t.Run("a hanging vendor is left within the timeout", k.hangs)
	t.Run("a cancelled context ends the call", k.cancelled)
	t.Run("a refused connection was not carried out", k.away)
}

type kit struct {
	vendor  string
	call    Call
	secrets []string
}

// answers are the HTTP statuses and what must become of them.
func (k kit) answers(t *testing.T) {
	tables := []struct {
		name   string
		status int
		header http.Header
		want   rest.Error
	}{
		{"unauthorised is refused", http.StatusUnauthorized, nil, rest.Error{}},
		{"forbidden is refused", http.StatusForbidden, nil, rest.Error{}},
		{"not found is refused", http.StatusNotFound, nil, rest.Error{}},
		{"a limit says when to come back", http.StatusTooManyRequests, http.Header{"Retry-After": {"7"}}, rest.Error{RetryAfter: 7 * time.Second}},
		{"a limit need not say when", http.StatusTooManyRequests, nil, rest.Error{}},
		{"a broken vendor may have done it", http.StatusInternalServerError, nil, rest.Error{Maybe: true}},
		{"a bad gateway may have done it", http.StatusBadGateway, nil, rest.Error{Maybe: true}},
		{"a starting vendor is waited for", http.StatusServiceUnavailable, nil, rest.Error{Maybe: true}},
	}
	for _, tt := range tables {
		t.Run(tt.name, func(t *testing.T) {
			vendor := serve(t, answer(tt.status, tt.header))
			got := k.fails(t, t.Context(), vendor.URL)
			require.Equal(t, tt.status, got.Status)
			require.Equal(t, tt.want.RetryAfter, got.RetryAfter)
			require.Equal(t, tt.want.Maybe, got.Maybe)
			refused := tt.status < 500 && tt.status != http.StatusTooManyRequests
			require.Equal(t, refused, got.Refused())
		})
	}
}

func (k kit) lost(t *testing.T) {
	vendor := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	got := k.fails(t, t.Context(), vendor.URL)
	require.Zero(t, got.Status)
	require.True(t, got.Maybe)
}

func (k kit) hangs(t *testing.T) {
	vendor := serve(t, hang(t))
	begun := time.Now()
	got := k.fails(t, t.Context(), vendor.URL)
	require.Less(t, time.Since(begun), patience)
	require.True(t, got.Maybe)
	require.False(t, got.Refused())
}

func (k kit) cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	arrived := hang(t)
	vendor := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		arrived(w, r)
	})
	got := k.fails(t, ctx, vendor.URL)
	require.ErrorIs(t, got, context.Canceled)
}

func (k kit) away(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	got := k.fails(t, t.Context(), "http://"+listener.Addr().String())
	require.Zero(t, got.Status)
	require.False(t, got.Maybe)
	require.False(t, got.Refused())
}

// fails makes the call and demands a *rest.Error that names the vendor and what
// was attempted, and no secret.
func (k kit) fails(t *testing.T, ctx context.Context, baseURL string) *rest.Error {
	t.Helper()
	err := k.call(ctx, baseURL)
	require.Error(t, err)
	var got *rest.Error
	require.ErrorAs(t, err, &got)
	require.Equal(t, k.vendor, got.Vendor)
	require.NotEmpty(t, got.Attempted)
	KeepsSecrets(t, err, k.secrets...)
	return got
}

// KeepsSecrets demands that neither err nor any error that it wraps shows a secret.
func KeepsSecrets(t *testing.T, err error, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		require.NotContains(t, err.Error(), secret)
	}
	switch wrapping := err.(type) {
	case interface{ Unwrap() error }:
		if inner := wrapping.Unwrap(); inner != nil {
			KeepsSecrets(t, inner, secrets...)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range wrapping.Unwrap() {
			KeepsSecrets(t, inner, secrets...)
		}
	}
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// answer is an error page, in HTML as most vendors' proxies send it.
func answer(status int, header http.Header) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<html><body><h1>Oops</h1></body></html>"))
	}
}

// hang never answers, until the caller has gone or the test is over.
func hang(t *testing.T) http.HandlerFunc {
	over := t.Context().Done()
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}
}
