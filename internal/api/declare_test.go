package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

var asked = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

func declaration(change func(*incident.Declaration)) incident.Declaration {
	d := incident.Declaration{
		ID: "V0FORM", User: "U0SRE1", Service: "checkout", Summary: "the shop is down", Severity: incident.SEV2,
		Description: "since the last deployment", At: asked,
	}
	if change != nil {
		change(&d)
	}
	return d
}

// submits sends a form off.
func (w *world) submits(t *testing.T, d incident.Declaration) *httptest.ResponseRecorder {
	t.Helper()
	body, err := json.Marshal(d)
	require.NoError(t, err)
	return w.send(clickRequest(t, string(body)))
}

func TestACommandShowsTheFormFilledInAsFarAsItWasTyped(t *testing.T) {
	long, unbroken := strings.Repeat("very ", 100), strings.Repeat("x", 5000)
	for typed, want := range map[string]incident.Form{
		"declare":                           {},
		"DECLARE":                           {},
		"declare checkout":                  {Service: "checkout"},
		"declare checkout the shop is down": {Service: "checkout", Summary: "the shop is down"},
		"declare the shop is down":          {Summary: "the shop is down"},
		"declare " + long:                   {Summary: strings.Repeat("very ", 29) + "very…"},
		"declare cart " + unbroken:          {Service: "cart", Summary: unbroken[:149] + "…"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, "checkout", "cart")
			a := w.send(commandRequest(t, "U0SRE1", typed))
			require.Equal(t, http.StatusOK, a.Code)
			require.Empty(t, a.Body.String(), "the form is the answer")
			want.Trigger, want.Services, want.At = "trigger", []string{"cart", "checkout"}, time.Now()
			require.Equal(t, []incident.Form{want}, w.forms, typed)
			require.Empty(t, w.deliveries, "nothing is declared yet")
			require.Contains(t, w.metrics(t), `lastgood_commands_total{result="answered"} 1`)
		})
	}
}

func TestAFormThatSlackDoesNotShowIsNoIncident(t *testing.T) {
	w := newWorld(t, "checkout")
	w.form = errors.New("expired_trigger_id")
	require.Contains(t, w.types(t, "U0SRE1", "declare"), "Slack did not show the form in time. Type the command again.")
	w.requireUntouched(t)
	require.Contains(t, w.metrics(t), `lastgood_commands_total{result="form_not_shown"} 1`)
}

func TestAStrangerIsShownNoForm(t *testing.T) {
	w := newWorld(t, "checkout")
	require.Contains(t, w.types(t, "U0NOBODY", "declare checkout it is down"), "Ask whoever runs lastgood to add you")
	w.requireUntouched(t)
}

func TestAFilledInFormIsAnIncidentThatOnlyPeopleEnd(t *testing.T) {
	w := newWorld(t, "checkout")
	a := w.submits(t, declaration(nil))
	require.Equal(t, http.StatusOK, a.Code)
	require.JSONEq(t, `{"declared":"checkout","channel":"C0CHECKOUT"}`, a.Body.String())
	require.Equal(t, incident.Delivery{
		Source: "slack", Group: "declared/V0FORM", NeverResolves: true, By: "u0sre1", Note: "since the last deployment",
		Alerts: []incident.Alert{{
			Fingerprint: "V0FORM", StartsAt: asked, Firing: true, Severity: incident.SEV2, Name: "Declared by u0sre1",
			Summary: "the shop is down", Labels: map[string]string{"service": "checkout", "declared_by": "u0sre1"},
		}},
	}, w.deliveries["checkout"])
	require.Contains(t, w.metrics(t), `lastgood_interactions_total{result="accepted"} 1`)
}

func TestAFormSentTwiceIsTheSameDelivery(t *testing.T) {
	w := newWorld(t, "checkout")
	w.submits(t, declaration(nil))
	first := w.deliveries["checkout"]
	w.submits(t, declaration(nil))
	require.Equal(t, first, w.deliveries["checkout"], "group, fingerprint and beginning are the form's")
}

func TestWhatIsWrongWithAFormIsShownInIt(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*incident.Declaration)
		says   string
	}{
		"no service":                         {func(d *incident.Declaration) { d.Service = "" }, `{"errors":{"service":"Choose a service."}}`},
		"an unknown service":                 {func(d *incident.Declaration) { d.Service = "nobody" }, `{"errors":{"service":"There is no such service in lastgood.yaml."}}`},
		"no summary":                         {func(d *incident.Declaration) { d.Summary = " " }, `{"errors":{"summary":"Say what is wrong."}}`},
		"a long summary":                     {func(d *incident.Declaration) { d.Summary = strings.Repeat("ü", 151) }, `{"errors":{"summary":"Say it in 150 characters; there is room for more below."}}`},
		"an unknown severity":                {func(d *incident.Declaration) { d.Severity = "SEV5" }, `{"errors":{"severity":"Choose one of SEV1 to SEV4."}}`},
		"a long description":                 {func(d *incident.Declaration) { d.Description = strings.Repeat("x", 1001) }, `{"errors":{"description":"1000 characters at most."}}`},
		"a person who has been taken out":    {func(d *incident.Declaration) { d.User = "U0GONE" }, `{"errors":{"summary":"Nobody in lastgood.yaml has your Slack user ID, U0GONE. Ask whoever runs lastgood to add you."}}`},
		"everything at once is told at once": {func(d *incident.Declaration) { d.Service, d.Summary, d.Severity = "", "", "" }, `{"errors":{"service":"Choose a service.","summary":"Say what is wrong.","severity":"Choose one of SEV1 to SEV4."}}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "checkout")
			a := w.submits(t, declaration(c.change))
			require.Equal(t, http.StatusOK, a.Code)
			require.JSONEq(t, c.says, a.Body.String())
			w.requireUntouched(t)
		})
	}
}

func TestAFormThatIsNotStoredStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "checkout")
		w.alert = func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}
		began := time.Now()
		a := w.submits(t, declaration(nil))
		require.Contains(t, requireProblem(t, a, http.StatusServiceUnavailable), "safe to declare it again")
		require.Less(t, time.Since(began), 3*time.Second, "Slack waits no longer")
		w.requireUntouched(t)
		require.Contains(t, w.metrics(t), `lastgood_interactions_total{result="not_stored"} 1`)
	})
}

func TestAFormThatCannotBeReadIsRefused(t *testing.T) {
	w := newWorld(t, "checkout")
	requireProblem(t, w.send(clickRequest(t, `{"At":4}`)), http.StatusBadRequest)
	w.requireUntouched(t)
}
