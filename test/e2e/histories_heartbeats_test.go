package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/test/e2e"
)

// heartbeatRetired beats, is silent twice and is taken out of the configuration while it is.
func heartbeatRetired(_ *testing.T, h *e2e.Harness) {
	silence := h.Silence()
	h.Beats()
	silence.ExpectStatus(incident.Triggered)
	h.Beats()
	silence.ExpectStatus(incident.Resolved)
	h.ExpectWatched("the second silence", func(w incident.Watch, _ bool) bool { return !w.Told.From.IsZero() })
	h.TakeOutHeartbeat()
	h.StopStarter()
	h.StartStarter()
	h.ExpectWatched("the end", func(_ incident.Watch, running bool) bool { return !running })
	silence.ExpectClosed()
}

// selfChecked looks a few times, with a Slack that refuses the token in between.
func selfChecked(_ *testing.T, h *e2e.Harness) {
	h.ExpectDeadman(http.StatusOK)
	h.Break(map[string]any{"vendor": "slack", "match": "auth.test", "status": 200, "body": `{"ok":false,"error":"invalid_auth"}`})
	h.ExpectDeadman(http.StatusServiceUnavailable)
	h.Mend()
	h.ExpectDeadman(http.StatusOK)
	h.Pass(time.Second)
	h.EndSelfCheck()
}
