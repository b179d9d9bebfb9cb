package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

const severalServices = `{"group":"g1","alerts":[
	{"fingerprint":"a","name":"Slow","firing":true,"labels":{"service":"cart"}},
	{"fingerprint":"b","name":"Slow","firing":true,"labels":{"service":"search"}},
	{"fingerprint":"c","name":"Down","firing":false,"labels":{"service":"checkout"}}]}`

func TestServicesThatShareTheirIncidentsAreToldOfInOneDelivery(t *testing.T) {
	w := newWorld(t, "shop", "cart", "checkout", "search")
	w.owners = map[string]string{"shop": "shop", "cart": "shop", "checkout": "shop"}

	a := w.send(authorized(t, severalServices))

	require.Equal(t, http.StatusAccepted, a.Code)
	require.JSONEq(t, `{"incidents":[
		{"service":"cart","workflow_id":"incident/shop/1"},
		{"service":"checkout","workflow_id":"incident/shop/1"},
		{"service":"search","workflow_id":"incident/search/1"}]}`, a.Body.String(), "a row for each service, as ever")
	require.Len(t, w.deliveries, 2)
	joint := w.deliveries["shop"]
	require.Equal(t, incident.JointGroup, joint.Group)
	require.Equal(t, "alertmanager", joint.Source)
	require.Len(t, joint.Alerts, 2)
	require.Equal(t, "cart", joint.Alerts[0].Service)
	require.Equal(t, "checkout", joint.Alerts[1].Service)
	require.Equal(t, "g1", w.deliveries["search"].Group, "who shares nothing is told of as ever")
	require.Equal(t, "b", w.deliveries["search"].Alerts[0].Fingerprint)
}

func TestTheOwnersOwnAlertsJoinToo(t *testing.T) {
	w := newWorld(t, "shop")
	w.owners = map[string]string{"shop": "shop"}
	w.send(authorized(t, `{"group":"g1","alerts":[{"fingerprint":"a","firing":true,"labels":{"service":"shop"}}]}`))
	require.Equal(t, incident.JointGroup, w.deliveries["shop"].Group)
	require.Equal(t, "shop", w.deliveries["shop"].Alerts[0].Service)
}

// authorized is a monitor's call that shows its token.
func authorized(t *testing.T, body string) *http.Request {
	t.Helper()
	r := alertRequest(t, body)
	r.Header.Set("Authorization", "Bearer new-token")
	return r
}
