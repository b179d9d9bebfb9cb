package incident

import (
	"cmp"
	"time"
)

// An incident is as severe as the worst alert that fires, unless a person says
// otherwise. On the way down the climb keeps its place. On the way up it begins anew,
// once: a worst alert that comes and goes does not page everybody each time.

// heed raises the severity to that of an alert that fires.
func (in *Incident) heed(a Alert, ev Event) {
	if in.SeverityBy == "" && a.Severity.Worse(in.Severity) {
		in.raise(a.Severity, ev)
	}
}

// raise moves to a worse severity and climbs its policy from the first step, unless
// alerts only bring back what was climbed for. A snooze ends with the climb: it was
// meant for something less bad.
func (in *Incident) raise(to Severity, ev Event) {
	climbed := cmp.Or(in.ClimbedFor, in.Severity)
	in.log(ev, SeverityChanged, "Severity raised from %s to %s%s", in.Severity, to, said(ev))
	in.Severity = to
	if ev.Decision.By == "" && !to.Worse(climbed) {
		return
	}
	in.SnoozedAt, in.SnoozedUntil = time.Time{}, time.Time{}
	in.restart(firstStep, ev)
}

// ease lowers the severity to that of the worst alert that fires, or that the
// delivery says fires: the others of it are still to be taken.
func (in *Incident) ease(ev Event) {
	worst := Worst(Delivery{Alerts: in.Alerts}).Severity
	if coming := Worst(ev.Delivery).Severity; coming.Worse(worst) {
		worst = coming
	}
	if in.SeverityBy != "" || !worst.Valid() || !in.Severity.Worse(worst) {
		return
	}
	in.log(ev, SeverityChanged, "Severity lowered from %s to %s: nothing worse fires", in.Severity, worst)
	in.Severity = worst
}
