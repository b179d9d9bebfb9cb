package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

const (
	click = `{"Workflow":"incident/checkout/1","Signal":"acknowledge","User":"U0SRE1",
		"Decision":{"id":"d1","incident":"INC-1","reply":{"channel":"C1","user":"U0SRE1"}}}`
	strangersClick = `{"Workflow":"incident/checkout/1","Signal":"acknowledge","User":"U0X","Decision":{"incident":"INC-1"}}`
)

func TestAClickBecomesThePersonsDecision(t *testing.T) {
	w := newWorld(t)
	a := w.send(clickRequest(t, click))
	require.Equal(t, http.StatusOK, a.Code)
	require.Empty(t, a.Body.String())
	require.Equal(t, []incident.Click{{
		Workflow: "incident/checkout/1", Signal: "acknowledge", User: "U0SRE1",
		Decision: incident.Decision{
			ID: "d1", Incident: "INC-1", By: "u0sre1", Reply: &incident.Reply{Channel: "C1", User: "U0SRE1"},
		},
	}}, w.clicks)
	require.Empty(t, w.whispers)
	require.Contains(t, w.logged(), "level=INFO msg=\"decision accepted\" incident=INC-1")
	require.Contains(t, w.metrics(t), `lastgood_interactions_total{result="accepted"} 1`)
}

func TestARefusedClickReachesNobody(t *testing.T) {
	for _, c := range []struct {
		name   string
		body   string
		unsign bool
		decide error
		status int
		result string
	}{
		{"bad or stale signature", click, true, nil, 401, "unauthorized"},
		{"broken JSON, signed", `{"Workflow":`, false, nil, 400, "unreadable"},
		{"2 MiB", strings.Repeat("x", 2<<20), false, nil, 413, "too_large"},
		{"Temporal down", click, false, errors.New("refused by 10.0.0.1"), 503, "not_stored"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.decide = func(context.Context) error { return c.decide }
			r := clickRequest(t, c.body)
			if c.unsign {
				r.Header.Set("X-Slack-Signature", "v0=forged")
			}
			require.NotContains(t, requireProblem(t, w.send(r), c.status), "10.0.0.1", "what went wrong inside is not for outside")
			w.requireUntouched(t)
			require.Contains(t, w.logged(), "level=WARN")
			require.Contains(t, w.metrics(t), `lastgood_interactions_total{result="`+c.result+`"} 1`)
		})
	}
}

func TestAnInteractionWithoutADecisionIsTakenAndForgotten(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, http.StatusOK, w.send(clickRequest(t, `{"User":"U0SRE1"}`)).Code)
	w.requireUntouched(t)
	require.Contains(t, w.metrics(t), `lastgood_interactions_total{result="ignored"} 1`)
}

func TestAStrangerIsToldPrivately(t *testing.T) {
	w := newWorld(t)
	a := w.send(clickRequest(t, strangersClick))
	require.Equal(t, http.StatusOK, a.Code)
	require.Empty(t, a.Body.String())
	require.Empty(t, w.clicks)
	require.Len(t, w.whispers, 1)
	require.Contains(t, w.whispers[0], "U0X: Nothing was done: nobody in lastgood.yaml has your Slack user ID, U0X.")
	require.Contains(t, w.metrics(t), `lastgood_interactions_total{result="unknown_person"} 1`)
}

func TestAClickOnAClosedIncidentIsAnsweredPrivately(t *testing.T) {
	w := newWorld(t)
	w.decide = func(context.Context) error { return errClosed }
	require.Equal(t, http.StatusOK, w.send(clickRequest(t, click)).Code)
	require.Equal(t, http.StatusOK, w.send(clickRequest(t, `{"Signal":"join","User":"U0SRE1"}`)).Code)
	require.Equal(t, []string{
		"C1 U0SRE1: Nothing was done: INC-1 is closed.", " U0SRE1: Nothing was done: the incident is closed.",
	}, w.whispers)
	require.Contains(t, w.metrics(t), `lastgood_interactions_total{result="closed"} 2`)
}

func TestAPrivateAnswerThatFailsIsLoggedAndHarmless(t *testing.T) {
	w := newWorld(t)
	w.whisper = errors.New("user_not_in_channel")
	require.Equal(t, http.StatusOK, w.send(clickRequest(t, strangersClick)).Code)
	require.Contains(t, w.logged(), "user_not_in_channel")
}

func TestSlackHasItsAnswerWithin3SecondsWhenTemporalHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.decide = func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		began := time.Now()
		requireProblem(t, w.send(clickRequest(t, click)), http.StatusServiceUnavailable)
		require.Less(t, time.Since(began), 3*time.Second)
		w.requireUntouched(t)
	})
}
