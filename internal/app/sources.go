package app

import (
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/alertmanager"
	"github.com/seed-44180607/lastgood/integrations/payload"
	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/internal/config"
)

// sources are the monitors that may send alerts.
func sources(c config.Config) []api.Source {
	severities := payload.Severities{Words: c.Severities, Default: c.Severity("")}
	return []api.Source{
		{Name: "alertmanager", Decode: func(body []byte) (incident.Delivery, error) { return alertmanager.Decode(body, severities) }},
	}
}
