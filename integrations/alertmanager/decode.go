// Package alertmanager reads what Prometheus Alertmanager sends to a webhook. It
// does not look for the service an alert belongs to, does not check who sent it,
// and answers nobody.
package alertmanager

import (
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/payload"
)

// Decode reads the body of a webhook call. Every error is a *payload.Error that says
// where and what.
func Decode(body []byte, terms payload.Terms) (incident.Delivery, error) {
	return payload.Grouped("alertmanager", body, terms, nil)
}
