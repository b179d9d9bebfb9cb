package incident

import (
	"fmt"
	"time"
)

// Before is the incident of the same workflow that ended last before this one opened.
// It is empty when there was none, or when it is no longer kept.
type Before struct {
	ID string `json:"incident"`
	// Run is that of its workflow; URL leads to its history, "" without a UI.
	Run string `json:"run_id,omitempty"`
	URL string `json:"url,omitempty"`
	// ResolvedAt is zero when it ended otherwise; EndedAt is when its run did.
	ResolvedAt time.Time `json:"resolved_at,omitzero"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
	// Restored is the release that it was rolled back to with success.
	Restored string    `json:"restored,omitempty"`
	Ticket   TicketRef `json:"ticket,omitzero"`
}

// BeforeOf is what a later incident says of this one.
func BeforeOf(in Incident) Before {
	b := Before{ID: in.ID, Run: in.Run, Restored: in.Restored, Ticket: in.Cursors.Ticket}
	if !in.Open() && !in.Cancelled {
		b.ResolvedAt = in.ResolvedAt
	}
	return b
}

// lookedBack takes what came before. Nothing is said when that was nothing.
func lookedBack(in *Incident, ev Event) error {
	if !in.LookBack {
		return errNothing
	}
	in.LookBack = false
	if ev.Before.ID == "" || ev.Before.ID == in.ID {
		return errUnseen
	}
	in.Before = ev.Before
	in.log(ev, LookedBack, "%s", in.lastTime())
	in.Timeline[len(in.Timeline)-1].URL = in.Before.link()
	return nil
}

// lastTime says how it ended the last time, "" when there was none.
func (in Incident) lastTime() string {
	b := in.Before
	if b.ID == "" {
		return ""
	}
	line := "Last time: " + b.ID
	switch {
	case !b.ResolvedAt.IsZero():
		line += " was resolved " + ago(in.OpenedAt.Sub(b.ResolvedAt)) + " before"
	case !b.EndedAt.IsZero():
		line += " ended " + ago(in.OpenedAt.Sub(b.EndedAt)) + " before"
	}
	if b.Restored != "" {
		line += ", rolled back to " + b.Restored
	}
	return line
}

// link leads to the ticket, or else to the history.
func (b Before) link() string {
	if b.Ticket.URL != "" {
		return b.Ticket.URL
	}
	return b.URL
}

// ago writes how long before something was, for people: days when it was long.
func ago(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 2*day {
		return span(max(0, d))
	}
	return fmt.Sprintf("%d days", int(d/day))
}
