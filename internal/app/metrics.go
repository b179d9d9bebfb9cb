package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/oncall"
)

// metrics is what a process counts of itself.
type metrics struct {
	registry   *prometheus.Registry
	activities *prometheus.HistogramVec
	pages      *prometheus.CounterVec
	lateness   *prometheus.HistogramVec
	beats      *prometheus.GaugeVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		activities: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "lastgood_activity_duration_seconds", Help: "Time of one attempt of an activity, by name and result.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"activity", "result"}),
		pages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lastgood_pages_total", Help: "Attempts to deliver a page of an incident, by method and result.",
		}, []string{"method", "result"}),
		lateness: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "lastgood_escalation_lateness_seconds", Help: "Time from the moment a page is due to its delivery, by method.",
			Buckets: []float64{.1, .25, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600},
		}, []string{"method"}),
		beats: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "lastgood_heartbeat_last_beat_timestamp_seconds",
			Help: "When a heartbeat of lastgood.yaml last beat, as known within the last minute. Of the starter.",
		}, []string{"heartbeat"}),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.activities, m.pages, m.lateness, m.beats)
	return m
}

// serveMetrics answers /metrics, /healthz and /readyz until the context ends.
func serveMetrics(ctx context.Context, addr string, m *metrics, ready func(context.Context) error, log *slog.Logger) (<-chan error, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics: %w; set METRICS_ADDR to a free address", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- api.Serve(ctx, l, api.Metrics(m.registry, ready), log) }()
	return ended, nil
}

// Paged counts an attempt to deliver a page.
func (m *metrics) Paged(via oncall.Method, result string) {
	m.pages.WithLabelValues(string(via), result).Inc()
}

// Late notes how late a delivered page was.
func (m *metrics) Late(via oncall.Method, by time.Duration) {
	m.lateness.WithLabelValues(string(via)).Observe(by.Seconds())
}

// interceptors measure every attempt of an activity, after before has had its say.
func (m *metrics) interceptors(before func(context.Context, activity.Info)) []interceptor.WorkerInterceptor {
	return []interceptor.WorkerInterceptor{&measuring{metrics: m, before: before}}
}

type measuring struct {
	interceptor.WorkerInterceptorBase
	metrics *metrics
	before  func(context.Context, activity.Info)
}

func (i *measuring) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &measured{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, measuring: i}
}

type measured struct {
	interceptor.ActivityInboundInterceptorBase
	measuring *measuring
}

func (a *measured) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	name := info.ActivityType.Name
	a.measuring.before(ctx, info)
	began := time.Now()
	out, err := a.Next.ExecuteActivity(ctx, in)
	result := "done"
	if err != nil {
		result = "failed"
	}
	a.measuring.metrics.activities.WithLabelValues(name, result).Observe(time.Since(began).Seconds())
	return out, err
}

// watch shows how old the copy of each calendar is.
func (m *metrics) watch(all calendars) {
	for _, one := range all {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "lastgood_calendar_age_seconds", Help: "Time since the calendar of a schedule was last read well; +Inf when it never was.",
			ConstLabels: prometheus.Labels{"schedule": one.schedule},
		}, func() float64 { return one.age(time.Now()) }))
	}
}
