// Package alertmanager reads what Prometheus Alertmanager sends to a webhook. It
// does not look for the service an alert belongs to, does not check who sent it,
// and answers nobody.
package alertmanager

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/incident"
)

// Options say what the labels mean.
type Options struct {
	// Severities maps the values of the label "severity", as they are or in lower case.
	Severities map[string]incident.Severity
	// Default is the severity of an alert whose label is missing or not mapped;
	// SEV2 when it is empty.
	Default incident.Severity
}

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
// whatever service they belong to. Every error is an *Error that says where and
// what: nothing of a call is taken unless all of it can be.
func Decode(body []byte, o Options) (incident.Delivery, error) {
	var m message
	if err := read(body, &m); err != nil {
		return incident.Delivery{}, err
	}
	if err := m.check(); err != nil {
		return incident.Delivery{}, err
	}
	out := incident.Delivery{
		Source: "alertmanager", Group: group(m.GroupKey), URL: webAddress(m.ExternalURL),
		Alerts: make([]incident.Alert, 0, len(m.Alerts)),
	}
	for i, a := range m.Alerts {
		one, err := a.alert(o)
		if err != nil {
			err.Where = fmt.Sprintf("alerts[%d].%s", i, err.Where)
			return incident.Delivery{}, err
		}
		out.Alerts = append(out.Alerts, one)
	}
	return out, nil
}

// read decodes the JSON. Fields that are not known are passed over.
func read(body []byte, m *message) error {
	if err := shallow(body); err != nil {
		return err
	}
	if err := json.Unmarshal(body, m); err != nil {
		return unreadable(err)
	}
	return nil
}

func (m message) check() error {
	switch {
	case !known(m.Status):
		return &Error{"status", fmt.Sprintf("is %.40q, not firing or resolved", m.Status)}
	case m.GroupKey == "":
		return &Error{"groupKey", "is missing"}
	case len(m.Alerts) == 0:
		return &Error{"alerts", "is missing or empty"}
	default:
		return nil
	}
}

func known(status string) bool { return status == "firing" || status == "resolved" }

// alert checks one alert and makes it ours. A resolved one may come without
// annotations and generatorURL.
func (a alert) alert(o Options) (incident.Alert, *Error) {
	out := incident.Alert{
		Fingerprint: a.Fingerprint, Firing: a.Status == "firing",
		Severity: o.severity(a.Labels["severity"]), Labels: labels(a.Labels),
		Name: a.name(), Summary: a.summary(),
		URL: webAddress(a.GeneratorURL), Runbook: webAddress(a.Annotations["runbook_url"]),
	}
	switch {
	case !known(a.Status):
		return out, &Error{"status", fmt.Sprintf("is %.40q, not firing or resolved", a.Status)}
	case a.Fingerprint == "":
		return out, &Error{"fingerprint", "is missing"}
	case len(a.Fingerprint) > maxFingerprint || clean(a.Fingerprint, maxFingerprint) != a.Fingerprint:
		return out, &Error{"fingerprint", "is no fingerprint"}
	}
	var err *Error
	if out.StartsAt, err = instant("startsAt", a.StartsAt); err != nil {
		return out, err
	}
	if out.StartsAt.IsZero() {
		return out, &Error{"startsAt", "is missing"}
	}
	ends, err := instant("endsAt", a.EndsAt)
	if !out.Firing {
		out.EndsAt = ends
	}
	return out, err
}

func (a alert) name() string {
	if name := clean(a.Labels["alertname"], maxName); name != "" {
		return name
	}
	return "alert " + clean(a.Fingerprint, maxFingerprint)
}

func (a alert) summary() string {
	for _, annotation := range []string{"summary", "description", "message"} {
		if text := clean(a.Annotations[annotation], maxSummary); text != "" {
			return text
		}
	}
	return ""
}

func (o Options) severity(label string) incident.Severity {
	for _, value := range []string{label, strings.ToLower(strings.TrimSpace(label))} {
		if s, ok := o.Severities[value]; ok {
			return s
		}
	}
	if o.Default == "" {
		return incident.SEV2
	}
	return o.Default
}

// instant reads a time. Missing and the year 1 are both Alertmanager's "none".
func instant(field, value string) (time.Time, *Error) {
	if value == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, value)
	at = at.UTC()
	// In UTC it may have left the years that can be written again.
	if err != nil || at.Year() < 1 || at.Year() > 9999 {
		return time.Time{}, &Error{field, fmt.Sprintf("is %.40q, not a time as in RFC 3339", value)}
	}
	return at, nil
}

// group is the group's key. One too long to carry along keeps its identity by a hash.
func group(key string) string {
	if len(key) <= maxGroup {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}
