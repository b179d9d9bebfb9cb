// Package alertmanager reads what Prometheus Alertmanager sends to a webhook. It
// does not look for the service an alert belongs to, does not check who sent it,
// and answers nobody.
package alertmanager

import (
	"fmt"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/payload"
)

// message is version 4 of the webhook, as sent by Alertmanager 0.25 to 0.34; what
// later versions added is not needed
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
type message struct {
	GroupKey    string  `json:"groupKey"`
	Status      string  `json:"status"`
	ExternalURL string  `json:"externalURL"`
	Alerts      []alert `json:"alerts"`
}

type alert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     string            `json:"startsAt"`
	EndsAt       string            `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// Decode reads the body of a webhook call. The delivery holds all its alerts,
// whatever service they belong to. Every error is a *payload.Error that says where and
// what: nothing of a call is taken unless all of it can be.
func Decode(body []byte, severities payload.Severities) (incident.Delivery, error) {
	var m message
	if err := payload.Read(body, &m); err != nil {
		return incident.Delivery{}, err
	}
	if err := m.check(); err != nil {
		return incident.Delivery{}, err
	}
	out := incident.Delivery{
		Source: "alertmanager", Group: payload.Group(m.GroupKey), URL: payload.WebAddress(m.ExternalURL),
		Alerts: make([]incident.Alert, 0, len(m.Alerts)),
	}
	for i, a := range m.Alerts {
		one, err := a.alert(severities)
		if err != nil {
			err.Where = fmt.Sprintf("alerts[%d].%s", i, err.Where)
			return incident.Delivery{}, err
		}
		out.Alerts = append(out.Alerts, one)
	}
	return out, nil
}

func (m message) check() *payload.Error {
	switch {
	case !known(m.Status):
		return payload.Fault("status", "is %.40q, not firing or resolved", m.Status)
	case m.GroupKey == "":
		return payload.Fault("groupKey", "is missing")
	case len(m.Alerts) == 0:
		return payload.Fault("alerts", "is missing or empty")
	default:
		return nil
	}
}

func known(status string) bool { return status == "firing" || status == "resolved" }

// alert checks one alert and makes it ours. A resolved one may come without
// annotations and generatorURL.
func (a alert) alert(severities payload.Severities) (incident.Alert, *payload.Error) {
	out := incident.Alert{
		Fingerprint: a.Fingerprint, Firing: a.Status == "firing",
		Severity: severities.Of(a.Labels["severity"]), Labels: payload.Labels(a.Labels),
		Name: a.name(), Summary: a.summary(),
		URL: payload.WebAddress(a.GeneratorURL), Runbook: payload.WebAddress(a.Annotations["runbook_url"]),
	}
	switch {
	case !known(a.Status):
		return out, payload.Fault("status", "is %.40q, not firing or resolved", a.Status)
	case a.Fingerprint == "":
		return out, payload.Fault("fingerprint", "is missing")
	case len(a.Fingerprint) > payload.MaxFingerprint || payload.Clean(a.Fingerprint, payload.MaxFingerprint) != a.Fingerprint:
		return out, payload.Fault("fingerprint", "is no fingerprint")
	}
	var err *payload.Error
	if out.StartsAt, err = payload.Instant("startsAt", a.StartsAt); err != nil {
		return out, err
	}
	if out.StartsAt.IsZero() {
		return out, payload.Fault("startsAt", "is missing")
	}
	ends, err := payload.Instant("endsAt", a.EndsAt)
	if !out.Firing {
		out.EndsAt = ends
	}
	return out, err
}

func (a alert) name() string {
	if name := payload.Clean(a.Labels["alertname"], payload.MaxName); name != "" {
		return name
	}
	return "alert " + payload.Clean(a.Fingerprint, payload.MaxFingerprint)
}

func (a alert) summary() string {
	for _, annotation := range []string{"summary", "description", "message"} {
		if text := payload.Clean(a.Annotations[annotation], payload.MaxSummary); text != "" {
			return text
		}
	}
	return ""
}
