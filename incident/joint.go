package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// JointGroup is the group of an incident that several services share: there is one at
// a time, whatever groups its alerts are of.
const JointGroup = "joint"

// shownServices is how many affected services are named.
const shownServices = 10

// Joint makes what a monitor says about one service a part of the incident that the
// service shares with others. The alerts keep their service. Their fingerprints, which
// tell alerts of one group apart, then do so among all groups of all monitors.
func (d Delivery) Joint(service string) Delivery {
	alerts := slices.Clone(d.Alerts)
	for i := range alerts {
		alerts[i].Service = service
		alerts[i].Fingerprint = fingerprint(d.Source, d.Group, alerts[i].Fingerprint)
	}
	d.Alerts, d.Group = alerts, JointGroup
	return d
}

func fingerprint(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil)[:12])
}

// Affected names the services of a shared incident whose alerts are known, those that
// are well again after those whose alerts fire; none when the incident is of one
// service alone.
func (in Incident) Affected() (affected, well []string) {
	fires := map[string]bool{}
	var services []string
	for _, a := range in.Alerts {
		if a.Service == "" {
			continue
		}
		if _, known := fires[a.Service]; !known {
			services = append(services, a.Service)
		}
		fires[a.Service] = fires[a.Service] || a.Firing
	}
	for _, service := range services {
		if fires[service] {
			affected = append(affected, service)
		} else {
			well = append(well, service)
		}
	}
	return affected, well
}

// affectedLine names the affected services in a line, "" when there is nothing to tell.
func (in Incident) affectedLine() string {
	affected, well := in.Affected()
	var parts []string
	if len(affected) > 0 {
		parts = append(parts, enumerate(affected))
	}
	if len(well) > 0 {
		parts = append(parts, enumerate(well)+" well again")
	}
	return strings.Join(parts, "; ")
}

// enumerate lists the first few names and counts the rest.
func enumerate(list []string) string {
	if more := len(list) - shownServices; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:shownServices], ", "), more)
	}
	return strings.Join(list, ", ")
}
