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
)

// metrics is what a process counts of itself.
type metrics struct {
	registry   *prometheus.Registry
	activities *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		activities: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "lastgood_activity_duration_seconds", Help: "Time of one attempt of an activity, by name and result.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"activity", "result"}),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.activities)
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

// interceptors measure every attempt of an activity, and tell began its name
// when somebody wants to know.
func (m *metrics) interceptors(began func(name string)) []interceptor.WorkerInterceptor {
	return []interceptor.WorkerInterceptor{&measuring{metrics: m, began: began}}
}

type measuring struct {
	interceptor.WorkerInterceptorBase
	metrics *metrics
	began   func(name string)
}

func (i *measuring) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &measured{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, measuring: i}
}

type measured struct {
	interceptor.ActivityInboundInterceptorBase
	measuring *measuring
}

func (a *measured) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	name := activity.GetInfo(ctx).ActivityType.Name
	if info := activity.GetInfo(ctx); a.measuring.began != nil && info.Attempt == 1 {
		a.measuring.began(name)
	}
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
