package activities

import (
	"context"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/release"
)

// Chat posts messages where people read them. Every error is a *rest.Error.
type Chat interface {
	// Post sends a message to a channel or to one person, and says where it lies.
	Post(ctx context.Context, to string, m incident.Message) (incident.Receipt, error)
	// Edit puts the message in the place of the one that lies there.
	Edit(ctx context.Context, at incident.Receipt, m incident.Message) error
	// Find looks for a message with the marker, among the latest ones since m.Since.
	Find(ctx context.Context, to string, m incident.Message) (incident.Receipt, bool, error)
}

// Mailer sends a page to a mailbox. Every error is a *rest.Error.
type Mailer interface {
	Send(ctx context.Context, to string, m incident.Message) (incident.Receipt, error)
}

// Texter sends a page to a phone. Every error is a *rest.Error.
type Texter interface {
	Send(ctx context.Context, to string, m incident.Message) (incident.Receipt, error)
	// Find looks for the very page among the latest texts to the number.
	Find(ctx context.Context, to string, m incident.Message) (incident.Receipt, bool, error)
}

// Whisperer answers one person privately.
type Whisperer interface {
	Whisper(ctx context.Context, to incident.Reply, text string) error
}

// Groups lists the members of a group in the chat's own user IDs.
type Groups interface {
	Members(ctx context.Context, group string) ([]string, error)
}

// Surveyor reads what was deployed, and whether a rollback could be ordered.
// One round trip: where two jobs deploy, both are read at the same time.
type Surveyor interface {
	Survey(ctx context.Context, d incident.Deployments, r *incident.RollbackPlan) (release.Survey, error)
}

// Builder orders one build, once. Every error is a *rest.Error.
type Builder interface {
	// Find looks for the queue item or the build that carries the order's key.
	Find(ctx context.Context, o release.Order) (release.Run, bool, error)
	// Trigger orders the build. The same order that still waits is found, not doubled.
	Trigger(ctx context.Context, o release.Order) (release.Run, error)
}

// Watcher follows an order to its end, or stops it.
type Watcher interface {
	// Look says where the run stands now.
	Look(ctx context.Context, o release.Order, run release.Run) (release.Run, error)
	// Stop cancels a queue item or stops a build. One that has ended is left alone.
	Stop(ctx context.Context, o release.Order, run release.Run) error
}

// Tickets finds and opens the record of an incident. Every error is a *rest.Error.
type Tickets interface {
	// Find looks for the oldest issue with the view's label in its project.
	Find(ctx context.Context, view incident.TicketView) (incident.TicketRef, bool, error)
	Create(ctx context.Context, view incident.TicketView) (incident.TicketRef, error)
}

// Record keeps an existing ticket current.
type Record interface {
	// Update writes summary and description and upserts the link.
	Update(ctx context.Context, key string, view incident.TicketView) error
	// Comment adds the comment unless one with its marker is there already and
	// check is true.
	Comment(ctx context.Context, key string, c incident.Comment, check bool) error
	// Close brings the issue into the status that counts as done; nothing when it is there.
	Close(ctx context.Context, key string, plan incident.TicketPlan) error
}

// People is the live roster: schedules, people and overrides.
type People interface {
	Roster(ctx context.Context) (oncall.Roster, error)
}

// Tally counts pages: what became of each attempt to deliver one, and how late
// those that arrived were.
type Tally interface {
	Paged(via oncall.Method, result string)
	Late(via oncall.Method, by time.Duration)
}
