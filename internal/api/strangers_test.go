package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// endless is a body of which almost 1 MiB has come, and the rest does not until it is released.
type endless struct {
	sent    io.Reader
	release chan struct{}
}

func (e endless) Read(p []byte) (int, error) {
	n, err := e.sent.Read(p)
	if err == io.EOF {
		<-e.release
	}
	return n, err
}

func TestStrangersTakeUpSoMuchMemoryAndNoMore(t *testing.T) {
	for path, metric := range map[string]string{
		"/v1/alerts/signed":   `lastgood_alerts_total{result="busy",source="signed"}`,
		"/slack/interactions": `lastgood_interactions_total{result="busy"}`,
		"/slack/commands":     `lastgood_commands_total{result="busy"}`,
	} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, release := limitedWorld(t), make(chan struct{})
				var held sync.WaitGroup
				for range 16 {
					r := alertRequest(t, "")
					r.URL.Path = path
					r.Body = io.NopCloser(endless{strings.NewReader(strings.Repeat(" ", 1<<20-1)), release})
					held.Go(func() { w.api.ServeHTTP(httptest.NewRecorder(), r) })
				}
				synctest.Wait()
				one := alertRequest(t, strings.Repeat(" ", 100))
				one.URL.Path = path
				require.Contains(t, requireProblem(t, w.send(one), http.StatusServiceUnavailable), "too many calls are under way; send it again")
				require.Contains(t, w.metrics(t), metric+" 1\n")
				require.Equal(t, http.StatusAccepted, w.status(alertRequest(t, oneAlert)), "who shows a token has room of its own")
				shown := alertRequest(t, oneAlert)
				shown.URL.Path = "/v1/alerts/signed"
				shown.Header.Set("Authorization", "Bearer "+signedToken)
				require.Equal(t, http.StatusAccepted, w.status(shown), "also where others sign their bodies")

				close(release)
				held.Wait()
				again := alertRequest(t, oneAlert)
				again.URL.Path = path
				require.NotEqual(t, http.StatusServiceUnavailable, w.status(again), "nothing is held any more")
			})
		})
	}
}
