package ical

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// value is a date, or a date and time, as a calendar writes it.
type value struct {
	// shown is what the clocks of the zone show, written in UTC.
	shown time.Time
	// date means that only the day was given: the event takes the whole of it.
	date bool
	zone zone
}

// at is the moment of the value.
func (v value) at() time.Time { return v.zone.at(v.shown) }

// valueOf reads the only value of a property.
func (r *reader) valueOf(p ics.BaseProperty) (value, error) {
	return r.value(p.Value, p)
}

// valuesOf reads a list, as EXDATE and RDATE have.
func (r *reader) valuesOf(all []ics.BaseProperty) (out []value, err error) {
	for _, p := range all {
		for text := range strings.SplitSeq(p.Value, ",") {
			v, err := r.value(text, p)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	}
	return out, nil
}

// Layouts of RFC 5545, 3.3.4 and 3.3.5.
const (
	dateLayout = "20060102"
	timeLayout = "20060102T150405"
)

func (r *reader) value(text string, p ics.BaseProperty) (value, error) {
	text = strings.TrimSpace(text)
	if shown, err := time.Parse(dateLayout, text); err == nil {
		return value{shown: shown, date: true, zone: r.ownZone()}, nil
	}
	clock, inUTC := strings.CutSuffix(text, "Z")
	shown, err := time.Parse(timeLayout, clock)
	if err != nil {
		return value{}, fmt.Errorf("%s: %q is not a date like 20260105 or a time like 20260105T090000", p.IANAToken, printable(text))
	}
	v := value{shown: shown, zone: place{time.UTC}}
	if inUTC {
		return v, nil
	}
	if v.zone, err = r.zoneNamed(parameter(p, "TZID")); err != nil {
		return value{}, fmt.Errorf("%s: %w", p.IANAToken, err)
	}
	return v, nil
}

// length is how long an event lasts. A day of it is one of the calendar, the rest is on the clock's hands.
type length struct {
	shown time.Duration // What the clocks show at the end, less what they show at the beginning.
	exact time.Duration // What is added after that, whatever the clocks show.
}

// after is when an event that begins at a value ends.
func (l length) after(v value) time.Time {
	return v.zone.at(v.shown.Add(l.shown)).Add(l.exact)
}

var errNoTime = errors.New("it ends before it begins, or as it begins")

// lengthOf reads how long an event lasts: until DTEND, for DURATION, or else for the day that DTSTART names. A week
// from 09:00 to 09:00 ends at 09:00 in every repetition, also across a change of the clocks: an exact duration, which
// the standard has for DTEND, would leave an hour without anybody in autumn.
func (r *reader) lengthOf(in []ics.IANAProperty, start value) (length, error) {
	if p, given := property(in, "DTEND"); given {
		end, err := r.valueOf(p)
		switch {
		case err != nil:
			return length{}, err
		case end.date != start.date:
			return length{}, errors.New("DTSTART and DTEND are not both dates or both times")
		case !end.at().After(start.at()):
			return length{}, errNoTime
		case end.zone == start.zone:
			return length{shown: end.shown.Sub(start.shown)}, nil
		default:
			return length{exact: end.at().Sub(start.at())}, nil
		}
	}
	if p, given := property(in, "DURATION"); given {
		return parseLength(p.Value)
	}
	if start.date {
		return length{shown: 24 * time.Hour}, nil
	}
	return length{}, errors.New("it has no end: DTEND and DURATION are missing")
}

// durationForm is RFC 5545, 3.3.6. Five digits of anything are more than any shift has.
var durationForm = regexp.MustCompile(`^\+?P(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?$`)

func parseLength(text string) (length, error) {
	parts := durationForm.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(text)))
	if parts == nil {
		return length{}, fmt.Errorf("DURATION: %q is not a duration like P7D or PT12H", printable(text))
	}
	of := func(i int, unit time.Duration) time.Duration {
		n, _ := strconv.Atoi(parts[i]) // Digits, or nothing.
		return time.Duration(n) * unit
	}
	const day = 24 * time.Hour
	l := length{
		shown: of(1, 7*day) + of(2, day),
		exact: of(3, time.Hour) + of(4, time.Minute) + of(5, time.Second),
	}
	if l.shown+l.exact <= 0 {
		return length{}, errNoTime
	}
	return l, nil
}
