package incident

import "time"

// longAhead is how far a monitor's clock may be ahead. A start still later is none: what
// fires in truth would be older than it, and be taken for a late word, for as long.
const longAhead = time.Hour

// dated gives an alert the start of the firing that it means, when its monitor
// tells no starts, or one that is still to come: the firing that goes on in an open incident, or one that begins
// now. What resolves is whatever firing is known; an alert that is not known keeps
// no start then, as there is nothing to resolve. What never resolves is one more
// repetition, to be counted.
func (in *Incident) dated(a Alert, now time.Time) Alert {
	if !a.StartsAt.IsZero() && a.StartsAt.Before(now.Add(longAhead)) {
		return a
	}
	a.StartsAt = time.Time{}
	i := in.find(a.Fingerprint)
	switch {
	case i < 0 && a.Firing:
		a.StartsAt = now
	case i < 0:
	case !a.Firing || in.Alerts[i].Firing && in.Open() && !a.NeverResolves:
		a.StartsAt = in.Alerts[i].StartsAt
	default:
		a.StartsAt = after(in.Alerts[i].StartsAt, now)
	}
	return a
}

// after is now, or the moment after the other where that is no later: signals that
// arrive together are handled at the same time.
func after(other, now time.Time) time.Time {
	if now.After(other) {
		return now
	}
	return other.Add(time.Nanosecond)
}
