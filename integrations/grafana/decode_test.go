package grafana_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/grafana"
	"github.com/seed-44180607/lastgood/integrations/payload"
	"github.com/seed-44180607/lastgood/integrations/payload/payloadtest"
)

func decode(body []byte) (incident.Delivery, error) {
	return grafana.Decode(body, payload.Terms{Words: map[string]incident.Severity{"critical": incident.SEV1}})
}

// documented.json is the example of Grafana's documents, its message cut
// (https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/#json-payload).
// The others have the fields of github.com/grafana/alerting, receivers/webhook/v1 and
// templates/template_data.go of August 2026. `go test ./integrations/grafana -update`
// writes the deliveries anew.
func TestSavedBodiesBecomeTheDeliveriesBesideThem(t *testing.T) {
	payloadtest.Golden(t, "testdata", decode)
}

func FuzzDecode(f *testing.F) { payloadtest.Fuzz(f, "testdata", decode) }

func TestAnAlertForWantOfDataIsBlindAndNamedAfterItsRule(t *testing.T) {
	for file, want := range map[string]string{
		"no-data":      "Grafana has no data for the rule checkout 5xx",
		"query-failed": "Grafana cannot evaluate the rule checkout 5xx",
	} {
		t.Run(file, func(t *testing.T) {
			a := first(t, saved(t, file))
			require.True(t, a.Blind)
			require.Equal(t, "checkout 5xx", a.Name)
			require.Equal(t, want, a.Title())
		})
	}
}

func TestAnAlertOfARuleIsNotBlind(t *testing.T) {
	require.False(t, first(t, saved(t, "documented")).Blind)
}

func TestAnAlertForWantOfDataWithoutARuleKeepsItsOwnName(t *testing.T) {
	a := first(t, strings.Replace(saved(t, "no-data"), `"rulename": "checkout 5xx"`, `"x": ""`, 1))
	require.Equal(t, "Grafana has no data for the rule DatasourceNoData", a.Title())
}

func TestAnAlertLeadsToItsPanelElseItsDashboardElseItsRule(t *testing.T) {
	require.Equal(t, "https://grafana.example.com/d/shop?orgId=1&viewPanel=7", first(t, saved(t, "panel-resolved")).URL)
	require.Equal(t, "https://grafana.example.com/d/shop?orgId=1", first(t, saved(t, "no-data")).URL)
	require.Equal(t, "https://play.grafana.org/alerting/1afz29v7z/edit", first(t, saved(t, "documented")).URL)
}

func TestWhatABodyLacksIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ old, changed, want string }{
		"no group":       {`"groupKey"`, `"x"`, "groupKey is missing"},
		"no fingerprint": {`"fingerprint": "c6eadffa33fcdf37"`, `"x": 1`, "alerts[0].fingerprint is missing"},
		"another status": {`"status": "firing"`, `"status": "pending"`, `status is "pending", not firing or resolved`},
		"no start":       {`"startsAt": "2021-10-12T09:51:03.157076+02:00"`, `"x": 1`, "alerts[0].startsAt is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode([]byte(strings.Replace(saved(t, "documented"), c.old, c.changed, 1)))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func first(t *testing.T, body string) incident.Alert {
	t.Helper()
	d, err := decode([]byte(body))
	require.NoError(t, err)
	return d.Alerts[0]
}

func saved(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name + ".json")
	require.NoError(t, err)
	return string(body)
}
