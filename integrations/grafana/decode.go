// Package grafana reads what Grafana Alerting sends to a webhook contact point, and
// checks its signature. It does not look for the service an alert belongs to, and
// answers nobody.
package grafana

import (
	"cmp"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/payload"
)

// blind says of the alerts that Grafana makes up in the place of a rule's own what
// they mean. The rule's name is then in the label rulename.
// https://grafana.com/docs/grafana/latest/alerting/fundamentals/alert-rule-evaluation/nodata-and-error-states/
var blind = map[string]string{
	"DatasourceNoData": "Grafana has no data for the rule ",
	"DatasourceError":  "Grafana cannot evaluate the rule ",
}

// Decode reads the default body of a webhook call: Alertmanager's, and more. Of what
// is more, title, state and message repeat the alerts in words that anybody may
// change, and are passed over. Every error is a *payload.Error that says where and what.
// https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
//
// The group is Grafana's own: its keys are made as Alertmanager's are, and those of one
// say nothing about the alerts of the other.
func Decode(body []byte, terms payload.Terms) (incident.Delivery, error) {
	d, err := payload.Grouped(name, body, terms, own)
	if err != nil {
		return d, err
	}
	d.Group = payload.Group(name + "/" + d.Group)
	return d, nil
}

const name = "grafana"

// own makes of an alert what Grafana means by it. A panel shows more than the rule
// that generatorURL leads to.
func own(sent payload.GroupedAlert, a *incident.Alert) {
	a.URL = cmp.Or(payload.WebAddress(sent.PanelURL), payload.WebAddress(sent.DashboardURL), a.URL)
	meaning, made := blind[sent.Labels["alertname"]]
	if !made {
		return
	}
	a.Blind = true
	if rule := payload.Clean(sent.Labels["rulename"], payload.MaxName); rule != "" {
		a.Name = rule
	}
	// The rule's own summary says what nobody knows now.
	a.Summary = payload.Clean(meaning+a.Name, payload.MaxSummary)
}
