package oncall

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// wall is what a clock on the wall shows, in seconds since it showed midnight of 1 January 1970. It is no moment until
// a zone is named: in a zone a reading may come once, twice or never.
type wall int64

const day wall = 24 * 60 * 60

// wallLayout is how hand-offs and overrides are written.
const wallLayout = "2006-01-02T15:04"

// wallAt is what the clocks of a zone show at a moment.
func wallAt(t time.Time, zone *time.Location) wall {
	_, offset := t.In(zone).Zone()
	return wall(t.Unix() + int64(offset))
}

// in is the moment at which the clocks of a zone show the reading. Of two such moments it is the first. When clocks
// skip the reading, it is as far after the gap's start as the reading is, counted in the offset before the gap.
func (w wall) in(zone *time.Location) time.Time {
	u := time.Unix(int64(w), 0).UTC()
	// time.Date takes the offset of one of the two sides of a change, and does not promise which.
	guess := time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), u.Second(), 0, zone)
	switch shown := wallAt(guess, zone); {
	case shown > w:
		return guess
	case shown < w:
		return w.at(guess)
	}
	if began, _ := guess.ZoneBounds(); !began.IsZero() {
		if first := w.at(began.Add(-time.Second)); first.Before(began) {
			return first
		}
	}
	return guess
}

// at is the moment of the reading in the offset that is in force at t.
func (w wall) at(t time.Time) time.Time {
	_, offset := t.Zone()
	return time.Unix(int64(w)-int64(offset), 0).In(t.Location())
}

// midnight is the reading with which the same calendar day begins.
func (w wall) midnight() wall {
	return w - ((w%day)+day)%day
}

func (w wall) weekday() time.Weekday {
	return time.Unix(int64(w), 0).UTC().Weekday()
}

func parseWall(s string) (wall, error) {
	t, err := time.Parse(wallLayout, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date and time like 2026-01-05T09:00", s)
	}
	return wall(t.Unix()), nil
}

// parseMoment reads a wall clock of the zone, or RFC 3339.
func parseMoment(s string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.In(zone), nil
	}
	w, err := parseWall(s)
	if err != nil {
		return time.Time{}, err
	}
	return w.in(zone), nil
}

// ParseMoment reads RFC 3339, or a wall clock like 2026-01-05T09:00 of a zone, which may be empty where it is not needed.
func ParseMoment(s, zone string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	w, err := parseWall(s)
	if err != nil {
		return time.Time{}, err
	}
	in, err := loadZone(zone)
	if err != nil {
		return time.Time{}, err
	}
	return w.in(in), nil
}

// parseClock reads a time of day, as seconds since midnight.
func parseClock(s string) (wall, error) {
	if s == "" || s == "24:00" {
		return 0, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a time of day like 09:00", s)
	}
	return wall(t.Hour()*60*60 + t.Minute()*60), nil
}

// zones are those that were read before, by name. A zone does not change, and reading one costs more than all that is
// asked of a schedule.
var zones sync.Map

// loadZone finds a zone by its IANA name. Go's "" and "Local" are refused: what they mean depends on the machine or on
// nothing that was written down.
func loadZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, errors.New("no time zone is given")
	}
	if zone, known := zones.Load(name); known {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("%q is not a time zone like Europe/London", name)
	}
	zones.Store(name, zone)
	return zone, nil
}
