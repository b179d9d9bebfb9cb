package incident

import (
	"slices"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/release"
)

// Kind is what happened, in the past tense.
type Kind string

// What can happen to an incident.
const (
	Opened        Kind = "Opened"
	Delivered     Kind = "Delivered" // Stands on the timeline as what it brought.
	WasDeclared   Kind = "Declared"
	AlertFired    Kind = "AlertFired"
	AlertResolved Kind = "AlertResolved"
	LeftOut       Kind = "LeftOut"   // Of the timeline alone.
	Curtailed     Kind = "Curtailed" // The same.
	Enriched      Kind = "Enriched"
	FactsDoubted  Kind = "FactsDoubted"
	LookedBack    Kind = "LookedBack"

	PagesWithheld Kind = "PagesWithheld"
	PagesDue      Kind = "PagesDue"
	NobodyPaged   Kind = "NobodyPaged"

	StepOpened    Kind = "StepOpened"
	StepPassed    Kind = "StepPassed"
	PageStarted   Kind = "PageStarted"
	Paged         Kind = "Paged"
	PageDelayed   Kind = "PageDelayed"
	PageFailed    Kind = "PageFailed"
	PageReported  Kind = "PageReported"
	StepRanOut    Kind = "StepRanOut"
	NobodyReached Kind = "NobodyReached"
	Exhausted     Kind = "Exhausted"
	CalledOut     Kind = "CalledOut"

	WasAcknowledged Kind = "Acknowledged"
	AckTimedOut     Kind = "AckTimedOut"
	Escalated       Kind = "Escalated"
	Snoozed         Kind = "Snoozed"
	SnoozeEnded     Kind = "SnoozeEnded"
	SeverityChanged Kind = "SeverityChanged"
	WasAssigned     Kind = "Assigned"
	ResponderAdded  Kind = "ResponderAdded"
	NoteAdded       Kind = "NoteAdded"
	UpdatePosted    Kind = "UpdatePosted"
	WasResolved     Kind = "Resolved"
	Reopened        Kind = "Reopened"
	WasCancelled    Kind = "Cancelled"
	WasClosed       Kind = "Closed"

	RollbackAsked    Kind = "RollbackRequested"
	RollbackApproved Kind = "RollbackApproved"
	RollbackRejected Kind = "RollbackRejected"
	RollbackLapsed   Kind = "RollbackLapsed"
	AbortAsked       Kind = "AbortRequested"
	RollbackJoined   Kind = "RollbackJoined"
	RollbackQueued   Kind = "RollbackQueued"
	BuildLost        Kind = "BuildLost"
	BuildStarted     Kind = "BuildStarted"
	RolledBack       Kind = "RolledBack"
	RollbackBroke    Kind = "RollbackFailed"
	RollbackStopped  Kind = "RollbackAborted"
	WasRestored      Kind = "Restored"
	NotProved        Kind = "NotProved"

	// What follows moves cursors only. It is not shown and not on the timeline.

	CardShown     Kind = "CardShown"
	ThreadShown   Kind = "ThreadShown"
	PageShown     Kind = "PageShown"
	NoticeSent    Kind = "NoticeSent"
	TicketTried   Kind = "TicketTried"
	Attempted     Kind = "Attempted"
	TicketOpened  Kind = "TicketOpened"
	TicketWritten Kind = "TicketWritten"
	TicketClosed  Kind = "TicketClosed"
	FellBehind    Kind = "FellBehind"
	CaughtUp      Kind = "CaughtUp"
	SwitchedOff   Kind = "SwitchedOff"
	Launched      Kind = "RollbackLaunched"
	AbortSent     Kind = "AbortSent"
)

// Event is one thing that happened, or that somebody decided. Kind says which of
// the other fields mean something.
type Event struct {
	Kind Kind
	At   time.Time
	// Decision is set when a person decided it.
	Decision Decision

	Delivery  Delivery
	Alert     Alert
	Facts     Facts
	Before    Before
	Plan      oncall.Plan
	Following *Following
	// Maintenance is the window in which a step was looked up.
	Maintenance oncall.Maintenance
	// Index is that of the page, or how far a cursor moves.
	Index    int
	Revision int
	Page     oncall.Page
	Marker   string
	// For is how long a page has been tried in vain.
	For     time.Duration
	Report  PageReport
	Receipt Receipt
	// Shown is the face that a page shows.
	Shown    string
	Progress Progress
	Ticket   TicketRef
	// Tried says what is about to be told.
	Tried Tried
	// Vendor names who fell behind or caught up.
	Vendor string
	Reason string
}

// Entry is one line of the timeline.
type Entry struct {
	// N counts from 1, with entries that are no longer kept.
	N    int       `json:"n"`
	At   time.Time `json:"at"`
	Kind Kind      `json:"kind"`
	By   string    `json:"by,omitempty"`
	Text string    `json:"text"`
	URL  string    `json:"url,omitempty"`
}

// Refusal is why a decision was not carried out. It is told to who decided.
type Refusal struct{ Why string }

func (r *Refusal) Error() string { return r.Why }

// Call is a page beside the escalation policy: to approvers, or to a responder
// who was added.
type Call struct {
	Why     string          `json:"why"`
	Targets []oncall.Target `json:"targets"`
	// Except is who is not called: the requester does not approve.
	Except string `json:"except,omitempty"`
	// Attempt is that of the rollback which waits for approval; 0: help is asked for.
	Attempt int `json:"attempt,omitempty"`
}

// Settled says whether a call has nothing left to ask: the incident is resolved, the
// rollback is decided, or somebody who was asked for help, or anybody by an
// acknowledgement, has answered since the call went out.
func (in Incident) Settled(c Call, asked Incident) bool {
	switch {
	case !in.Open():
		return true
	case c.Attempt > 0:
		return in.Rollback.State != RollbackRequested || in.Rollback.Attempt != c.Attempt
	case in.Status == Acknowledged && !in.AcknowledgedAt.Equal(asked.AcknowledgedAt):
		return true
	default:
		since := in.Since(asked.Written())
		return slices.ContainsFunc(since, func(e Entry) bool { return e.By != "" && slices.Contains(c.Targets, oncall.Target{Person: e.By}) })
	}
}

// Notice is a sentence for everyone in the service's channel.
type Notice struct {
	Text string `json:"text"`
	Loud bool   `json:"loud,omitempty"`
}

// releaseOf names the release of a deployment in a sentence.
func releaseOf(d *release.Deployment) string {
	if d == nil || d.Release == "" {
		return "an unknown release"
	}
	return d.Release
}
