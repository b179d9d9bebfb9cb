package payload

import (
	"fmt"

	"github.com/seed-44180607/lastgood/incident"
)

// grouped is a group of alerts as Alertmanager sends it to a webhook: version 4,
// of 0.25 to 0.34. Grafana sends the same with more in it. What is not needed here
// is passed over, so that it may come and go.
// https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
type grouped struct {
	GroupKey    string         `json:"groupKey"`
	Status      string         `json:"status"`
	ExternalURL string         `json:"externalURL"`
	Alerts      []GroupedAlert `json:"alerts"`
	// Truncated counts the alerts that max_alerts cut off.
	Truncated uint32 `json:"truncatedAlerts"`
}

// GroupedAlert is one alert of a group, as it is sent.
type GroupedAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     string            `json:"startsAt"`
	EndsAt       string            `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`

	// Grafana's own.
	DashboardURL string `json:"dashboardURL"`
	PanelURL     string `json:"panelURL"`
}

// Grouped reads a group of alerts in Alertmanager's shape. The delivery holds all of
// them, whatever service they belong to; own, where it is given, has the last word on
// each. Every error is an *Error that says where and what: nothing of a call is taken
// unless all of it can be.
func Grouped(source string, body []byte, terms Terms, own func(GroupedAlert, *incident.Alert)) (incident.Delivery, error) {
	var g grouped
	if err := Read(body, &g); err != nil {
		return incident.Delivery{}, err
	}
	if err := g.check(); err != nil {
		return incident.Delivery{}, err
	}
	out := incident.Delivery{
		Source: source, Group: Group(g.GroupKey), URL: WebAddress(g.ExternalURL),
		Alerts: make([]incident.Alert, 0, len(g.Alerts)), LeftOut: int(g.Truncated),
	}
	for i, sent := range g.Alerts {
		one, err := sent.alert(terms)
		if err != nil {
			err.Where = fmt.Sprintf("alerts[%d].%s", i, err.Where)
			return incident.Delivery{}, err
		}
		if own != nil {
			own(sent, &one)
		}
		out.Alerts = append(out.Alerts, one)
	}
	return out, nil
}

func (g grouped) check() *Error {
	switch {
	case !known(g.Status):
		return Fault("status", "is %.40q, not firing or resolved", g.Status)
	case g.GroupKey == "":
		return Fault("groupKey", "is missing")
	case len(g.Alerts) == 0:
		return Fault("alerts", "is missing or empty")
	default:
		return nil
	}
}

func known(status string) bool { return status == "firing" || status == "resolved" }

// alert checks one alert and makes it ours. A resolved one may come without
// annotations and generatorURL.
func (a GroupedAlert) alert(terms Terms) (incident.Alert, *Error) {
	out := incident.Alert{
		Firing: a.Status == "firing", Severity: terms.Severity(a.Labels["severity"]), Labels: Labels(a.Labels, terms.Foremost),
		Name: a.name(), Summary: a.summary(),
		URL: WebAddress(a.GeneratorURL), Runbook: WebAddress(a.Annotations["runbook_url"]),
	}
	if !known(a.Status) {
		return out, Fault("status", "is %.40q, not firing or resolved", a.Status)
	}
	var err *Error
	if out.Fingerprint, err = Fingerprint("fingerprint", a.Fingerprint); err != nil {
		return out, err
	}
	if out.StartsAt, err = Instant("startsAt", a.StartsAt); err != nil {
		return out, err
	}
	if out.StartsAt.IsZero() {
		return out, Fault("startsAt", "is missing")
	}
	ends, err := Instant("endsAt", a.EndsAt)
	if !out.Firing {
		out.EndsAt = ends
	}
	return out, err
}

func (a GroupedAlert) name() string {
	if name := Clean(a.Labels["alertname"], MaxName); name != "" {
		return name
	}
	return "alert " + Clean(a.Fingerprint, MaxFingerprint)
}

func (a GroupedAlert) summary() string {
	for _, annotation := range []string{"summary", "description", "message"} {
		if text := Clean(a.Annotations[annotation], MaxSummary); text != "" {
			return text
		}
	}
	return ""
}
