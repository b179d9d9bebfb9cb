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
	Until    time.Time  `json:"until,omitzero"`  // Shifts from then on are not in the copy; zero: all are.
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
		faults = append(faults, stale{Calendar: c})
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

// stale is a copy that holds although there ought to be a later one.
type stale struct{ Calendar }

func (s stale) Error() string {
	return fmt.Sprintf("the calendar of schedule %s is of %s UTC: it could not be read since: %s",
		s.Schedule, s.Read.UTC().Format("2006-01-02 15:04"), s.Fault)
}

// outdated warns of the calendars and the groups, among those that the targets rest on, that could not be refreshed.
func (r Roster) outdated(targets []Target) (warnings []string) {
	for _, target := range targets {
		s, exists := r.schedule(target.Schedule)
		c := r.calendar(target.Schedule)
		if exists && s.ICal != "" && c.Fault != "" && !c.Empty() {
			warnings = append(warnings, stale{c}.Error())
		}
		_, known := r.Groups[target.SlackGroup]
		if fault := r.GroupFaults[target.SlackGroup]; known && fault != "" {
			warnings = append(warnings, fmt.Sprintf("the members of slack group %s may have changed: %s", target.SlackGroup, fault))
		}
	}
	return warnings
}

// beyond is the error that a copy says nothing of a moment: whoever the calendar names then is not nobody.
func (c Calendar) beyond(at time.Time) error {
	if c.Until.IsZero() || at.Before(c.Until) {
		return nil
	}
	return fmt.Errorf("the calendar of schedule %s is read up to %s only", c.Schedule, c.Until.UTC().Format(time.DateOnly))
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
