package oncall

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// reviewed is how far ahead a review looks for gaps.
const reviewed = 30 * 24 * time.Hour

// gapsShown is how many gaps of one schedule a review names.
const gapsShown = 3

// Review looks for what is well-formed and hardly meant: moments of the next 30 days at which nobody is on call, people
// who cannot be reached, contact rules that a step always cuts off, steps that never page anybody, windows of maintenance
// that are over or very long. Its fields are seen from a file of people, schedules and policies: "policies[0].steps[1]".
// It gives nothing when all is well.
func Review(policies []Policy, r Roster, at time.Time) []Fault {
	v := review{roster: r, at: at, empty: map[string]bool{}}
	for i, s := range r.Schedules {
		v.schedule(fmt.Sprintf("schedules[%d]", i), s)
	}
	for i, p := range r.People {
		v.person(fmt.Sprintf("people[%d]", i), p)
	}
	for i, p := range policies {
		for j, step := range p.Steps {
			v.step(fmt.Sprintf("policies[%d].steps[%d]", i, j), step)
		}
	}
	return append(v.found, reviewMaintenance(r.Maintenance, at)...)
}

type review struct {
	roster Roster
	at     time.Time
	empty  map[string]bool // Schedules, by ID, in which nobody who can be reached is on call.
	found  []Fault
}

func (v *review) note(field, format string, args ...any) {
	v.found = append(v.found, Fault{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// schedule names the gaps. One that cannot be read in full is left alone: its shifts are not known.
func (v *review) schedule(field string, s Schedule) {
	gaps, someone, err := v.gaps(s)
	if err != nil {
		return
	}
	v.empty[s.ID] = !someone
	for _, gap := range gaps[:min(len(gaps), gapsShown)] {
		v.note(field, "nobody is on call in %s from %s to %s", s.ID, v.clock(gap.Since, s), v.clock(gap.Until, s))
	}
	if more := len(gaps) - gapsShown; more > 0 {
		v.note(field, "%d more gaps in %s until %s", more, s.ID, v.clock(v.at.Add(reviewed), s))
	}
}

// gaps are the spans without anybody on call in the time that is reviewed, and whether anybody is at all.
func (v *review) gaps(s Schedule) (gaps []Shift, someone bool, err error) {
	end := v.at.Add(reviewed)
	for now := v.at; now.Before(end); {
		shift, err := v.roster.Shift(s.ID, now)
		if err != nil {
			return nil, false, err
		}
		until := shift.Until
		if until.IsZero() || until.After(end) {
			until = end
		}
		if shift.Person == "" {
			gaps = append(gaps, Shift{Since: now, Until: until})
		} else if p, exists := v.roster.person(shift.Person); exists && p.reaches() {
			someone = true
		}
		now = until
	}
	return gaps, someone, nil
}

func (v *review) clock(t time.Time, s Schedule) string {
	zone, err := s.zone()
	if err != nil {
		return t.Format(time.RFC3339)
	}
	return t.In(zone).Format("Mon 2006-01-02 15:04") + " " + zone.String()
}

// reaches reports whether any contact rule of the person leads to an address.
func (p Person) reaches() bool {
	return slices.ContainsFunc(p.Rules(), func(r ContactRule) bool { return p.Address(r.Via) != "" })
}

func (v *review) person(field string, p Person) {
	if p.reaches() {
		return
	}
	var in []string
	for _, s := range v.roster.Schedules {
		if slices.Contains(s.names(), p.ID) {
			in = append(in, s.ID)
		}
	}
	if len(in) == 0 {
		v.note(field, "%s cannot be reached: there is no slack, and there are no contact rules", p.ID)
		return
	}
	v.note(field, "%s cannot be reached, and is on call in %s: there is no slack, and there are no contact rules", p.ID, strings.Join(in, ", "))
}

// names are the people that the schedule may put on call, each once.
func (s Schedule) names() []string {
	var ids []string
	add := func(id string) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, l := range s.Layers {
		for _, id := range l.People {
			add(id)
		}
	}
	for _, o := range s.Overrides {
		add(o.Person)
	}
	return ids
}

func (v *review) step(field string, s Step) {
	if s.OnlyIf != nil && s.WaitUntil != nil && !meet(*s.OnlyIf, *s.WaitUntil, v.at) {
		v.note(field, "pages nobody: wait_until never opens while only_if holds")
		return
	}
	if why := v.nobody(s); why != "" {
		v.note(field, "pages nobody: %s", why)
		return
	}
	if cut := v.cut(s); len(cut) > 0 {
		v.note(field, "ends %s after its first page, before the contact rules %s", Written(s.AckWithin), strings.Join(cut, ", "))
	}
}

// nobody says why no target of the step leads to anybody; empty when one does, or may.
func (v *review) nobody(s Step) string {
	var why []string
	for _, target := range s.Page {
		switch {
		case target.Schedule != "" && v.empty[target.Schedule]:
			why = append(why, fmt.Sprintf("nobody who can be reached is on call in %s in the next 30 days", target.Schedule))
		case target.Person != "" && !v.reachable(target.Person):
			why = append(why, target.Person+" cannot be reached")
		default:
			return ""
		}
	}
	return strings.Join(why, "; ")
}

func (v *review) reachable(id string) bool {
	p, exists := v.roster.person(id)
	return exists && p.reaches()
}

// meet reports whether two windows are ever open together. If they are, they are when one of them opens.
func meet(a, b Window, from time.Time) bool {
	one, err := a.read(nil)
	if err != nil {
		return true
	}
	other, err := b.read(nil)
	if err != nil {
		return true
	}
	for t := from; !t.IsZero() && t.Before(from.Add(reviewed)); t = sooner(one.after(t), other.after(t)) {
		if one.covers(t) && other.covers(t) {
			return true
		}
	}
	return false
}

// cut names the contact rules that are never followed in a step, as it has ended before: "sre-1 (sms after 5m)".
func (v *review) cut(s Step) []string {
	first := v.certain(s)
	var out []string
	for _, p := range v.concerned(s) {
		begins := min(first, p.begins())
		for _, rule := range p.Rules() {
			if p.Address(rule.Via) != "" && rule.After-begins >= s.AckWithin {
				out = append(out, fmt.Sprintf("%s (%s after %s)", p.ID, rule.Via, Written(rule.After)))
			}
		}
	}
	return out
}

// certain is when the step pages somebody in any case, whoever is on call: its time has begun then.
func (v *review) certain(s Step) time.Duration {
	first := time.Duration(1<<63 - 1)
	if s.RoundRobin {
		return first
	}
	for _, target := range s.Page {
		if target.SlackChannel != "" {
			return 0
		}
		if p, exists := v.roster.person(target.Person); exists && p.reaches() {
			first = min(first, p.begins())
		}
	}
	return first
}

// begins is when the first contact rule that leads to an address is followed.
func (p Person) begins() time.Duration {
	first := time.Duration(1<<63 - 1)
	for _, rule := range p.Rules() {
		if p.Address(rule.Via) != "" {
			first = min(first, rule.After)
		}
	}
	return first
}

// concerned are the people whom the step may page, each once. Who is in a Slack group is not known beforehand.
func (v *review) concerned(s Step) []Person {
	var ids []string
	for _, target := range s.Page {
		if target.Person != "" {
			ids = append(ids, target.Person)
		}
		if schedule, exists := v.roster.schedule(target.Schedule); exists {
			ids = append(ids, schedule.names()...)
		}
	}
	var people []Person
	for _, id := range ids {
		p, exists := v.roster.person(id)
		if exists && !slices.ContainsFunc(people, func(q Person) bool { return q.ID == id }) {
			people = append(people, p)
		}
	}
	return people
}
