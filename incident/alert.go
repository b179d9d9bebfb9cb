package incident

import (
	"strings"
	"time"
)

// Severity says how bad it is: SEV1 is the worst.
type Severity string

// The severities.
const (
	SEV1 Severity = "SEV1"
	SEV2 Severity = "SEV2"
	SEV3 Severity = "SEV3"
	SEV4 Severity = "SEV4"
)

// Valid says whether s is one of the four.
func (s Severity) Valid() bool {
	return s == SEV1 || s == SEV2 || s == SEV3 || s == SEV4
}

// Worse says whether s is worse than other. What is no severity is worse than none.
func (s Severity) Worse(other Severity) bool { return s.Valid() && s < other }

// Alert is one firing, from a monitor. Fingerprint and StartsAt identify it.
type Alert struct {
	Fingerprint string `json:"fingerprint"`
	// StartsAt is zero on its way in when the monitor does not tell it: see dated.
	StartsAt time.Time `json:"starts_at"`
	// EndsAt is set once the monitor says that the alert has resolved.
	EndsAt   time.Time `json:"ends_at,omitzero"`
	Firing   bool      `json:"firing"`
	Severity Severity  `json:"severity"`
	Name     string    `json:"name"`
	Summary  string    `json:"summary,omitempty"`
	// Labels are as sent; they route the alert and are shown.
	Labels map[string]string `json:"labels,omitempty"`
	// URL leads to the alert's source in the monitor.
	URL     string `json:"url,omitempty"`
	Runbook string `json:"runbook,omitempty"`
	// Service is the one that is affected, where the incident is shared by several; else
	// it is that of the incident.
	Service string `json:"service,omitempty"`
	// Blind is true when the monitor has no data, or cannot evaluate it: nobody knows how
	// the service is.
	Blind bool `json:"blind,omitempty"`
	// NeverResolves is true when the monitor never says that the alert has resolved:
	// it is over once a person resolves the incident.
	NeverResolves bool `json:"never_resolves,omitempty"`
	// Repeats is true on its way in when the monitor says that the alert goes on, with the
	// moment of saying so as its start.
	Repeats bool `json:"repeats,omitempty"`
	// Since is when the alert began to fire, when it was repeated since: StartsAt is
	// then that of the latest repetition. Again counts them.
	Since time.Time `json:"since,omitzero"`
	Again int       `json:"again,omitempty"`
}

// FiresSince is when the alert began to fire.
func (a Alert) FiresSince() time.Time {
	if a.Since.IsZero() {
		return a.StartsAt
	}
	return a.Since
}

// Title is the summary, or the name when there is none, after the service where it is
// told.
func (a Alert) Title() string {
	title := a.Summary
	if title == "" {
		title = a.Name
	}
	if a.Service != "" {
		return a.Service + ": " + title
	}
	return title
}

// Headline is the title for an incident of the owner's, whose name stands before it already.
func (a Alert) Headline(owner string) string {
	if a.Service == owner {
		a.Service = ""
	}
	return firstLine(a.Title(), 200)
}

// untitled says whether the alert has nothing to be called by.
func (a *Alert) untitled() bool { return a.Summary == "" && a.Name == "" && a.Service == "" }

// Delivery is what one call of a monitor says about one service: the alerts of
// one group. It is the payload of the signal "alert".
type Delivery struct {
	// Source is the kind of monitor: alertmanager, grafana...
	Source string `json:"source"`
	// Group is the monitor's own key of the group.
	Group  string  `json:"group"`
	Alerts []Alert `json:"alerts"`
	// URL leads to the monitor.
	URL string `json:"url,omitempty"`
	// NeverResolves is true when the monitor never says that an alert has resolved: a person does.
	NeverResolves bool `json:"never_resolves,omitempty"`
	// By is the person who declared it, Note what that person has to say; empty when
	// it comes from a monitor.
	By   string `json:"by,omitempty"`
	Note string `json:"note,omitempty"`
	// LeftOut counts the alerts of the group that the monitor left out of this message.
	LeftOut int `json:"left_out,omitempty"`
}

// Firing says whether any alert of the delivery fires.
func (d Delivery) Firing() bool {
	for _, a := range d.Alerts {
		if a.Firing {
			return true
		}
	}
	return false
}

// Match is a set of labels that must all be equal.
type Match map[string]string

// Fits says whether the labels hold every pair of the match.
func (m Match) Fits(labels map[string]string) bool {
	for name, value := range m {
		if labels[name] != value {
			return false
		}
	}
	return len(m) > 0
}

// firstLine cuts a text down to its first line of at most n runes.
func firstLine(text string, n int) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	runes := []rune(strings.TrimSpace(text))
	if len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return string(runes)
}

// oneLine writes a text of several lines as one of at most n runes.
func oneLine(text string, n int) string {
	return firstLine(strings.Join(strings.Fields(text), " "), n)
}

// Worst is the first of the worst alerts of a delivery that fire; the zero alert when none does.
func Worst(d Delivery) (worst Alert) {
	for _, a := range d.Alerts {
		if a.Firing && (worst.Severity == "" || a.Severity.Worse(worst.Severity)) {
			worst = a
		}
	}
	return worst
}
