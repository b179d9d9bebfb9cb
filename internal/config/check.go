package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-44180607/lastgood/internal/spelling"
	"github.com/seed-44180607/lastgood/oncall"
)

// check finds what is wrong with a file whose form is right: what is missing, what comes twice, what does not exist.
func (d *document) check(s schema) {
	if s.Version != 1 {
		d.fault("version", "must be 1; begin the file with version: 1")
	}
	ids := s.ids()
	d.people(s.People)
	d.schedules(s.Schedules, ids)
	d.policies(s.Policies, ids)
	d.services(s.Services, ids)
	d.sources(s.Sources)
	d.heartbeats(s.Heartbeats, ids)
	d.maintenance(s.Maintenance, ids)
}

// ids are those that others may refer to.
type ids struct {
	people, schedules, policies, services []string
}

func (s schema) ids() ids {
	var out ids
	for _, p := range s.People {
		out.people = append(out.people, p.ID)
	}
	for _, x := range s.Schedules {
		out.schedules = append(out.schedules, x.ID)
	}
	for _, p := range s.Policies {
		out.policies = append(out.policies, p.ID)
	}
	for _, x := range s.Services {
		out.services = append(out.services, x.ID)
	}
	return out
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// identify checks the IDs of a list. They become parts of workflow IDs and of buttons.
func (d *document) identify(list, key string, ids []string) {
	for i, id := range ids {
		path := fmt.Sprintf("%s[%d].%s", list, i, key)
		first := slices.Index(ids, id)
		switch {
		case d.faulty[fmt.Sprintf("%s[%d]", list, i)]: // It has no keys.
		case id == "":
			d.fault(path, "is missing; give it a short name of its own")
		case !idForm.MatchString(id):
			d.fault(path, "%q may hold letters, digits, dots, dashes and underscores only, at most 100", id)
		case first < i:
			d.fault(path, "%s is there already, in line %d", id, d.line(fmt.Sprintf("%s[%d].%s", list, first, key)))
		}
	}
}

// refer checks that what is named exists. The empty name is left to who needs one.
func (d *document) refer(path, what, id string, known []string) {
	if id != "" && !slices.Contains(known, id) {
		d.fault(path, "there is no %s %s%s", what, id, spelling.DidYouMean(id, known))
	}
}

// adopt takes over the faults that the domain found in a part of the file.
func (d *document) adopt(path string, errs []error) {
	for _, err := range errs {
		if f, ok := errors.AsType[oncall.Fault](err); ok {
			d.fault(join(path, f.Field), "%s", f.Problem)
			continue
		}
		d.fault(path, "%v", err)
	}
}

func (d *document) people(all []oncall.Person) {
	var ids, slack []string
	for i, p := range all {
		path := fmt.Sprintf("people[%d]", i)
		ids = append(ids, p.ID)
		d.slackID(path+".slack", p.Slack)
		if first := slices.Index(slack, p.Slack); p.Slack != "" && first >= 0 {
			d.fault(path+".slack", "%s is %s already; a click must mean one person", p.Slack, all[first].ID)
		}
		slack = append(slack, p.Slack)
		d.adopt(path, p.Validate())
	}
	d.reachable(all)
	d.identify("people", "id", ids)
}

func (d *document) schedules(all []oncall.Schedule, ids ids) {
	d.identify("schedules", "id", ids.schedules)
	for i, s := range all {
		path := fmt.Sprintf("schedules[%d]", i)
		d.adopt(path, s.Validate())
		for j, l := range s.Layers {
			for k, person := range l.People {
				d.refer(fmt.Sprintf("%s.layers[%d].people[%d]", path, j, k), "person", person, ids.people)
			}
		}
		for j, o := range s.Overrides {
			d.refer(fmt.Sprintf("%s.overrides[%d].person", path, j), "person", o.Person, ids.people)
			if o.Schedule != "" {
				d.fault(fmt.Sprintf("%s.overrides[%d].schedule", path, j), "unknown key; an override here is of this schedule")
			}
		}
		d.calendar(path+".ical", s.ICal)
	}
}

// calendar checks where a calendar is. The address is never repeated: whoever knows it may read the calendar.
func (d *document) calendar(path, address string) {
	scheme, rest, isURL := strings.Cut(address, "://")
	switch {
	case !isURL:
	case !slices.Contains([]string{"http", "https", "webcal", "file"}, scheme):
		d.fault(path, "is no calendar's address; write an https URL, file:///path, or a path relative to this file")
	case rest == "" || scheme == "file" && !strings.HasPrefix(rest, "/"):
		d.fault(path, "is incomplete; write it like https://calendar.example.com/oncall.ics or file:///etc/lastgood/oncall.ics")
	}
}

func (d *document) policies(all []oncall.Policy, ids ids) {
	d.identify("policies", "id", ids.policies)
	for i, p := range all {
		path := fmt.Sprintf("policies[%d]", i)
		d.adopt(path, p.Validate())
		for j, step := range p.Steps {
			d.targets(fmt.Sprintf("%s.steps[%d].page", path, j), step.Page, ids)
		}
	}
}

// targets checks that those who are named exist. Whether each names one is asked by the domain.
func (d *document) targets(path string, all []oncall.Target, ids ids) {
	for i, t := range all {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.refer(at+".schedule", "schedule", t.Schedule, ids.schedules)
		d.refer(at+".person", "person", t.Person, ids.people)
		d.slackID(at+".slack_channel", t.SlackChannel)
		d.slackID(at+".slack_group", t.SlackGroup)
	}
}

// slackID refuses names in the place of IDs, which is what people know and Slack does not take.
func (d *document) slackID(path, id string) {
	if strings.HasPrefix(id, "#") || strings.HasPrefix(id, "@") || strings.ContainsAny(id, " <>") {
		d.fault(path, "%q is a name; give the ID that Slack shows in the details, like C0CHECKOUT or U0SRE1", id)
	}
}

func (d *document) maintenance(all []oncall.Maintenance, ids ids) {
	for i, m := range all {
		path := fmt.Sprintf("maintenance[%d]", i)
		d.need(m.Service, path+".service", `name a service, or "*" for all of them`)
		if m.Service != oncall.Everywhere {
			d.refer(path+".service", "service", m.Service, ids.services)
		}
		d.span(path, m.From, m.To)
	}
}
