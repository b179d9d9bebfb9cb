// Package ical reads on-call schedules out of iCalendar files (RFC 5545): it
// fetches the file, by HTTP or from the disk, and says who has which shift. It
// keeps no schedule, pages nobody, and knows nothing of how often it is asked.
package ical

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
)

// maxShifts is how many shifts one calendar may have in the time that is asked
// for: a dozen a day for two months. All of them are kept together, in one place of a bounded size.
const maxShifts = 1000

// maxNotes is how many notes are given in full.
const maxNotes = 20

// Options say what a calendar is read for.
type Options struct {
	// Zone is that of all-day events and of times without a zone. When it is nil
	// the calendar's own X-WR-TIMEZONE holds, or else UTC.
	Zone *time.Location
	// People are those whom the events may mean.
	People []oncall.Person
	// From and To bound the shifts: those that reach into [From, To) are given, whole.
	From, To time.Time
}

// Reading is what a calendar says.
type Reading struct {
	// Shifts are in the order in which they begin, their times in RFC 3339. Where
	// two overlap the later one of the list holds.
	Shifts []oncall.Override
	// Notes name what could not be read, each event with its reason.
	Notes []string
}

// Read reads the shifts of a calendar. What it does not understand of an event is
// noted, and the rest of the calendar holds. The error means that it is no whole
// calendar, or one beyond all bounds: nothing of it should be used.
func Read(body []byte, o Options) (Reading, error) {
	r := reader{Options: o, left: maxDays}
	if err := r.parse(body); err != nil {
		return Reading{}, err
	}
	events := r.events()
	shifts, err := r.shifts(events)
	if err != nil {
		return Reading{}, err
	}
	return Reading{Shifts: shifts, Notes: r.shortNotes()}, nil
}

// shifts gives those of all events.
func (r *reader) shifts(events []event) ([]oncall.Override, error) {
	replaced := replacements(events)
	var all []span
	for _, e := range events {
		spans, err := r.occurrences(e, replaced[e.uid])
		if err != nil {
			r.note(e, "%v", err)
			continue
		}
		all = append(all, spans...)
		if len(all) > maxShifts {
			return nil, fmt.Errorf("the calendar has more than %d shifts between %s and %s: name one for on-call shifts alone",
				maxShifts, r.From.Format(time.DateOnly), r.To.Format(time.DateOnly))
		}
	}
	return overrides(all), nil
}

// span is one shift of a person.
type span struct {
	person   string
	from, to time.Time
}

// overrides puts the spans in the order in which they win: the one that began last, and of several the one that ends
// first. The order in the file does not matter: a server may change it with every answer.
func overrides(spans []span) []oncall.Override {
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(a.from.Compare(b.from), b.to.Compare(a.to), cmp.Compare(a.person, b.person))
	})
	var out []oncall.Override
	for _, s := range slices.Compact(spans) {
		out = append(out, oncall.Override{Person: s.person, From: s.from.Format(time.RFC3339), To: s.to.Format(time.RFC3339)})
	}
	return out
}

// note keeps why something of an event was not read.
func (r *reader) note(e event, format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf("%s: %s", e, fmt.Sprintf(format, args...)))
}

func (r *reader) shortNotes() []string {
	if more := len(r.notes) - maxNotes; more > 0 {
		return append(r.notes[:maxNotes:maxNotes], fmt.Sprintf("and %d more", more))
	}
	return r.notes
}

// whole reports whether the body begins and ends as a calendar does: what a
// connection cut off must not pass for a calendar with fewer shifts.
func whole(body []byte) error {
	text := strings.ToUpper(string(bytes.TrimSpace(body)))
	if !strings.HasPrefix(text, "BEGIN:VCALENDAR") {
		return errors.New("this is no iCalendar file: it does not begin with BEGIN:VCALENDAR")
	}
	if !strings.HasSuffix(text, "END:VCALENDAR") {
		return errors.New("the calendar is cut off: it does not end with END:VCALENDAR")
	}
	return nil
}
