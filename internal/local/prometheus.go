package local

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// alertsAnswer is the part of GET /api/v1/alerts of Prometheus that is read here.
type alertsAnswer struct {
	Data struct {
		Alerts []struct {
			Labels   map[string]string `json:"labels"`
			State    string            `json:"state"`
			ActiveAt time.Time         `json:"activeAt"`
		} `json:"alerts"`
	} `json:"data"`
}

// Fires asks the stage's Prometheus since when an alert of a service fires. The
// time is that of the evaluation which found it; zero when it does not fire.
func (s Stage) Fires(ctx context.Context, alert, service string) (since time.Time, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Prometheus()+"/api/v1/alerts", http.NoBody)
	if err != nil {
		return since, fmt.Errorf("make the call of Prometheus: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return since, fmt.Errorf("ask Prometheus what fires: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer alertsAnswer
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return since, fmt.Errorf("read what Prometheus says: %s: %w", response.Status, err)
	}
	for _, a := range answer.Data.Alerts {
		if a.Labels["alertname"] == alert && a.Labels["service"] == service && a.State == "firing" {
			return a.ActiveAt, nil
		}
	}
	return since, nil
}
