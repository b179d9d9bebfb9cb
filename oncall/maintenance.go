package oncall

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Everywhere is the service of a maintenance of every service.
const Everywhere = "*"

// LongestMaintenance is the longest window that is taken at run time: in a longer one a slip of the pen would keep
// people asleep for too long.
const LongestMaintenance = 30 * 24 * time.Hour

// longestReason bounds what is kept of each in the roster's memo.
const longestReason = 500

// Maintenance is a window of time, [From, To), in which an incident of the service that opens is recorded and nobody is
// paged for it.
type Maintenance struct {
	Service string `json:"service"` // ID, or Everywhere.
	From    string `json:"from"`    // RFC 3339, as To.
	To      string `json:"to"`
	Reason  string `json:"reason,omitempty"`
	// ID, By and Made, of one entered at run time: what ends it, who entered it, and when.
	ID   string    `json:"id,omitempty" yaml:"-"`
	By   string    `json:"by,omitempty" yaml:"-"`
	Made time.Time `json:"made,omitzero"`
}

// Span is when it begins and ends.
func (m Maintenance) Span() (from, to time.Time, err error) {
	if from, err = time.Parse(time.RFC3339, m.From); err != nil {
		return from, to, fmt.Errorf("the start of the maintenance, %q, is not RFC 3339", m.From)
	}
	if to, err = time.Parse(time.RFC3339, m.To); err != nil {
		return from, to, fmt.Errorf("the end of the maintenance, %q, is not RFC 3339", m.To)
	}
	return from, to, nil
}

// Check says what is wrong with a maintenance that is entered at run time.
func (m Maintenance) Check() error {
	switch {
	case m.Service == "":
		return errors.New("a maintenance names a service")
	case len(m.Reason) > longestReason:
		return fmt.Errorf("the reason of a maintenance has %d bytes at most", longestReason)
	}
	from, to, err := m.Span()
	switch {
	case err != nil:
		return err
	case !from.Before(to):
		return fmt.Errorf("the end of the maintenance, %s, is not after its start, %s", m.To, m.From)
	case to.Sub(from) > LongestMaintenance:
		return fmt.Errorf("a maintenance from %s to %s is longer than 30 days", m.From, m.To)
	default:
		return nil
	}
}

// covers reports whether a service is in this maintenance at a moment. One that cannot be read keeps nobody asleep.
func (m Maintenance) covers(service string, at time.Time) bool {
	from, to, err := m.Span()
	return err == nil && (m.Service == service || m.Service == Everywhere) && !at.Before(from) && at.Before(to)
}

// Maintained says whether a service is in maintenance at a moment. Of several windows it gives the one that ends last.
func (r Roster) Maintained(service string, at time.Time) (last Maintenance, in bool) {
	var end time.Time
	for _, m := range r.Maintenance {
		if _, to, _ := m.Span(); m.covers(service, at) && to.After(end) {
			last, end, in = m, to, true
		}
	}
	return last, in
}

// Excused is the maintenance in which nobody is paged for an incident at a moment: that of the service that owns it, or
// else, where each of those affected is in one, the one that ends first.
func (r Roster) Excused(owner string, affected []string, at time.Time) (first Maintenance, in bool) {
	if m, in := r.Maintained(owner, at); in || len(affected) == 0 {
		return m, in
	}
	var end time.Time
	for _, service := range affected {
		m, in := r.Maintained(service, at)
		if !in {
			return Maintenance{}, false
		}
		if _, to, _ := m.Span(); end.IsZero() || to.Before(end) {
			first, end = m, to
		}
	}
	return first, true
}

// AfterMaintenance is the moment from which on, at a moment or later, a service is in no maintenance.
func (r Roster) AfterMaintenance(service string, at time.Time) time.Time {
	for {
		m, in := r.Maintained(service, at)
		if !in {
			return at
		}
		_, at, _ = m.Span() // Later, as the window covers the moment.
	}
}

// MaintenanceWish is a maintenance as a person asks for it.
type MaintenanceWish struct {
	Service  string
	From, To string        // RFC 3339; an empty From means now.
	For      time.Duration // In place of To.
	Reason   string
	By       string
}

// Maintenance makes the maintenance that is wished for, without an ID. The error says what stands against it.
func (w MaintenanceWish) Maintenance(now time.Time) (Maintenance, error) {
	if (w.To == "") == (w.For == 0) {
		return Maintenance{}, errors.New("say either until when it lasts or for how long")
	}
	m := Maintenance{Service: w.Service, From: w.From, To: w.To, Reason: w.Reason, By: w.By}
	if m.From == "" {
		m.From = rfc(now.Truncate(time.Second).UTC())
	}
	if w.For != 0 {
		from, err := time.Parse(time.RFC3339, m.From)
		if err != nil {
			return Maintenance{}, fmt.Errorf("the start of the maintenance, %q, is not RFC 3339", m.From)
		}
		m.To = rfc(from.Add(w.For))
	}
	if err := m.Check(); err != nil {
		return Maintenance{}, err
	}
	if _, to, _ := m.Span(); !now.Before(to) {
		return Maintenance{}, fmt.Errorf("it would have ended at %s, which is over", m.To)
	}
	return m, nil
}

// MaintenanceEndingAfter leaves out the windows that have ended at a moment, and those that nobody can read.
func MaintenanceEndingAfter(t time.Time, all []Maintenance) []Maintenance {
	return slices.DeleteFunc(slices.Clone(all), func(m Maintenance) bool {
		_, to, err := m.Span()
		return err != nil || !to.After(t)
	})
}

// reviewMaintenance finds windows that are over, and those that last longer than one entered at run time may.
func reviewMaintenance(all []Maintenance, at time.Time) (found []Fault) {
	for i, m := range all {
		from, to, err := m.Span()
		note := func(format string, args ...any) {
			found = append(found, Fault{Field: fmt.Sprintf("maintenance[%d]", i), Problem: fmt.Sprintf(format, args...)})
		}
		switch {
		case err != nil:
		case !to.After(at):
			note("is over since %s; take it out", m.To)
		case to.Sub(from) > LongestMaintenance:
			note("lasts longer than 30 days; nobody is paged in it")
		}
	}
	return found
}
