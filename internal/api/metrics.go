package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// counters are the API's own metrics.
type counters struct {
	alerts       *prometheus.CounterVec
	interactions *prometheus.CounterVec
	texts        *prometheus.CounterVec
	commands     *prometheus.CounterVec
	beats        *prometheus.CounterVec
	durations    *prometheus.HistogramVec
}

func newCounters(r prometheus.Registerer) counters {
	c := counters{
		alerts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lastgood_alerts_total", Help: "Calls of monitors, by source and result.",
		}, []string{"source", "result"}),
		interactions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lastgood_interactions_total", Help: "Interactions of people in Slack, by result.",
		}, []string{"result"}),
		texts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lastgood_texts_total", Help: "Answers of people by SMS and reports on texts, by kind and result.",
		}, []string{"kind", "result"}),
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lastgood_commands_total", Help: "Slash commands of people in Slack, by result.",
		}, []string{"result"}),
		beats: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lastgood_beats_total", Help: "Beats of heartbeats, by result.",
		}, []string{"result"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "lastgood_http_request_duration_seconds", Help: "Time to answer a request, by path and status.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"path", "status"}),
	}
	r.MustRegister(c.alerts, c.interactions, c.texts, c.commands, c.beats, c.durations)
	return c
}

// timed measures how long a handler takes to answer.
func (c counters) timed(path string, h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		h(seen, r)
		c.durations.WithLabelValues(path, strconv.Itoa(seen.status)).Observe(time.Since(began).Seconds())
	})
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets net/http reach the writer below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Metrics serves /metrics, /healthz and /readyz, for a listener of its own. Ready says why work could not be taken now.
func Metrics(g prometheus.Gatherer, ready func(ctx context.Context) error) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", healthy)
	mux.HandleFunc("GET /readyz", readiness(ready))
	return mux
}
