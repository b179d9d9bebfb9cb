package incident

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
)

// ErrDuplicate means that a decision with this ID has been taken already.
var ErrDuplicate = errors.New("this decision was taken already")

// errNothing means that an event changed nothing that anybody would notice.
var errNothing = errors.New("nothing changed")

// errUnseen means that an event changed nothing that is shown, but for what it wrote on
// the timeline.
var errUnseen = errors.New("nothing that is shown changed")

// rememberDecisions is how many decision IDs are kept to spot a duplicate.
const rememberDecisions = 256

// A rule changes the state as one event asks. It returns a *Refusal when the
// event makes no sense in this state; the state is then thrown away.
type rule func(in *Incident, ev Event) error

// rules is the state machine: one rule for each kind of event.
var rules map[Kind]rule

// Filled here since a rule may itself apply another event.
func init() {
	rules = map[Kind]rule{
		Opened: opened, Delivered: delivered, AlertFired: alertFired, AlertResolved: alertResolved, Enriched: enriched,
		FactsDoubted: factsDoubted, LookedBack: lookedBack,

		PagesWithheld: pagesWithheld, PagesDue: pagesDue,

		StepOpened: stepOpened, StepPassed: stepPassed, PageStarted: pageStarted, Paged: paged,
		PageDelayed: pageDelayed, PageFailed: pageFailed, PageReported: pageReported, StepRanOut: stepRanOut, CalledOut: calledOut,

		WasAcknowledged: acknowledged, AckTimedOut: ackTimedOut, Escalated: escalated, Snoozed: snoozed,
		SnoozeEnded: snoozeEnded, SeverityChanged: severityChanged, WasAssigned: assigned,
		ResponderAdded: responderAdded, NoteAdded: noted, UpdatePosted: updatePosted,
		WasResolved: resolvedByHand, Reopened: reopenedByHand, WasCancelled: cancelled,
		WasClosed: closed,

		RollbackAsked: rollbackAsked, RollbackApproved: rollbackApproved, RollbackRejected: rollbackRejected,
		RollbackLapsed: rollbackLapsed, AbortAsked: abortAsked, RollbackJoined: rollbackJoined,
		RollbackQueued: rollbackQueued, BuildLost: buildLost, BuildStarted: buildStarted, RolledBack: rolledBack,
		RollbackBroke: rollbackBroke, RollbackStopped: rollbackStopped, NotProved: notProved,

		CardShown: cardShown, ThreadShown: threadShown, PageShown: pageShown, NoticeSent: noticeSent,
		Attempted: attempted, TicketTried: ticketTried, TicketOpened: ticketOpened, TicketWritten: ticketWritten,
		TicketClosed: ticketClosed, FellBehind: fellBehind, CaughtUp: caughtUp,
		SwitchedOff: switchedOff, Launched: launched, AbortSent: abortSent,
	}
}

// unseen are the events that change nothing that is shown.
var unseen = []Kind{CardShown, ThreadShown, PageShown, NoticeSent, Attempted, TicketTried, TicketWritten, TicketClosed, PageStarted, CalledOut, FactsDoubted, Launched, AbortSent}

// touching are the events whose rules change alerts in place. There may be many: they
// are copied for these only, and where else one is changed.
var touching = []Kind{Delivered, AlertFired, AlertResolved}

// Apply gives the state after the event. It returns the state unchanged with
// ErrDuplicate when the decision was taken before, and with a *Refusal when the
// event makes no sense now. The state given is never changed.
func Apply(in Incident, ev Event) (Incident, error) {
	apply, known := rules[ev.Kind]
	if !known {
		return in, fmt.Errorf("apply %q: no such event", ev.Kind)
	}
	id := ev.Decision.ID
	if id != "" && slices.Contains(in.Seen, id) {
		return in, ErrDuplicate
	}
	if meant := ev.Decision.Incident; meant != "" && meant != in.ID {
		return in, refuse("%s is closed. The incident of %s that is open now is %s: use its own buttons.",
			meant, in.Service.ID, in.ID)
	}
	ev.Decision.Comment = strings.TrimSpace(ev.Decision.Comment)
	next := in.clone()
	if slices.Contains(touching, ev.Kind) {
		next.Alerts = slices.Clone(in.Alerts)
	}
	err := apply(&next, ev)
	switch {
	case errors.Is(err, errNothing):
		return in, nil
	case err != nil && !errors.Is(err, errUnseen):
		return in, err
	}
	if id != "" {
		next.Seen = append(next.Seen, id)
		next.Seen = next.Seen[max(0, len(next.Seen)-rememberDecisions):]
	}
	next.renewAck(ev)
	if shown := err == nil || next.Written() > in.Written(); shown && !slices.Contains(unseen, ev.Kind) {
		next.Revision++
	}
	next.curtail()
	return next, nil
}

// clone copies what rules change in place.
func (in Incident) clone() Incident {
	in.Alerts = slices.Clip(in.Alerts)
	in.Timeline = slices.Clip(in.Timeline)
	in.Tried = slices.Clip(in.Tried)
	in.Calls = slices.Clip(in.Calls)
	in.Notices = slices.Clip(in.Notices)
	in.Seen = slices.Clip(in.Seen)
	in.Climb.Pages = slices.Clone(in.Climb.Pages)
	in.Cursors.Pages = slices.Clone(in.Cursors.Pages)
	in.Cursors.Late = slices.Clone(in.Cursors.Late)
	in.Cursors.Off = slices.Clip(in.Cursors.Off)
	return in
}

// renewAck keeps the moment at which an acknowledgement runs out. It starts
// again at every decision and stands still while a rollback is under way or the
// incident is snoozed.
func (in *Incident) renewAck(ev Event) {
	timeout := in.Policy().AckTimeout
	if in.Status != Acknowledged || timeout <= 0 || in.Rollback.UnderWay() || !in.SnoozedUntil.IsZero() {
		in.AckDue = time.Time{}
		return
	}
	if in.AckDue.IsZero() || ev.Decision.By != "" {
		in.AckDue = ev.At.Add(timeout)
	}
}

// maxText bounds the text of an entry, in characters.
const maxText = 1500

func (in *Incident) log(ev Event, kind Kind, format string, args ...any) {
	entry := Entry{
		N: in.Written() + 1, At: ev.At, Kind: kind, By: ev.Decision.By,
		Text: oneLine(fmt.Sprintf(format, args...), maxText),
	}
	if ev.Progress.URL != "" {
		entry.URL = ev.Progress.URL
	}
	in.Timeline = append(in.Timeline, entry)
}

func (in *Incident) announce(loud bool, format string, args ...any) {
	in.Notices = append(in.Notices, Notice{Text: fmt.Sprintf(format, args...), Loud: loud})
}

func refuse(format string, args ...any) error { return &Refusal{Why: fmt.Sprintf(format, args...)} }

// mustBeOpen refuses what makes no sense once the incident is resolved.
func (in *Incident) mustBeOpen() error {
	if in.Open() {
		return nil
	}
	return refuse("%s is resolved since %s. Reopen it first.", in.ID, clock(in.ResolvedAt))
}

// clock writes a moment for a sentence that has no other way to show a time zone.
func clock(t time.Time) string { return t.UTC().Format("15:04 UTC") }

// said is the comment of a decision, ready to stand at the end of a sentence.
func said(ev Event) string {
	if ev.Decision.Comment == "" {
		return ""
	}
	return ": " + oneLine(ev.Decision.Comment, 500)
}

// who is the person who decided.
func who(ev Event) string {
	if ev.Decision.By == "" {
		return "somebody"
	}
	return ev.Decision.By
}

// restart puts the climb at a step, to be paged at once, as a new lap: its pages
// are not those of an earlier visit to the same step.
func (in *Incident) restart(at oncall.Position, ev Event) {
	in.Climb = Climb{At: at, Lap: in.Climb.Lap + 1, Wanted: in.Status == Acknowledged, Pending: true, PageAt: ev.At}
	in.ClimbedFor = in.Severity
}

// trigger makes the incident page again.
func (in *Incident) trigger(at oncall.Position, ev Event) {
	in.Status = Triggered
	in.AcknowledgedBy, in.AcknowledgedAt = "", time.Time{}
	in.ResolvedBy, in.ResolvedAt, in.QuietUntil = "", time.Time{}, time.Time{}
	in.SnoozedAt, in.SnoozedUntil = time.Time{}, time.Time{}
	in.restart(at, ev)
}

// here is the step that the climb stands at, the first when it has not begun.
func (in *Incident) here() oncall.Position {
	if in.Climb.At == (oncall.Position{}) {
		return firstStep
	}
	return in.Climb.At
}

var firstStep = oncall.Position{Step: 1, Round: 1}
