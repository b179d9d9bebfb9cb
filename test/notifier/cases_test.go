package notifier

import (
	"strings"
	"time"

	"github.com/prometheus/alertmanager/types"
	"github.com/prometheus/common/model"
)

// alerts are what both Alertmanagers are given: their times are long past, so that
// what they send is the same whenever it is captured.
var (
	began = time.Date(2024, 5, 2, 10, 0, 0, 131_000_000, time.UTC)
	ended = began.Add(9 * time.Minute)
)

// group is one group of alerts in one state: what is captured as one body.
type group struct {
	// name is that of the body's file.
	name string
	// most is max_alerts of the receiver; 0 is none.
	most   uint64
	alerts []*types.Alert
}

// groups are in the order in which an Alertmanager comes by their states. From one
// state of a group to the next a single alert changes, so that no state comes between.
func groups() []group {
	return []group{
		{name: "firing", alerts: []*types.Alert{ratio("a", "critical"), ratio("b", "warning")}},
		{name: "truncated", most: 1, alerts: []*types.Alert{ratio("a", "critical"), ratio("b", "warning")}},
		{name: "bare", alerts: []*types.Alert{{Alert: model.Alert{
			Labels: model.LabelSet{"alertname": "Bare", "service": "checkout"}, StartsAt: began,
		}}}},
		{name: "hostile", alerts: []*types.Alert{hostile()}},
		{name: "mixed", alerts: []*types.Alert{ratio("a", "critical"), over(ratio("b", "warning"))}},
		{name: "resolved", alerts: []*types.Alert{over(ratio("a", "critical"))}},
	}
}

func ratio(instance, severity model.LabelValue) *types.Alert {
	return &types.Alert{Alert: model.Alert{
		Labels: model.LabelSet{
			"alertname": "HighErrors", "env": "production", "instance": instance, "service": "checkout", "severity": severity,
		},
		Annotations: model.LabelSet{
			"summary":     "More than 5% of the requests to checkout fail",
			"runbook_url": "https://wiki.example.com/checkout",
		},
		StartsAt:     began,
		GeneratorURL: "http://prometheus.example.com/graph?g0.expr=errors+%3E+0.05&g0.tab=1",
	}}
}

func over(a *types.Alert) *types.Alert {
	a.EndsAt = ended
	return a
}

// hostile is an alert of somebody who may choose labels and annotations.
func hostile() *types.Alert {
	return &types.Alert{Alert: model.Alert{
		Labels: model.LabelSet{
			"alertname": "<!channel> \"*bold*\"\n\u202eelif", "service": "checkout\u0000\x1b[31m",
			"long": model.LabelValue(strings.Repeat("x", 600)),
		},
		Annotations: model.LabelSet{
			"summary":     "<https://evil.example.com|Roll back> & {{ template \"x\" }}\r\n<script>alert(1)</script>",
			"runbook_url": "javascript:alert(1)",
		},
		StartsAt:     began,
		GeneratorURL: "http://user:password@prometheus.example.com/graph",
	}}
}

// labels are those that the alerts of a group have in common.
func (g group) labels() model.LabelSet {
	first := g.alerts[0].Labels
	return model.LabelSet{"alertname": first["alertname"], "service": first["service"]}
}

// key is what Alertmanager calls the group of a route without matchers.
func (g group) key() string { return "{}:" + g.labels().String() }
