package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/test/e2e"
)

const (
	storm = 200
	// late is how long after Slack allows it a page may come.
	late = 2 * time.Second
)

// limit is Slack taking no message and no edit.
func limit(more map[string]any) map[string]any {
	fault := map[string]any{"name": "limit", "vendor": "slack", "match": "/slack/api/chat.", "status": 429}
	for name, value := range more {
		fault[name] = value
	}
	return fault
}

// The storms have the machine to themselves: they measure time.

func TestAStormOverFiftyPeopleIsPagedAsSoonAsSlackAllowsIt(t *testing.T) {
	const people, before = 50, 10
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Crowd: people, Limited: true})
	h.Allow("slack", "message")
	h.Allow("slack", "update")

	var shown []*e2e.Alert
	for i := range before {
		shown = append(shown, h.Alert(fmt.Sprintf("crowd-%02d", i), "Before"))
	}
	e2e.FireAll(shown)
	h.ExpectPages(before)

	h.Break(limit(map[string]any{"retry_after": 10}))
	var alerts []*e2e.Alert
	for i := range storm {
		alerts = append(alerts, h.Alert(fmt.Sprintf("crowd-%02d", i%people), fmt.Sprintf("Alert%03d", i)))
	}
	e2e.FireAll(alerts)
	for _, a := range alerts {
		a.ExpectPaging()
	}
	allowed := h.BreakFor(10*time.Second, limit(nil))
	for _, a := range shown {
		a.Decide(signals.Acknowledge, incident.Decision{By: "sre-1"})
	}

	named := h.ExpectPages(before + storm)
	for _, e := range h.Effects() {
		if e.At.After(allowed.Add(-12 * time.Second)) {
			t.Logf("DEBUG %s %s %s %d", e.At.Sub(allowed), e.Effect, e.Detail.User+e.Detail.Channel, len(e2e.Named(e)))
		}
	}
	last := 0
	for id, pages := range named {
		require.Len(t, pages, 1, "%s is named in one page", id)
		require.LessOrEqual(t, pages[0].At, allowed.Add(late), "%s is paged in time", id)
		last = max(last, pages[0].N)
	}
	t.Logf("the last page came %s after Slack allowed it", e2e.Latest(h.Pages()).Sub(allowed))
	h.ExpectEdits(allowed, 2*before)
	for _, e := range h.Effects() {
		if e.At.After(allowed) && e.Detail.User == "" {
			require.Greater(t, e.N, last, "edits and cards give way to pages")
		}
	}
}

func TestAStormOnOnePersonIsOnePageAndOneMore(t *testing.T) {
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true, Limited: true})
	h.Allow("slack", "message")
	h.Allow("slack", "update")

	var alerts []*e2e.Alert
	for i := range storm {
		alerts = append(alerts, h.Alert("checkout", fmt.Sprintf("Alert%03d", i)))
	}
	fired := time.Now()
	alerts[0].Fire()
	first := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "Alert000")
	require.Less(t, first.At.Sub(fired), 2*time.Second, "the first page leaves at once")

	h.Break(limit(map[string]any{"retry_after": 10}))
	e2e.FireAll(alerts[1:])
	for _, a := range alerts[1:] {
		a.ExpectPaging()
	}
	allowed := h.BreakFor(10*time.Second, limit(nil))

	for id, pages := range h.ExpectPages(storm) {
		require.Len(t, pages, 1, "%s is named in one page", id)
		require.LessOrEqual(t, pages[0].At, allowed.Add(late), "%s is paged in time", id)
	}
	pages := h.Pages()
	t.Logf("%d messages, the last %s after Slack allowed it", len(pages), e2e.Latest(pages).Sub(allowed))
	require.LessOrEqual(t, len(pages), 4)
	require.Contains(t, pages[1].Detail.Text, "incidents: SEV1")
}

func TestAnAcknowledgementTakesAPageAwayThatSlackHoldsUp(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true})
	h.Allow("slack", "update")

	held, open := h.Alert("checkout", "Held"), h.Alert("checkout", "Open")
	allowed := h.BreakFor(10*time.Second, limit(nil))
	held.Fire()
	open.Fire()
	held.ExpectPaging()
	open.ExpectPaging()
	held.Decide(signals.Acknowledge, incident.Decision{By: "sre-1"})
	acknowledged := held.ExpectStatus(incident.Acknowledged)
	require.Less(t, time.Now(), allowed, "the acknowledgement came while Slack took nothing")

	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	require.Equal(t, []string{page.Incident()}, e2e.Named(page.Effect))
	require.NotEqual(t, acknowledged.ID, page.Incident())
	h.Pass(late)
	require.Len(t, h.Pages(), 1, "nobody is paged for the acknowledged one")
	require.Zero(t, e2e.Count(held.ExpectStatus(incident.Acknowledged), incident.Paged))
}
