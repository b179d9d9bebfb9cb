package incident

import (
	"errors"
	"fmt"
	"slices"
)

// knows says whether what a monitor says of a firing is known already: fingerprint and
// start identify it, and an earlier start is a late duplicate.
func (a Alert) knows(said Alert) bool { return !said.StartsAt.After(a.StartsAt) }

// repeatedBy says whether a firing that is not known only repeats the alert. A monitor
// that says when one has resolved names a later start when it has resolved and fired in
// between: that is news. One that never does says the same once more, and so does one
// that says of itself that it repeats.
func (a Alert) repeatedBy(said Alert) bool { return a.Firing && (said.NeverResolves || said.Repeats) }

// outlives says whether the alert goes on when a firing of it that began earlier is said to
// be over: that is a late word on the firing before. One that ended after this one began is
// the same firing: of two replicas of a monitor each may know another start, and only one
// of them says that it is over.
func (a Alert) outlives(over Alert) bool {
	return over.StartsAt.Before(a.StartsAt) && !over.EndsAt.After(a.StartsAt)
}

// restate takes what is new about a firing that is known: how severe it is.
func (in *Incident) restate(known *Alert, said Alert, ev Event) error {
	if !in.Open() || !known.Firing || !said.StartsAt.Equal(known.StartsAt) || !said.Severity.Valid() || said.Severity == known.Severity {
		return errNothing
	}
	known.Severity = said.Severity
	in.heed(said, ev)
	return errUnseen
}

// repeat takes an alert that is said to fire once more.
func (in *Incident) repeat(known *Alert, said Alert, ev Event) error {
	known.Since, known.StartsAt = known.FiresSince(), said.StartsAt
	if !said.Repeats {
		in.count(known, ev)
	}
	if said.NeverResolves && in.Rollback.State == RollbackVerifying && !in.doubted() {
		in.log(ev, NotProved, "Not good yet: an alert fires while the rollback is verified")
	}
	if said.Severity.Valid() {
		known.Severity = said.Severity
	}
	in.heed(said, ev)
	return errUnseen
}

// count counts a firing of what never resolves. It is written down at 2, 5, 10, 20, 50 firings
// and so on: a monitor may repeat itself without end.
func (in *Incident) count(known *Alert, ev Event) {
	known.Again++
	in.tally(ev)
	if n := known.Again + 1; roundNumber(n) {
		in.log(ev, AlertFired, "Alert has fired %d times: %s", n, firstLine(known.Title(), 200))
	}
}

// leaveOut notes that the monitor says less than it knows. What it leaves out may fire:
// until it leaves nothing out any more, which makes all true, or a person says so, the
// incident is not over. A message about one group says nothing of the others that share
// an incident.
func (in *Incident) leaveOut(ev Event) (all bool, told error) {
	n := ev.Delivery.LeftOut
	if ev.Delivery.Group == JointGroup {
		n = max(n, in.LeftOut)
	}
	if n == in.LeftOut {
		return false, errNothing
	}
	if in.LeftOut == 0 && !slices.ContainsFunc(in.Timeline, func(e Entry) bool { return e.Kind == LeftOut }) {
		in.log(ev, LeftOut, "The monitor leaves alerts of the group out of its messages: %s this time. They are not known here", count(n, "alert"))
	}
	in.LeftOut = n
	return n == 0, errUnseen
}

// quiet says whether nothing fires, and nothing is left out that might.
func (in *Incident) quiet() bool { return in.Firing() == 0 && in.LeftOut == 0 }

// unknownQuiet says why the incident stays open although nothing is known to fire.
func (in *Incident) unknownQuiet(ev Event) {
	if in.Open() {
		in.log(ev, LeftOut, "All alerts that the monitor tells of are resolved; whether the %s that it leaves out fire is not known", count(in.LeftOut, "alert"))
	}
}

// count writes a number of things: 1 alert, 2 alerts.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// tellingMost is the one of two results that says more: that anything shown changed,
// that anything did.
func tellingMost(one, other error) error {
	if other == nil || errors.Is(one, errNothing) {
		return other
	}
	return one
}

// doubted says whether something was not good already since the build that is verified.
func (in *Incident) doubted() bool {
	for _, entry := range slices.Backward(in.Timeline) {
		switch entry.Kind {
		case NotProved:
			return true
		case RolledBack:
			return false
		default:
		}
	}
	return false
}

// roundNumber says whether n is 1, 2 or 5, with zeros behind it.
func roundNumber(n int) bool {
	for n > 0 && n%10 == 0 {
		n /= 10
	}
	return n == 1 || n == 2 || n == 5
}
