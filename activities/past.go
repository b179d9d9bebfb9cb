package activities

import (
	"context"

	"github.com/seed-44180607/lastgood/incident"
)

// Past knows the incidents that have ended, for as long as Temporal keeps them.
type Past interface {
	// Before finds the one of a workflow ID that ended last; empty when there is none.
	Before(ctx context.Context, workflow string) (incident.Before, error)
}

// Historian looks back.
type Historian struct {
	Past Past
}

// LookBack says what the workflow ID stood for the last time. It fails only while
// Temporal's list cannot be read, which is worth another attempt.
func (h *Historian) LookBack(ctx context.Context, workflow string) (incident.Before, error) {
	return h.Past.Before(ctx, workflow)
}
