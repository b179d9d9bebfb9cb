package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-44180607/lastgood/integrations/ical"
	"github.com/seed-44180607/lastgood/internal/app"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/oncall"
)

// checkedCalendars is what reading the calendars of a file came to.
type checkedCalendars struct {
	copies   []oncall.Calendar
	warnings []string
	left     int   // How many are on the web and were not read.
	fault    error // Of those on the web, what could not be read.
}

// checkCalendars reads the calendars that schedules name: files, and with live those on the web.
func checkCalendars(ctx context.Context, file config.File, live bool, now time.Time) (c checkedCalendars) {
	for _, s := range file.Roster.Schedules {
		if s.ICal == "" {
			continue
		}
		client, err := ical.New(ical.Config{Name: s.ID, Address: s.ICal})
		switch {
		case err != nil:
			c.warnings = append(c.warnings, err.Error())
		case client.OnTheWeb() && !live:
			c.left++
		default:
			c.read(ctx, client, s, file.Roster.People, now)
		}
	}
	return c
}

func (c *checkedCalendars) read(ctx context.Context, client *ical.Client, s oncall.Schedule, people []oncall.Person, now time.Time) {
	reading, err := readCalendar(ctx, client, s, people, now)
	switch {
	case err != nil && client.OnTheWeb():
		c.fault = errors.Join(c.fault, err)
		return
	case err != nil:
		c.warnings = append(c.warnings, err.Error())
		return
	}
	for _, note := range reading.Notes {
		c.warnings = append(c.warnings, fmt.Sprintf("the calendar of %s: %s", s.ID, note))
	}
	if len(reading.Shifts) == 0 {
		c.warnings = append(c.warnings, fmt.Sprintf("the calendar of %s: it has no shift in the next 62 days", s.ID))
	}
	c.copies = append(c.copies, oncall.Calendar{Schedule: s.ID, Shifts: reading.Shifts, Read: now, Until: app.Around(ical.Options{}, now).To})
}

func readCalendar(ctx context.Context, client *ical.Client, s oncall.Schedule, people []oncall.Person, now time.Time) (ical.Reading, error) {
	options, err := app.ReadingOf(s, people)
	if err != nil {
		return ical.Reading{}, err
	}
	body, err := client.Fetch(ctx)
	if err != nil {
		return ical.Reading{}, err
	}
	reading, err := ical.Read(body, app.Around(options, now))
	if err != nil {
		return ical.Reading{}, fmt.Errorf("the calendar of %s: %w", s.ID, err)
	}
	return reading, nil
}
