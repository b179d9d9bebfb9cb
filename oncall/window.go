package oncall

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Window is a part of the week on the calendar's clock of a zone, [From, To). No days means every day; an empty From
// or To means midnight. A To at or before From lies on the next day, and Days name the day on which it begins.
type Window struct {
	Days     []time.Weekday `json:"days,omitempty"`
	From     string         `json:"from,omitempty"`      // "HH:MM".
	To       string         `json:"to,omitempty"`        // "HH:MM"; "24:00" is midnight.
	TimeZone string         `json:"time_zone,omitempty"` // IANA name; within a layer empty means the schedule's.
}

// String says when the window is open, as in "Mon, Tue 09:00 to 18:00 Europe/London".
func (w Window) String() string {
	var words []string
	if len(w.Days) > 0 {
		names := make([]string, len(w.Days))
		for i, d := range w.Days {
			names[i] = d.String()[:3]
		}
		words = append(words, strings.Join(names, ", "))
	}
	words = append(words, orMidnight(w.From), "to", orMidnight(w.To))
	if w.TimeZone != "" {
		words = append(words, w.TimeZone)
	}
	return strings.Join(words, " ")
}

func orMidnight(clock string) string {
	if clock == "" {
		return "00:00"
	}
	return clock
}

// opening is a window whose clocks and zone have been read.
type opening struct {
	days     []time.Weekday
	from, to wall // Seconds after the midnight of the day on which it begins.
	zone     *time.Location
}

// reach is how many days an opening looks ahead or back for its next edge: one that is open once a week may lose that
// hour to a change of the clocks and comes again a week later.
const reach = 15 * day

// read reads the window. A window that names no zone has the given one.
func (w Window) read(zone *time.Location) (opening, error) {
	o := opening{days: w.Days, zone: zone}
	var err error
	if w.TimeZone != "" || zone == nil {
		if o.zone, err = loadZone(w.TimeZone); err != nil {
			return opening{}, err
		}
	}
	if o.from, err = parseClock(w.From); err != nil {
		return opening{}, fmt.Errorf("from: %w", err)
	}
	if o.to, err = parseClock(w.To); err != nil {
		return opening{}, fmt.Errorf("to: %w", err)
	}
	if o.to <= o.from {
		o.to += day
	}
	for _, d := range w.Days {
		if d < time.Sunday || d > time.Saturday {
			return opening{}, errors.New("days: there are seven, from 0, Sunday, to 6, Saturday")
		}
	}
	return o, nil
}

// covers reports whether the opening is open at t.
func (o opening) covers(t time.Time) bool {
	today := wallAt(t, o.zone).midnight()
	for d := today - 2*day; d <= today+day; d += day {
		if from, to, open := o.on(d); open && !t.Before(from) && t.Before(to) {
			return true
		}
	}
	return false
}

// opens is t itself when the opening is open then, otherwise the next moment at which it is.
func (o opening) opens(t time.Time) time.Time {
	for !o.covers(t) {
		t = o.after(t)
	}
	return t
}

// before is the latest moment up to and including t at which the opening may have opened or closed.
func (o opening) before(t time.Time) time.Time {
	today := wallAt(t, o.zone).midnight()
	for d := today + day; d >= today-reach; d -= day {
		from, to, open := o.on(d)
		switch {
		case !open:
		case !to.After(t):
			return to
		case !from.After(t):
			return from
		}
	}
	return time.Time{}
}

// after is the earliest moment after t at which the opening may open or close.
func (o opening) after(t time.Time) time.Time {
	today := wallAt(t, o.zone).midnight()
	for d := today - 2*day; d <= today+reach; d += day {
		from, to, open := o.on(d)
		switch {
		case !open:
		case from.After(t):
			return from
		case to.After(t):
			return to
		}
	}
	return time.Time{}
}

// on is when the opening of the day that begins at midnight begins and ends. A change of the clocks may leave nothing
// of it.
func (o opening) on(midnight wall) (from, to time.Time, open bool) {
	if len(o.days) > 0 && !slices.Contains(o.days, midnight.weekday()) {
		return from, to, false
	}
	from, to = (midnight + o.from).in(o.zone), (midnight + o.to).in(o.zone)
	return from, to, from.Before(to)
}
