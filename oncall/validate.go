package oncall

import (
	"fmt"
	"slices"
	"time"
)

// Fault is one thing that is wrong with one field. Every error that Validate returns is a Fault.
type Fault struct {
	Field   string // Seen from what was validated, as in "steps[0].page[1]"; empty when it is the whole.
	Problem string
}

func (f Fault) Error() string {
	if f.Field == "" {
		return f.Problem
	}
	return f.Field + ": " + f.Problem
}

// shortestWait is the shortest time that a step may wait for an answer.
const shortestWait = time.Second

// faults collects what is wrong.
type faults []error

func (fs *faults) add(field, format string, args ...any) {
	*fs = append(*fs, Fault{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// addIf adds a fault with the error as its problem, when there is one.
func (fs *faults) addIf(err error, field string) {
	if err != nil {
		fs.add(field, "%v", err)
	}
}

func (fs *faults) need(value, field string) {
	if value == "" {
		fs.add(field, "is missing")
	}
}

// Validate gives every fault of the policy. Whether the people and schedules that it names exist is not judged here.
func (p Policy) Validate() []error {
	var fs faults
	fs.need(p.ID, "id")
	if len(p.Steps) == 0 {
		fs.add("steps", "a policy needs at least one")
	}
	for i, step := range p.Steps {
		step.validate(&fs, fmt.Sprintf("steps[%d]", i))
	}
	if p.Repeat.Times < 0 {
		fs.add("repeat.times", "%d is below 0", p.Repeat.Times)
	}
	if n := p.Repeat.FromStep; n < 0 || n > max(len(p.Steps), 1) {
		fs.add("repeat.from_step", "%d is none of the %d steps", n, len(p.Steps))
	}
	if p.AckTimeout < 0 {
		fs.add("ack_timeout", "%s is below 0", p.AckTimeout)
	}
	return fs
}

func (s Step) validate(fs *faults, field string) {
	if len(s.Page) == 0 {
		fs.add(field+".page", "a step needs somebody to page")
	}
	for i, target := range s.Page {
		target.validate(fs, fmt.Sprintf("%s.page[%d]", field, i))
	}
	if s.AckWithin < shortestWait {
		fs.add(field+".ack_within", "%s is below %s; nobody answers so fast", s.AckWithin, shortestWait)
	}
	if s.OnlyIf != nil {
		_, err := s.OnlyIf.read(nil)
		fs.addIf(err, field+".only_if")
	}
	if s.WaitUntil != nil {
		_, err := s.WaitUntil.read(nil)
		fs.addIf(err, field+".wait_until")
	}
}

// Validate gives the fault of the target, if it has one.
func (t Target) Validate() []error {
	var fs faults
	t.validate(&fs, "")
	return fs
}

func (t Target) validate(fs *faults, field string) {
	set := 0
	for _, id := range []string{t.Schedule, t.Person, t.SlackChannel, t.SlackGroup} {
		if id != "" {
			set++
		}
	}
	if set != 1 {
		fs.add(field, "exactly one of schedule, person, slack_channel, slack_group must be given")
	}
}

// Validate gives every fault of the person. That nobody can reach them is none: Review says so.
func (p Person) Validate() []error {
	var fs faults
	fs.need(p.ID, "id")
	if p.TimeZone != "" {
		_, err := loadZone(p.TimeZone)
		fs.addIf(err, "time_zone")
	}
	for i, rule := range p.Contact {
		field := fmt.Sprintf("contact[%d]", i)
		fs.addIf(p.reachable(rule.Via), field+".via")
		if slices.ContainsFunc(p.Contact[:i], func(r ContactRule) bool { return r.Via == rule.Via }) {
			fs.add(field+".via", "%s is there already", rule.Via)
		}
		if rule.After < 0 {
			fs.add(field+".after", "%s is below 0", rule.After)
		}
	}
	return fs
}

func (p Person) reachable(via Method) error {
	if !slices.Contains([]Method{Slack, Email, SMS}, via) {
		return fmt.Errorf("%q is none of slack, email, sms", via)
	}
	if p.Address(via) == "" {
		return fmt.Errorf("%s has no address for %s", p.ID, via)
	}
	return nil
}

// Validate gives every fault of the schedule. Whether the people that it names exist is not judged here.
func (s Schedule) Validate() []error {
	var fs faults
	fs.need(s.ID, "id")
	if (s.ICal == "") == (len(s.Layers) == 0) {
		fs.add("layers", "a schedule has either layers or ical")
	}
	zone, err := s.zone()
	fs.addIf(err, "time_zone")
	if err != nil {
		// Only whether the clocks can be read is asked, and that is the same in every zone.
		zone = time.UTC
	}
	for i, l := range s.Layers {
		l.validate(&fs, fmt.Sprintf("layers[%d]", i), zone)
	}
	for i, o := range s.Overrides {
		o.validate(&fs, fmt.Sprintf("overrides[%d]", i), zone)
	}
	return fs
}

func (l Layer) validate(fs *faults, field string, zone *time.Location) {
	if len(l.People) == 0 || slices.Contains(l.People, "") {
		fs.add(field+".people", "a layer needs people, each with an id")
	}
	if l.Every.length() == 0 {
		fs.add(field+".every", "%s: %v", l.Every, errPeriod)
	}
	_, err := parseWall(l.Handoff)
	fs.addIf(err, field+".handoff")
	for i, w := range l.Only {
		_, err := w.read(zone)
		fs.addIf(err, fmt.Sprintf("%s.only[%d]", field, i))
	}
}

func (o Override) validate(fs *faults, field string, zone *time.Location) {
	fs.need(o.Person, field+".person")
	c, err := o.read(zone)
	if err != nil {
		fs.add(field, "%v", err)
		return
	}
	if !c.from.Before(c.to) {
		fs.add(field+".to", "%s is not after %s", o.To, o.From)
	}
}
