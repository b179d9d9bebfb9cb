package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/api"
)

// phones reads texts in the domain's own JSON, signed by their address.
func (w *world) phones() api.Texting {
	return api.Texting{
		Verify: func(h http.Header, uri string, body []byte) error {
			if h.Get("X-Signature") != uri+string(body) {
				return errors.New("the signature does not match")
			}
			return nil
		},
		DecodeText: func(body []byte) (text incident.Text, err error) { return text, json.Unmarshal(body, &text) },
		DecodeReport: func(query url.Values, body []byte) (pages []incident.PageReport, ends bool, err error) {
			var r incident.PageReport
			r.Workflow = query.Get("workflow")
			if err = json.Unmarshal(body, &r); query.Get("pages") == "" {
				return []incident.PageReport{r}, r.Workflow != "", err
			}
			for marker := range strings.SplitSeq(query.Get("pages"), " ") {
				r.Marker = marker
				pages = append(pages, r)
			}
			return pages, true, err
		},
		Answer: func(text string) (string, []byte) { return "text/xml", []byte(text) },
		Person: func(number string) (string, bool) { return "sre-1", number == "+441" },
		Alone: func(_ context.Context, number, id string) (bool, error) {
			if w.alone == nil {
				return true, nil
			}
			return w.alone(number, id)
		},
		Incidents: w, Reports: w,
	}
}

func (w *world) Running(context.Context) ([]incident.Named, error) {
	if w.running == nil {
		return nil, nil
	}
	return w.running()
}

func (w *world) Report(_ context.Context, r incident.PageReport) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.report == nil {
		w.reports = append(w.reports, r)
	}
	return w.report
}

func textRequest(t *testing.T, path, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("X-Signature", path+body)
	return r
}

func texted(t *testing.T, body string) *http.Request {
	t.Helper()
	text, err := json.Marshal(incident.Text{ID: "SM7", From: "+441", Body: body})
	require.NoError(t, err)
	return textRequest(t, "/twilio/sms", string(text))
}

// These run in most tests.
var (
	checkout = incident.Named{ID: "INC-261128-AAAAAA", Workflow: "incident/checkout/1", Service: "checkout", Severity: "SEV1", Status: incident.Triggered}
	basket   = incident.Named{ID: "INC-261128-BBBBBB", Workflow: "incident/basket/1", Service: "basket", Severity: "SEV2", Status: incident.Triggered}
	payment  = incident.Named{
		ID: "INC-261128-CCCCCC", Workflow: "incident/payment/1", Service: "payment", Severity: "SEV3",
		Status: incident.Acknowledged, AcknowledgedBy: "sre-2",
	}
	search = incident.Named{ID: "INC-261128-DDDDDD", Workflow: "incident/search/1", Service: "search", Status: incident.Resolved}
)

func runs(all ...incident.Named) func() ([]incident.Named, error) {
	return func() ([]incident.Named, error) { return all, nil }
}

func TestAnAnswerBySMSBecomesThePersonsDecision(t *testing.T) {
	for body, c := range map[string]struct {
		running          []incident.Named
		signal, workflow string
		said             string
	}{
		"OK AAAAAA":         {[]incident.Named{basket, checkout}, "acknowledge", checkout.Workflow, "Acknowledgement of INC-261128-AAAAAA (checkout) sent."},
		"bbbbbb":            {[]incident.Named{basket, checkout}, "acknowledge", basket.Workflow, "Acknowledgement of INC-261128-BBBBBB (basket) sent."},
		"ok":                {[]incident.Named{payment, search, checkout}, "acknowledge", checkout.Workflow, "Acknowledgement of INC-261128-AAAAAA (checkout) sent."},
		"ESC CCCCCC":        {[]incident.Named{payment, checkout}, "escalate", payment.Workflow, "Escalation of INC-261128-CCCCCC (payment) sent."},
		"esc":               {[]incident.Named{payment, search}, "escalate", payment.Workflow, "Escalation of INC-261128-CCCCCC (payment) sent."},
		"ACK CCCCCC":        {[]incident.Named{payment, checkout}, "acknowledge", payment.Workflow, "INC-261128-CCCCCC (payment) was acknowledged by sre-2 already."},
		"INC-261128-AAAAAA": {[]incident.Named{checkout}, "acknowledge", checkout.Workflow, "Acknowledgement of INC-261128-AAAAAA (checkout) sent."},
	} {
		t.Run(body, func(t *testing.T) {
			w := newWorld(t)
			w.running = runs(c.running...)
			a := w.send(texted(t, body))
			require.Equal(t, http.StatusOK, a.Code)
			require.Equal(t, "text/xml", a.Header().Get("Content-Type"))
			require.Equal(t, c.said, a.Body.String())
			require.Len(t, w.clicks, 1)
			click := w.clicks[0]
			require.NotZero(t, click.Decision.At)
			click.Decision.At = incident.Decision{}.At
			id, _, _ := strings.Cut(strings.TrimPrefix(c.said, "Acknowledgement of "), " ")
			if c.signal == "escalate" || strings.HasPrefix(c.said, "INC") {
				id = payment.ID
			}
			require.Equal(t, incident.Click{
				Workflow: c.workflow, Signal: c.signal, User: "+441",
				Decision: incident.Decision{ID: "SM7", Incident: id, By: "sre-1", Via: "sms"},
			}, click)
			require.Contains(t, w.metrics(t), `lastgood_texts_total{kind="answer",result="accepted"} 1`)
		})
	}
}

func TestAnAnswerThatDecidesNothingIsAnswered(t *testing.T) {
	codes := " Reply with a code: BBBBBB (SEV2 basket), AAAAAA (SEV1 checkout)."
	for body, c := range map[string]struct {
		running []incident.Named
		result  string
		said    string
	}{
		"OK":                 {[]incident.Named{basket, checkout, payment}, "unknown_incident", "Which one?" + codes},
		"OK ZZZZZZ":          {[]incident.Named{basket, checkout}, "unknown_incident", "No incident that runs has the code ZZZZZZ." + codes},
		"ACK":                {[]incident.Named{payment, search}, "unknown_incident", "Nothing was done: no incident waits for an answer."},
		"PLEASE":             {nil, "unknown_incident", "Nothing was done: no incident that runs has the code PLEASE."},
		"what is happening?": {[]incident.Named{checkout}, "ignored", "Reply OK and the code of the page to acknowledge, ESC and the code to escalate."},
	} {
		t.Run(body, func(t *testing.T) {
			w := newWorld(t)
			w.running = runs(c.running...)
			a := w.send(texted(t, body))
			require.Equal(t, http.StatusOK, a.Code)
			require.Equal(t, c.said, a.Body.String())
			w.requireUntouched(t)
			require.Contains(t, w.metrics(t), `lastgood_texts_total{kind="answer",result="`+c.result+`"} 1`)
		})
	}
}

func TestABareAnswerIsTakenOnlyForWhatTheLatestTextWasAbout(t *testing.T) {
	const asks = "Which one? Reply with a code: AAAAAA (SEV1 checkout)."
	for name, c := range map[string]struct {
		body  string
		alone bool
		away  error
		said  string
	}{
		"not alone":                         {"OK", false, nil, asks},
		"nobody knows":                      {"ok", false, errors.New("twilio: 503"), asks},
		"an escalation, not alone":          {"ESC", false, nil, asks},
		"alone":                             {"OK", true, nil, "Acknowledgement of INC-261128-AAAAAA (checkout) sent."},
		"with its code, not alone":          {"OK AAAAAA", false, nil, "Acknowledgement of INC-261128-AAAAAA (checkout) sent."},
		"with its code, while nobody knows": {"OK AAAAAA", false, errors.New("twilio: 503"), "Acknowledgement of INC-261128-AAAAAA (checkout) sent."},
		"its code alone, not alone":         {"AAAAAA", false, nil, "Acknowledgement of INC-261128-AAAAAA (checkout) sent."},
		"its code and ESC, not alone":       {"ESC AAAAAA", false, nil, "Escalation of INC-261128-AAAAAA (checkout) sent."},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.running = runs(checkout, search)
			w.alone = func(number, id string) (bool, error) {
				require.Equal(t, []string{"+441", checkout.ID}, []string{number, id})
				return c.alone, c.away
			}
			require.Equal(t, c.said, w.send(texted(t, c.body)).Body.String())
			if c.said == asks {
				w.requireUntouched(t)
			}
		})
	}
}

func TestALongListOfCodesIsCut(t *testing.T) {
	w := newWorld(t)
	w.running = runs(basket, basket, basket, basket, basket, basket, basket)
	require.Contains(t, w.send(texted(t, "OK")).Body.String(), ", and 2 more.")
}

func TestAStrangersTextDoesNothing(t *testing.T) {
	w := newWorld(t)
	w.running = runs(checkout)
	a := w.send(textRequest(t, "/twilio/sms", `{"ID":"SM7","From":"+449","Body":"OK AAAAAA"}`))
	require.Equal(t, http.StatusOK, a.Code)
	require.Contains(t, a.Body.String(), "nobody in lastgood.yaml has this phone number")
	w.requireUntouched(t)
	require.Contains(t, w.metrics(t), `lastgood_texts_total{kind="answer",result="unknown_person"} 1`)
}

func TestAnAnswerToAClosedIncidentSaysSo(t *testing.T) {
	w := newWorld(t)
	w.running = runs(checkout)
	w.decide = func(context.Context) error { return errClosed }
	a := w.send(texted(t, "OK AAAAAA"))
	require.Equal(t, http.StatusOK, a.Code)
	require.Equal(t, "Nothing was done: INC-261128-AAAAAA (checkout) is closed.", a.Body.String())
}

func TestARefusedCallOfThePhoneNetworkReachesNobody(t *testing.T) {
	away := errors.New("refused by 10.0.0.1")
	for name, c := range map[string]struct {
		path, body string
		change     func(*world, *http.Request)
		status     int
		counted    string
	}{
		"bad signature":        {"/twilio/sms", `{"ID":"SM7","From":"+441","Body":"OK"}`, func(_ *world, r *http.Request) { r.Header.Set("X-Signature", "forged") }, 401, `kind="answer",result="unauthorized"`},
		"signature of another": {"/twilio/sms", `{}`, func(_ *world, r *http.Request) { r.URL.RawQuery = "x=1" }, 401, `kind="answer",result="unauthorized"`},
		"unreadable":           {"/twilio/sms", `{`, func(*world, *http.Request) {}, 400, `kind="answer",result="unreadable"`},
		"too large":            {"/twilio/sms", strings.Repeat("x", 2<<20), func(*world, *http.Request) {}, 413, `kind="answer",result="too_large"`},
		"Temporal cannot list": {"/twilio/sms", `{"ID":"SM7","From":"+441","Body":"OK"}`, func(w *world, _ *http.Request) { w.running = func() ([]incident.Named, error) { return nil, away } }, 503, `kind="answer",result="not_stored"`},
		"Temporal cannot store": {"/twilio/sms", `{"ID":"SM7","From":"+441","Body":"OK"}`, func(w *world, _ *http.Request) {
			w.running, w.decide = runs(checkout), func(context.Context) error { return away }
		}, 503, `kind="answer",result="not_stored"`},
		"a report, bad signature": {"/twilio/status?workflow=incident/checkout/1", `{}`, func(_ *world, r *http.Request) { r.Header.Del("X-Signature") }, 401, `kind="report",result="unauthorized"`},
		"a report, unreadable":    {"/twilio/status?workflow=incident/checkout/1", `[`, func(*world, *http.Request) {}, 400, `kind="report",result="unreadable"`},
		"a report, not stored":    {"/twilio/status?workflow=incident/checkout/1", `{}`, func(w *world, _ *http.Request) { w.report = away }, 503, `kind="report",result="not_stored"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := textRequest(t, c.path, c.body)
			c.change(w, r)
			require.NotContains(t, requireProblem(t, w.send(r), c.status), "10.0.0.1", "what went wrong inside is not for outside")
			w.requireUntouched(t)
			require.Contains(t, w.metrics(t), "lastgood_texts_total{"+c.counted+"} 1")
		})
	}
}

func TestAReportReachesItsIncident(t *testing.T) {
	w := newWorld(t)
	path := "/twilio/status?workflow=incident%2Fcheckout%2F1&marker=m"
	a := w.send(textRequest(t, path, `{"id":"SM1","marker":"m","address":"+441","failed":"undelivered"}`))
	require.Equal(t, http.StatusOK, a.Code)
	require.Equal(t, []incident.PageReport{{
		ID: "SM1", Workflow: "incident/checkout/1", Marker: "m", Address: "+441", Person: "sre-1", Failed: "undelivered",
	}}, w.reports)
	require.Contains(t, w.metrics(t), `lastgood_texts_total{kind="report",result="accepted"} 1`)
}

func TestAReportOnATextOfSeveralPagesReachesEachOfTheirIncidents(t *testing.T) {
	w := newWorld(t)
	w.running = runs(checkout, basket, payment)
	pages := url.Values{"pages": {checkout.ID + "/page/1 " + basket.ID + "/page/7 INC-261128-GONE22/page/1"}}
	a := w.send(textRequest(t, "/twilio/status?"+pages.Encode(), `{"id":"SM1","address":"+441"}`))
	require.Equal(t, http.StatusOK, a.Code)
	require.ElementsMatch(t, []incident.PageReport{
		{ID: "SM1", Workflow: checkout.Workflow, Marker: checkout.ID + "/page/1", Address: "+441", Person: "sre-1"},
		{ID: "SM1", Workflow: basket.Workflow, Marker: basket.ID + "/page/7", Address: "+441", Person: "sre-1"},
	}, w.reports)
	require.Contains(t, w.metrics(t), `lastgood_texts_total{kind="report",result="accepted"} 2`)
	require.Contains(t, w.metrics(t), `lastgood_texts_total{kind="report",result="unknown_incident"} 1`)

	w.running = func() ([]incident.Named, error) { return nil, errors.New("temporal: 10.0.0.1 away") }
	requireProblem(t, w.send(textRequest(t, "/twilio/status?"+pages.Encode(), `{"id":"SM1","address":"+441"}`)), http.StatusServiceUnavailable)
}

func TestAReportOnWhatIsUnderWayOrClosedIsTakenAndForgotten(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, http.StatusOK, w.send(textRequest(t, "/twilio/status", `{}`)).Code)
	w.report = errClosed
	require.Equal(t, http.StatusOK, w.send(textRequest(t, "/twilio/status?workflow=incident/checkout/1", `{"marker":"m"}`)).Code)
	require.Empty(t, w.reports)
	require.Contains(t, w.metrics(t), `lastgood_texts_total{kind="report",result="under_way"} 1`)
	require.Contains(t, w.metrics(t), `lastgood_texts_total{kind="report",result="closed"} 1`)
	require.Contains(t, w.logged(), "report on a page of a closed incident")
}

func TestWithoutTwilioItsCallsAreRefusedWithTheReason(t *testing.T) {
	w := newWorld(t)
	off := api.New(api.Options{Log: w.api.Log, Metrics: prometheus.NewRegistry(), Texting: api.Texting{Off: "PUBLIC_URL is not set"}})
	for _, path := range []string{"/twilio/sms", "/twilio/status"} {
		recorder := httptest.NewRecorder()
		off.ServeHTTP(recorder, textRequest(t, path, `{}`))
		require.Equal(t, "PUBLIC_URL is not set", requireProblem(t, recorder, http.StatusServiceUnavailable))
	}
}
