package app

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/integrations/deadman"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/signals"
)

const (
	// checkedFor is how long an answer about the self-check is given again: anybody may ask.
	checkedFor = 2 * time.Second
	// checkWithin bounds one reading of it.
	checkWithin = 2 * time.Second
)

// newDeadman is what tells incidents of heartbeats, and others that lastgood is alive.
func newDeadman(c config.Config, client signals.Client, chat activities.Prover) (*activities.Deadman, error) {
	d := &activities.Deadman{Alerts: opener{config: c, client: client}, Chat: chat, Every: c.Deadman.Every}
	if c.Deadman.URL.Empty() {
		return d, nil
	}
	outside, err := deadman.New(deadman.Config{URL: c.Deadman.URL.Reveal()})
	if err != nil {
		return nil, configuration("DEADMAN_URL", err)
	}
	d.Outside = outside
	return d, nil
}

// keepChecking has the self-check run until the context ends, also when somebody terminates it.
func keepChecking(ctx context.Context, client signals.Client, log *slog.Logger) {
	for ctx.Err() == nil {
		pause := compareEvery
		if err := startCheck(ctx, client); err != nil && ctx.Err() == nil {
			log.Warn("the self-check is not started", "error", err)
			pause = connectEvery
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func startCheck(ctx context.Context, client signals.Client) error {
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	return client.CheckSelf(ctx)
}

// checked is the latest answer about the self-check. One reading serves all who ask at that time.
type checked struct {
	read func(context.Context) (signals.SelfCheck, error)

	mutex sync.Mutex
	at    time.Time
	last  signals.SelfCheck
	err   error
}

// SelfCheck reads how lastgood was when a worker last looked.
func (c *checked) SelfCheck(context.Context) (signals.SelfCheck, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if time.Since(c.at) < checkedFor {
		return c.last, c.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkWithin)
	defer cancel()
	c.last, c.err = c.read(ctx)
	c.at = time.Now()
	return c.last, c.err
}

// gauge shows the age of the latest good check.
func (c *checked) gauge() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "lastgood_self_check_age_seconds", Help: "Time since lastgood was last found able to page; +Inf when it never was, or Temporal does not answer.",
	}, func() float64 {
		last, err := c.SelfCheck(context.Background())
		if err != nil || last.Good.IsZero() {
			return math.Inf(1)
		}
		return time.Since(last.Good).Seconds()
	})
}
