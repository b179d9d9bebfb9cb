package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/api"
)

// signedToken is that of the source whose bodies are signed.
const signedToken = "signed-token"

// limitedWorld has sources that may call twice a second, twenty times at once: two that show a token in the header, and
// one whose body is signed.
func limitedWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, func(o *api.Options) {
		o.Rate = 2
		o.Tokens["signed"] = []string{signedToken}
		o.Sources = append(o.Sources,
			api.Source{Name: "grafana", Decode: decode},
			api.Source{Name: "signed", Decode: decode, Admit: func(h http.Header, _ []byte, _ []string) bool { return h.Get("X-Signature") == "right" }})
	}, "checkout")
}

func (w *world) status(r *http.Request) int { return w.send(r).Code }

func TestASourceThatCallsTooOftenIsToldWhenToComeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := limitedWorld(t)
		for range 20 {
			require.Equal(t, http.StatusAccepted, w.status(alertRequest(t, oneAlert)))
		}
		unread := alertRequest(t, "")
		unread.Body = io.NopCloser(iotest.ErrReader(fmt.Errorf("the body was read")))
		a := w.send(unread)
		require.Equal(t, "this source calls more often than 2 times a second; send it again", requireProblem(t, a, http.StatusServiceUnavailable))
		require.Equal(t, "1", a.Header().Get("Retry-After"), "half a second, in whole ones")
		require.Contains(t, w.metrics(t), `lastgood_alerts_total{result="limited",source="alertmanager"} 1`)

		for range 1000 {
			require.Equal(t, http.StatusServiceUnavailable, w.status(alertRequest(t, oneAlert)))
		}
		<-time.After(500 * time.Millisecond)
		require.Equal(t, http.StatusAccepted, w.status(alertRequest(t, oneAlert)), "what was refused has used up nothing")
		require.Equal(t, http.StatusServiceUnavailable, w.status(alertRequest(t, oneAlert)))
	})
}

func TestAStrangerUsesUpNothingOfASource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := limitedWorld(t)
		stranger := func(path string) *http.Request {
			r := alertRequest(t, oneAlert)
			r.URL.Path = path
			r.Header.Set("Authorization", "Bearer guess")
			return r
		}
		for range 1000 {
			require.Equal(t, http.StatusUnauthorized, w.status(stranger("/v1/alerts/alertmanager")))
			require.Equal(t, http.StatusUnauthorized, w.status(stranger("/v1/alerts/signed")))
		}
		require.Equal(t, http.StatusAccepted, w.status(alertRequest(t, oneAlert)))
		known := stranger("/v1/alerts/signed")
		known.Header.Set("X-Signature", "right")
		require.Equal(t, http.StatusAccepted, w.status(known))
	})
}

func TestASourceUsesUpNothingOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := limitedWorld(t)
		for range 30 {
			w.status(alertRequest(t, oneAlert))
		}
		other := alertRequest(t, oneAlert)
		other.URL.Path = "/v1/alerts/grafana"
		other.Header.Set("Authorization", "Bearer other-token")
		require.Equal(t, http.StatusAccepted, w.status(other))
	})
}

func TestAFloodOfRefusalsIsCountedAndHardlyLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := limitedWorld(t)
		stranger := alertRequest(t, oneAlert)
		stranger.Header.Del("Authorization")
		for range 5000 {
			w.status(stranger)
		}
		require.Equal(t, 20, strings.Count(w.logged(), "alerts refused"))
		require.Contains(t, w.metrics(t), `lastgood_alerts_total{result="unauthorized",source="alertmanager"} 5000`)

		<-time.After(10 * time.Second)
		w.status(stranger)
		require.Equal(t, 21, strings.Count(w.logged(), "alerts refused"))
		require.Contains(t, w.logged(), "unlogged=4980")
	})
}

func TestNamesThatAreMadeUpMakeNoNewMetrics(t *testing.T) {
	w := newWorld(t, "checkout")
	before := strings.Count(w.metrics(t), "\n")
	for i := range 500 {
		r := alertRequest(t, oneAlert)
		r.URL.Path = fmt.Sprintf("/v1/alerts/made-up-%d", i)
		require.Equal(t, http.StatusNotFound, w.status(r))
	}
	require.Contains(t, w.metrics(t), `lastgood_alerts_total{result="unknown",source="unknown"} 500`)
	require.Less(t, strings.Count(w.metrics(t), "\n")-before, 20)
}

func TestTheCallsOfASourceThatAreUnderWayAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, func(o *api.Options) { o.Rate = 10000 }, "checkout")
		goOn := make(chan struct{})
		w.alert = func(context.Context, string) error { <-goOn; return nil }
		var calls sync.WaitGroup
		for range 16 { // Bodies of 1 MiB fill 16 MiB.
			r := alertRequest(t, oneAlert+strings.Repeat(" ", 1<<20-len(oneAlert)))
			calls.Go(func() { w.api.ServeHTTP(httptest.NewRecorder(), r) })
		}
		synctest.Wait()
		a := w.send(alertRequest(t, oneAlert))
		require.Contains(t, requireProblem(t, a, http.StatusServiceUnavailable), "too many calls of this source are under way")
		require.Equal(t, "1", a.Header().Get("Retry-After"))
		require.Contains(t, w.metrics(t), `lastgood_alerts_total{result="busy",source="alertmanager"} 1`)

		close(goOn)
		calls.Wait()
		require.Equal(t, http.StatusAccepted, w.status(alertRequest(t, oneAlert)))
	})
}

func TestABodyOfUnknownLengthTakesUpWhatItIsOnceItHasCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldWith(t, func(o *api.Options) { o.Rate = 10000 }, "checkout")
		goOn := make(chan struct{})
		w.alert = func(context.Context, string) error { <-goOn; return nil }
		var calls sync.WaitGroup
		for range 100 {
			r := alertRequest(t, oneAlert)
			r.ContentLength = -1 // In chunks.
			calls.Go(func() { require.Equal(t, http.StatusAccepted, w.status(r)) })
			synctest.Wait()
		}
		close(goOn)
		calls.Wait()
	})
}

func TestAStrangerWhoSendsSlowlyTakesUpNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := limitedWorld(t)
		slow, begin := io.Pipe()
		var strangers sync.WaitGroup
		for range 100 {
			r := alertRequest(t, "")
			r.URL.Path, r.Body, r.ContentLength = "/v1/alerts/signed", slow, 1<<20
			strangers.Go(func() { w.api.ServeHTTP(httptest.NewRecorder(), r) })
		}
		synctest.Wait()
		known := alertRequest(t, oneAlert)
		known.URL.Path = "/v1/alerts/signed"
		known.Header.Set("X-Signature", "right")
		require.Equal(t, http.StatusAccepted, w.status(known))
		require.NoError(t, begin.Close())
		strangers.Wait()
	})
}
