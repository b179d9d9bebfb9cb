package oncall

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// longestOverride is the longest override that is made at run time: a longer one is a slip of the pen, or belongs in
// the layers.
const longestOverride = 366 * 24 * time.Hour

// Wish is an override as a person asks for it.
type Wish struct {
	Schedule string
	Person   string        // ID, or @ and a Slack user ID.
	From, To string        // RFC 3339, or a wall clock of the schedule's zone; an empty From means now.
	For      time.Duration // In place of To.
	By       string
}

// Override makes the override that is wished for, without an ID. The error says what stands against it; it is an
// Unknown when the schedule or the person does not exist.
func (r Roster) Override(w Wish, now time.Time) (Override, error) {
	s, err := r.Schedule(w.Schedule)
	if err != nil {
		return Override{}, err
	}
	p, err := r.Person(w.Person)
	if err != nil {
		return Override{}, err
	}
	from, to, err := w.span(s, now)
	if err != nil {
		return Override{}, err
	}
	switch {
	case !from.Before(to):
		return Override{}, fmt.Errorf("it would end at %s, which is not after its start at %s", rfc(to), rfc(from))
	case !now.Before(to):
		return Override{}, fmt.Errorf("it would have ended at %s, which is over; only what is to come can be changed", rfc(to))
	case to.Sub(from) > longestOverride:
		return Override{}, fmt.Errorf("it would last from %s to %s, longer than a year", rfc(from), rfc(to))
	}
	return s.cover(p.ID, w.By, from, to), nil
}

// span reads the start and the end of a wish.
func (w Wish) span(s Schedule, now time.Time) (from, to time.Time, err error) {
	if (w.To == "") == (w.For == 0) {
		return from, to, errors.New("say either until when it lasts or for how long")
	}
	from = now.Truncate(time.Second)
	if w.From != "" {
		if from, err = s.Moment(w.From); err != nil {
			return from, to, fmt.Errorf("the start: %w", err)
		}
	}
	if w.For != 0 {
		return from, from.Add(w.For), nil
	}
	if to, err = s.Moment(w.To); err != nil {
		return from, to, fmt.Errorf("the end: %w", err)
	}
	return from, to, nil
}

// Swap makes the two overrides by which two people exchange their shifts, without an ID: whoever is on call at the
// moment one takes the whole shift in which the moment other lies, and the other way round. The error says what stands
// against it; it is an Unknown when the schedule does not exist.
func (r Roster) Swap(schedule, one, other, by string, now time.Time) ([]Override, error) {
	s, err := r.Schedule(schedule)
	if err != nil {
		return nil, err
	}
	mine, err := r.exchangeable(s, one, now)
	if err != nil {
		return nil, err
	}
	theirs, err := r.exchangeable(s, other, now)
	if err != nil {
		return nil, err
	}
	if mine.Person == theirs.Person {
		return nil, fmt.Errorf("%s is on call both at %s and at %s", mine.Person, one, other)
	}
	return []Override{
		s.cover(mine.Person, by, theirs.Since, theirs.Until),
		s.cover(theirs.Person, by, mine.Since, mine.Until),
	}, nil
}

// exchangeable is the shift at a moment, when somebody has it and it is known where it begins and ends.
func (r Roster) exchangeable(s Schedule, moment string, now time.Time) (Shift, error) {
	at, err := s.Moment(moment)
	if err != nil {
		return Shift{}, err
	}
	rota, faults := r.read(s)
	shift := rota.turn(at)
	switch err := errors.Join(append(faults, r.calendar(s.ID).beyond(at))...); {
	case err != nil:
		return Shift{}, err
	case shift.Person == "":
		return Shift{}, fmt.Errorf("nobody is on call in %s at %s", s.ID, moment)
	case shift.Since.IsZero() || shift.Until.IsZero():
		return Shift{}, fmt.Errorf("the shift of %s in %s at %s has no end; make an override for the time that is meant", shift.Person, s.ID, moment)
	case !now.Before(shift.Until):
		return Shift{}, fmt.Errorf("the shift of %s in %s at %s ended at %s", shift.Person, s.ID, moment, rfc(shift.Until))
	}
	return shift, nil
}

// cover makes an override with its times in the schedule's zone.
func (s Schedule) cover(person, by string, from, to time.Time) Override {
	if zone, err := s.zone(); err == nil {
		from, to = from.In(zone), to.In(zone)
	}
	return Override{Schedule: s.ID, Person: person, From: rfc(from), To: rfc(to), By: by}
}

func rfc(t time.Time) string { return t.Format(time.RFC3339) }

// Check says what is wrong with an override made at run time. It is looked at without its schedule, so its times must
// be RFC 3339.
func (o Override) Check() error {
	if o.Schedule == "" || o.Person == "" {
		return errors.New("an override names a schedule and a person")
	}
	from, to, err := o.Span()
	if err != nil {
		return err
	}
	if !from.Before(to) {
		return fmt.Errorf("the override's end, %s, is not after its start, %s", o.To, o.From)
	}
	return nil
}

// Span is when an override made at run time begins and ends.
func (o Override) Span() (from, to time.Time, err error) {
	if from, err = time.Parse(time.RFC3339, o.From); err != nil {
		return from, to, fmt.Errorf("the override's start, %q, is not RFC 3339", o.From)
	}
	if to, err = time.Parse(time.RFC3339, o.To); err != nil {
		return from, to, fmt.Errorf("the override's end, %q, is not RFC 3339", o.To)
	}
	return from, to, nil
}

// EndingAfter leaves out the overrides that have ended at a moment, and those that nobody can read.
func EndingAfter(t time.Time, all []Override) []Override {
	return slices.DeleteFunc(slices.Clone(all), func(o Override) bool {
		_, to, err := o.Span()
		return err != nil || !to.After(t)
	})
}
