package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/incident"
)

// IndexLag is how long a new issue may be missing from Jira's search. After a
// create whose answer was lost, the search is believed only after this time.
const IndexLag = 45 * time.Second

// Recorder keeps the record of an incident in Jira.
type Recorder struct {
	Tickets Tickets
	Record  Record
	// IndexLag is the pause after a create whose answer was lost; 0 means IndexLag.
	IndexLag time.Duration
}

// TicketOrder is the ticket as it is to be.
type TicketOrder struct {
	View incident.TicketView `json:"view"`
	// Tried is when a create may last have reached Jira; zero when none may have.
	Tried time.Time `json:"tried,omitzero"`
}

// OpenTicket finds the incident's issue by its label, or creates it. Jira has no
// idempotency key: after a create whose end is not known, the search is believed
// only once its index must have caught up. The heartbeat carries the moment of
// the last create to the next attempt, also when this worker dies.
func (r *Recorder) OpenTicket(ctx context.Context, o TicketOrder) (incident.TicketRef, error) {
	if r.Tickets == nil {
		return incident.TicketRef{}, off("Jira")
	}
	if tried := lastTry(ctx, o.Tried); !tried.IsZero() {
		ref, found, err := r.Tickets.Find(ctx, o.View)
		if err != nil || found {
			return ref, fail(err)
		}
		if left := r.lag() - time.Since(tried); left > 0 {
			return ref, temporal.NewApplicationErrorWithOptions("jira: open a ticket: an earlier attempt may have, and its search does not show it yet",
				Unavailable, temporal.ApplicationErrorOptions{NextRetryDelay: left, Category: temporal.ApplicationErrorCategoryBenign})
		}
	}
	activity.RecordHeartbeat(ctx, time.Now().UTC())
	ref, err := r.Tickets.Create(ctx, o.View)
	if err != nil && !maybeDone(err) {
		activity.RecordHeartbeat(ctx, o.Tried)
	}
	return ref, fail(err)
}

// lastTry is when a create may last have reached Jira, by this activity or by one before it.
func lastTry(ctx context.Context, tried time.Time) time.Time {
	var beaten time.Time
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &beaten) == nil && beaten.After(tried) {
		return beaten
	}
	return tried
}

func (r *Recorder) lag() time.Duration {
	if r.IndexLag > 0 {
		return r.IndexLag
	}
	return IndexLag
}

// WriteOrder brings an issue up to date.
type WriteOrder struct {
	Ticket  incident.TicketRef  `json:"ticket"`
	View    incident.TicketView `json:"view"`
	Comment *incident.Comment   `json:"comment,omitempty"`
	// Again is true when this very comment may have been written before.
	Again bool `json:"again,omitempty"`
}

// WriteTicket writes the description as it stands and adds the batch of entries once.
func (r *Recorder) WriteTicket(ctx context.Context, o WriteOrder) error {
	if r.Record == nil {
		return off("Jira")
	}
	if err := r.Record.Update(ctx, o.Ticket.Key, o.View); err != nil {
		return fail(err)
	}
	if o.Comment == nil {
		return nil
	}
	again := o.Again || activity.GetInfo(ctx).Attempt > 1
	return fail(r.Record.Comment(ctx, o.Ticket.Key, *o.Comment, again))
}

// CloseTicket brings the issue into the status that counts as done.
func (r *Recorder) CloseTicket(ctx context.Context, o WriteOrder) error {
	if r.Record == nil {
		return off("Jira")
	}
	return fail(r.Record.Close(ctx, o.Ticket.Key, o.View.Plan))
}
