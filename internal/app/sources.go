package app

import (
	"net/http"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/alertmanager"
	"github.com/seed-44180607/lastgood/integrations/datadog"
	"github.com/seed-44180607/lastgood/integrations/grafana"
	"github.com/seed-44180607/lastgood/integrations/payload"
	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/internal/config"
)

// sources are the monitors that may send alerts.
func sources(c config.Config) []api.Source {
	severities := payload.Severities{Words: c.Severities, Default: c.Severity("")}
	with := func(decode func([]byte, payload.Severities) (incident.Delivery, error)) func([]byte) (incident.Delivery, error) {
		return func(body []byte) (incident.Delivery, error) { return decode(body, severities) }
	}
	return []api.Source{
		{Name: "alertmanager", Decode: with(alertmanager.Decode)},
		{Name: "grafana", Decode: with(grafana.Decode), Admit: fromGrafana},
		{Name: "datadog", Decode: with(datadog.Decode)},
	}
}

// fromGrafana admits who shows a token, and who has signed the body with one.
func fromGrafana(h http.Header, body []byte, tokens []string) bool {
	return api.ShowsToken(h, tokens) || grafana.Signed(h, body, tokens, time.Now())
}
