package signals_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// freeze is a maintenance of checkout that lies far ahead.
func freeze(id string) oncall.Maintenance {
	return oncall.Maintenance{ID: id, Service: "checkout", From: "2099-12-24T09:00:00Z", To: "2099-12-27T09:00:00Z", Reason: "freeze", By: "sre-1"}
}

func TestAMaintenanceIsStoredInTheRosterAndReadOutOfItsMemo(t *testing.T) {
	temporal := &described{}
	require.NoError(t, signals.Client{Temporal: temporal}.Maintain(t.Context(), freeze("m1")))
	require.True(t, temporal.started)
	require.Equal(t, "roster", temporal.id)
	require.Equal(t, "maintenance", temporal.signal)
	require.Equal(t, freeze("m1"), temporal.payload)

	kept := signals.Kept{Maintenance: []oncall.Maintenance{freeze("m1")}}
	got, err := signals.Client{Temporal: &described{kept: &kept}}.Roster(t.Context())
	require.NoError(t, err)
	require.Equal(t, kept, got)
	file := oncall.Roster{Maintenance: []oncall.Maintenance{freeze("")}}
	require.Equal(t, []oncall.Maintenance{freeze(""), freeze("m1")}, got.Over(file).Maintenance)
	require.Len(t, file.Maintenance, 1)
}

func TestOnlyAMaintenanceThatIsThereCanBeEnded(t *testing.T) {
	temporal := &described{kept: &signals.Kept{Maintenance: []oncall.Maintenance{freeze("m1")}}}
	c := signals.Client{Temporal: temporal}
	for _, id := range []string{"m2", ""} {
		require.ErrorIs(t, c.EndMaintenance(t.Context(), signals.Removal{ID: id}), signals.ErrNoMaintenance)
	}
	require.False(t, temporal.started)
	require.NoError(t, c.EndMaintenance(t.Context(), signals.Removal{ID: "m1", By: "sre-1"}))
	require.Equal(t, "maintenance-end", temporal.signal)
	require.Equal(t, signals.Removal{ID: "m1", By: "sre-1"}, temporal.payload)
}

func TestNoMoreMaintenanceIsTakenThanTheRosterHolds(t *testing.T) {
	var kept signals.Kept
	for i := range signals.MostMaintenance {
		kept.Maintenance = append(kept.Maintenance, freeze(fmt.Sprint(i)))
	}
	temporal := &described{kept: &kept}
	c := signals.Client{Temporal: temporal}
	require.ErrorIs(t, c.Maintain(t.Context(), freeze("more")), signals.ErrMaintenanceFull)
	require.False(t, temporal.started)
	kept.Maintenance[0].From, kept.Maintenance[0].To = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
	require.NoError(t, c.Maintain(t.Context(), freeze("more")), "one that is over is forgotten when the next comes")
}

func TestAMaintenanceThatWasNotStoredIsAnError(t *testing.T) {
	away := signals.Client{Temporal: &described{away: serviceerror.NewUnavailable("connection refused")}}
	require.ErrorContains(t, away.Maintain(t.Context(), freeze("m1")), "read roster")
	require.ErrorContains(t, away.EndMaintenance(t.Context(), signals.Removal{ID: "m1"}), "read roster")
	temporal := &described{}
	temporal.err = errors.New("connection refused")
	require.EqualError(t, signals.Client{Temporal: temporal}.Maintain(t.Context(), freeze("m1")), "signal maintenance to roster: connection refused")
}
