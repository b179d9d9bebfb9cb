package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// PolicyTest is one test of escalation policies: what is expected of an incident that opens at a moment.
type PolicyTest struct {
	Name     string
	Service  string
	Severity incident.Severity // Empty: that of an alert which names none.
	At       time.Time         // On the clock that it was written on.
	AckAt    time.Time         // Somebody acknowledges then; zero: nobody answers.
	// Overrides are those that count as made at run time, Groups the members of Slack groups by Slack user ID.
	Overrides []oncall.Override
	Groups    map[string][]string
	Expect    oncall.Expectation
}

// expectations is the file of tests.
type expectations struct {
	TimeZone string       `yaml:"time_zone"`
	Tests    []policyTest `yaml:"tests"`
}

type policyTest struct {
	Name      string              `yaml:"name"`
	Service   string              `yaml:"service"`
	Severity  incident.Severity   `yaml:"severity"`
	At        string              `yaml:"at"`
	TimeZone  string              `yaml:"time_zone"`
	AckAt     time.Duration       `yaml:"ack_at"`
	Overrides []oncall.Override   `yaml:"overrides"`
	Groups    map[string][]string `yaml:"groups"`
	Expect    []oncall.Expected   `yaml:"expect"`
	Exactly   bool                `yaml:"exactly"`
	Nobody    bool                `yaml:"nobody"`
}

// ReadPolicyTests reads and checks a file of policy tests. What they name must be in the configuration that they test.
// The error is a Faults: all that is wrong with the file.
func ReadPolicyTests(path string, tested File) ([]PolicyTest, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, Faults{{File: path, Line: 1, Problem: fmt.Sprintf("%v; name a file of policy tests that can be read", err)}}
	}
	d := newDocument(path)
	d.sample = "docs/examples/policy-tests.yaml"
	root := d.open(content)
	if root == nil {
		return nil, d.faults.err()
	}
	var s expectations
	d.decode(root, reflect.ValueOf(&s).Elem(), "")
	tests := d.policyTests(s, tested)
	if err := d.faults.err(); err != nil {
		return nil, err
	}
	return tests, nil
}

func (d *document) policyTests(s expectations, tested File) []PolicyTest {
	if len(s.Tests) == 0 {
		d.fault("tests", "is missing or empty; a file of policy tests has at least one")
	}
	ids := tested.ids()
	var out []PolicyTest
	for i, one := range s.Tests {
		path := fmt.Sprintf("tests[%d]", i)
		d.need(one.Name, path+".name", "say in a few words what is expected")
		d.need(one.Service, path+".service", "name a service")
		d.refer(path+".service", "service", one.Service, ids.services)
		if one.TimeZone == "" {
			one.TimeZone = s.TimeZone
		}
		test := PolicyTest{
			Name: one.Name, Service: one.Service, Severity: one.Severity, Groups: one.Groups,
			At: d.opensAt(path+".at", one.At, one.TimeZone),
		}
		if one.AckAt > 0 {
			test.AckAt = test.At.Add(one.AckAt)
		}
		test.Overrides = d.madeOverrides(path+".overrides", one.Overrides, test.At, tested)
		test.Expect = d.expected(path, one, ids)
		out = append(out, test)
	}
	return out
}

func (d *document) opensAt(path, text, zone string) time.Time {
	if text == "" {
		d.fault(path, "is missing; say when the incident opens")
		return time.Time{}
	}
	at, err := oncall.ParseMoment(text, zone)
	if err != nil {
		d.fault(path, "%v; write RFC 3339, or a time like 2026-01-05T09:00 and the key time_zone", err)
	}
	return at
}

// madeOverrides are made in the moment of the test, the later ones of the list later.
func (d *document) madeOverrides(path string, all []oncall.Override, made time.Time, tested File) []oncall.Override {
	ids := tested.ids()
	for i := range all {
		o, at := &all[i], fmt.Sprintf("%s[%d]", path, i)
		d.need(o.Schedule, at+".schedule", "name the schedule")
		d.refer(at+".schedule", "schedule", o.Schedule, ids.schedules)
		d.refer(at+".person", "person", o.Person, ids.people)
		schedule, err := tested.Roster.Schedule(o.Schedule)
		if err != nil {
			continue
		}
		schedule.Overrides = []oncall.Override{*o}
		d.adopt(at, within("overrides[0]", schedule.Validate()))
		o.Made = made
	}
	return all
}

// within gives the faults that stand in a field, as seen from there.
func within(field string, errs []error) []error {
	var out []error
	for _, err := range errs {
		if f, ok := errors.AsType[oncall.Fault](err); ok && strings.HasPrefix(f.Field, field) {
			out = append(out, oncall.Fault{Field: strings.TrimPrefix(f.Field[len(field):], "."), Problem: f.Problem})
		}
	}
	return out
}

func (d *document) expected(path string, one policyTest, ids ids) oncall.Expectation {
	switch {
	case one.Nobody && (len(one.Expect) > 0 || one.Exactly):
		d.fault(path+".nobody", "means that no page is made; take away expect and exactly")
	case !one.Nobody && len(one.Expect) == 0:
		d.fault(path+".expect", "is missing; list pages, or write nobody: true")
	}
	methods := []string{string(oncall.Slack), string(oncall.Email), string(oncall.SMS), string(oncall.SlackChannel)}
	for i, e := range one.Expect {
		at := fmt.Sprintf("%s.expect[%d]", path, i)
		d.refer(at+".person", "person", e.Person, ids.people)
		if e == (oncall.Expected{}) {
			d.fault(at, "says nothing; give after, person, channel, via, step or round")
		}
		if e.Person != "" && e.Channel != "" {
			d.fault(at+".channel", "stands beside a person; a page goes to one of them")
		}
		if e.Via != "" && !slices.Contains(methods, string(e.Via)) {
			d.fault(at+".via", "%q is none of %s", e.Via, strings.Join(methods, ", "))
		}
		if e.Step < 0 || e.Round < 0 {
			d.fault(at, "steps and rounds count from 1")
		}
	}
	return oncall.Expectation{Pages: one.Expect, Exactly: one.Exactly || one.Nobody}
}

// ids are those of the file, for others that refer to them.
func (f File) ids() ids {
	var out ids
	for _, p := range f.Roster.People {
		out.people = append(out.people, p.ID)
	}
	for _, s := range f.Roster.Schedules {
		out.schedules = append(out.schedules, s.ID)
	}
	for _, s := range f.Services {
		out.services = append(out.services, s.ID)
	}
	return out
}
