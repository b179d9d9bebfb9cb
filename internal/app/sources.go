package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/alertmanager"
	"github.com/seed-44180607/lastgood/integrations/datadog"
	"github.com/seed-44180607/lastgood/integrations/grafana"
	"github.com/seed-44180607/lastgood/integrations/pagerduty"
	"github.com/seed-44180607/lastgood/integrations/payload"
	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/internal/mapping"
)

// Terms are what a file makes of the bodies that monitors send.
func Terms(f config.File) payload.Terms {
	return payload.Terms{Words: f.Severities, Default: f.Severity(""), Foremost: f.Matched()}
}

// sources are the monitors that may send alerts.
func sources(c config.Config) []api.Source {
	terms := Terms(c.File)
	with := func(decode func([]byte, payload.Terms) (incident.Delivery, error)) func([]byte) (incident.Delivery, error) {
		return func(body []byte) (incident.Delivery, error) { return decode(body, terms) }
	}
	own := []api.Source{
		{Name: "alertmanager", Decode: with(alertmanager.Decode)},
		{Name: "grafana", Decode: with(grafana.Decode), Admit: signedByGrafana},
		{Name: "datadog", Decode: with(datadog.Decode)},
		{
			Name: pagerduty.Name, Path: "/v2/enqueue", Admit: pagerduty.Admit, KeyInBody: true, Refused: pagerduty.Refused,
			Read: func(body []byte) (api.Call, error) { return pagerdutyCall(body, terms) },
		},
	}
	return append(own, mapped(c.Sources, terms)...)
}

// signedByGrafana admits who has signed the body with one of the tokens.
func signedByGrafana(h http.Header, body []byte, tokens []string) bool {
	return grafana.Signed(h, body, tokens, time.Now())
}

// pagerdutyCall takes a trigger to the service that its labels lead to. What comes after names nothing but its key,
// and goes to the incident of that, whichever service has it.
func pagerdutyCall(body []byte, terms payload.Terms) (api.Call, error) {
	c, err := pagerduty.Decode(body, terms)
	if err != nil {
		return api.Call{}, err
	}
	call := api.Call{
		Deliveries: []incident.Delivery{c.Delivery}, Anywhere: !c.Delivery.Firing(),
		Acknowledged: c.Acknowledges, Answer: pagerduty.Accepted(c.Key),
	}
	if c.Acknowledges {
		call.Comment = c.Client
	}
	return call, nil
}

// mapWithin bounds the expressions over one body. It is wall time, which a busy machine takes up as well: what takes
// longer is to be sent again. How much work a body may make is bounded by the mapping itself.
const mapWithin = 500 * time.Millisecond

// mapped are the sources whose bodies are read as lastgood.yaml says.
func mapped(all []*mapping.Mapping, terms payload.Terms) []api.Source {
	out := make([]api.Source, len(all))
	for i, m := range all {
		out[i] = api.Source{Name: m.ID(), Read: func(body []byte) (api.Call, error) {
			ctx, cancel := context.WithTimeout(context.Background(), mapWithin)
			defer cancel()
			deliveries, err := m.Read(ctx, body, terms)
			if err != nil && ctx.Err() != nil {
				err = fmt.Errorf("%w: %w", api.ErrLater, err)
			}
			return api.Call{Deliveries: deliveries}, err
		}}
	}
	return out
}
