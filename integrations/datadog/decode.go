// Package datadog reads what a Datadog webhook sends whose payload is the template
// docs/examples/datadog-webhook.json. It does not look for the service an alert
// belongs to, does not check who sent it, and answers nobody.
package datadog

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/payload"
)

// message is the template with its variables replaced by Datadog.
// https://docs.datadoghq.com/integrations/webhooks/#variables
type message struct {
	// Monitor is the ID of the monitor, $ALERT_ID.
	Monitor string `json:"monitor"`
	// Aggregate is $AGGREG_KEY: since March 2025 one for each monitor and each of its
	// groups, the same from cycle to cycle (https://docs.datadoghq.com/api/latest/events/).
	Aggregate string `json:"aggregate"`
	// Transition is $ALERT_TRANSITION: Triggered, Re-Triggered, Recovered...
	Transition string `json:"transition"`
	// Date is when this was so, $DATE, in milliseconds since 1970.
	Date string `json:"date"`
	// Title is $EVENT_TITLE: the monitor's, after the transition in brackets.
	Title string `json:"title"`
	// Link leads to the event in Datadog, $LINK.
	Link string `json:"link"`
	// Tags and Scope are lists like "env:production, service:checkout": $TAGS of the
	// event, $ALERT_SCOPE of the group that alerts.
	Tags  string `json:"tags"`
	Scope string `json:"scope"`
	// Priority is that of the monitor, P1 to P5, $ALERT_PRIORITY.
	Priority string `json:"priority"`
	// Type is error, warning, success or info, $ALERT_TYPE.
	Type string `json:"type"`
}

// Decode reads the body of a webhook call: one alert, of the group that is its monitor.
// Every error is a *payload.Error that says where and what.
func Decode(body []byte, terms payload.Terms) (incident.Delivery, error) {
	var m message
	if err := payload.Read(body, &m); err != nil {
		return incident.Delivery{}, err
	}
	if err := m.check(); err != nil {
		return incident.Delivery{}, err
	}
	one, err := m.alert(terms)
	if err != nil {
		return incident.Delivery{}, err
	}
	return incident.Delivery{Source: "datadog", Group: payload.Group("monitor " + m.Monitor), Alerts: []incident.Alert{one}}, nil
}

// variable is one that Datadog does not know, and therefore leaves as it stands.
var variable = regexp.MustCompile(`^\$[A-Z][A-Z_]*(\[.*\])?$`)

func (m message) check() *payload.Error {
	for _, f := range []struct{ name, value string }{
		{"monitor", m.Monitor},
		{"aggregate", m.Aggregate},
		{"transition", m.Transition},
		{"date", m.Date},
		{"tags", m.Tags},
		{"scope", m.Scope},
		{"priority", m.Priority},
		{"type", m.Type},
	} {
		if variable.MatchString(strings.TrimSpace(f.value)) {
			return payload.Fault(f.name, "is %.40q, which Datadog has not replaced: compare the webhook's payload with docs/examples/datadog-webhook.json", f.value)
		}
	}
	if m.Monitor == "" {
		return payload.Fault("monitor", "is missing: it is $ALERT_ID in the webhook's payload, and only monitors have one")
	}
	return nil
}

// alert is the one alert of the message. Date is that of this message, not of the
// cycle's beginning, which Datadog does not tell: what comes late is older than what is
// known, and a monitor that triggers again is news. A reminder is none.
func (m message) alert(terms payload.Terms) (incident.Alert, *payload.Error) {
	labels := m.labels()
	out := incident.Alert{
		Severity: m.severity(labels, terms), Labels: payload.Labels(labels, terms.Foremost),
		Name: m.name(), URL: payload.WebAddress(m.Link), Repeats: m.transition() == renotify,
	}
	var err *payload.Error
	if out.Fingerprint, err = payload.Fingerprint("aggregate", m.Aggregate); err != nil {
		return out, err
	}
	if out.Firing, out.Blind, err = m.state(); err != nil {
		return out, err
	}
	if out.StartsAt, err = m.at(); err != nil {
		return out, err
	}
	if !out.Firing {
		out.EndsAt = out.StartsAt
	}
	return out, nil
}

// renotify is the transition of a monitor that reminds of what goes on.
const renotify = "renotify"

func (m message) transition() string { return strings.ToLower(strings.TrimSpace(m.Transition)) }

// state is what the transition says: whether the monitor alerts, and whether for
// want of data.
func (m message) state() (firing, blind bool, err *payload.Error) {
	switch strings.TrimPrefix(m.transition(), "re-") {
	case "triggered", "warn", renotify:
		return true, false, nil
	case "no data":
		return true, true, nil
	case "recovered", "warn recovered", "no data recovered":
		return false, false, nil
	default:
		return false, false, payload.Fault("transition", "is %.40q, not Triggered, Warn, No Data, Renotify or Recovered, with or without Re-", m.Transition)
	}
}

// earliestMilliseconds tells milliseconds from seconds since 1970, as $DATE_POSIX is:
// the one number is in 1973, the other in 5138.
const earliestMilliseconds = 100_000_000_000

func (m message) at() (time.Time, *payload.Error) {
	n, err := strconv.ParseInt(strings.TrimSpace(m.Date), 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}, payload.Fault("date", "is %.40q, not milliseconds since 1970", m.Date)
	}
	at := time.Unix(n, 0)
	if n >= earliestMilliseconds {
		at = time.UnixMilli(n)
	}
	if at = at.UTC(); at.Year() > 9999 {
		return time.Time{}, payload.Fault("date", "is %.40q, after the year 9999", m.Date)
	}
	return at, nil
}

// labels are the tags that have a value. The group's own hold; of two with one name
// the first does.
func (m message) labels() map[string]string {
	labels := map[string]string{}
	for tag := range strings.SplitSeq(m.Scope+","+m.Tags, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(tag), ":")
		if _, known := labels[name]; ok && name != "" && !known {
			labels[name] = value
		}
	}
	return labels
}

// priorities are what Datadog's own mean where the configuration does not say.
var priorities = map[string]incident.Severity{
	"P1": incident.SEV1, "P2": incident.SEV2, "P3": incident.SEV3, "P4": incident.SEV4, "P5": incident.SEV4,
}

// severity is that of the tag severity, else of the monitor's priority, else of the
// event's type.
func (m message) severity(labels map[string]string, terms payload.Terms) incident.Severity {
	for _, word := range []string{labels["severity"], m.Priority} {
		if severity, ok := terms.Mapped(word); ok {
			return severity
		}
	}
	if severity, ok := priorities[strings.ToUpper(strings.TrimSpace(m.Priority))]; ok {
		return severity
	}
	return terms.Severity(m.Type)
}

// announced is what Datadog puts before the monitor's title.
var announced = regexp.MustCompile(`^(\[(P[1-5]|(Re-)?(Triggered|Warn|No Data|Renotify|Recovered))\b[^\]]*\]\s*)+`)

func (m message) name() string {
	title := payload.Clean(m.Title, payload.MaxName)
	if name := strings.TrimSpace(announced.ReplaceAllString(title, "")); name != "" {
		return name
	}
	return payload.Clean("monitor "+m.Monitor, payload.MaxName)
}
