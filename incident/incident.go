// Package incident is the heart of lastgood: what an incident is, what may
// happen to it, and what it looks like from outside. It is pure: Apply takes a
// state and an event and gives the next state. It talks to nobody, reads no
// clock, and knows neither Temporal nor any vendor.
package incident

import (
	"slices"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/release"
)

// Status is where an incident stands.
type Status string

// The statuses.
const (
	Triggered    Status = "triggered"
	Acknowledged Status = "acknowledged"
	Resolved     Status = "resolved"
)

// Incident is the whole state of one incident. It changes in Apply only.
type Incident struct {
	// ID is minted once and never comes back: INC-<yymmdd>-<6 characters>.
	ID       string   `json:"incident"`
	Workflow string   `json:"workflow_id"`
	Run      string   `json:"run_id"`
	Service  Service  `json:"service"`
	Policies Policies `json:"policies"`
	Severity Severity `json:"severity"`
	// SeverityBy is who set the severity by hand; the alerts' own no longer counts.
	SeverityBy string `json:"severity_by,omitempty"`
	// ClimbedFor is the worst severity that is answered, or being paged for: alerts that
	// bring it back page nobody anew.
	ClimbedFor     Severity  `json:"climbed_for,omitempty"`
	Status         Status    `json:"status"`
	Summary        string    `json:"summary"`
	OpenedAt       time.Time `json:"opened_at"`
	AcknowledgedAt time.Time `json:"acknowledged_at,omitzero"`
	AcknowledgedBy string    `json:"acknowledged_by,omitempty"`
	ResolvedAt     time.Time `json:"resolved_at,omitzero"`
	ResolvedBy     string    `json:"resolved_by,omitempty"`
	Assigned       string    `json:"assigned,omitempty"`
	// Responders are those who were added by hand.
	Responders []string `json:"responders,omitempty"`
	// Calls are pages beside the policy, Notices sentences for the channel. Both
	// only grow; Cursors count how many have gone out.
	Calls   []Call   `json:"calls,omitempty"`
	Notices []Notice `json:"notices,omitempty"`
	// Alerts are all that are known: as JSON those beyond the first 500 are the crowd.
	Alerts []Alert `json:"alerts"`
	// Countless is true when more alerts fire than can be told apart: a person ends it.
	Countless bool `json:"countless,omitempty"`
	index     map[string]int
	// Untold is what a long timeline does not say of them yet.
	Untold Untold `json:"untold,omitzero"`
	// LeftOut counts the alerts that the latest message about a group left out. They may
	// fire: a message that leaves nothing out ends the incident, or a person.
	LeftOut int `json:"left_out,omitempty"`
	// Source is the kind of monitor; MonitorURL leads to it.
	Source string `json:"source,omitempty"`
	// DeclaredBy is the person who declared it; empty when a monitor did.
	DeclaredBy string `json:"declared_by,omitempty"`
	MonitorURL string `json:"monitor_url,omitempty"`
	// LookBack is true until it is known which incident of the same workflow came
	// before this one: Before, which stays empty when there was none.
	LookBack bool   `json:"look_back,omitempty"`
	Before   Before `json:"before,omitzero"`
	Facts    Facts  `json:"facts"`
	Climb    Climb  `json:"climb"`
	// Withheld is what keeps the first page back.
	Withheld Withheld `json:"withheld,omitzero"`
	// Firings are when the latest alerts fired, as many as the threshold wants at the most.
	Firings []time.Time `json:"firings,omitempty"`
	// Rollback is the latest one; its State is empty when there was none.
	Rollback Rollback `json:"rollback"`
	// Tried are the releases that were gone back to in vain.
	Tried []string `json:"tried,omitempty"`
	// Restored is the release that a proved rollback put in service.
	Restored string `json:"restored,omitempty"`
	// AckDue is when an acknowledged incident pages again; zero while suspended.
	AckDue time.Time `json:"ack_due,omitzero"`
	// SnoozedAt and SnoozedUntil are set while the climb waits by request.
	SnoozedAt    time.Time `json:"snoozed_at,omitzero"`
	SnoozedUntil time.Time `json:"snoozed_until,omitzero"`
	// QuietUntil is when a resolved incident closes unless it reopens.
	QuietUntil time.Time `json:"quiet_until,omitzero"`
	// Cancelled is true when an operator cancelled the run.
	Cancelled bool `json:"cancelled,omitempty"`
	// Closed is true when the last words are being said.
	Closed   bool    `json:"closed,omitempty"`
	Timeline []Entry `json:"timeline"`
	// Seen are the IDs of the latest decisions.
	Seen []string `json:"seen,omitempty"`
	// Revision grows with everything that is shown.
	Revision int     `json:"revision"`
	Cursors  Cursors `json:"cursors"`
}

// Facts is what enrichment found out.
type Facts struct {
	// Asked is true when enrichment has answered, well or not.
	Asked  bool           `json:"asked,omitempty"`
	Choice release.Choice `json:"choice"`
	// Obstacle says why no rollback can be offered; empty when one can.
	Obstacle string `json:"obstacle,omitempty"`
}

// Climb is where the escalation policy stands.
type Climb struct {
	At oncall.Position `json:"at"`
	// Lap counts the climbs: a new one begins after a timeout, a failure, a reopening.
	Lap int `json:"lap,omitempty"`
	// Wanted is true while somebody is to be reached although the incident is
	// acknowledged: it was escalated, or its severity raised.
	Wanted bool `json:"wanted,omitempty"`
	// Met is true when a page of the step has reached who was wanted.
	Met bool `json:"met,omitempty"`
	// From is the step that was asked for although the incident is acknowledged:
	// a round that reaches nobody is climbed again from there. 0 is the round's own.
	From int `json:"from,omitempty"`
	// Pending is true when the step at At is to be paged, from PageAt on.
	Pending bool      `json:"pending,omitempty"`
	PageAt  time.Time `json:"page_at,omitzero"`
	// Until is when the paged step has waited long enough: it is known once a
	// page of the step was delivered.
	Until time.Time `json:"until,omitzero"`
	// Reached is true when any page of this round was delivered; ReachedBefore when
	// one of an earlier step was.
	Reached       bool `json:"reached,omitempty"`
	ReachedBefore bool `json:"reached_before,omitempty"`
	// Unreached is true from a round without a delivered page up to the next one
	// that is: what is found missing meanwhile has been said.
	Unreached bool `json:"unreached,omitempty"`
	// Pages are those of the step at At; while Left is set, of the step that was left.
	Pages []Page `json:"pages,omitempty"`
	// Left is the step that the climb has moved on from without having reached
	// anybody, until another one is opened.
	Left *Left `json:"left,omitempty"`
	// Following says who is paged next when nobody answers, and when.
	Following *Following `json:"following,omitempty"`
}

// Left is a step that reached nobody, and to which the climb comes back when one of
// its pages arrives all the same.
type Left struct {
	At        oncall.Position `json:"at"`
	Following *Following      `json:"following,omitempty"`
}

// Page is one page of a step and how it went.
type Page struct {
	oncall.Page
	// Marker is written on the message, so that it can be found again.
	Marker    string    `json:"marker"`
	Started   time.Time `json:"started,omitzero"`
	Delivered time.Time `json:"delivered,omitzero"`
	Failed    string    `json:"failed,omitempty"`
	// Lost is true when it was accepted, and then reported not to have arrived.
	Lost bool `json:"lost,omitempty"`
}

// Following is who is paged next.
type Following struct {
	At oncall.Position `json:"at"`
	// Names are the people or channels, as far as they are known now.
	Names []string `json:"names,omitempty"`
	// Channels are the IDs of the channels among them.
	Channels []string `json:"channels,omitempty"`
	// After is how long after the step ran out they are paged.
	After time.Duration `json:"after,omitempty"`
}

// Sent is a message that shows buttons and is kept current.
type Sent struct {
	Receipt Receipt `json:"receipt"`
	To      string  `json:"to"`
	// Shown is the face of the card that it shows now.
	Shown string `json:"shown"`
	// Why is what the page says of who asks, and for what; "" for one of the policy.
	Why string `json:"why,omitempty"`
}

// Receipt is where a message lies.
type Receipt struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	// Said is what the vendor said when it took a mail or a text: "accepted as SM1".
	Said string `json:"said,omitempty"`
	// With counts the other incidents that the message names as well: it is not
	// this incident's to edit then.
	With int `json:"with,omitempty"`
}

// Cursors say what the outside was last told. They are not shown, so they do
// not change the revision.
type Cursors struct {
	Card         Receipt `json:"card,omitzero"`
	CardRevision int     `json:"card_revision,omitempty"`
	// Thread counts the timeline entries that stand in the thread.
	Thread int `json:"thread,omitempty"`
	// Pages are the delivered pages, kept current.
	Pages []Sent `json:"pages,omitempty"`
	// Calls and Notices count those that have gone out.
	Calls   int `json:"calls,omitempty"`
	Notices int `json:"notices,omitempty"`
	// TicketTried is when a create may last have reached Jira.
	TicketTried    time.Time `json:"ticket_tried,omitzero"`
	Ticket         TicketRef `json:"ticket,omitzero"`
	TicketRevision int       `json:"ticket_revision,omitempty"`
	// TicketEntry counts the timeline entries that stand as comments.
	TicketEntry  int  `json:"ticket_entry,omitempty"`
	TicketClosed bool `json:"ticket_closed,omitempty"`
	// Late names the vendors whose projection is behind and has said so; Off
	// those that are not configured.
	Late []string `json:"late,omitempty"`
	Off  []string `json:"off,omitempty"`
	// Tried is what was last begun to be told; the rest of Cursors is what arrived.
	Tried Tried `json:"tried,omitzero"`
	// Launched and AbortSent are the attempts that the rollback workflow knows of.
	Launched  int `json:"launched,omitempty"`
	AbortSent int `json:"abort_sent,omitempty"`
}

// Tried is how far the outside was told when the answer may have been lost. What
// may have arrived is told again just as it was, so that it is found there.
type Tried struct {
	Card bool `json:"card,omitempty"`
	// Thread and Entry are where a batch of timeline entries ends, for the thread
	// and for the ticket; Notice counts notices.
	Thread int `json:"thread,omitempty"`
	Notice int `json:"notice,omitempty"`
	Entry  int `json:"entry,omitempty"`
}

// TicketRef names the Jira issue.
type TicketRef struct {
	Key string `json:"key"`
	URL string `json:"url,omitempty"`
}

// Open says whether people still respond to the incident.
func (in Incident) Open() bool { return in.Status != Resolved }

// Firing counts the alerts that fire. Those that cannot be told apart count as one.
func (in Incident) Firing() int {
	n := 0
	for _, a := range in.Alerts {
		if a.Firing {
			n++
		}
	}
	if in.Countless {
		n++
	}
	return n
}

// Unending counts the alerts that fire and that no monitor will say resolved of: a
// person has to resolve the incident.
func (in Incident) Unending() int {
	n := 0
	for _, a := range in.Alerts {
		if a.Firing && a.NeverResolves {
			n++
		}
	}
	return n
}

// endless says why nobody but a person can tell that the incident is over.
func (in Incident) endless() string {
	if in.DeclaredBy != "" {
		return "no monitor says when it is over"
	}
	return "its monitor never says resolved"
}

// Policy is the escalation policy of the incident's severity.
func (in Incident) Policy() oncall.Policy { return in.Policies.For(in.Severity) }

// Blind says whether the incident is about missing data and nothing else: no release
// is to blame for that. Once an alert with data has fired, it is not blind any more.
func (in Incident) Blind() bool {
	return len(in.Alerts) > 0 && !slices.ContainsFunc(in.Alerts, func(a Alert) bool { return !a.Blind })
}

// Offer is the deployment that the roll-back button names, nil when none is offered.
func (in Incident) Offer() *release.Deployment {
	if in.Blind() {
		return nil
	}
	return in.candidate()
}

// candidate is the deployment to go back to, nil when there is none.
func (in Incident) candidate() *release.Deployment {
	if in.Service.Rollback == nil || in.Facts.Obstacle != "" || !in.Open() || in.Rollback.UnderWay() {
		return nil
	}
	for i, d := range in.Facts.Choice.Candidates {
		if !slices.Contains(in.Tried, d.Release) {
			return &in.Facts.Choice.Candidates[i]
		}
	}
	return nil
}

// Paging says whether the story has pages to send or to wait for.
func (in Incident) Paging() bool {
	return in.Open() && in.SnoozedUntil.IsZero() && !in.Withheld.holds() && (in.Climb.Pending || in.Climb.Wanted || in.Status == Triggered)
}
