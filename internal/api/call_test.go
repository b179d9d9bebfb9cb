package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/signals"
)

// pager is a source with words and a path of its own, whose body is an api.Call.
var pager = api.Source{
	Name: "pager", Path: "/v9/pages",
	Read: func(body []byte) (call api.Call, err error) {
		if err = json.Unmarshal(body, &call); err == nil && call.Anywhere {
			call.Answer = map[string]string{"said": "thanks"}
		}
		return call, err
	},
	Refused: func(status int, why string) any { return map[string]any{"no": status, "because": why} },
}

func (w *world) page(t *testing.T, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v9/pages", strings.NewReader(body))
	r.SetBasicAuth("", "pager-token")
	return w.send(r)
}

func TestACallOfSeveralGroupsIsStoredAsOneDeliveryForEach(t *testing.T) {
	w := newWorld(t, "checkout", "cart")
	a := w.page(t, `{"Deliveries":[
		{"group":"g1","alerts":[{"name":"A","firing":true,"labels":{"service":"checkout"}}]},
		{"group":"g2","alerts":[{"name":"B","firing":true,"labels":{"service":"cart"}},{"name":"C","labels":{"service":"nobody"}}]}]}`)
	require.Equal(t, http.StatusAccepted, a.Code)
	require.JSONEq(t, `{
		"incidents": [
			{"service": "checkout", "workflow_id": "incident/checkout/1"}, {"service": "cart", "workflow_id": "incident/cart/1"}
		],
		"unrouted": [{"name": "C", "labels": {"service": "nobody"}}]
	}`, a.Body.String())
	require.Equal(t, "g1", w.deliveries["checkout"].Group)
	require.Equal(t, "g2", w.deliveries["cart"].Group)
	require.Equal(t, "pager", w.deliveries["cart"].Source)
}

func TestACallWithoutAlertsIsAcceptedAndReachesNobody(t *testing.T) {
	w := newWorld(t, "checkout")
	a := w.page(t, `{}`)
	require.Equal(t, http.StatusAccepted, a.Code)
	require.JSONEq(t, `{"incidents":[]}`, a.Body.String())
	w.requireUntouched(t)
}

func TestWhatLeadsToNoServiceGoesWhereverItsGroupHasAnIncident(t *testing.T) {
	w := newWorld(t, "checkout", "cart", "search")
	a := w.page(t, `{"Anywhere":true,"Deliveries":[{"group":"g1","alerts":[{"name":"A"}]}]}`)
	require.Equal(t, http.StatusAccepted, a.Code)
	require.JSONEq(t, `{"said":"thanks"}`, a.Body.String())
	require.Len(t, w.deliveries, 3)
	require.Equal(t, "g1", w.deliveries["search"].Group)
}

func TestASourceAcknowledgesTheIncidentOfItsGroup(t *testing.T) {
	w := newWorld(t, "checkout", "cart")
	w.decide = func(context.Context) error { return nil }
	a := w.page(t, `{"Acknowledged":true,"Comment":"the monitor","Anywhere":true,"Deliveries":[{"group":"g1","alerts":[{"fingerprint":"f1"}]}]}`)
	require.Equal(t, http.StatusAccepted, a.Code)

	require.Len(t, w.clicks, 2)
	slices.SortFunc(w.clicks, func(a, b incident.Click) int { return strings.Compare(a.Workflow, b.Workflow) })
	require.Equal(t, signals.IncidentWorkflow("cart", "g1"), w.clicks[0].Workflow)
	require.Equal(t, signals.IncidentWorkflow("checkout", "g1"), w.clicks[1].Workflow)
	require.Equal(t, signals.Acknowledge, w.clicks[0].Signal)
	require.Equal(t, []string{"pager", "pager", "the monitor", "", "f1"}, []string{
		w.clicks[0].Decision.By, w.clicks[0].Decision.Via, w.clicks[0].Decision.Comment, w.clicks[0].Decision.ID, w.clicks[0].Decision.Alert,
	})
	require.Empty(t, w.deliveries)
}

const acknowledgement = `{"Acknowledged":true,"Anywhere":true,"Deliveries":[{"group":"g1","alerts":[{"fingerprint":"f1"}]}]}`

func TestASourceAcknowledgesItsAlertInAnIncidentThatServicesShare(t *testing.T) {
	w := newWorld(t, "shop", "cart", "checkout", "search")
	w.owners = map[string]string{"shop": "shop", "cart": "shop", "checkout": "shop"}
	w.decide = func(context.Context) error { return nil }
	require.Equal(t, http.StatusAccepted, w.page(t, acknowledgement).Code)

	require.Len(t, w.clicks, 2)
	slices.SortFunc(w.clicks, func(a, b incident.Click) int { return strings.Compare(a.Workflow, b.Workflow) })
	require.Equal(t, signals.IncidentWorkflow("search", "g1"), w.clicks[0].Workflow)
	require.Equal(t, signals.IncidentWorkflow("shop", incident.JointGroup), w.clicks[1].Workflow)
	fires := incident.Delivery{Source: "pager", Group: "g1", Alerts: []incident.Alert{{Fingerprint: "f1"}}}
	require.Equal(t, fires.Joint("cart").Alerts[0].Fingerprint, w.clicks[1].Decision.Alert, "the shared incident holds others' alerts, too")
}

func TestWhatLeadsToNoServiceIsToldOnceToAnIncidentThatServicesShare(t *testing.T) {
	w := newWorld(t, "shop", "cart", "checkout", "search")
	w.owners = map[string]string{"shop": "shop", "cart": "shop", "checkout": "shop"}
	w.page(t, `{"Anywhere":true,"Deliveries":[{"group":"g1","alerts":[{"fingerprint":"f1"}]}]}`)
	require.Len(t, w.deliveries, 2)
	require.Len(t, w.deliveries["shop"].Alerts, 1)
}

func TestAnAcknowledgementThatNoIncidentWaitsForIsAccepted(t *testing.T) {
	w := newWorld(t, "checkout", "cart")
	w.decide = func(context.Context) error { return errClosed }
	require.Equal(t, http.StatusAccepted, w.page(t, acknowledgement).Code)
	w.requireUntouched(t)
}

func TestAnAcknowledgementThatIsNotStoredIsToBeSentAgain(t *testing.T) {
	w := newWorld(t, "checkout", "cart")
	w.decide = func(context.Context) error { return errors.New("connection refused") }
	a := w.page(t, acknowledgement)
	require.Equal(t, http.StatusServiceUnavailable, a.Code)
	require.NotEmpty(t, a.Header().Get("Retry-After"))
	require.Contains(t, w.metrics(t), `lastgood_alerts_total{result="not_stored",source="pager"} 1`)
}

func TestASourceRefusesInItsOwnWords(t *testing.T) {
	w := newWorld(t, "checkout")
	for _, c := range []struct {
		name, body, said string
		status           int
		change           func(*http.Request)
	}{
		{name: "no token", status: 401, said: `{"no":401,"because":"no token of this source is shown"}`, change: func(r *http.Request) { r.Header.Del("Authorization") }},
		{name: "no JSON", body: `{`, status: 400, said: `{"no":400,"because":"unexpected end of JSON input"}`},
		{
			name: "no service", status: 422, body: `{"Deliveries":[{"group":"g","alerts":[{"labels":{"service":"x"}}]}]}`,
			said: `{"no":422,"because":"no service matches the labels {service=\"x\"}, and there is no service \"default\""}`,
		},
		{name: "too large", body: strings.Repeat(" ", 2<<20), status: 413, said: `{"no":413,"because":"the body is larger than 1048576 bytes"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v9/pages", strings.NewReader(c.body))
			r.SetBasicAuth("", "pager-token")
			if c.change != nil {
				c.change(r)
			}
			a := w.send(r)
			require.Equal(t, c.status, a.Code)
			require.Equal(t, "application/json", a.Header().Get("Content-Type"))
			require.JSONEq(t, c.said, a.Body.String())
			w.requireUntouched(t)
		})
	}
}

func TestABodyThatCouldNotBeReadInTimeIsToBeSentAgain(t *testing.T) {
	late := api.Source{Name: "pager", Read: func([]byte) (api.Call, error) { return api.Call{}, fmt.Errorf("%w: too much work", api.ErrLater) }}
	w := newWorldWith(t, func(o *api.Options) { o.Sources = []api.Source{late} }, "checkout")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/alerts/pager", strings.NewReader(`{}`))
	r.SetBasicAuth("", "pager-token")
	a := w.send(r)
	require.Equal(t, "the body could not be read in time; send it again: too much work", requireProblem(t, a, http.StatusServiceUnavailable))
	require.Equal(t, "1", a.Header().Get("Retry-After"))
	require.Contains(t, w.metrics(t), `lastgood_alerts_total{result="busy",source="pager"} 1`)
	w.requireUntouched(t)
}
