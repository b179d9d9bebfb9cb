package simulator

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// running starts build 6 of the checkout job as scripted.
func (w *world) running(script string) {
	w.t.Helper()
	w.control("jenkins/script", `{"job":"deploy/checkout",`+script+`}`)
	w.trigger("VERSION", "2026.11.2", "ENVIRONMENT", "production")
	w.clock.pass(time.Second)
	require.Equal(w.t, true, w.build6()["building"])
}

func (w *world) build6() map[string]any {
	w.t.Helper()
	return w.jenkins(http.MethodGet, checkoutJob+"6/api/json").json
}

// pending returns the paths that answer the input step of build 6.
func (w *world) pending() (proceed, abort string) {
	w.t.Helper()
	got := w.jenkins(http.MethodGet, checkoutJob+"6/wfapi/pendingInputActions")
	require.Contains(w.t, got.text, "Deploy to production?")
	paths := strings.Split(got.text, `"`)
	for i, word := range paths {
		switch word {
		case "proceedUrl":
			proceed = strings.TrimPrefix(paths[i+2], "/jenkins/")
		case "abortUrl":
			abort = strings.TrimPrefix(paths[i+2], "/jenkins/")
		}
	}
	return proceed, abort
}

func TestABuildAtAnInputStepWaitsUntilSomebodyProceeds(t *testing.T) {
	w := newWorld(t)
	w.running(`"input":"Deploy to production?"`)
	w.clock.pass(24 * time.Hour)
	require.Equal(t, true, w.build6()["building"])
	require.Nil(t, w.build6()["result"])
	require.Equal(t, inputClass, at(w.build6(), "actions", 6, "_class"))
	require.Equal(t, "PAUSED_PENDING_INPUT", w.jenkins(http.MethodGet, checkoutJob+"6/wfapi/describe").json["status"])
	require.Contains(t, w.jenkins(http.MethodGet, checkoutJob+"6/consoleText").text, "Proceed or Abort")
	w.control("jenkins/restart", `{}`)

	proceed, abort := w.pending()
	require.Equal(t, http.StatusMethodNotAllowed, w.jenkins(http.MethodGet, proceed).status)
	require.Equal(t, http.StatusOK, w.jenkins(http.MethodPost, proceed).status)
	require.Equal(t, http.StatusNotFound, w.jenkins(http.MethodPost, abort).status, "it has been answered")
	require.Equal(t, "[]", w.jenkins(http.MethodGet, checkoutJob+"6/wfapi/pendingInputActions").text)
	require.Equal(t, "IN_PROGRESS", w.jenkins(http.MethodGet, checkoutJob+"6/wfapi/describe").json["status"])
	w.clock.pass(w.cfg.BuildDuration)
	require.Equal(t, "SUCCESS", w.build6()["result"])
	require.Equal(t, "2026.11.2", w.ledger("shop", "release")[0]["release"])
}

func TestABuildAtAnInputStepCanBeAborted(t *testing.T) {
	w := newWorld(t)
	w.running(`"input":"Deploy to production?"`)
	_, abort := w.pending()
	require.Equal(t, http.StatusOK, w.jenkins(http.MethodPost, abort).status)
	require.Equal(t, "ABORTED", w.build6()["result"])
	require.Equal(t, "ABORTED", w.jenkins(http.MethodGet, checkoutJob+"6/wfapi/describe").json["status"])
	require.Empty(t, w.ledger("shop", "release"))
}

func TestABuildThatSurvivesAStopEndsOnMore(t *testing.T) {
	w := newWorld(t)
	w.running(`"hold":true,"survives":"term"`)
	for _, how := range []string{"stop", "term"} {
		require.Equal(t, http.StatusFound, w.jenkins(http.MethodPost, checkoutJob+"6/"+how).status)
		require.Equal(t, true, w.build6()["building"], how)
	}
	require.Equal(t, http.StatusFound, w.jenkins(http.MethodPost, checkoutJob+"6/kill").status)
	require.Equal(t, "ABORTED", w.build6()["result"])
	require.Len(t, w.ledger("jenkins", "stop-ignored"), 2)
	require.Len(t, w.ledger("jenkins", "stop"), 1)
}

func TestAFreestyleBuildKnowsNoInputAndNothingAboveAStop(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Services = []Service{{Name: "checkout", Freestyle: true}} })
	for _, script := range []string{`"input":"Sure?"`, `"survives":"stop"`} {
		got := w.send(http.MethodPost, "/control/jenkins/script", "", `{"job":"deploy/checkout",`+script+`}`, nil)
		require.Equal(t, http.StatusBadRequest, got.status)
	}
	w.running(`"hold":true`)
	require.Equal(t, http.StatusNotFound, w.jenkins(http.MethodPost, checkoutJob+"6/term").status)
	require.Equal(t, http.StatusNotFound, w.jenkins(http.MethodGet, checkoutJob+"6/wfapi/describe").status)
	require.Equal(t, http.StatusFound, w.jenkins(http.MethodPost, checkoutJob+"6/stop").status)
	require.Equal(t, "ABORTED", w.build6()["result"])
}

func TestAPageCancelsAnItemToo(t *testing.T) {
	w := newWorld(t)
	item := w.trigger("VERSION", "2026.11.2")
	for range 2 {
		require.Equal(t, http.StatusFound, w.jenkins(http.MethodPost, item+"cancelQueue").status)
	}
	require.Equal(t, true, w.item(item)["cancelled"])
	require.Len(t, w.ledger("jenkins", "cancel"), 1)
}

func TestAMissingParameterTakesItsDefaultWithoutAWord(t *testing.T) {
	w := newWorld(t)
	w.trigger("VERSION", "2026.11.2", "RELEASE", "2026.11.1")
	w.clock.pass(time.Minute)
	require.Equal(t, map[string]any{"VERSION": "2026.11.2", "ENVIRONMENT": "staging", "INCIDENT_ID": ""}, w.ledger("jenkins", "build")[0]["parameters"])
	require.Empty(t, w.ledger("shop", "release"), "staging is not production")
}

func TestAnItemsLocationIsOfTheRequestAndItsBuildsURLOfTheRoot(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.JenkinsRootURL = "http://jenkins.internal:8080" })
	item := w.trigger("VERSION", "2026.11.2")
	w.clock.pass(time.Second)
	require.Equal(t, "http://jenkins.internal:8080/job/deploy/job/checkout/6/", at(w.item(item), "executable", "url"))
	require.Equal(t, "http://jenkins.internal:8080/job/deploy/job/checkout/", at(w.item(item), "task", "url"))
}
