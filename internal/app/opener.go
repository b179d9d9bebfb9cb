package app

import (
	"context"
	"fmt"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/signals"
)

// opener sends along what an incident needs to know of its service.
type opener struct {
	config config.Config
	client signals.Client
}

// Alert opens an incident or tells the one that runs. That a service is gone stops no news that something resolved.
func (o opener) Alert(ctx context.Context, service string, d incident.Delivery) (string, error) {
	s, known := o.config.Service(service)
	if !known && d.Firing() {
		return "", fmt.Errorf("alert %s: no such service", service)
	}
	if !known {
		s.ID = service
	}
	switch {
	case d.By != "":
		s.Threshold, s.HoldPage = nil, 0 // A person declares once, and what goes by itself is not declared.
	case d.Source == incident.HeartbeatSource:
		s.Threshold = nil // A heartbeat says once that it is silent.
	}
	opening := signals.Opening{Service: s.Service, Policies: s.Policies, TemporalUI: o.config.TemporalUI}
	return o.client.Alert(ctx, opening, d)
}
