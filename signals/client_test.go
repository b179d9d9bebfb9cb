package signals_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// recorder is Temporal as far as the client needs it: it keeps the last call.
type recorder struct {
	client.Client
	err     error
	id      string
	signal  string
	payload any
	options client.StartWorkflowOptions
	started bool
}

func (r *recorder) SignalWorkflow(_ context.Context, id, _, signal string, payload any) error {
	r.id, r.signal, r.payload = id, signal, payload
	return r.err
}

func (r *recorder) SignalWithStartWorkflow(_ context.Context, id, signal string, payload any, options client.StartWorkflowOptions,
	_ any, _ ...any,
) (client.WorkflowRun, error) {
	r.id, r.signal, r.payload, r.options, r.started = id, signal, payload, options, true
	return nil, r.err
}

func opening() signals.Opening {
	return signals.Opening{Service: incident.Service{
		ID: "checkout", Environment: "production", Team: "payments", Runbook: "https://wiki.example.com/checkout",
	}}
}

func delivery(firing bool) incident.Delivery {
	return incident.Delivery{Group: "g", Alerts: []incident.Alert{{Firing: firing, Severity: incident.SEV1, Summary: strings.Repeat("ü", 300)}}}
}

func TestAFiringAlertOpensAnIncidentOrReachesTheOpenOne(t *testing.T) {
	temporal := &recorder{}
	id, err := signals.Client{Temporal: temporal}.Alert(t.Context(), opening(), delivery(true))

	require.NoError(t, err)
	require.Equal(t, signals.IncidentWorkflow("checkout", "g"), id)
	require.True(t, temporal.started)
	require.Equal(t, id, temporal.id)
	require.Equal(t, id, temporal.options.ID)
	require.Equal(t, "alert", temporal.signal)
	require.Equal(t, delivery(true), temporal.payload)
	require.Equal(t, "lastgood", temporal.options.TaskQueue)
	require.True(t, strings.HasPrefix(temporal.options.StaticSummary, "SEV1 checkout: üü"))
	require.LessOrEqual(t, len(temporal.options.StaticSummary), 180)
	require.Equal(t, "**checkout** in production, team payments\n\n[Runbook](https://wiki.example.com/checkout)", temporal.options.StaticDetails)
	require.Equal(t, 6, temporal.options.TypedSearchAttributes.Size())
}

func TestAResolvedAlertOpensNothing(t *testing.T) {
	temporal := &recorder{}
	_, err := signals.Client{Temporal: temporal}.Alert(t.Context(), opening(), delivery(false))
	require.NoError(t, err)
	require.False(t, temporal.started)
	require.Equal(t, "alert", temporal.signal)

	temporal.err = serviceerror.NewNotFound("workflow not found")
	_, err = signals.Client{Temporal: temporal}.Alert(t.Context(), opening(), delivery(false))
	require.NoError(t, err, "there is nothing to tell")
}

func TestAnAlertThatWasNotStoredIsAnError(t *testing.T) {
	away := serviceerror.NewUnavailable("connection refused")
	for _, firing := range []bool{true, false} {
		_, err := signals.Client{Temporal: &recorder{err: away}}.Alert(t.Context(), opening(), delivery(firing))
		require.ErrorIs(t, err, error(away))
		require.ErrorContains(t, err, "incident/checkout/")
	}
	_, err := signals.Client{Temporal: &recorder{err: serviceerror.NewNotFound("namespace not found")}}.Alert(t.Context(), opening(), delivery(true))
	require.Error(t, err, "a firing alert must find something")
}

func TestADecisionGoesToTheWorkflowItWasMadeFor(t *testing.T) {
	temporal := &recorder{}
	click := incident.Click{Workflow: "incident/checkout/00", Signal: "roll-back", Decision: incident.Decision{By: "sre-1", Release: "r2"}}
	decide := func() error { return signals.Client{Temporal: temporal}.Decide(t.Context(), click) }

	require.NoError(t, decide())
	require.Equal(t, "incident/checkout/00", temporal.id)
	require.Equal(t, "roll-back", temporal.signal)
	require.Equal(t, click.Decision, temporal.payload)

	temporal.err = serviceerror.NewNotFound("workflow execution already completed")
	require.ErrorIs(t, decide(), signals.ErrClosed)
	temporal.err = errors.New("connection refused")
	require.NotErrorIs(t, decide(), signals.ErrClosed)
	require.EqualError(t, decide(), "signal roll-back to incident/checkout/00: connection refused")
}

func TestATextIsShortenedBetweenTwoCharacters(t *testing.T) {
	tests := map[string]struct {
		text string
		n    int
		want string
	}{
		"short enough":         {"pages", 5, "pages"},
		"one too long":         {"pages!", 5, "pa…"},
		"within a character":   {"aüüü", 6, "aü…"},
		"before a character":   {"aaüüü", 7, "aaü…"},
		"nothing but the mark": {"日本語", 3, "…"},
		"empty":                {"", 3, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, signals.Shorten(test.text, test.n)) })
	}
}

func TestEveryShortenedTextFitsAndStaysReadable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, n := rapid.String().Draw(t, "text"), rapid.IntRange(3, 60).Draw(t, "n")

		got := signals.Shorten(text, n)

		require.LessOrEqual(t, len(got), n)
		require.True(t, utf8.ValidString(got))
		if got != text {
			require.Greater(t, len(text), n)
			require.True(t, strings.HasPrefix(text, strings.TrimSuffix(got, "…")))
			require.Greater(t, len(got)+utf8.UTFMax, n, "no more is cut than needed")
		}
	})
}
