package config

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// Review lists what is well-formed and hardly meant, each with its line: who cannot be reached, when nobody is on call
// in the 30 days from a moment on, what is never paged. It is empty when all is well.
func (f File) Review(at time.Time) []string {
	found := oncall.Review(f.Policies, f.Roster, at)
	for i, p := range f.Policies {
		if !f.climbs(p.ID) {
			found = append(found, oncall.Fault{Field: fmt.Sprintf("policies[%d]", i), Problem: p.ID + " is the policy of no service, for any severity"})
		}
	}
	slices.SortStableFunc(found, func(a, b oncall.Fault) int { return f.lines.of(a.Field) - f.lines.of(b.Field) })
	var out []string
	for _, fault := range found {
		out = append(out, Fault{File: f.name, Line: f.lines.of(fault.Field), Field: fault.Field, Problem: fault.Problem}.Error())
	}
	return out
}

// climbs reports whether any service has the policy, for any severity.
func (f File) climbs(policy string) bool {
	return slices.ContainsFunc(f.Services, func(s Service) bool {
		return slices.ContainsFunc(severities, func(level incident.Severity) bool { return s.Policies.For(level).ID == policy })
	})
}
