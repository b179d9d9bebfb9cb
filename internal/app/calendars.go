package app

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/integrations/ical"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

const (
	// refreshEvery is the pause between two readings of a calendar, a tenth more or less: many workers ask one server.
	refreshEvery = 5 * time.Minute
	// retryEvery is that pause while the calendar, or Temporal, fails.
	retryEvery = time.Minute
	// firstWithin is how long a worker waits for its calendars before it works.
	firstWithin = 3 * time.Second
	// keepWithin bounds one call of the roster.
	keepWithin = 5 * time.Second
)

// keeper keeps the copies of calendars for all workers, and for those that start when a calendar cannot be read.
type keeper interface {
	Roster(ctx context.Context) (signals.Kept, error)
	Calendar(ctx context.Context, latest oncall.Calendar) error
}

// calendars are those that schedules name. No page waits for them: they are read beside the work.
type calendars []*calendar

// newCalendars gives those of the schedules. The error is about an address.
func newCalendars(file config.File, keeper keeper, log *slog.Logger) (calendars, error) {
	var all calendars
	for _, s := range file.Roster.Schedules {
		if s.ICal == "" {
			continue
		}
		client, err := ical.New(ical.Config{Name: s.ID, Address: s.ICal})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrConfiguration, err)
		}
		options, err := ReadingOf(s, file.Roster.People)
		if err != nil {
			return nil, err
		}
		all = append(all, &calendar{
			schedule: s.ID, source: client, options: options, keeper: keeper, log: log.With("schedule", s.ID),
		})
	}
	return all, nil
}

// readCalendars has the calendars that schedules name read beside the work, shown in the metrics and paged by.
func readCalendars(ctx context.Context, c config.Config, job jobs, keeper keeper, m *metrics, log *slog.Logger) (stop func(), err error) {
	all, err := newCalendars(c.File, keeper, log)
	if err != nil {
		return nil, err
	}
	m.watch(all)
	job.onCall.People = freshest{job.onCall.People, all}
	ctx, cancel := context.WithCancel(ctx)
	wait := all.run(ctx)
	return func() {
		cancel()
		wait()
	}, nil
}

// ReadingOf says for what the calendar of a schedule is read, but for the time.
func ReadingOf(s oncall.Schedule, people []oncall.Person) (ical.Options, error) {
	o := ical.Options{People: people}
	if s.TimeZone == "" {
		return o, nil
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return o, fmt.Errorf("%w: schedule %s: time_zone: %w", ErrConfiguration, s.ID, err)
	}
	o.Zone = zone
	return o, nil
}

// Around is the time for which calendars are read: from the day before to 62 days later. It moves once a day, so that a
// copy changes with the calendar and not with the clock.
func Around(o ical.Options, now time.Time) ical.Options {
	today := now.UTC().Truncate(24 * time.Hour)
	o.From, o.To = today.AddDate(0, 0, -1), today.AddDate(0, 0, 63)
	return o
}

// run reads every calendar at once, and again and again until the context ends. It returns when each was tried, or
// after firstWithin; wait returns when all have stopped.
func (c calendars) run(ctx context.Context) (wait func()) {
	var running, first sync.WaitGroup
	for _, one := range c {
		first.Add(1)
		running.Go(func() { one.run(ctx, sync.OnceFunc(first.Done)) })
	}
	tried := make(chan struct{})
	go func() {
		first.Wait()
		close(tried)
	}()
	select {
	case <-tried:
	case <-ctx.Done():
	case <-time.After(firstWithin):
	}
	return running.Wait
}

// over gives a roster in which a copy that this process has read itself counts when it is later than the kept one:
// what a worker has read holds before the roster's workflow has taken it.
func (c calendars) over(r oncall.Roster) oncall.Roster {
	if len(c) == 0 {
		return r
	}
	r.Calendars = slices.Clone(r.Calendars)
	for _, one := range c {
		own := one.copy()
		i := slices.IndexFunc(r.Calendars, func(kept oncall.Calendar) bool { return kept.Schedule == own.Schedule })
		switch {
		case own.Empty():
		case i < 0:
			r.Calendars = append(r.Calendars, own)
		case r.Calendars[i].Read.Before(own.Read):
			r.Calendars[i] = own
		}
	}
	return r
}

// freshest are people whose calendars are as fresh as this process knows them.
type freshest struct {
	activities.People
	calendars calendars
}

// Roster gives the people as they are now.
func (f freshest) Roster(ctx context.Context) (oncall.Roster, error) {
	r, err := f.People.Roster(ctx)
	return f.calendars.over(r), err
}

// pause is how long to wait before the next reading.
func pause(good bool) time.Duration {
	d := retryEvery
	if good {
		d = refreshEvery
	}
	return d + time.Duration((rand.Float64()-0.5)*0.2*float64(d))
}
