package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// maintainable is the service, while a maintenance of it would keep the page back;
// empty once somebody was paged.
func (r *run) maintainable() string {
	if !r.in.Withheld.Fresh {
		return ""
	}
	return r.in.Service.ID
}

// waitForMaintenance waits until the maintenance ends, or until it is time to look
// whether it was ended early. The step is looked up anew then.
func (r *run) waitForMaintenance(ctx workflow.Context, m oncall.Maintenance, moved func() bool) {
	r.note(incident.Event{Kind: incident.PagesWithheld, Maintenance: m})
	look := after(ctx, maintenanceLook)
	if _, ends, err := m.Span(); err == nil && ends.Before(look) {
		look = ends
	}
	await(ctx, look, "look whether the maintenance is over", moved)
}
