package main

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-44180607/lastgood/internal/local"
)

// askEvery is how often the script asks Prometheus what fires.
const askEvery = 50 * time.Millisecond

// monitor is how the script learns what the monitor says of checkout, and the words
// for it.
type monitor interface {
	// fires waits for the alert and gives the moment that pages are measured from;
	// measured names that measure.
	fires(ctx context.Context) (time.Time, error)
	// resolves waits until checkout is well again, at some time after the build.
	resolves(ctx context.Context, built time.Time) error
	firing() string
	measured() string
	well() string
}

func (d *demonstration) monitor() monitor {
	if d.stage.RealMonitor {
		return realMonitor{d.stage}
	}
	return simulatedMonitor{d.control}
}

// simulatedMonitor is the simulator's own, whose posts stand in the ledger.
type simulatedMonitor struct{ control local.Control }

func (m simulatedMonitor) fires(ctx context.Context) (time.Time, error) {
	alert, err := m.control.Await(ctx, 0, "monitor", "alert", func(e local.Effect) bool { return e.Detail.Status == "firing" })
	return alert.Detail.SentAt, err
}

func (m simulatedMonitor) resolves(ctx context.Context, built time.Time) error {
	_, err := m.control.Await(ctx, 0, "monitor", "alert", func(e local.Effect) bool { return e.Detail.Status == "resolved" && e.At.After(built) })
	return err
}

func (simulatedMonitor) firing() string {
	return "the monitor says that checkout fails; the starter has stored it"
}
func (simulatedMonitor) measured() string { return "alert to page" }
func (simulatedMonitor) well() string     { return "the monitor says that checkout is well again" }

// realMonitor is the Prometheus of the stage. What its Alertmanager posts stands in
// no ledger, so pages are measured from the evaluation that found the alert.
type realMonitor struct{ stage local.Stage }

func (m realMonitor) fires(ctx context.Context) (since time.Time, err error) {
	err = m.ask(ctx, func(at time.Time) bool {
		since = at
		return !at.IsZero()
	})
	return since, err
}

func (m realMonitor) resolves(ctx context.Context, _ time.Time) error {
	return m.ask(ctx, time.Time.IsZero)
}

// ask asks Prometheus again and again since when the alert fires, until that is as
// wanted.
func (m realMonitor) ask(ctx context.Context, wanted func(since time.Time) bool) error {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		since, err := m.stage.Fires(ctx, "HighErrorRatio", "checkout")
		if err != nil || wanted(since) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for Prometheus: %w", ctx.Err())
		}
	}
}

func (realMonitor) firing() string {
	return "Prometheus says that checkout fails, from its request counters"
}

func (realMonitor) measured() string {
	return "from Prometheus' evaluation to the page, Alertmanager included"
}

func (realMonitor) well() string { return "Prometheus says that checkout is well again" }
