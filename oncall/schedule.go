package oncall

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Schedule says who is on call when.
type Schedule struct {
	ID        string     `json:"id"`
	TimeZone  string     `json:"time_zone,omitempty"` // IANA name.
	Layers    []Layer    `json:"layers,omitempty"`    // The last layer that has somebody wins.
	Overrides []Override `json:"overrides,omitempty"`
	ICal      string     `json:"ical,omitempty"` // URL of a calendar that takes the place of the layers.
}

// Layer is a rotation: its people take turns, each for one period, starting at the hand-off.
type Layer struct {
	People  []string `json:"people"` // IDs.
	Every   Period   `json:"every"`
	Handoff string   `json:"handoff"`        // Start of the first period, "2006-01-02T15:04" in the schedule's zone.
	Only    []Window `json:"only,omitempty"` // When given, the layer has somebody only inside one of them.
}

// Override puts a person in place of whoever the layers say, [From, To).
type Override struct {
	Schedule string    `json:"schedule,omitempty"` // ID; needed only on overrides made at run time.
	Person   string    `json:"person"`
	From     string    `json:"from"` // "2006-01-02T15:04" in the schedule's zone, or RFC 3339.
	To       string    `json:"to"`
	Made     time.Time `json:"made,omitzero"` // When it was entered at run time; zero: it is part of the schedule.
	// ID and By, of an override made at run time: what removes it, which the two of a swap share, and who made it.
	ID string `json:"id,omitempty" yaml:"-"`
	By string `json:"by,omitempty" yaml:"-"`
}

// Shift is a span of time, [Since, Until), with the same answer to who is on call. Person is empty when nobody is.
// Since or Until is zero when there is no such end, or none was found although the answer came up for renewal, at
// hand-offs and windows, for more than a year.
type Shift struct {
	Person string    `json:"person"`
	Since  time.Time `json:"since,omitzero"`
	Until  time.Time `json:"until,omitzero"`
}

// Unit is what a period is counted in.
type Unit string

// The units of a period.
const (
	Hours Unit = "h"
	Days  Unit = "d"
	Weeks Unit = "w"
)

// Period is the length of a shift, on the calendar's clock: across a daylight-saving change twelve hours may last
// eleven or thirteen.
type Period struct {
	Count int  `json:"count"`
	Unit  Unit `json:"unit"`
}

// longest is the highest count of a period, in any unit. It keeps sums of periods far from overflowing.
const longest = 9999

var errPeriod = errors.New("not a number of hours, days or weeks like 12h, 1d or 2w, at most 9999")

// ParsePeriod reads whole hours, days or weeks: "12h", "1d", "2w".
func ParsePeriod(s string) (Period, error) {
	cut := max(len(s)-1, 0)
	count, err := strconv.ParseUint(s[:cut], 10, 16)
	p := Period{Count: int(count), Unit: Unit(s[cut:])}
	if err != nil || p.length() == 0 {
		return Period{}, fmt.Errorf("%q: %w", s, errPeriod)
	}
	return p, nil
}

// String is the form that ParsePeriod reads.
func (p Period) String() string { return strconv.Itoa(p.Count) + string(p.Unit) }

// length is how far apart two hand-offs are on the calendar's clock; 0 when the period is none.
func (p Period) length() wall {
	if p.Count < 1 || p.Count > longest {
		return 0
	}
	switch p.Unit {
	case Hours:
		return wall(p.Count) * day / 24
	case Days:
		return wall(p.Count) * day
	case Weeks:
		return wall(p.Count) * day * 7
	default:
		return 0
	}
}

// At says who is on call at t, and the whole span in which that answer holds, in the schedule's zone. Of the run-time
// overrides those of other schedules are left out. The error names what cannot be read, a zone, a hand-off, an
// override; the shift is then what the rest of the schedule says, so that a slip in one line leaves nobody unpaged.
func (s Schedule) At(t time.Time, extra []Override) (Shift, error) {
	r, faults := s.read(extra)
	return r.shift(t), errors.Join(faults...)
}

// read reads what can be read of the schedule; the faults say what was left out.
func (s Schedule) read(extra []Override) (r rota, faults []error) {
	zone, err := s.zone()
	if err != nil {
		return rota{}, []error{fmt.Errorf("schedule %s: time_zone: %w", s.ID, err)}
	}
	r.zone = zone
	take := func(from source, err error, what string) {
		if err != nil {
			faults = append(faults, fmt.Errorf("schedule %s: %s: %w", s.ID, what, err))
			return
		}
		r.sources = append(r.sources, from)
	}
	for i, l := range s.Layers {
		turns, err := l.read(zone)
		take(turns, err, fmt.Sprintf("layers[%d]", i))
	}
	for _, o := range s.inForce(extra) {
		covers, err := o.read(zone)
		take(covers, err, "override for "+o.Person)
	}
	if s.ICal != "" {
		faults = append(faults, fmt.Errorf("schedule %s: icalendar schedules are not read", s.ID))
	}
	return r, faults
}

// zone is the schedule's own. A calendar carries zones of its own, so a schedule that is one may go without.
func (s Schedule) zone() (*time.Location, error) {
	if s.ICal != "" && s.TimeZone == "" {
		return time.UTC, nil
	}
	return loadZone(s.TimeZone)
}

// inForce gives the schedule's own overrides and those made for it at run time, the ones that win last.
func (s Schedule) inForce(extra []Override) []Override {
	all := slices.Clone(s.Overrides)
	for _, o := range extra {
		if o.Schedule == s.ID {
			all = append(all, o)
		}
	}
	slices.SortStableFunc(all, func(a, b Override) int { return a.Made.Compare(b.Made) })
	return all
}
