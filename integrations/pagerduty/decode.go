// Package pagerduty reads what is sent to PagerDuty's Events API v2, and answers in
// its words, so that whatever can page PagerDuty can page this by another address.
// It does not look for the service an alert belongs to, and it sends nothing to
// PagerDuty.
package pagerduty

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/payload"
)

// Name is the source's.
const Name = "pagerduty"

// maxKey is how long a dedup_key may be, in characters
// (https://developer.pagerduty.com/docs/send-alert-event).
const maxKey = 255

// Call is one event, as PagerDuty names it.
type Call struct {
	// Key is the dedup_key, or the one that was made for a trigger without.
	Key string
	// Delivery is what is told about the alert. It has no labels unless it is a trigger:
	// then its service is not told.
	Delivery incident.Delivery
	// Acknowledges is true when nothing is told but that somebody works on the alert.
	Acknowledges bool
	// Client is the program that sent it, as it names itself.
	Client string
}

// message is an event of version 2; what is not here is not needed. The timestamp
// says when the event was made, which differs each time that the same problem is
// told: it is no start.
type message struct {
	Action    string          `json:"event_action"`
	Key       string          `json:"dedup_key"`
	Client    string          `json:"client"`
	ClientURL string          `json:"client_url"`
	Payload   *details        `json:"payload"`
	Links     json.RawMessage `json:"links"`
}

type details struct {
	Summary   string          `json:"summary"`
	Source    string          `json:"source"`
	Severity  string          `json:"severity"`
	Component string          `json:"component"`
	Group     string          `json:"group"`
	Class     string          `json:"class"`
	Custom    json.RawMessage `json:"custom_details"`
}

// Decode reads the body of a call. Every error is a *payload.Error. What has a
// dedup_key is identified by it alone; a start is never told, so that a trigger joins
// the firing that goes on, and begins another once that is resolved.
func Decode(body []byte, terms payload.Terms) (Call, error) {
	var m message
	if err := payload.Read(body, &m); err != nil {
		return Call{}, err
	}
	if strings.TrimSpace(m.Key) == "" {
		m.Key = ""
	}
	if err := m.check(); err != nil {
		return Call{}, err
	}
	call := Call{Key: m.Key, Client: payload.Clean(m.Client, payload.MaxName), Acknowledges: m.Action == "acknowledge"}
	if call.Key == "" {
		call.Key = m.Payload.key()
	}
	call.Delivery = incident.Delivery{
		Source: Name, Group: payload.Group(Name + "/" + call.Key), URL: payload.WebAddress(m.ClientURL),
		// Who gives no key does not mean to come back with it.
		NeverResolves: m.Key == "",
	}
	switch m.Action {
	case "trigger":
		call.Delivery.Alerts = []incident.Alert{m.alert(call.Key, terms)}
	default:
		call.Delivery.Alerts = []incident.Alert{{Fingerprint: payload.Identity(call.Key), Severity: terms.Severity(""), Name: "alert " + payload.Clean(call.Key, payload.MaxName)}}
	}
	return call, nil
}

func (m message) check() *payload.Error {
	switch {
	case m.Action == "":
		return missing("event_action")
	case m.Action != "trigger" && m.Action != "acknowledge" && m.Action != "resolve":
		return payload.Fault("'event_action'", "is %.40q (must be one of the following: 'trigger', 'acknowledge' or 'resolve')", m.Action)
	case len([]rune(m.Key)) > maxKey:
		return payload.Fault("'dedup_key'", "is too long (must be at most %d characters)", maxKey)
	case m.Action == "trigger":
		return m.Payload.check()
	case m.Key == "":
		return missing("dedup_key")
	default:
		return nil
	}
}

func (d *details) check() *payload.Error {
	switch {
	case d == nil:
		return missing("payload")
	case strings.TrimSpace(d.Summary) == "":
		return missing("payload.summary")
	case strings.TrimSpace(d.Source) == "":
		return missing("payload.source")
	case strings.TrimSpace(d.Severity) == "":
		return missing("payload.severity")
	}
	switch d.Severity {
	case "critical", "error", "warning", "info":
		return nil
	default:
		return payload.Fault("'payload.severity'", "is %.40q (must be one of the following: 'critical', 'error', 'warning' or 'info')", d.Severity)
	}
}

func missing(field string) *payload.Error { return payload.Fault("'"+field+"'", "is missing or blank") }

// key is the dedup_key of a trigger that has none. The same problem told again has the
// same one: times and details, which may differ, are no part of it. The summary is, as
// two problems of one host may differ in nothing else.
func (d *details) key() string {
	sum := sha256.New()
	for _, part := range []string{d.Source, d.Component, d.Group, d.Class, d.Summary} {
		sum.Write([]byte(part + "\x00"))
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

func (m message) alert(key string, terms payload.Terms) incident.Alert {
	d := m.Payload
	link, runbook := m.links()
	name := payload.Clean(d.Class, payload.MaxName)
	if name == "" {
		name = payload.Clean(d.Source, payload.MaxName)
	}
	if name == "" {
		name = "alert"
	}
	return incident.Alert{
		Fingerprint: payload.Identity(key), Firing: true, Severity: terms.Severity(d.Severity),
		Name: name, Summary: payload.Clean(d.Summary, payload.MaxSummary),
		Labels: m.labels(terms.Foremost), URL: link, Runbook: runbook,
	}
}
