package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What a shop's service does all day.
const (
	goodRatio         = 0.002 // share of failed requests of a good release
	badRatio          = 0.25
	requestsPerSecond = 40
)

// shop is the demo shop: services whose deployed release decides how many of
// their requests fail.
type shop struct {
	ledger   *ledger
	names    []string
	services map[string]*shopService
}

type shopService struct {
	name    string
	release string
	since   time.Time
	bad     map[string]bool // releases that break it
	history []deployed      // oldest first
	seen    time.Time       // until when requests are counted
	good    float64
	failed  float64
}

// deployed is a moment from which a service had a release and an error ratio.
type deployed struct {
	At      time.Time `json:"at"`
	Release string    `json:"release"`
	Ratio   float64   `json:"ratio"`
}

// longestHistory is how many such moments are kept.
const longestHistory = 200

// note keeps what the service has from a moment on.
func (s *shopService) note(at time.Time) {
	s.history = append(s.history, deployed{at.UTC(), s.release, s.ratio()})
	s.history = s.history[max(0, len(s.history)-longestHistory):]
}

func newShop(cfg Config, ledger *ledger, now time.Time) *shop {
	s := &shop{ledger: ledger, services: map[string]*shopService{}}
	for _, service := range cfg.Services {
		s.names = append(s.names, service.Name)
		s.services[service.Name] = &shopService{name: service.Name, bad: map[string]bool{}, since: now, seen: now}
	}
	return s
}

func (s *shopService) ratio() float64 {
	if s.bad[s.release] {
		return badRatio
	}
	return goodRatio
}

// advance counts the requests that came in until now.
func (s *shop) advance(now time.Time) {
	for _, service := range s.services {
		service.count(now)
	}
}

func (s *shopService) count(until time.Time) {
	if !until.After(s.seen) {
		return
	}
	requests := until.Sub(s.seen).Seconds() * requestsPerSecond
	s.failed += requests * s.ratio()
	s.good += requests * (1 - s.ratio())
	s.seen = until
}

// deploy puts a release into production at a moment that may lie in the past.
func (s *shop) deploy(name, release string, at time.Time) {
	service := s.services[name]
	if service == nil {
		return
	}
	service.count(at)
	s.ledger.record(at, "shop", "release", map[string]any{"service": name, "release": release, "previous": service.release})
	service.release, service.since = release, at
	service.note(at)
}

// mark says whether a release breaks the service.
func (s *shop) mark(service *shopService, release string, bad bool, now time.Time) {
	service.bad[release] = bad
	if service.release == release {
		service.note(now)
	}
	s.ledger.record(now, "shop", "mark", map[string]any{"service": service.name, "release": release, "bad": bad})
}

func (s *shopService) show() map[string]any {
	return map[string]any{
		"service": s.name, "environment": "production", "release": s.release, "since": s.since.UTC(),
		"error_ratio": s.ratio(), "bad": s.bad[s.release],
	}
}

// serveShop answers /shop/: metrics, the state of services, and shipping.
func (st *state) serveShop(c call) reply {
	switch path := c.path(0); {
	case path == "metrics":
		return st.shop.metrics()
	case path == "api":
		all := []map[string]any{}
		for _, name := range st.shop.names {
			all = append(all, st.shop.services[name].show())
		}
		return jsonReply(http.StatusOK, all)
	case strings.HasPrefix(path, "api/") && st.shop.services[c.path(1)] != nil:
		return jsonReply(http.StatusOK, st.shop.services[c.path(1)].show())
	case path == "ship" && c.Method == http.MethodPost:
		return st.ship(c, true)
	case path == "mark" && c.Method == http.MethodPost:
		return st.ship(c, false)
	}
	return textReply(http.StatusNotFound, "no such page in the shop\n")
}

// ship marks a release as good or bad and, unless that is all, has Jenkins
// deploy it as a developer would.
func (st *state) ship(c call, deploy bool) reply {
	asked := struct {
		deployOrder
		Bad bool `json:"bad"`
	}{}
	if err := json.Unmarshal(c.body, &asked); err != nil {
		return jsonReply(http.StatusBadRequest, map[string]any{"error": fmt.Sprintf("read the body: %v", err)})
	}
	service := st.shop.services[asked.Service]
	if service == nil || asked.Release == "" {
		return jsonReply(http.StatusNotFound, map[string]any{"error": "no such service, or no release named"})
	}
	st.shop.mark(service, asked.Release, asked.Bad, c.now)
	if !deploy {
		return jsonReply(http.StatusOK, service.show())
	}
	queued, err := st.jenkins.order(asked.deployOrder, c.now)
	if err != nil {
		return jsonReply(http.StatusConflict, map[string]any{"error": err.Error()})
	}
	return jsonReply(http.StatusAccepted, queued)
}

// metrics is the Prometheus text format, version 0.0.4.
func (s *shop) metrics() reply {
	var out strings.Builder
	out.WriteString("# HELP shop_requests_total Requests answered, by status code.\n# TYPE shop_requests_total counter\n")
	for _, name := range s.names {
		service := s.services[name]
		fmt.Fprintf(&out, "shop_requests_total{service=%q,code=\"200\"} %.0f\n", name, service.good)
		fmt.Fprintf(&out, "shop_requests_total{service=%q,code=\"500\"} %.0f\n", name, service.failed)
	}
	out.WriteString("# HELP shop_error_ratio Share of requests that fail.\n# TYPE shop_error_ratio gauge\n")
	for _, name := range s.names {
		fmt.Fprintf(&out, "shop_error_ratio{service=%q} %g\n", name, s.services[name].ratio())
	}
	answer := textReply(http.StatusOK, out.String())
	return answer.with("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
}
