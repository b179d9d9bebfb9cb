package notifier

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/alertmanager"
	"github.com/seed-44180607/lastgood/integrations/payload"
	"github.com/seed-44180607/lastgood/internal/api"
)

const token = "alertmanager-token"

// door is the starter's HTTP interface in front of a Temporal that is there or away,
// and remembers what came, and what was answered.
type door struct {
	url string
	// away is why nothing is stored; nil stores everything.
	away error

	mu     sync.Mutex
	bodies map[string][][]byte
	codes  []int
	stored []incident.Delivery
}

func openDoor(t *testing.T) *door {
	t.Helper()
	d := &door{bodies: map[string][][]byte{}}
	decode := func(body []byte) (incident.Delivery, error) {
		return alertmanager.Decode(body, payload.Terms{Words: map[string]incident.Severity{"critical": incident.SEV1}})
	}
	inside := api.New(api.Options{
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		Sources: []api.Source{{Name: "alertmanager", Decode: decode}},
		Tokens:  map[string][]string{"alertmanager": {token}}, Rate: 1000,
		// Services are found by a label that nobody can make anything else of.
		Route:  func(labels map[string]string) (string, bool) { return "checkout", labels["env"] != "nowhere" },
		Owner:  func(string) (string, bool) { return "", false },
		Alerts: d,
	})
	server := httptest.NewServer(d.watched(inside))
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// watched keeps each body by the query of its address, and the status it was answered with.
func (d *door) watched(inside http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		inside.ServeHTTP(answer, r)
		d.mu.Lock()
		d.bodies[r.URL.RawQuery] = append(d.bodies[r.URL.RawQuery], body)
		d.codes = append(d.codes, answer.Code)
		d.mu.Unlock()
		w.WriteHeader(answer.Code)
		// Whoever has gone needs no answer.
		_, _ = w.Write(answer.Body.Bytes())
	}
}

// Alert stores what comes, unless Temporal is away.
func (d *door) Alert(_ context.Context, service string, delivery incident.Delivery) (string, error) {
	if d.away != nil {
		return "", d.away
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stored = append(d.stored, delivery)
	return "incident/" + service + "/1", nil
}

// answered are the statuses so far.
func (d *door) answered() []int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.codes)
}

// came are the bodies that came to an address with a query.
func (d *door) came(query string) [][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.bodies[query])
}
