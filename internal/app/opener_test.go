package app

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/signals"
)

// openings is Temporal as far as it keeps what incidents start with.
type openings struct {
	client.Client
	last signals.Opening
}

func (o *openings) SignalWithStartWorkflow(_ context.Context, _, _ string, _ any, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	o.last = args[0].(signals.Opening)
	return nil, nil
}

func TestWhoSaysSomethingOnceIsHeardWithoutAThreshold(t *testing.T) {
	few, soon := &incident.Threshold{Alerts: 3, Within: time.Minute}, 30*time.Second
	service := config.Service{Service: incident.Service{ID: "checkout", Threshold: few, HoldPage: soon}}
	for name, c := range map[string]struct {
		d         incident.Delivery
		threshold *incident.Threshold
		hold      time.Duration
	}{
		"a monitor":   {incident.Delivery{Source: "alertmanager"}, few, soon},
		"a heartbeat": {incident.Delivery{Source: incident.HeartbeatSource}, nil, soon},
		"a person":    {incident.Declaration{ID: "form", Service: "checkout"}.Delivery("sre-1"), nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			temporal := &openings{}
			o := opener{client: signals.Client{Temporal: temporal}}
			o.config.Services = []config.Service{service}
			c.d.Alerts = []incident.Alert{{Fingerprint: "f", Firing: true, Severity: incident.SEV1}}
			_, err := o.Alert(t.Context(), "checkout", c.d)
			require.NoError(t, err)
			require.Equal(t, c.threshold, temporal.last.Service.Threshold)
			require.Equal(t, c.hold, temporal.last.Service.HoldPage)
		})
	}
}
