package ical

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/seed-44180607/lastgood/oncall"
)

// event is a VEVENT that could be read.
type event struct {
	uid, summary string
	sequence     int
	person       string // Empty for one that was cancelled.
	start        value
	length       length
	rule         string // RRULE; empty: it happens once.
	more, except []value
	// replaces is the occurrence, of the event with the same UID, that this one stands for.
	replaces *value
}

// String is how a note names the event.
func (e event) String() string {
	name := "an event without a summary"
	if e.summary != "" {
		name = strconv.Quote(printable(e.summary))
	}
	if e.start.shown.IsZero() {
		return name
	}
	if e.start.date {
		return name + " of " + e.start.shown.Format(time.DateOnly)
	}
	return name + " of " + e.start.shown.Format("2006-01-02 15:04")
}

// events reads all events. One whose person cannot be found out is kept where it
// replaces an occurrence of another: that occurrence is not the other's any more.
func (r *reader) events() (all []event) {
	for _, found := range r.calendar.Events() {
		e, err := r.event(found.Properties)
		if err != nil {
			if e.start.zone == nil || r.matters(e) {
				r.note(e, "%v", err)
			}
			continue
		}
		cancelled, _ := property(found.Properties, "STATUS")
		if strings.EqualFold(strings.TrimSpace(cancelled.Value), string(ics.ObjectStatusCancelled)) {
			all = append(all, e)
			continue
		}
		var doubt string
		e.person, doubt = whom(e.summary, properties(found.Properties, "ATTENDEE"), r.People)
		if doubt != "" && r.matters(e) {
			r.note(e, "%s", doubt)
		}
		all = append(all, e)
	}
	return all
}

// matters reports whether the event may reach into the time that is read: notes on years gone by help nobody.
func (r *reader) matters(e event) bool {
	return e.start.at().Before(r.To) && (e.rule != "" || len(e.more) > 0 || e.length.after(e.start).After(r.From))
}

// event reads what a VEVENT says of its times. What comes with an error is enough to name it.
func (r *reader) event(in []ics.IANAProperty) (e event, err error) {
	summary, _ := property(in, "SUMMARY")
	uid, _ := property(in, "UID")
	e = event{uid: uid.Value, summary: strings.TrimSpace(summary.Value)}
	start, given := property(in, "DTSTART")
	if !given {
		return e, errors.New("it has no DTSTART")
	}
	if e.start, err = r.valueOf(start); err != nil {
		return e, err
	}
	if sequence, given := property(in, "SEQUENCE"); given {
		e.sequence, _ = strconv.Atoi(sequence.Value) // Counts from 0, as does one that cannot be read.
	}
	if err := r.recurrence(in, &e); err != nil {
		return e, err
	}
	e.length, err = r.lengthOf(in, e.start)
	return e, err
}

// recurrence reads what repeats the event, or what it replaces.
func (r *reader) recurrence(in []ics.IANAProperty, e *event) (err error) {
	if p, given := property(in, "RECURRENCE-ID"); given {
		if parameter(p, "RANGE") != "" {
			return errors.New("RECURRENCE-ID: a change of all later occurrences (RANGE) is not read")
		}
		v, err := r.valueOf(p)
		if err != nil {
			return err
		}
		e.replaces = &v
		return nil
	}
	switch rules := properties(in, "RRULE"); {
	case len(properties(in, "EXRULE")) > 0:
		return errors.New("EXRULE is not read")
	case len(rules) > 1:
		return errors.New("it has more than one RRULE")
	case len(rules) == 1:
		e.rule = rules[0].Value
	}
	for _, p := range properties(in, "RDATE") {
		if strings.EqualFold(parameter(p, "VALUE"), "PERIOD") {
			return errors.New("RDATE: a list of periods is not read")
		}
	}
	if e.more, err = r.valuesOf(properties(in, "RDATE")); err != nil {
		return err
	}
	if slices.ContainsFunc(e.more, func(v value) bool { return v.date != e.start.date }) {
		return errors.New("DTSTART and RDATE are not both dates or both times")
	}
	e.except, err = r.valuesOf(properties(in, "EXDATE"))
	return err
}

// whom says which person an event means, by this rule: the first attendee whose mail address is a person's; else the
// person whose ID, name or mail address is the summary, or a part of it between separators, or stands at its beginning
// or at its end. Letters' case and spaces do not matter; the longest one that fits counts. An attendee who declined,
// or who is a room, is none.
//
// The doubt says why it is nobody, or what was decided.
func whom(summary string, attendees []ics.BaseProperty, people []oncall.Person) (person, doubt string) {
	if invited := invited(attendees, people); len(invited) > 0 {
		if len(invited) > 1 {
			doubt = fmt.Sprintf("invites %s: %s is taken", strings.Join(invited, " and "), invited[0])
		}
		return invited[0], doubt
	}
	if summary == "" {
		return "", "has no summary, and no attendee that is one of the people"
	}
	return named(summary, people)
}

// invited are the people among the attendees, in their order.
func invited(attendees []ics.BaseProperty, people []oncall.Person) (ids []string) {
	for _, a := range attendees {
		kind := strings.ToUpper(parameter(a, "CUTYPE"))
		if strings.EqualFold(parameter(a, "PARTSTAT"), "DECLINED") || kind == "ROOM" || kind == "RESOURCE" {
			continue
		}
		address := strings.ToLower(strings.TrimSpace(a.Value))
		address = strings.TrimPrefix(address, "mailto:")
		for _, p := range people {
			if p.Email != "" && strings.ToLower(p.Email) == address {
				ids = append(ids, p.ID)
			}
		}
	}
	return ids
}
