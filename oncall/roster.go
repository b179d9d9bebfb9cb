package oncall

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Unknown is the error for a name that the roster does not have.
type Unknown struct {
	Kind  string // "schedule" or "person".
	ID    string
	Known []string // The names that it has.
}

func (u Unknown) Error() string { return fmt.Sprintf("there is no %s %s", u.Kind, u.ID) }

// Shift says who is on call in a schedule at a moment, and from when until when, in the schedule's zone. The error is
// an Unknown when there is no such schedule. Any other names what cannot be read; the shift is then what the rest says.
func (r Roster) Shift(schedule string, at time.Time) (Shift, error) {
	s, err := r.Schedule(schedule)
	if err != nil {
		return Shift{}, err
	}
	rota, faults := r.read(s)
	return rota.shift(at), errors.Join(append(faults, r.calendar(s.ID).beyond(at))...)
}

// ShiftAfter says who follows in a schedule on those who are on call at a moment: nobody, from a moment on, where a gap
// begins. It is the zero Shift when the one at that moment has no end. Its errors are those of Shift.
func (r Roster) ShiftAfter(schedule string, at time.Time) (Shift, error) {
	current, err := r.Shift(schedule, at)
	if current.Until.IsZero() {
		return Shift{}, err
	}
	return r.Shift(schedule, current.Until)
}

// read reads a schedule together with what was made for it at run time.
func (r Roster) read(s Schedule) (rota, []error) { return s.read(r.Overrides, r.calendar(s.ID)) }

// Schedule finds a schedule by its ID; the error is an Unknown.
func (r Roster) Schedule(id string) (Schedule, error) {
	if s, exists := r.schedule(id); exists {
		return s, nil
	}
	known := make([]string, len(r.Schedules))
	for i, s := range r.Schedules {
		known[i] = s.ID
	}
	return Schedule{}, Unknown{Kind: "schedule", ID: id, Known: known}
}

// Person finds a person by the ID, or, after an @, by the Slack user ID; the error is an Unknown.
func (r Roster) Person(id string) (Person, error) {
	find := r.person
	if user, mention := strings.CutPrefix(id, "@"); mention {
		find = func(string) (Person, bool) { return r.bySlack(user) }
	}
	if p, exists := find(id); exists {
		return p, nil
	}
	known := make([]string, len(r.People))
	for i, p := range r.People {
		known[i] = p.ID
	}
	return Person{}, Unknown{Kind: "person", ID: id, Known: known}
}

// Named is a person for people, as in "First responder (sre-1)"; nobody when the ID is empty.
func (r Roster) Named(id string) string {
	switch p, err := r.Person(id); {
	case id == "":
		return "nobody"
	case err == nil && p.Name != "":
		return p.Name + " (" + id + ")"
	default:
		return id
	}
}

// Clock is how a moment is shown on the clocks of its zone.
const Clock = "Mon 2 Jan 2006 15:04 MST"

// Shown is a moment as an override has it, on the clocks of the override's schedule.
func (r Roster) Shown(o Override, moment string) string {
	s, err := r.Schedule(o.Schedule)
	if err != nil {
		return moment
	}
	t, err := s.Moment(moment)
	if err != nil {
		return moment
	}
	return t.Format(Clock)
}

// Tell is an override in words.
func (r Roster) Tell(o Override) string {
	return fmt.Sprintf("%s is on call in %s from %s to %s", r.Named(o.Person), o.Schedule, r.Shown(o, o.From), r.Shown(o, o.To))
}

// Moment reads a moment as people write it: RFC 3339, or a wall clock of the schedule's zone like 2026-01-05T09:00.
func (s Schedule) Moment(text string) (time.Time, error) {
	zone, err := s.zone()
	if err != nil {
		return time.Time{}, fmt.Errorf("schedule %s: time_zone: %w", s.ID, err)
	}
	t, err := parseMoment(text, zone)
	if err == nil && (t.Year() < 1970 || t.Year() > 2999) {
		return time.Time{}, fmt.Errorf("%q is not a moment between the years 1970 and 2999", text)
	}
	return t, err
}

// In is a moment on the clocks of the person's own zone; false when it is not known.
func (p Person) In(t time.Time) (local time.Time, known bool) {
	zone, err := loadZone(p.TimeZone)
	if err != nil {
		return t, false
	}
	return t.In(zone), true
}
