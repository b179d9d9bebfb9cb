package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/internal/mapping"
)

// The label that leads to the service is the last by name of more than are kept.
func TestALabelThatLeadsToAServiceOutlivesVeryManyOthersFromEverySource(t *testing.T) {
	labels := map[string]string{"alertname": "Slow", "zone": "b"}
	var tags string
	named := map[string]string{}
	for i := range 300 {
		name := fmt.Sprintf("label_%03d", i)
		labels[name] = "x"
		tags += name + ":x,"
		if i < 100 {
			named[name] = `"x"`
		}
	}
	named["zone"] = "body.labels.zone"
	m, faults := mapping.Compile(mapping.Source{ID: "own", Group: `"g"`, Fingerprint: `"f"`, Labels: named})
	require.Empty(t, faults)
	c := config.Config{File: config.File{
		Services: []config.Service{{Service: incident.Service{ID: "shop"}, Matches: []incident.Match{{"zone": "b"}}}},
		Sources:  []*mapping.Mapping{m},
	}}
	alert := map[string]any{"status": "firing", "labels": labels, "startsAt": "2026-11-01T10:00:00Z", "fingerprint": "f"}
	grouped := map[string]any{"version": "4", "status": "firing", "groupKey": "g", "receiver": "r", "alerts": []any{alert}}
	grafana := maps.Clone(grouped)
	grafana["version"] = "1"
	for source, body := range map[string]any{
		"alertmanager": grouped, "grafana": grafana, "own": map[string]any{"labels": labels},
		"datadog": map[string]string{
			"monitor": "1", "aggregate": "2", "transition": "Triggered", "date": "1793527200000", "title": "Slow", "tags": tags + "zone:b",
		},
		"pagerduty": map[string]any{
			"routing_key": "k", "event_action": "trigger", "dedup_key": "d",
			"payload": map[string]any{"summary": "Slow", "source": "s", "severity": "error", "custom_details": labels},
		},
	} {
		t.Run(source, func(t *testing.T) {
			written, err := json.Marshal(body)
			require.NoError(t, err)
			got := readBy(t, c, source, written)
			require.Len(t, got.Alerts, 1)
			require.Equal(t, "b", got.Alerts[0].Labels["zone"], "of %d labels", len(got.Alerts[0].Labels))
			service, ok := c.Route(got.Alerts[0].Labels)
			require.True(t, ok)
			require.Equal(t, "shop", service)
		})
	}
}

// readBy is what a source makes of a body.
func readBy(t *testing.T, c config.Config, name string, body []byte) incident.Delivery {
	t.Helper()
	for _, s := range sources(c) {
		switch {
		case s.Name != name:
		case s.Read == nil:
			d, err := s.Decode(body)
			require.NoError(t, err)
			return d
		default:
			call, err := s.Read(body)
			require.NoError(t, err)
			require.Len(t, call.Deliveries, 1)
			return call.Deliveries[0]
		}
	}
	require.Fail(t, "no such source", name)
	return incident.Delivery{}
}
