package oncall

import (
	"fmt"
	"slices"
	"time"
)

// Calendar is the latest copy of the calendar file that a schedule names.
type Calendar struct {
	Schedule string     `json:"schedule"` // ID.
	Shifts   []Override `json:"shifts,omitempty"`
	Read     time.Time  `json:"read"`            // When the copy was read.
	Fault    string     `json:"fault,omitempty"` // Not empty: why there is no later copy.
}

// Empty reports whether there is no copy: the calendar was never read.
func (c Calendar) Empty() bool { return c.Read.IsZero() }

// read gives the shifts that can be read, in the order in which they win: the one that began last. The faults say what
// was left out, and how old the copy is when there ought to be a later one.
func (c Calendar) read(schedule string, zone *time.Location) (shifts []cover, faults []error) {
	switch {
	case c.Empty() && c.Fault != "":
		return nil, []error{fmt.Errorf("the calendar of schedule %s has never been read: %s", schedule, c.Fault)}
	case c.Empty():
		return nil, []error{fmt.Errorf("the calendar of schedule %s has not been read yet", schedule)}
	case c.Fault != "":
		faults = append(faults, fmt.Errorf("the calendar of schedule %s is of %s UTC: it could not be read since: %s",
			schedule, c.Read.UTC().Format("2006-01-02 15:04"), c.Fault))
	}
	for _, o := range c.Shifts {
		s, err := o.read(zone)
		if err != nil {
			faults = append(faults, fmt.Errorf("the calendar of schedule %s: shift of %s: %w", schedule, o.Person, err))
			continue
		}
		shifts = append(shifts, s)
	}
	slices.SortStableFunc(shifts, func(a, b cover) int { return a.from.Compare(b.from) })
	return shifts, faults
}

// calendar is the latest copy of the calendar that a schedule names; empty when there is none.
func (r Roster) calendar(schedule string) Calendar {
	for _, c := range r.Calendars {
		if c.Schedule == schedule {
			return c
		}
	}
	return Calendar{}
}
