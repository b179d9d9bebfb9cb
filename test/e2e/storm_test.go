package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/test/e2e"
)

const (
	storm = 200
	// late is how long after Slack allows it a page may come.
	late = 2 * time.Second
)

// limited lets Slack take no message and no edit for a time.
func limited(h *e2e.Harness, d time.Duration) (until time.Time) {
	return h.BreakFor(d, map[string]any{"name": "limit", "vendor": "slack", "match": "/slack/api/chat.", "status": 429})
}

// strike lets alerts fire while nothing is taken, for ten seconds and until each
// has a page that waits: a busy machine takes its time to open so many incidents, and
// what is measured is the limit.
func strike(h *e2e.Harness, alerts []*e2e.Alert, limited func(*e2e.Harness, time.Duration) time.Time) (allowed time.Time) {
	allowed = limited(h, 10*time.Second)
	e2e.FireAll(alerts)
	for _, a := range alerts {
		a.ExpectPaging(func() {
			if time.Until(allowed) < 2*late {
				allowed = limited(h, 4*late)
			}
		})
	}
	return allowed
}

// The storms have the machine to themselves: they measure time.

func TestAStormOverFiftyPeopleIsPagedAsSoonAsSlackAllowsIt(t *testing.T) {
	const people, before = 50, 10
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Crowd: people, Channels: before, Limited: true})
	h.Allow("slack", "message")

	shown := crowd(h, before, people, "Before")
	e2e.FireAll(shown)
	h.ExpectPages(before)
	allowed := strike(h, crowd(h, storm, people, "Storm"), limited)
	for _, a := range shown {
		a.Decide(signals.Acknowledge, incident.Decision{By: "sre-1"})
	}

	last := 0
	for id, pages := range h.ExpectPages(before + storm) {
		require.Len(t, pages, 1, "%s is named in one page", id)
		require.LessOrEqual(t, pages[0].At, allowed.Add(late), "%s is paged in time", id)
		last = max(last, pages[0].N)
	}
	tell(t, h, allowed)
	h.ExpectEdits(allowed, 2*before)
	for _, e := range h.Effects() {
		if e.At.After(allowed) && e.Detail.User == "" {
			require.Greater(t, e.N, last, "edits and cards give way to pages")
		}
	}
}

// crowd are n alerts, spread over so many people.
func crowd(h *e2e.Harness, n, people int, name string) (alerts []*e2e.Alert) {
	for i := range n {
		alerts = append(alerts, h.Alert(fmt.Sprintf("crowd-%02d", i%people), fmt.Sprintf("%s%03d", name, i)))
	}
	return alerts
}

func tell(t *testing.T, h *e2e.Harness, allowed time.Time) {
	t.Helper()
	pages := h.Pages()
	t.Logf("%d messages; the last page came %s after Slack allowed it", len(pages), pages[len(pages)-1].At.Sub(allowed))
}

func TestAStormOnOnePersonIsOnePageAndOneMore(t *testing.T) {
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Crowd: 1, Limited: true})
	h.Allow("slack", "message")

	alerts := crowd(h, storm, 1, "Storm")
	fired := time.Now()
	alerts[0].Fire()
	first := h.Slack(e2e.MemberOf("crowd-00")).ExpectMessage("SEV1", "Storm000")
	require.Less(t, first.At.Sub(fired), late, "the first page leaves at once")
	allowed := strike(h, alerts[1:], limited)

	for id, pages := range h.ExpectPages(storm) {
		require.Len(t, pages, 1, "%s is named in one page", id)
		require.LessOrEqual(t, pages[0].At, allowed.Add(late), "%s is paged in time", id)
	}
	tell(t, h, allowed)
	require.LessOrEqual(t, len(h.Pages()), 4, "what waits is merged")
	require.Contains(t, h.Pages()[1].Detail.Text, "incidents: SEV1")
}

func TestAnAcknowledgementTakesAPageAwayThatSlackHoldsUp(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true})
	h.Allow("slack", "update")

	held, open := h.Alert("checkout", "Held"), h.Alert("checkout", "Open")
	allowed := limited(h, 10*time.Second)
	held.Fire()
	open.Fire()
	held.ExpectPaging(func() {})
	open.ExpectPaging(func() {})
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

func TestAnAcknowledgementTakesAPageOutOfItsLane(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true})
	h.Break(map[string]any{"vendor": "slack", "match": "/slack/api/chat.postMessage", "status": 429, "retry_after": 2, "times": 1})
	alert := h.Fire("checkout")
	alert.ExpectUnderWay(0)
	alert.Decide(signals.Acknowledge, incident.Decision{By: "sre-1"})
	alert.ExpectStatus(incident.Acknowledged)
	h.Pass(2 * late) // The limit, and more.
	require.Empty(t, h.Pages(), "nobody is paged any more")
	alert.Resolve()
	alert.ExpectClosed()
}

func TestALongLimitHoldsUpAPageThatHasNoStandInForAsLongAsSlackSays(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, OneStep: true})
	allowed := limited(h, 40*time.Second)
	alert := h.Fire("checkout")
	alert.ExpectEntries(incident.NobodyReached, 1)
	require.Less(t, time.Now(), allowed.Add(-2*late), "the climb rests, and Slack takes nothing for a while yet")
	h.KillWorker()
	h.StartWorker()

	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	require.WithinRange(t, page.At, allowed, allowed.Add(late))
	t.Logf("the page came %s after Slack allowed it", page.At.Sub(allowed))
	alert.ExpectEntries(incident.Paged, 1)
	h.Pass(oncall.UnreachedPause) // The round would be climbed again within that.
	require.Len(t, h.Pages(), 1)
	page.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged by sre-1")
	alert.Resolve()
	closed := alert.ExpectClosed()
	require.Equal(t, 1, e2e.Count(closed, incident.Paged))
	require.Equal(t, 1, e2e.Count(closed, incident.NobodyReached))
}
