package app

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/seed-44180607/lastgood/integrations/ical"
	"github.com/seed-44180607/lastgood/oncall"
)

// source is where a calendar comes from. Forget makes it give the whole calendar next time.
type source interface {
	Fetch(ctx context.Context) ([]byte, error)
	Forget()
}

// calendar keeps the copy of one schedule's calendar fresh. A copy that has changed goes to the keeper, and so does
// the news that it cannot be read, once; the last good copy holds until there is a later one.
type calendar struct {
	schedule string
	source   source
	options  ical.Options
	keeper   keeper
	log      *slog.Logger

	mutex  sync.Mutex
	latest oncall.Calendar // The last good one that is known, read by this process or before it.

	failing string   // Why it cannot be read, as it was when that began to be so; empty: it can.
	told    bool     // The keeper knows that it is failing.
	notes   []string // Those that were logged.
}

func (c *calendar) run(ctx context.Context, tried func()) {
	defer tried()
	for ctx.Err() == nil {
		good := c.refresh(ctx, time.Now())
		tried()
		select {
		case <-ctx.Done():
		case <-time.After(pause(good)):
		}
	}
}

// refresh reads the calendar and makes it known. It is good when there is nothing to try again soon.
func (c *calendar) refresh(ctx context.Context, now time.Time) (good bool) {
	reading, err := c.read(ctx, now)
	switch {
	case ctx.Err() != nil:
		return false
	case err != nil:
		c.fail(ctx, err)
		return false
	default:
		return c.succeed(ctx, reading, now)
	}
}

func (c *calendar) read(ctx context.Context, now time.Time) (ical.Reading, error) {
	body, err := c.source.Fetch(ctx)
	if err != nil {
		return ical.Reading{}, err
	}
	reading, err := ical.Read(body, Around(c.options, now))
	if err != nil {
		c.source.Forget()
	}
	return reading, err
}

func (c *calendar) succeed(ctx context.Context, reading ical.Reading, now time.Time) (good bool) {
	if c.failing != "" {
		c.log.Info("the calendar can be read again")
	}
	c.failing, c.told = "", false
	if !slices.Equal(c.notes, reading.Notes) {
		c.notes = reading.Notes
		for _, note := range reading.Notes {
			c.log.Warn("an event of the calendar is not read as a shift", "note", note)
		}
	}
	latest := oncall.Calendar{Schedule: c.schedule, Shifts: reading.Shifts, Read: now.UTC().Truncate(time.Second), Until: Around(c.options, now).To}
	c.keep(latest)
	kept, known := c.kept(ctx)
	if !known {
		return false
	}
	if !kept.Empty() && kept.Fault == "" && kept.Until.Equal(latest.Until) && slices.Equal(kept.Shifts, latest.Shifts) {
		return true
	}
	c.log.Info("the calendar has changed, or a day has passed", "shifts", len(latest.Shifts), "until", latest.Until)
	return c.send(ctx, latest)
}

// fail says once that the calendar cannot be read, with the last good copy that is known.
func (c *calendar) fail(ctx context.Context, err error) {
	if c.failing == "" {
		c.log.Warn("the calendar cannot be read; the last good copy holds", "error", err)
		c.failing = err.Error()
	}
	if c.told {
		return
	}
	kept, known := c.kept(ctx)
	if !known {
		return
	}
	if c.copy().Read.Before(kept.Read) {
		c.keep(kept)
	}
	if kept.Fault != "" && !kept.Read.Before(c.copy().Read) {
		c.told = true
		return
	}
	faulty := c.copy()
	faulty.Schedule, faulty.Fault = c.schedule, c.failing
	c.told = c.send(ctx, faulty)
}

// kept is the copy that the keeper has; it is not known when Temporal does not answer.
func (c *calendar) kept(ctx context.Context) (last oncall.Calendar, known bool) {
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	kept, err := c.keeper.Roster(ctx)
	if err != nil {
		c.log.Warn("the kept copy of the calendar is not known", "error", err)
		return oncall.Calendar{}, false
	}
	for _, one := range kept.Calendars {
		if one.Schedule == c.schedule {
			return one, true
		}
	}
	return oncall.Calendar{}, true
}

func (c *calendar) send(ctx context.Context, latest oncall.Calendar) (sent bool) {
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	if err := c.keeper.Calendar(ctx, latest); err != nil {
		c.log.Warn("the copy of the calendar is not kept", "error", err)
		return false
	}
	return true
}

func (c *calendar) keep(latest oncall.Calendar) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.latest = latest
	c.latest.Fault = ""
}

// copy is the last good one that is known.
func (c *calendar) copy() oncall.Calendar {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.latest
}

// age is how old the last good copy is, in seconds: infinite when there is none.
func (c *calendar) age(now time.Time) float64 {
	latest := c.copy()
	if latest.Empty() {
		return math.Inf(1)
	}
	return now.Sub(latest.Read).Seconds()
}
