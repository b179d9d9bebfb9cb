package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// compareEvery is how often the heartbeats that are watched are compared with those of the configuration.
const compareEvery = time.Minute

// watchers are the workflows behind the heartbeats.
type watchers interface {
	Beat(ctx context.Context, name string, at time.Time) error
	Watch(ctx context.Context, before incident.Watch, settings signals.Configured) error
	Watched(ctx context.Context, name string) (w incident.Watch, running bool, err error)
	Watches(ctx context.Context) ([]incident.Watch, error)
	Retire(ctx context.Context, name string, r signals.Retirement) error
}

// heartbeats sees to it that those of the configuration are watched, with its settings, and no others; and it takes
// their beats.
type heartbeats struct {
	watchers watchers
	byName   map[string]*beating
	// read is when this process read its configuration. Of several that differ, the latest counts.
	read time.Time
	log  *slog.Logger
	seen *prometheus.GaugeVec
}

func newHeartbeats(all []incident.Heartbeat, w watchers, read time.Time, m *metrics, log *slog.Logger) *heartbeats {
	h := &heartbeats{watchers: w, byName: map[string]*beating{}, read: read.UTC(), log: log, seen: m.beats}
	for _, one := range all {
		h.byName[one.Name] = newBeating(one, h.store, log.With("heartbeat", one.Name))
	}
	return h
}

// Beat stores a beat of now. Its error is signals.ErrUnwatched when the configuration does not have the heartbeat, or a
// later one has it no more.
func (h *heartbeats) Beat(ctx context.Context, name string) error {
	one, known := h.byName[name]
	if !known {
		return fmt.Errorf("beat %q: %w", name, signals.ErrUnwatched)
	}
	return one.beat(ctx, time.Now().UTC())
}

// store makes a beat durable. One that nobody watches for yet, or no more, is watched from now on.
func (h *heartbeats) store(ctx context.Context, one incident.Heartbeat, at time.Time) error {
	err := h.watchers.Beat(ctx, one.Name, at)
	if !errors.Is(err, signals.ErrUnwatched) {
		return err
	}
	if err := h.watch(ctx, one); err != nil {
		return err
	}
	return h.watchers.Beat(ctx, one.Name, at)
}

// run compares until the context ends.
func (h *heartbeats) run(ctx context.Context) {
	for ctx.Err() == nil {
		pause := compareEvery
		if err := h.compare(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("the heartbeats are not compared with the configuration", "error", err)
			pause = connectEvery
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// flush stores the beats that wait.
func (h *heartbeats) flush() {
	var storing sync.WaitGroup
	for _, one := range h.byName {
		storing.Go(one.flush)
	}
	storing.Wait()
}

// compare makes what is watched what the configuration has. Each heartbeat is tried, whatever becomes of the others.
func (h *heartbeats) compare(ctx context.Context) error {
	list, err := h.watchers.Watches(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, one := range h.byName {
		i := slices.IndexFunc(list, func(w incident.Watch) bool { return w.Heartbeat.Name == one.heartbeat.Name })
		switch {
		case i < 0:
			failed = append(failed, h.watchUnlessRetired(ctx, one.heartbeat))
		case list[i].Heartbeat != one.heartbeat && list[i].Configured.Before(h.read):
			failed = append(failed, h.configure(ctx, list[i], one.heartbeat))
		}
	}
	for _, w := range list {
		h.show(w)
		if h.byName[w.Heartbeat.Name] == nil && !w.Retired && w.Configured.Before(h.read) {
			h.log.Info("the heartbeat is taken out of the configuration", "heartbeat", w.Heartbeat.Name)
			failed = append(failed, h.watchers.Retire(ctx, w.Heartbeat.Name, signals.Retirement{Read: h.read}))
		}
	}
	return errors.Join(failed...)
}

// watch has a heartbeat watched that no list shows, unless a later configuration has retired it: signals.ErrUnwatched.
func (h *heartbeats) watch(ctx context.Context, one incident.Heartbeat) error {
	last, running, err := h.watchers.Watched(ctx, one.Name)
	switch {
	case err != nil:
		return err
	case running && last.Heartbeat == one && !last.Retired:
		return nil
	case last.Retired && last.Configured.After(h.read):
		return fmt.Errorf("watch %s: a later configuration does not have it: %w", one.Name, signals.ErrUnwatched)
	}
	return h.configure(ctx, last, one)
}

// watchUnlessRetired is watch for those to whom it is no failure that a later configuration does not have the heartbeat:
// trying again soon would not help.
func (h *heartbeats) watchUnlessRetired(ctx context.Context, one incident.Heartbeat) error {
	err := h.watch(ctx, one)
	if errors.Is(err, signals.ErrUnwatched) {
		h.log.Warn("the heartbeat is not watched; start this process again with the latest lastgood.yaml", "heartbeat", one.Name, "error", err)
		return nil
	}
	return err
}

func (h *heartbeats) configure(ctx context.Context, last incident.Watch, one incident.Heartbeat) error {
	h.log.Info("the heartbeat is watched with the settings of the configuration", "heartbeat", one.Name, "every", one.Every, "grace", one.Grace)
	return h.watchers.Watch(ctx, last, signals.Configured{Heartbeat: one, Read: h.read})
}

// show tells the metrics when a heartbeat of the configuration was last heard.
func (h *heartbeats) show(w incident.Watch) {
	if h.byName[w.Heartbeat.Name] != nil && !w.Last.IsZero() {
		h.seen.WithLabelValues(w.Heartbeat.Name).Set(float64(w.Last.Unix()))
	}
}

// beating is one heartbeat whose beats come in. Whoever beats far more often than it has to is not written down each
// time: a beat that follows a stored one within spacing waits for the end of that, and the latest of those that wait is
// stored then. What is lost with a process that is killed is less than spacing, by which no heartbeat that keeps its time
// is called silent.
type beating struct {
	heartbeat incident.Heartbeat
	spacing   time.Duration
	store     func(ctx context.Context, h incident.Heartbeat, at time.Time) error
	log       *slog.Logger

	mutex   sync.Mutex
	stored  time.Time // The latest beat that is.
	waiting time.Time // The latest one that waits; zero when none does.
	timer   *time.Timer
}

const (
	// spacingOf is which part of the shorter one of every and grace the spacing is.
	spacingOf = 10
	// leastSpacing is it where there is no grace to speak of, and leastOf the part of every that it is at the most: nobody
	// beats Temporal as fast as it can.
	leastSpacing = time.Second
	leastOf      = 100
	// longestSpacing bounds it, so that the memo shows a beat soon.
	longestSpacing = 30 * time.Second
	// flushWithin bounds the storing of a beat that nobody waits for; it is tried again after flushAgain.
	flushWithin = 4 * time.Second
	flushAgain  = time.Second
)

func newBeating(h incident.Heartbeat, store func(context.Context, incident.Heartbeat, time.Time) error, log *slog.Logger) *beating {
	spacing := min(h.Every/spacingOf, h.Grace/spacingOf, longestSpacing)
	return &beating{heartbeat: h, spacing: max(spacing, min(h.Every/leastOf, leastSpacing)), store: store, log: log}
}

// beat stores a beat, or lets it wait behind one that is next to as late.
func (b *beating) beat(ctx context.Context, at time.Time) error {
	if b.waits(at) {
		return nil
	}
	if err := b.store(ctx, b.heartbeat, at); err != nil {
		return err
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if at.After(b.stored) {
		b.stored = at
	}
	if !b.waiting.After(at) {
		b.waiting = time.Time{}
	}
	return nil
}

// waits says whether a stored beat is so late that this one can wait.
func (b *beating) waits(at time.Time) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	left := b.spacing - at.Sub(b.stored)
	if b.stored.IsZero() || left <= 0 {
		return false
	}
	b.waiting = at
	if b.timer == nil {
		b.timer = time.AfterFunc(left, b.flush)
	}
	return true
}

// flush stores the latest beat that waits.
func (b *beating) flush() {
	b.mutex.Lock()
	at := b.waiting
	b.waiting = time.Time{}
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	b.mutex.Unlock()
	if at.IsZero() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	err := b.store(ctx, b.heartbeat, at)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch {
	case err == nil && at.After(b.stored):
		b.stored = at
	case err != nil && !errors.Is(err, signals.ErrUnwatched) && b.waiting.IsZero():
		b.log.Warn("a beat is not stored yet", "error", err)
		b.waiting, b.timer = at, time.AfterFunc(flushAgain, b.flush)
	}
}
