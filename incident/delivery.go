package incident

import (
	"slices"
	"time"
)

// word is what one alert of a delivery says of a firing: that it began, or that it is over.
type word struct {
	fingerprint string
	startsAt    time.Time // In UTC, so that equal moments are equal.
	firing      bool
}

// edge is a word with what makes a difference.
type edge struct {
	word
	severity Severity
	blind    bool
}

func edgeOf(a Alert) edge {
	return edge{word{a.Fingerprint, a.StartsAt.UTC(), a.Firing}, a.Severity, a.Blind}
}

// Union is what two deliveries of one group say together, in the order in which they
// came. What both say stands there once, as the later one words it. Nothing else is
// left out: an alert that fired and resolved in between is news of both. Details
// beyond those that an incident keeps are dropped.
func (d Delivery) Union(later Delivery) Delivery {
	at, last := map[edge]int{}, map[word]int{}
	all := make([]Alert, 0, len(d.Alerts)+len(later.Alerts))
	for _, a := range slices.Concat(d.Alerts, later.Alerts) {
		e := edgeOf(a)
		i, said := at[e]
		if !said {
			i = len(all)
			all, last[e.word] = append(all, a), i
		}
		// The last word on a firing stays the last, though it was said before another.
		if end := last[e.word]; i != end {
			all[i] = all[end].brief(i)
			at[edgeOf(all[i])], i = i, end
		}
		at[e], all[i] = i, a.brief(i)
	}
	d.Alerts = later.outlast(all)
	if d.Group == JointGroup {
		d.LeftOut = max(d.LeftOut, later.LeftOut) // They may be of two groups: see leaveOut.
	} else {
		d.LeftOut = later.LeftOut
	}
	if later.URL != "" {
		d.URL = later.URL
	}
	if later.By != "" {
		d.By, d.Note = later.By, later.Note
	}
	return d
}

// Joins says whether a later delivery may become one with this one, of the same workflow,
// without either losing what it says beside its alerts.
func (d Delivery) Joins(later Delivery) bool {
	return d.Source == later.Source && d.Group == later.Group && d.NeverResolves == later.NeverResolves && d.By == later.By && d.Note == later.Note
}

// outlast drops what an alert without a start was said to be before this delivery says
// that it fires: nothing but the order tells that it is not over.
func (d Delivery) outlast(all []Alert) []Alert {
	fires := map[string]bool{}
	for _, a := range slices.SortedStableFunc(slices.Values(d.Alerts), firingFirst) {
		if a.StartsAt.IsZero() {
			fires[a.Fingerprint] = a.Firing
		}
	}
	return slices.DeleteFunc(all, func(a Alert) bool { return a.StartsAt.IsZero() && !a.Firing && fires[a.Fingerprint] })
}

// firingFirst is the order in which the alerts of one delivery are taken.
func firingFirst(a, b Alert) int {
	switch {
	case a.Firing == b.Firing:
		return 0
	case a.Firing:
		return -1
	default:
		return 1
	}
}

// brief is the alert with its details only when fewer than maxDetailed others are
// known before it.
func (a Alert) brief(known int) Alert {
	if known >= maxDetailed {
		a.Labels, a.Summary, a.URL, a.Runbook = nil, "", "", ""
	}
	return a
}

// isDetailed says whether there is more to the alert than what identifies it.
func (a *Alert) isDetailed() bool {
	return len(a.Labels) > 0 || a.Summary != "" || a.URL != "" || a.Runbook != ""
}

// Parts cuts a delivery into such of at most n bytes each, as JSON, when it is larger;
// a single alert is never cut. What fires comes first over all of them, so that an
// incident does not resolve between two parts of one message.
func (d Delivery) Parts(n int) []Delivery {
	all := make([]Alert, 0, len(d.Alerts))
	for _, firing := range []bool{true, false} {
		for _, a := range d.Alerts {
			if a.Firing == firing {
				all = append(all, a.brief(len(all)))
			}
		}
	}
	var parts []Delivery
	frame := d
	frame.Alerts = nil
	from, size := 0, frame.size()
	for i, a := range all {
		if size+a.size() > n && i > from {
			parts = append(parts, frame.with(all[from:i]))
			from, size = i, frame.size()
		}
		size += a.size()
	}
	return append(parts, frame.with(all[from:]))
}

func (d Delivery) with(alerts []Alert) Delivery {
	d.Alerts = slices.Clip(alerts)
	return d
}

// What JSON needs around the texts of an alert and of a delivery, in bytes.
const aroundAlert, aroundDelivery = 200, 100

func (d Delivery) size() int { return aroundDelivery + jsonBytes(d.Source, d.Group, d.URL) }

func (a Alert) size() int {
	n := aroundAlert + jsonBytes(a.Fingerprint, a.Name, a.Summary, a.URL, a.Runbook)
	for name, value := range a.Labels {
		n += labelSize(name, value)
	}
	return n
}

func labelSize(name, value string) int { return len(`"":"",`) + jsonBytes(name, value) }

// jsonBytes is at least how long texts are in JSON, in bytes: what is no plain letter
// takes up to six.
func jsonBytes(texts ...string) (n int) {
	for _, text := range texts {
		n += len(text)
		for i := range len(text) {
			if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
				n += 5
			}
		}
	}
	return n
}
