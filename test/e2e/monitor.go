package e2e

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/local"
)

// startMonitor has Prometheus and Alertmanager watch the shop.
func (h *Harness) startMonitor() {
	h.t.Helper()
	require.NoError(h.t, local.FindMonitor())
	for _, start := range []func(context.Context) (*local.Process, error){h.stage.StartAlertmanager, h.stage.StartPrometheus} {
		p, err := start(h.t.Context())
		if p != nil {
			h.others = append(h.others, p)
		}
		require.NoError(h.t, err)
	}
}

// Prometheus is the base URL of the real one.
func (h *Harness) Prometheus() string { return h.stage.Prometheus() }

// expectMonitor waits until the monitor says that a service is firing or resolved,
// and gives the moment since when it fires or fired; zero where it is forgotten.
func (h *Harness) expectMonitor(service, status string) (since time.Time) {
	h.t.Helper()
	what := "the monitor to say that " + service + " is " + status
	if h.setting.RealMonitor {
		h.until(what, func() bool {
			var err error
			since, err = h.stage.Fires(h.t.Context(), "HighErrorRatio", service)
			require.NoError(h.t, err)
			return since.IsZero() == (status == "resolved")
		})
		return since
	}
	return h.expect("monitor", "alert", what, func(e local.Effect) bool {
		return e.Detail.Service == service && e.Detail.Status == status
	}).Detail.StartsAt
}

// Posts are the calls of the starter that the real Alertmanager counts.
type Posts struct{ All, Failed int }

// Posts asks the real Alertmanager how it fares with the starter.
func (h *Harness) Posts() Posts {
	h.t.Helper()
	return h.postsOf(h.stage.Alertmanager())
}

func (h *Harness) postsOf(alertmanager string) Posts {
	h.t.Helper()
	answer := h.send("GET", alertmanager+"/metrics", nil)
	count := func(metric string) (n int) {
		for line := range strings.Lines(answer.Body) {
			if !strings.HasPrefix(line, metric+"{") || !strings.Contains(line, `integration="webhook"`) {
				continue
			}
			value, err := strconv.Atoi(line[strings.LastIndex(line, " ")+1 : len(line)-1])
			require.NoError(h.t, err, line)
			n += value
		}
		return n
	}
	return Posts{All: count("alertmanager_notification_requests_total"), Failed: count("alertmanager_notification_requests_failed_total")}
}

// ExpectPostsToFail waits until the real Alertmanager could not deliver an alert.
func (h *Harness) ExpectPostsToFail() {
	h.t.Helper()
	h.until("Alertmanager to fail", func() bool { return h.Posts().Failed > 0 })
}
