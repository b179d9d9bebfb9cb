// Package simulator is everything that lastgood talks to, behind one
// http.Handler: a Slack workspace, a Jenkins, a Jira, a Twilio account with its
// phones, a demo shop that can be broken by deploying a bad release, and a monitor
// that posts Alertmanager webhooks about it; beside it, a mail server. It copies the vendors' behaviour as seen on the wire,
// their awkward corners included, and records every effect in a ledger.
//
// It keeps all state in memory, knows nothing of lastgood, and imports nothing
// of this module: what it is there to test must not test itself.
package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// beat is how often due builds are moved on when no request does it.
const beat = 10 * time.Millisecond

// Simulator answers for all vendors. Make one with New.
type Simulator struct {
	cfg    Config
	roots  map[string]http.Handler
	client *http.Client
	// stopped is closed when Run's context ends: nobody waits for news any longer.
	stopped chan struct{}

	sockets *sockets // outlive a reset, as the processes at their other ends do

	mu     sync.Mutex
	ledger *ledger
	state  *state
}

// state is all that a reset puts back to the seed.
type state struct {
	faults  *faults
	slack   *slack
	jenkins *jenkins
	jira    *jira
	twilio  *twilio
	mail    *mailboxes
	shop    *shop
	monitor *monitor
}

// New returns a simulator in its seed state. Fields left empty in cfg get the
// defaults that Config describes.
func New(cfg Config) *Simulator {
	s := &Simulator{cfg: cfg.withDefaults(), ledger: newLedger(), sockets: &sockets{}, stopped: make(chan struct{})}
	s.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.state = s.seed()
	s.roots = map[string]http.Handler{
		"":        http.HandlerFunc(servePage),
		"page":    http.HandlerFunc(servePage),
		"control": s.control(),
		"slack":   s.slackRoot(),
		"jenkins": s.vendor("jenkins", func(st *state, c call) reply { return st.jenkins.serve(c) }),
		"jira":    s.vendor("jira", func(st *state, c call) reply { return st.jira.serve(c) }),
		"twilio":  s.vendor("twilio", func(st *state, c call) reply { return st.twilio.serve(c) }),
		"shop":    s.vendor("shop", func(st *state, c call) reply { return st.serveShop(c) }),
	}
	return s
}

func (s *Simulator) seed() *state {
	now := s.cfg.Now()
	shop := newShop(s.cfg, s.ledger, now)
	return &state{
		faults:  &faults{},
		slack:   newSlack(s.cfg, s.ledger),
		jenkins: newJenkins(s.cfg, s.ledger, shop, now),
		jira:    newJira(s.cfg, s.ledger),
		twilio:  newTwilio(s.cfg, s.ledger),
		mail:    &mailboxes{},
		shop:    shop,
		monitor: newMonitor(s.cfg),
	}
}

// ServeHTTP hands a request to the part that its first path segment names.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	root, ok := s.roots[firstSegment(r.URL.Path)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	root.ServeHTTP(w, r)
}

// Run moves builds on and watches the shop until ctx ends, and ends the streams
// of events then. It returns only when everything that it started has stopped.
// It is called once.
func (s *Simulator) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() {
		<-ctx.Done()
		close(s.stopped)
	})
	running.Go(func() { s.keepBuilding(ctx) })
	running.Go(func() { s.keepReporting(ctx) })
	if s.cfg.AlertURL != "" {
		for _, service := range s.cfg.Services {
			running.Go(func() { s.watch(ctx, service) })
		}
	}
	running.Wait()
	s.sockets.closeAll()
	s.client.CloseIdleConnections()
}

func (s *Simulator) keepBuilding(ctx context.Context) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.do(func(*state, time.Time) {})
		}
	}
}

// do runs work under the lock, after everything that is due by now has happened.
func (s *Simulator) do(work func(st *state, now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now()
	s.state.jenkins.advance(now)
	s.state.shop.advance(now)
	work(s.state, now)
}

// reset puts everything back to the seed: ledger, counters and faults too.
func (s *Simulator) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.clear()
	s.state = s.seed()
}

// ListenAndServe serves a simulator on addr until ctx ends, and returns nil
// when it stopped because of that. An empty cfg.PublicURL becomes the address
// that was really taken, so addr may ask for port 0.
func ListenAndServe(ctx context.Context, addr string, cfg Config) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	if cfg.PublicURL == "" {
		cfg.PublicURL = "http://" + listener.Addr().String()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	sim := New(cfg)
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	var running sync.WaitGroup
	running.Go(func() { sim.Run(ctx) })
	running.Go(func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(closing) != nil {
			_ = server.Close()
		}
	})
	sim.cfg.Logger.Info("simulator listening", "url", sim.cfg.PublicURL)
	err = server.Serve(listener)
	stop()
	running.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve on %s: %w", addr, err)
}
