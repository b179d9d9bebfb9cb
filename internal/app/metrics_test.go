package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/oncall"
)

func TestPagesAreCountedByMethodAndResultAndTheirLatenessIsKept(t *testing.T) {
	m := newMetrics()
	m.Paged(oncall.Slack, "limited")
	m.Paged(oncall.Slack, "limited")
	m.Paged(oncall.Slack, "delivered")
	m.Late(oncall.Slack, 3*time.Second)

	answer := httptest.NewRecorder()
	api.Metrics(m.registry, func(context.Context) error { return nil }).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, line := range []string{
		`lastgood_pages_total{method="slack",result="delivered"} 1`,
		`lastgood_pages_total{method="slack",result="limited"} 2`,
		`lastgood_escalation_lateness_seconds_bucket{method="slack",le="0.1"} 0`,
		`lastgood_escalation_lateness_seconds_bucket{method="slack",le="2"} 0`,
		`lastgood_escalation_lateness_seconds_bucket{method="slack",le="5"} 1`,
		`lastgood_escalation_lateness_seconds_bucket{method="slack",le="600"} 1`,
		`lastgood_escalation_lateness_seconds_sum{method="slack"} 3`,
	} {
		require.Contains(t, answer.Body.String(), line+"\n")
	}
}
