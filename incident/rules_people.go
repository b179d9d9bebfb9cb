package incident

import (
	"slices"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
)

func acknowledged(in *Incident, ev Event) error {
	if !in.concerns(ev.Decision) {
		return errNothing
	}
	if err := in.mustBeOpen(); err != nil {
		return err
	}
	if in.Status == Acknowledged {
		return refuse("%s was acknowledged by %s at %s already.", in.ID, in.AcknowledgedBy, clock(in.AcknowledgedAt))
	}
	in.log(ev, WasAcknowledged, "Acknowledged by %s%s", who(ev), said(ev))
	in.take(ev)
	return nil
}

// concerns says whether the alert that a decision is for fires in this incident. An
// incident may hold alerts of several monitors: one of them speaks of its own only.
func (in *Incident) concerns(d Decision) bool {
	if d.Alert == "" {
		return true
	}
	i := in.find(d.Alert)
	return i >= 0 && in.Alerts[i].Firing
}

// take makes the person the one who responds: nobody else is paged.
func (in *Incident) take(ev Event) {
	in.Status, in.AcknowledgedBy, in.AcknowledgedAt = Acknowledged, who(ev), ev.At
	in.ClimbedFor = in.Severity
	in.Climb.Pending, in.Climb.Wanted, in.Climb.PageAt, in.Climb.Until, in.Climb.Following = false, false, time.Time{}, time.Time{}, nil
	in.SnoozedAt, in.SnoozedUntil = time.Time{}, time.Time{}
	in.Withheld.Until, in.Withheld.Short = time.Time{}, false // It is somebody's now.
}

func ackTimedOut(in *Incident, ev Event) error {
	if in.Status != Acknowledged || in.AckDue.IsZero() || ev.At.Before(in.AckDue) {
		return errNothing
	}
	in.log(ev, AckTimedOut, "The acknowledgement by %s ran out after %s without a decision", in.AcknowledgedBy, oncall.Written(in.Policy().AckTimeout))
	in.trigger(oncall.Position{Step: in.Policy().Again(), Round: 1}, ev)
	return nil
}

// escalated pages the next step now, or the last one once more where none is
// left. An acknowledgement is kept: those who were reached before it do not count
// as reached by the escalation.
func escalated(in *Incident, ev Event) error {
	if err := in.mustBeOpen(); err != nil {
		return err
	}
	in.SnoozedAt, in.SnoozedUntil = time.Time{}, time.Time{}
	at, _ := oncall.Next(in.Policy(), in.Climb.At)
	if in.Withheld.yet() {
		at = in.Climb.At // Nobody was paged there yet.
	}
	in.log(ev, Escalated, "Escalated to step %d by %s%s", at.Step, who(ev), said(ev))
	lap, reached := in.Climb.Lap, in.Climb.Reached && at.Round == in.Climb.At.Round
	if in.Withheld.yet() {
		lap++
	}
	in.Withheld = Withheld{}
	if at.Again == 1 {
		// Nobody has failed to answer yet: that would be said, and loudly.
		at.Again, lap = 0, lap+1
	}
	in.Climb = Climb{At: at, Lap: lap, Reached: reached, Pending: true, PageAt: ev.At}
	if in.Status == Acknowledged {
		in.Climb.Wanted, in.Climb.From, in.Climb.Reached = true, at.Step, false
	}
	return nil
}

func snoozed(in *Incident, ev Event) error {
	if err := in.mustBeOpen(); err != nil {
		return err
	}
	d, err := time.ParseDuration(ev.Decision.For)
	if err != nil || d <= 0 || d > 24*time.Hour {
		return refuse("%q is no time to snooze for: give a duration up to 24h, such as 30m.", ev.Decision.For)
	}
	if in.SnoozedUntil.IsZero() {
		in.SnoozedAt = ev.At
	}
	in.SnoozedUntil, in.ClimbedFor = ev.At.Add(d), in.Severity
	in.log(ev, Snoozed, "Snoozed until %s by %s%s", clock(in.SnoozedUntil), who(ev), said(ev))
	return nil
}

// snoozeEnded lets the climb go on where it was: what was left of a step's time
// is left still, and a step that had reached nobody is paged again.
func snoozeEnded(in *Incident, ev Event) error {
	if in.SnoozedUntil.IsZero() {
		return errNothing
	}
	if !in.Climb.Until.IsZero() {
		in.Climb.Until = ev.At.Add(max(0, in.Climb.Until.Sub(in.SnoozedAt)))
	} else if in.Status == Triggered || in.Climb.Pending {
		in.Climb.Pending, in.Climb.Pages, in.Climb.Left = true, nil, nil
	}
	in.SnoozedAt, in.SnoozedUntil = time.Time{}, time.Time{}
	in.log(ev, SnoozeEnded, "The snooze has ended")
	return nil
}

func severityChanged(in *Incident, ev Event) error {
	if err := in.mustBeOpen(); err != nil {
		return err
	}
	to := ev.Decision.Severity
	switch {
	case !to.Valid():
		return refuse("%q is no severity: give SEV1, SEV2, SEV3 or SEV4.", to)
	case to == in.Severity:
		return refuse("%s is %s already.", in.ID, to)
	}
	in.SeverityBy = who(ev)
	if to.Worse(in.Severity) {
		in.raise(to, ev)
		return nil
	}
	in.log(ev, SeverityChanged, "Severity lowered from %s to %s by %s%s", in.Severity, to, who(ev), said(ev))
	in.Severity = to
	return nil
}

func assigned(in *Incident, ev Event) error {
	if ev.Decision.Person == "" {
		return refuse("Assign to whom? Name a person.")
	}
	in.Assigned = ev.Decision.Person
	in.log(ev, WasAssigned, "Assigned to %s by %s%s", in.Assigned, who(ev), said(ev))
	return nil
}

func responderAdded(in *Incident, ev Event) error {
	switch person := ev.Decision.Person; {
	case person == "":
		return refuse("Add whom? Name a person.")
	case slices.Contains(in.Responders, person):
		return refuse("%s is a responder already.", person)
	default:
		in.Responders = append(slices.Clip(in.Responders), person)
		in.log(ev, ResponderAdded, "%s added as a responder by %s%s", person, who(ev), said(ev))
		if in.Open() {
			in.Calls = append(in.Calls, Call{Why: who(ev) + " asks for your help", Targets: []oncall.Target{{Person: person}}})
		}
		return nil
	}
}

func noted(in *Incident, ev Event) error {
	if ev.Decision.Comment == "" {
		return refuse("A note needs a text.")
	}
	in.log(ev, NoteAdded, "%s: %s", who(ev), oneLine(ev.Decision.Comment, 1000))
	return nil
}

func updatePosted(in *Incident, ev Event) error {
	if ev.Decision.Comment == "" {
		return refuse("An update needs a text.")
	}
	in.log(ev, UpdatePosted, "Update by %s: %s", who(ev), oneLine(ev.Decision.Comment, 1000))
	return nil
}

func resolvedByHand(in *Incident, ev Event) error {
	if err := in.mustBeOpen(); err != nil {
		return err
	}
	switch in.Rollback.State {
	case RollbackRunning:
		return refuse("A rollback to %s is running since %s: it resolves %s when it is proved. Stop it first.",
			in.Rollback.Release, clock(in.Rollback.At), in.ID)
	case RollbackVerifying:
		if in.provedByWord() {
			in.prove(ev, who(ev)+" says that it is well"+said(ev))
			return nil
		}
		in.unverified(ev)
	case RollbackRequested:
		in.withdraw(ev)
	default:
	}
	why := "by " + who(ev) + said(ev)
	if n := in.Firing() - in.Unending(); n > 0 {
		why += firingWhile(n)
	}
	in.resolve(ev, why)
	return nil
}

func firingWhile(n int) string {
	if n == 1 {
		return " (while an alert fires)"
	}
	return " (while alerts fire)"
}

func reopenedByHand(in *Incident, ev Event) error {
	if in.Open() {
		return refuse("%s is open.", in.ID)
	}
	in.reopen(ev, "by "+who(ev)+said(ev), "reopened by "+who(ev)+said(ev))
	return nil
}

func cancelled(in *Incident, ev Event) error {
	in.Cancelled = true
	switch {
	case in.Rollback.State == RollbackRequested:
		in.withdraw(ev)
	case in.Rollback.UnderWay():
		in.Rollback.State, in.Rollback.Due, in.Rollback.Ended = RollbackAborted, time.Time{}, ev.At
		in.Rollback.Reason = "left to itself when the workflow was cancelled: the state of the service is unknown"
		in.log(ev, RollbackStopped, "The rollback to %s was %s", in.Rollback.Release, in.Rollback.Reason)
	}
	if in.Open() {
		in.resolve(ev, "the workflow was cancelled by an operator")
	}
	in.QuietUntil = ev.At
	return nil
}

// closed says the last word. Only a new firing or a person reopens it now.
func closed(in *Incident, ev Event) error {
	if in.Open() || in.Closed {
		return errNothing
	}
	in.Closed = true
	in.log(ev, WasClosed, "Closed: open for %s, %s", span(ev.At.Sub(in.OpenedAt)), in.outcome())
	return nil
}

func (in *Incident) outcome() string {
	if in.Restored != "" {
		return "restored with " + in.Restored
	}
	return "resolved"
}
