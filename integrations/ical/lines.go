package ical

import (
	"bytes"
	"fmt"
	"strings"

	ics "github.com/arran4/golang-ical"
)

// reader is one reading of one calendar.
type reader struct {
	Options
	calendar *ics.Calendar
	zones    map[string]zone // Those that were looked for; nil: there is none of that name.
	left     int             // Days that may still be gone through for rules.
	notes    []string
}

// maxLine is the longest line that is read, unfolded, in bytes: 250 dates.
const maxLine = 4 << 10

// wanted are the properties that matter here. The others are not even parsed:
// descriptions are the larger part of a calendar, and often malformed.
var wanted = func() map[string]bool {
	known := map[string]bool{}
	for name := range strings.FieldsSeq(`BEGIN END UID SUMMARY STATUS SEQUENCE ATTENDEE DTSTART DTEND DURATION RRULE RDATE
		EXDATE EXRULE RECURRENCE-ID TZID TZOFFSETFROM TZOFFSETTO X-LIC-LOCATION X-WR-TIMEZONE`) {
		known[name] = true
	}
	return known
}()

var byteOrderMark = []byte("\xef\xbb\xbf")

func (r *reader) parse(body []byte) error {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, byteOrderMark))
	if err := whole(body); err != nil {
		return err
	}
	calendar, err := ics.ParseCalendarWithOptions(bytes.NewReader(body),
		ics.WithPropertyParser(r.line), ics.WithUnknownPropertyHandler(ics.AcceptUnknownPropertyHandler))
	if err != nil {
		return fmt.Errorf("read the calendar: %s", printable(err.Error()))
	}
	r.calendar = calendar
	return nil
}

// line reads one line, whatever the case of its names. A line that cannot be read
// is left out: its event will miss it.
func (r *reader) line(raw ics.ContentLine) (*ics.BaseProperty, error) {
	name := strings.ToUpper(string(raw))
	if end := strings.IndexAny(name, ";:"); end >= 0 {
		name = name[:end]
	}
	if !wanted[name] {
		return nil, nil
	}
	if len(raw) > maxLine {
		r.notes = append(r.notes, fmt.Sprintf("a line %s is longer than %d bytes", name, maxLine))
		return nil, nil
	}
	p, err := ics.ParseProperty(raw)
	if err != nil {
		r.notes = append(r.notes, "a line that cannot be read: "+printable(string(raw)))
		return nil, nil
	}
	p.IANAToken = name
	if name == "BEGIN" || name == "END" {
		p.Value = strings.ToUpper(strings.TrimSpace(p.Value))
	}
	parameters := map[string][]string{}
	for key, values := range p.ICalParameters {
		parameters[strings.ToUpper(key)] = values
	}
	p.ICalParameters = parameters
	return p, nil
}

// property is the first of that name, and whether there is one.
func property(in []ics.IANAProperty, name string) (ics.BaseProperty, bool) {
	for _, p := range in {
		if p.IANAToken == name {
			return p.BaseProperty, true
		}
	}
	return ics.BaseProperty{}, false
}

// properties are all of that name.
func properties(in []ics.IANAProperty, name string) (all []ics.BaseProperty) {
	for _, p := range in {
		if p.IANAToken == name {
			all = append(all, p.BaseProperty)
		}
	}
	return all
}

func parameter(p ics.BaseProperty, name string) string {
	return strings.Join(p.ICalParameters[name], ",")
}

// printable makes one short line out of what a calendar holds.
func printable(text string) string {
	line := []rune(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))), " "))
	if len(line) > 80 {
		return string(line[:79]) + "…"
	}
	return string(line)
}
