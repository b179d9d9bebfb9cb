package incident_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

func TestACallIsSettledWhenNothingIsLeftToAnswer(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	asked := incident.Incident{Status: incident.Triggered, Timeline: []incident.Entry{{N: 1, By: "sre-3"}}, Rollback: incident.Rollback{Attempt: 2, State: incident.RollbackRequested}}
	help := incident.Call{Targets: []oncall.Target{{Person: "sre-3"}}}
	approval := incident.Call{Targets: []oncall.Target{{Person: "sre-3"}}, Except: "sre-1", Attempt: 2}
	for name, c := range map[string]struct {
		later          func(*incident.Incident)
		help, approval bool
	}{
		"nothing happened":                {func(*incident.Incident) {}, false, false},
		"resolved":                        {func(in *incident.Incident) { in.Status = incident.Resolved }, true, true},
		"acknowledged":                    {func(in *incident.Incident) { in.Status, in.AcknowledgedAt = incident.Acknowledged, at }, true, false},
		"the one who is asked speaks":     {func(in *incident.Incident) { in.Timeline = append(in.Timeline, incident.Entry{N: 2, By: "sre-3"}) }, true, false},
		"another speaks":                  {func(in *incident.Incident) { in.Timeline = append(in.Timeline, incident.Entry{N: 2, By: "sre-2"}) }, false, false},
		"the rollback is approved":        {func(in *incident.Incident) { in.Rollback.State = incident.RollbackRunning }, false, true},
		"the rollback is rejected":        {func(in *incident.Incident) { in.Rollback.State = incident.RollbackWithdrawn }, false, true},
		"it lapsed and is asked for anew": {func(in *incident.Incident) { in.Rollback.Attempt = 3 }, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			now := asked
			now.Timeline = slices.Clip(now.Timeline)
			c.later(&now)
			require.Equal(t, c.help, now.Settled(help, asked), "a call for help")
			require.Equal(t, c.approval, now.Settled(approval, asked), "an approval")
		})
	}
	taken := asked
	taken.Status, taken.AcknowledgedAt = incident.Acknowledged, at
	require.False(t, taken.Settled(help, taken), "help is asked for by whoever has acknowledged")
}
