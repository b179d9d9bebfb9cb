// Package mapping makes alerts of the JSON of any monitor, as expressions in
// lastgood.yaml say. The expressions are compiled and checked once; a body is only
// ever data to them. They have no clock, no environment and no way out, and what one
// call may cost them is bounded. Who sent a body, and which service an alert belongs
// to, is not asked here.
package mapping

import (
	"maps"
	"slices"

	"github.com/expr-lang/expr/vm"
)

// Source is one entry of sources in lastgood.yaml. Whatever is of a kind beside ID and
// Resolves is an expression, or empty.
type Source struct {
	ID string `yaml:"id"`
	// Alerts is the list of alerts in the body; without it, the body is one alert.
	Alerts string `yaml:"alerts"`
	// When says whether there is anything to take in an alert.
	When string `yaml:"when"`
	// Group and Fingerprint are the identity. The fingerprint is the group's when empty.
	Group       string `yaml:"group"`
	Fingerprint string `yaml:"fingerprint"`
	Firing      string `yaml:"firing"`
	// StartsAt is when the firing began; without it, when it arrives.
	StartsAt string            `yaml:"starts_at"`
	Name     string            `yaml:"name"`
	Summary  string            `yaml:"summary"`
	Severity string            `yaml:"severity"`
	URL      string            `yaml:"url"`
	Runbook  string            `yaml:"runbook"`
	Labels   map[string]string `yaml:"labels"`
	// Resolves is false when the monitor never says that an alert has resolved.
	Resolves bool `yaml:"resolves"`
}

// Fault is what is wrong in a field of a source.
type Fault struct {
	Field   string
	Problem string
}

// Mapping is a source, ready to read bodies.
type Mapping struct {
	source Source
	// programs are by field; those of labels by labels.NAME.
	programs map[string]program
	labels   []string
}

// program is one compiled expression, and as it is written.
type program struct {
	text     string
	compiled *vm.Program
}

// field is an expression of a source, where it stands.
type field struct {
	name, text string
	truth      bool // It must come to true or false.
}

// Compile makes a mapping of a source, or says all that is wrong with it.
func Compile(s Source) (*Mapping, []Fault) {
	m := &Mapping{source: s, programs: map[string]program{}, labels: slices.Sorted(maps.Keys(s.Labels))}
	faults := s.lacks()
	for _, f := range s.fields() {
		if f.text == "" {
			continue
		}
		compiled, problem := compile(f, s.Alerts == "" || f.name != "alerts")
		if problem != "" {
			faults = append(faults, Fault{f.name, problem})
			continue
		}
		m.programs[f.name] = program{f.text, compiled}
	}
	if len(faults) == 0 && s.Alerts != "" && s.Fingerprint == "" && !mentions(s.Group, "alert") {
		faults = append(faults, Fault{"fingerprint", "is missing; the group is the same for every alert of the list, tell them apart here"})
	}
	return m, faults
}

// ID names the source.
func (m *Mapping) ID() string { return m.source.ID }

// fields are the expressions, in the order in which they are documented.
func (s Source) fields() []field {
	all := []field{
		{name: "alerts", text: s.Alerts},
		{name: "when", text: s.When, truth: true},
		{name: "group", text: s.Group},
		{name: "fingerprint", text: s.Fingerprint},
		{name: "firing", text: s.Firing, truth: true},
		{name: "starts_at", text: s.StartsAt},
		{name: "name", text: s.Name},
		{name: "summary", text: s.Summary},
		{name: "severity", text: s.Severity},
		{name: "url", text: s.URL},
		{name: "runbook", text: s.Runbook},
	}
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		all = append(all, field{name: "labels." + name, text: s.Labels[name]})
	}
	return all
}

// lacks finds what is missing, and what makes no sense together.
func (s Source) lacks() []Fault {
	var faults []Fault
	if s.Group == "" {
		faults = append(faults, Fault{"group", "is missing; say what identifies the problem, like alert.monitor.id"})
	}
	switch {
	case s.Resolves && s.Firing == "":
		faults = append(faults, Fault{"firing", `is missing; say when the alert fires, like alert.status == "down", or resolves: false when the monitor never says that it has resolved`})
	case !s.Resolves && s.Firing != "":
		faults = append(faults, Fault{"firing", "is not needed with resolves: false, as then every alert fires; what is to be left out is told by when"})
	}
	if len(s.Labels) == 0 {
		faults = append(faults, Fault{"labels", "is missing; say at least what leads to the service, like {service: alert.tags.service}"})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		if s.Labels[name] == "" {
			faults = append(faults, Fault{"labels." + name, `is empty; write an expression, or a text in quotes of its own, like '"production"'`})
		}
	}
	return faults
}
