package deadman_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/deadman"
	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/integrations/rest/resttest"
)

func TestConformance(t *testing.T) {
	resttest.Conformance(t, "deadman", func(ctx context.Context, baseURL string) error {
		client := rest.NewClient(400 * time.Millisecond)
		defer client.CloseIdleConnections()
		c, err := deadman.New(deadman.Config{URL: baseURL + "/secret-path?key=secret-key", HTTP: client})
		if err != nil {
			return err
		}
		return c.Ping(ctx)
	}, "secret-path", "secret-key")
}

func TestAPingIsAPostWithThePasswordOfTheAddress(t *testing.T) {
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	c, err := deadman.New(deadman.Config{URL: "http://lastgood:token@" + server.Listener.Addr().String() + "/v1/heartbeats/lastgood-eu"})
	require.NoError(t, err)
	require.NoError(t, c.Ping(t.Context()))
	require.Equal(t, http.MethodPost, got.Method)
	require.Equal(t, "/v1/heartbeats/lastgood-eu", got.URL.Path)
	_, password, _ := got.BasicAuth()
	require.Equal(t, "token", password)
}

func TestARedirectIsNoAnswer(t *testing.T) {
	server := httptest.NewServer(http.RedirectHandler("https://login.example.com/secret", http.StatusFound))
	defer server.Close()
	c, err := deadman.New(deadman.Config{URL: server.URL})
	require.NoError(t, err)
	require.EqualError(t, c.Ping(t.Context()), "deadman: say that lastgood is alive: 302 Found")
}

func TestAnAddressThatCannotBeUsedIsRefusedWithoutRepeatingIt(t *testing.T) {
	for _, address := range []string{"", "hc-ping.com/secret", "ftp://hc-ping.com/secret", "https:///secret", "https://hc-ping.com/\nsecret"} {
		_, err := deadman.New(deadman.Config{URL: address})
		require.ErrorContains(t, err, "cannot be used")
		require.NotContains(t, err.Error(), "secret")
	}
}
