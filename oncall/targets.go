package oncall

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// String names the target, as in "schedule checkout-primary".
func (t Target) String() string {
	switch {
	case t.Schedule != "":
		return "schedule " + t.Schedule
	case t.Person != "":
		return "person " + t.Person
	case t.SlackGroup != "":
		return "slack group " + t.SlackGroup
	default:
		return "slack channel " + t.SlackChannel
	}
}

// People says who the targets are at a moment, each person once and in the order of the targets. Whoever reads a
// Slack channel is not known, so a channel is nobody.
func People(targets []Target, at time.Time, r Roster) []Person {
	found, _ := r.find(targets, at)
	var people []Person
	for _, a := range found {
		if a.channel == "" {
			people = append(people, a.person)
		}
	}
	return people
}

// Permitted reports whether a person is among the targets at a moment: on call in the schedule, the person named, or
// a member of the Slack group.
func Permitted(targets []Target, person string, at time.Time, r Roster) bool {
	return slices.ContainsFunc(People(targets, at, r), func(p Person) bool { return p.ID == person })
}

// addressee is one person or one channel, and the target that led there.
type addressee struct {
	person  Person
	channel string
	from    string
}

// find gives the addressees of targets at a moment, each once, and notes on what led nowhere.
func (r Roster) find(targets []Target, at time.Time) (found []addressee, notes []string) {
	for _, target := range targets {
		more, missing := r.findOne(target, at)
		notes = append(notes, missing...)
		for _, a := range more {
			known := func(b addressee) bool { return a.person.ID == b.person.ID && a.channel == b.channel }
			if !slices.ContainsFunc(found, known) {
				found = append(found, a)
			}
		}
	}
	return found, notes
}

func (r Roster) findOne(target Target, at time.Time) (found []addressee, notes []string) {
	var people []Person
	switch {
	case target.Schedule != "":
		people, notes = r.onCall(target.Schedule, at)
	case target.Person != "":
		people, notes = r.named(target.Person)
	case target.SlackGroup != "":
		people, notes = r.members(target.SlackGroup)
	case target.SlackChannel != "":
		return []addressee{{channel: target.SlackChannel, from: target.String()}}, nil
	default:
		return nil, []string{"a target names nobody"}
	}
	for _, p := range people {
		found = append(found, addressee{person: p, from: target.String()})
	}
	return found, notes
}

func (r Roster) onCall(schedule string, at time.Time) (people []Person, notes []string) {
	s, exists := r.schedule(schedule)
	if !exists {
		return nil, []string{fmt.Sprintf("schedule %s does not exist", schedule)}
	}
	rota, faults := r.read(s)
	for _, fault := range faults {
		if _, outdated := errors.AsType[stale](fault); !outdated { // It holds, and Roster.outdated warns of it.
			notes = append(notes, fault.Error())
		}
	}
	id := rota.who(at)
	if beyond := r.calendar(s.ID).beyond(at); id == "" && beyond != nil {
		notes = append(notes, beyond.Error())
	}
	if id == "" {
		return nil, append(notes, fmt.Sprintf("nobody is on call in schedule %s", schedule))
	}
	p, exists := r.person(id)
	if !exists {
		return nil, append(notes, fmt.Sprintf("person %s, on call in schedule %s, does not exist", id, schedule))
	}
	return []Person{p}, notes
}

func (r Roster) named(id string) (people []Person, notes []string) {
	p, exists := r.person(id)
	if !exists {
		return nil, []string{fmt.Sprintf("person %s does not exist", id)}
	}
	return []Person{p}, nil
}

func (r Roster) members(group string) (people []Person, notes []string) {
	members, exists := r.Groups[group]
	fault := r.GroupFaults[group]
	switch {
	case !exists && fault != "":
		return nil, []string{fmt.Sprintf("slack group %s is not known: %s", group, fault)}
	case !exists:
		return nil, []string{fmt.Sprintf("slack group %s is not known", group)}
	}
	for _, member := range members {
		p, exists := r.bySlack(member)
		if !exists {
			notes = append(notes, fmt.Sprintf("slack user %s of slack group %s is none of the people", member, group))
			continue
		}
		people = append(people, p)
	}
	if len(people) == 0 {
		notes = append(notes, fmt.Sprintf("slack group %s has none of the people", group))
	}
	return people, notes
}
