package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// CalendarSecret is the part of a calendar's URL that nobody may find anywhere.
const CalendarSecret = "private-0123456789abcdef"

// Calendar is a calendar on the web that may be away.
type Calendar struct {
	URL  string
	down atomic.Bool
}

// ServeCalendar puts a person's calendar on the web, until the test ends.
func ServeCalendar(t interface{ Cleanup(func()) }, person string) *Calendar {
	c := &Calendar{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.down.Load() {
			http.Error(w, "cannot give "+r.URL.Path, http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "text/calendar")
		_, _ = w.Write(CalendarOf(person))
	}))
	t.Cleanup(server.Close)
	c.URL = server.URL + "/ical/" + CalendarSecret + "/basic.ics"
	return c
}

// Down takes the calendar off the web.
func (c *Calendar) Down() { c.down.Store(true) }

// CalendarOf is a calendar in which a person is on call all the time.
func CalendarOf(person string) []byte {
	from := time.Now().UTC().AddDate(0, -1, 0)
	return fmt.Appendf(nil, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\nDTSTART:%s\r\n"+
		"DURATION:P1W\r\nRRULE:FREQ=WEEKLY\r\nSUMMARY:%s on call\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", from.Format("20060102T150405Z"), person)
}

// ExpectKeptCalendar waits until the roster keeps a copy of the first step's calendar
// that is as it should be.
func (h *Harness) ExpectKeptCalendar(what string, is func(oncall.Calendar) bool) {
	h.t.Helper()
	h.ExpectKept("a kept calendar "+what, func(kept signals.Kept) bool {
		return slices.ContainsFunc(kept.Calendars, func(c oncall.Calendar) bool { return c.Schedule == "primary" && is(c) })
	})
}

// NothingSays demands that neither a log of the story's processes nor the roster, as
// Temporal shows it, has a text in it.
func (h *Harness) NothingSays(secret string) {
	h.t.Helper()
	logs, err := filepath.Glob(filepath.Join(h.stage.Dir, "*.log"))
	require.NoError(h.t, err)
	require.NotEmpty(h.t, logs)
	for _, name := range logs {
		content, err := os.ReadFile(name)
		require.NoError(h.t, err)
		require.NotContains(h.t, string(content), secret, name)
	}
	require.NotContains(h.t, fmt.Sprint(h.Kept()), secret)
}

// WorkerMetrics is what the worker shows under /metrics.
func (h *Harness) WorkerMetrics() string {
	h.t.Helper()
	return h.send(http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/metrics", h.stage.Ports.WorkerMetrics), nil).Body
}

// Rewrite edits the story's lastgood.yaml: each text is replaced by the one after it.
// Processes that run already do not read it.
func (h *Harness) Rewrite(pairs ...string) {
	h.t.Helper()
	content, err := os.ReadFile(h.stage.Config)
	require.NoError(h.t, err)
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(h.t, string(content), pairs[i])
	}
	h.WriteConfig(strings.NewReplacer(pairs...).Replace(string(content)))
}
