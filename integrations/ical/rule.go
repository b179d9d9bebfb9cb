package ical

import (
	"errors"
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"
)

// Bounds of rules. A calendar is somebody else's, and some rules would take hours to follow.
const (
	// maxDays is how many days are gone through for all rules of a calendar together: 5,000 years.
	maxDays = 2_000_000
	// fruitless is what a rule costs that never comes to pass: it is followed until the year 9999.
	fruitless = 200_000
	maxRule   = 500    // Bytes.
	maxEvery  = 10_000 // INTERVAL.
	maxADay   = 24     // Occurrences.
)

// occurrences gives the shifts of an event in the time that is read, without those
// that other events replace.
func (r *reader) occurrences(e event, replaced []event) ([]span, error) {
	if e.person == "" {
		return nil, nil
	}
	gone := exceptionsOf(e, replaced)
	var all []span
	take := func(v value) bool {
		from, to := v.at(), e.length.after(v)
		if to.After(r.From) && from.Before(r.To) && !gone.has(v) {
			all = append(all, span{person: e.person, from: from.UTC(), to: to.UTC()})
		}
		return len(all) <= maxShifts
	}
	if e.rule == "" {
		take(e.start)
	} else if err := r.repeat(e.rule, e.start, func(shown time.Time) bool {
		return take(value{shown: shown, date: e.start.date, zone: e.start.zone})
	}); err != nil {
		return nil, err
	}
	for _, v := range e.more {
		take(v)
	}
	return all, nil
}

// replacements are the events that stand for an occurrence of another one, by UID. Of two for the same occurrence the
// one with the higher sequence counts.
func replacements(events []event) map[string][]event {
	byUID := map[string][]event{}
	for _, e := range events {
		if e.replaces != nil {
			byUID[e.uid] = append(byUID[e.uid], e)
		}
	}
	return byUID
}

// exceptions are the occurrences of an event that do not take place.
type exceptions struct {
	moments map[int64]bool
	days    map[string]bool // A date stands for all that begins on it.
}

func (x exceptions) add(v value) {
	if v.date {
		x.days[v.shown.Format(dateLayout)] = true
		return
	}
	x.moments[v.at().Unix()] = true
}

func (x exceptions) has(v value) bool {
	return x.days[v.shown.Format(dateLayout)] || x.moments[v.at().Unix()]
}

// exceptionsOf are the occurrences of an event that are excepted or that others stand for; an event that stands for one itself
// gives way to another of a higher sequence.
func exceptionsOf(e event, replaced []event) exceptions {
	x := exceptions{moments: map[int64]bool{}, days: map[string]bool{}}
	for _, v := range e.except {
		x.add(v)
	}
	for _, other := range replaced {
		if e.replaces == nil {
			x.add(*other.replaces)
		} else if other.sequence > e.sequence && other.replaces.at().Equal(e.replaces.at()) {
			x.add(e.start)
		}
	}
	return x
}

// repeat calls take with what the clocks show at each repetition, in order, until it
// has enough or the time that is read is over. Rules are followed on the clocks of
// the event's zone, so that a shift at 09:00 begins at 09:00 on both sides of a change.
func (r *reader) repeat(rule string, start value, take func(shown time.Time) bool) (err error) {
	defer func() {
		// The rule is a stranger's: what the library does not expect must not end the process that pages people.
		if failure := recover(); failure != nil {
			err = fmt.Errorf("RRULE: %q cannot be followed: %v", printable(rule), failure)
		}
	}()
	until, rest, err := r.untilOf(rule)
	if err != nil {
		return err
	}
	options, err := ruleOf(rest)
	if err != nil {
		return fmt.Errorf("RRULE: %q: %w", printable(rule), err)
	}
	// No zone is further from UTC than a day.
	options.Dtstart, options.Until = start.shown, r.To.UTC().AddDate(0, 0, 1)
	if options.Dtstart.After(options.Until) {
		return nil
	}
	if err := r.spend(options); err != nil {
		return err
	}
	followed, err := rrule.NewRRule(*options)
	if err != nil {
		return fmt.Errorf("RRULE: %q: %w", printable(rule), err)
	}
	next := followed.Iterator()
	for first := true; ; first = false {
		shown, more := next()
		if !more && first {
			r.left -= fruitless
		}
		if !more || until.passed(value{shown: shown, zone: start.zone}) || !take(shown) {
			return nil
		}
	}
}

// ruleOf reads a rule and refuses those that would take too long, or for ever.
func ruleOf(rule string) (*rrule.ROption, error) {
	if len(rule) > maxRule {
		return nil, fmt.Errorf("longer than %d bytes", maxRule)
	}
	options, err := rrule.StrToROption(rule)
	if err != nil {
		return nil, errors.New(printable(err.Error()))
	}
	daily := options.Freq <= rrule.DAILY
	times := max(len(options.Byhour), 1) * max(len(options.Byminute), 1) * max(len(options.Bysecond), 1)
	switch {
	case options.Freq > rrule.HOURLY:
		return nil, errors.New("a rule by minutes or seconds is not read")
	case !daily && len(options.Byhour)+len(options.Byminute)+len(options.Bysecond) > 0:
		return nil, errors.New("a rule by hours with BYHOUR, BYMINUTE or BYSECOND is not read")
	case times > maxADay:
		return nil, fmt.Errorf("more than %d times a day", maxADay)
	case options.Interval < 0 || options.Interval > maxEvery:
		return nil, fmt.Errorf("INTERVAL is not between 1 and %d", maxEvery)
	}
	return options, nil
}

// spend takes the days that a rule is followed through from those that the calendar may cost.
func (r *reader) spend(o *rrule.ROption) error {
	days := int((o.Until.Unix() - o.Dtstart.Unix()) / (24 * 60 * 60)) // A time.Duration ends after 292 years.
	if o.Freq == rrule.HOURLY {
		days *= 24
	}
	if days > r.left {
		return errors.New("its rule is not followed: those of this calendar go too far back, or never come to pass")
	}
	r.left -= days
	return nil
}

// until is the last moment of a rule, in one of the forms in which it is written.
type until struct {
	value
	given, inUTC bool
}

// untilProperty names the part of a rule in an error.
var untilProperty = ics.BaseProperty{IANAToken: "UNTIL"}

// untilOf takes UNTIL out of a rule. The library would compare it with clocks that may be in another zone.
func (r *reader) untilOf(rule string) (u until, rest string, err error) {
	var kept []string
	for part := range strings.SplitSeq(strings.TrimRight(strings.ToUpper(rule), "; "), ";") {
		text, found := strings.CutPrefix(strings.TrimSpace(part), "UNTIL=")
		if !found {
			kept = append(kept, strings.TrimSpace(part))
			continue
		}
		u.given, u.inUTC = true, strings.HasSuffix(text, "Z")
		if u.value, err = r.value(text, untilProperty); err != nil {
			return until{}, "", err
		}
	}
	return u, strings.Join(kept, ";"), nil
}

// passed reports whether an occurrence is later. A date is meant to its end, a time without a zone by the clocks of
// the event.
func (u until) passed(v value) bool {
	switch {
	case !u.given:
		return false
	case u.date:
		return !v.shown.Before(u.shown.AddDate(0, 0, 1))
	case u.inUTC:
		return v.at().After(u.at())
	default:
		return v.shown.After(u.shown)
	}
}
