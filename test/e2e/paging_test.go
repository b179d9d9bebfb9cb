package e2e_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/test/e2e"
)

func TestTheClimbGoesOnWhenTemporalIsKilled(t *testing.T) {
	t.Parallel()
	const ackWithin = 12 * time.Second
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true, AckWithin: ackWithin})

	alert := h.Fire("checkout")
	first := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	alert.ExpectEntries(incident.Paged, 1)
	h.KillTemporal()
	h.StartTemporal()
	second := h.Slack(e2e.SecondResponder).ExpectMessage(first.Incident())
	require.WithinRange(t, second.At, first.At.Add(ackWithin), first.At.Add(ackWithin+5*time.Second))
	second.Click("acknowledge", e2e.SecondResponder).Told("Acknowledged by sre-2")
}

func TestAnAlertIsTakenOnceTemporalIsBack(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true})
	alert := h.Alert("checkout", "HighErrorRatio")
	body := e2e.Group("web", alert)

	h.KillTemporal()
	refused := h.PostAlerts(body)
	require.Equal(t, http.StatusServiceUnavailable, refused.Status, refused.Body)
	require.NotEmpty(t, refused.Header.Get("Retry-After"))
	require.Less(t, refused.Took, 5*time.Second)
	require.True(t, h.Alive())

	h.StartTemporal()
	taken := h.PostAlerts(body)
	require.Equal(t, http.StatusAccepted, taken.Status, taken.Body)
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	h.ExpectRuns("", 1)
}

func TestAPageWhoseAnswerIsLostIsNotSentTwice(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true})
	h.Break(map[string]any{"vendor": "slack", "match": "chat.postMessage", "drop_response": true, "times": 1})

	alert := h.Fire("checkout")
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	alert.ExpectEntries(incident.Paged, 1)
	page.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged by sre-1")
	alert.Resolve()
	alert.ExpectClosed()
}

func TestAGroupOverTwoServicesIsOneIncidentForEach(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, Services: []string{"basket", "payment"}})
	body := e2e.Group("web", h.Alert("basket", "HighLatency"), h.Alert("payment", "HighLatency"), h.Alert("basket", "HighErrorRatio"))

	// Both replicas of Alertmanager send the same, each to a starter of its own.
	var both sync.WaitGroup
	for _, starter := range []string{h.Starter(), h.Replica()} {
		both.Go(func() {
			answer := h.PostAlertsTo(starter, body)
			if answer.Status != http.StatusAccepted || strings.Count(answer.Body, "workflow_id") != 2 {
				t.Errorf("answered %d: %s", answer.Status, answer.Body)
			}
		})
	}
	both.Wait()
	basket := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "basket")
	payment := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "payment")
	require.NotEqual(t, basket.Incident(), payment.Incident())
	basket.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged")
	payment.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged")
	h.ExpectRuns("", 2)
}

func TestAStrangersClickIsAnsweredAndDoesNothing(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{})

	alert := h.Fire("checkout")
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	card := h.Slack("C0CHECKOUT").ExpectMessage(page.Incident())
	h.ExpectTicket(page.Incident())
	card.Click("roll-back", "U0STRANGER").Told("Nothing was done", "U0STRANGER")
	card.Click("acknowledge", "U0STRANGER").Told("Nothing was done", "U0STRANGER")
	in := alert.ExpectStatus(incident.Triggered)
	require.Empty(t, in.Rollback)
}

// One resolves while the other rolls back. Either may win; both are told.
func TestOfTwoWhoDecideAtOnceOneIsRefused(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{})

	alert := h.Fire("checkout")
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	card := h.Slack("C0CHECKOUT").ExpectMessage(page.Incident())
	ticket := h.ExpectTicket(page.Incident())
	card.ExpectButton("roll-back")
	var one, other *e2e.Click
	var both sync.WaitGroup
	both.Go(func() { one = card.Click("resolve", e2e.FirstResponder) })
	both.Go(func() { other = card.Click("roll-back", e2e.SecondResponder) })
	both.Wait()

	if alert.ExpectDecided().Status == incident.Resolved {
		one.Told("Resolved: by sre-1")
		other.Told("is resolved since")
	} else {
		one.Told("is under way")
		other.Told("decided by sre-2")
		h.Jenkins("checkout").ExpectOrder(older)
		h.Jenkins("checkout").ExpectBuild(older).ExpectResult("SUCCESS")
	}
	alert.Resolve()
	ticket.ExpectDone()
	require.Equal(t, 1, e2e.Count(alert.ExpectClosed(), incident.WasResolved))
}
