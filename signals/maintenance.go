package signals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
)

// MostMaintenance is how many windows the roster takes at the most, in force and to come.
const MostMaintenance = 200

// ErrMaintenanceFull means that the roster has MostMaintenance already.
var ErrMaintenanceFull = fmt.Errorf("there are %d windows of maintenance already, more than the roster takes: "+
	"end some that are still to come, or write the lasting ones into lastgood.yaml", MostMaintenance)

// ErrNoMaintenance means that no maintenance that was entered at run time has the ID.
var ErrNoMaintenance = errors.New("there is no such maintenance")

// Maintain makes a maintenance durable. ErrMaintenanceFull when there are too many; any other error means that nothing
// was stored.
func (c Client) Maintain(ctx context.Context, m oncall.Maintenance) error {
	kept, err := c.Roster(ctx)
	if err != nil {
		return err
	}
	if len(oncall.MaintenanceEndingAfter(time.Now(), kept.Maintenance)) >= MostMaintenance {
		return ErrMaintenanceFull
	}
	return c.toRoster(ctx, Maintenance, m)
}

// EndMaintenance ends a maintenance now, or takes back one that has not begun. ErrNoMaintenance when the roster does
// not have it and none of that ID waits.
func (c Client) EndMaintenance(ctx context.Context, r Removal) error {
	kept, err := c.Roster(ctx)
	if err != nil {
		return err
	}
	if !kept.HasMaintenance(r.ID) {
		waiting, err := c.Waiting(ctx)
		if err != nil {
			return err
		}
		if !waiting.HasMaintenance(r.ID) {
			return fmt.Errorf("end %s: %w", r.ID, ErrNoMaintenance)
		}
	}
	return c.toRoster(ctx, EndMaintenance, r)
}

// HasMaintenance says whether a maintenance has the ID.
func (k Kept) HasMaintenance(id string) bool {
	return id != "" && slices.ContainsFunc(k.Maintenance, func(m oncall.Maintenance) bool { return m.ID == id })
}
