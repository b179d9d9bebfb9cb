package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// maintainable is the service, and those that are affected, while a maintenance of them
// would keep the page back; empty once somebody was paged.
func (r *run) maintainable() (service string, affected []string) {
	if !r.in.Withheld.Fresh {
		return "", nil
	}
	return r.in.Service.ID, r.affected()
}

// affected are the services that fire, where several share the incident. In a crowd it is
// not known of each alert whose it is: then only a maintenance of the owner counts.
func (r *run) affected() []string {
	if r.in.Crowded() {
		return nil
	}
	affected, _ := r.in.Affected()
	return affected
}

// waitForMaintenance waits until the maintenance ends, another service is affected, or it
// is time to look whether the maintenance was ended early. The step is looked up anew then.
func (r *run) waitForMaintenance(ctx workflow.Context, m oncall.Maintenance, known []string, moved func() bool) {
	r.note(incident.Event{Kind: incident.PagesWithheld, Maintenance: m})
	look := after(ctx, maintenanceLook)
	if _, ends, err := m.Span(); err == nil && ends.Before(look) {
		look = ends
	}
	others := func() bool { return moved() || !slices.Equal(r.affected(), known) }
	await(ctx, look, "look whether the maintenance is over", others)
}
