package ical

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/seed-44180607/lastgood/oncall"
)

// zone turns what clocks show into moments. Its values can be compared.
type zone interface {
	at(shown time.Time) time.Time
}

// place is a zone of the time zone database.
type place struct{ *time.Location }

func (p place) at(shown time.Time) time.Time { return oncall.MomentOf(shown, p.Location) }

// ownZone is that of days and of times that name none.
func (r *reader) ownZone() zone {
	if r.Zone != nil {
		return place{r.Zone}
	}
	for _, p := range r.calendar.CalendarProperties {
		if p.IANAToken == "X-WR-TIMEZONE" && p.Value != "" {
			if z, err := r.zoneNamed(p.Value); err == nil {
				return z
			}
		}
	}
	return place{time.UTC}
}

// zoneNamed finds a zone by its TZID: a name of the time zone database, also behind a prefix like /mozilla.org/20070129/;
// a name of Windows, as Outlook writes it; or one that the calendar describes itself in a VTIMEZONE.
func (r *reader) zoneNamed(name string) (zone, error) {
	if name == "" {
		return r.ownZone(), nil
	}
	found, known := r.zones[name]
	if !known {
		if r.zones == nil {
			r.zones = map[string]zone{}
		}
		r.zones[name] = nil // A zone cannot be described by itself.
		found = r.findZone(name)
		r.zones[name] = found
	}
	if found == nil {
		return nil, fmt.Errorf("the zone %q is neither known nor described in the calendar", printable(name))
	}
	return found, nil
}

func (r *reader) findZone(name string) zone {
	for _, candidate := range candidates(name) {
		if z := load(candidate); z != nil {
			return place{z}
		}
	}
	if z := ics.WindowsTimezoneToIANA(name); z != nil {
		return place{z}
	}
	for _, c := range r.calendar.Components {
		described, ok := c.(*ics.VTimezone)
		if !ok {
			continue
		}
		if id, _ := property(described.Properties, "TZID"); id.Value == name {
			return r.described(described)
		}
	}
	return nil
}

// candidates are the names of the database that a TZID may stand for: itself, or its end behind a prefix that begins
// with a slash.
func candidates(name string) []string {
	all := []string{name}
	if parts := strings.Split(name, "/"); parts[0] == "" {
		for n := 2; n <= 3 && n < len(parts); n++ {
			all = append(all, strings.Join(parts[len(parts)-n:], "/"))
		}
	}
	return all
}

// load finds a zone of the database; nil: there is none. What Go takes for the machine's own is none.
func load(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil
	}
	return z
}

// rules is a zone that a calendar describes: its changes around the time that is read, in their order.
type rules struct {
	changes []change
	before  time.Duration // Offset from UTC before the first change.
}

// change is one from standard to daylight-saving time, or back.
type change struct {
	// from is the first reading that the new offset has for sure: a reading that the change skips is still counted in
	// the old one.
	from   time.Time
	offset time.Duration
}

func (z *rules) at(shown time.Time) time.Time {
	offset := z.before
	for _, c := range z.changes {
		if shown.Before(c.from) {
			break
		}
		offset = c.offset
	}
	return shown.Add(-offset)
}

// described reads a VTIMEZONE; nil when it says nothing that can be used.
func (r *reader) described(from *ics.VTimezone) zone {
	if hint, given := property(from.Properties, "X-LIC-LOCATION"); given {
		if z := load(hint.Value); z != nil {
			return place{z}
		}
	}
	z := &rules{}
	for _, c := range from.Components {
		changes, before, err := r.observance(c)
		if err != nil {
			return nil
		}
		if len(z.changes) == 0 || len(changes) > 0 && changes[0].from.Before(z.changes[0].from) {
			z.before = before
		}
		z.changes = append(z.changes, changes...)
	}
	slices.SortFunc(z.changes, func(a, b change) int { return a.from.Compare(b.from) })
	if len(z.changes) == 0 {
		return nil
	}
	return z
}

// observance gives the changes to standard or to daylight-saving time, and the offset before the first of them.
func (r *reader) observance(c ics.Component) (changes []change, before time.Duration, err error) {
	in := c.UnknownPropertiesIANAProperties()
	first, err := r.onset(in)
	if err != nil {
		return nil, 0, err
	}
	before, err = offsetOf(in, "TZOFFSETFROM")
	if err != nil {
		return nil, 0, err
	}
	after, err := offsetOf(in, "TZOFFSETTO")
	if err != nil {
		return nil, 0, err
	}
	onsets := []time.Time{first}
	if p, given := property(in, "RRULE"); given {
		onsets, err = r.onsets(p.Value, first)
	}
	more, wrong := r.valuesOf(properties(in, "RDATE"))
	if err != nil || wrong != nil {
		return nil, 0, fmt.Errorf("the changes of the zone cannot be read")
	}
	for _, v := range more {
		onsets = append(onsets, v.shown)
	}
	for _, onset := range onsets {
		changes = append(changes, change{from: onset.Add(max(after-before, 0)), offset: after})
	}
	return changes, before, nil
}

// onset is when the offset was first in force, by the clocks before it.
func (r *reader) onset(in []ics.IANAProperty) (time.Time, error) {
	p, _ := property(in, "DTSTART")
	onset, err := time.Parse(timeLayout, p.Value)
	if err != nil {
		return time.Time{}, fmt.Errorf("DTSTART: %w", err)
	}
	return onset, nil
}

// onsets follows the rule of a zone through the time that is read. It begins a few years before: zones are often
// described since 1601.
func (r *reader) onsets(rule string, first time.Time) ([]time.Time, error) {
	if near := r.From.Year() - 3; first.Year() < near && !strings.Contains(rule, "COUNT") {
		first = first.AddDate(near-first.Year(), 0, 0)
	}
	var all []time.Time
	err := r.repeat(rule, value{shown: first, zone: place{time.UTC}}, func(shown time.Time) bool {
		all = append(all, shown)
		return true
	})
	return all, err
}

var offsetForm = regexp.MustCompile(`^([+-])(\d\d)(\d\d)(\d\d)?$`)

func offsetOf(in []ics.IANAProperty, name string) (time.Duration, error) {
	p, _ := property(in, name)
	parts := offsetForm.FindStringSubmatch(strings.TrimSpace(p.Value))
	if parts == nil {
		return 0, fmt.Errorf("%s: %q is not an offset like +0100", name, printable(p.Value))
	}
	var offset time.Duration
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi(parts[i+2]) // Digits, or nothing.
		offset += time.Duration(n) * unit
	}
	if parts[1] == "-" {
		offset = -offset
	}
	return offset, nil
}
