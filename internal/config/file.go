package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/mapping"
	"github.com/seed-44180607/lastgood/oncall"
)

// File is what lastgood.yaml says.
type File struct {
	// Severities gives the severity for each value of the label severity.
	Severities map[string]incident.Severity
	Services   []Service
	// Sources are the mappings of other monitors' bodies.
	Sources []*mapping.Mapping
	// Heartbeats are the dead-man's switches.
	Heartbeats []incident.Heartbeat
	Roster     oncall.Roster
	Policies   []oncall.Policy
	unused     []string
	name       string // Of the file, and where its parts stand.
	lines      lines
}

// Service is one service, the labels that lead to it and its escalation policies.
type Service struct {
	incident.Service
	Matches  []incident.Match
	Policies incident.Policies
	// Owner is the service whose incidents its alerts join, itself included when others join it; "" when it shares none.
	Owner string
}

// defaultService takes the alerts that match no other service.
const defaultService = "default"

// ReadFile reads and checks lastgood.yaml. The error is a Faults: all that is wrong with it.
func ReadFile(path string) (File, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return File{}, Faults{{Field: "LASTGOOD_CONFIG", Problem: fmt.Sprintf("%v; name a file that this process may read", err)}}
	}
	return Parse(path, content)
}

// Parse is ReadFile for content that somebody else has read. The name stands in the faults.
func Parse(name string, content []byte) (File, error) {
	d := newDocument(name)
	root := d.open(content)
	if root == nil {
		return File{}, d.faults.err()
	}
	var s schema
	d.decode(root, reflect.ValueOf(&s).Elem(), "")
	d.check(s)
	if err := d.faults.err(); err != nil {
		return File{}, err
	}
	s.locate(filepath.Dir(name))
	file := s.file(d.unused)
	file.Sources = d.mappings
	file.name, file.lines = d.name, d.lines
	return file, nil
}

// Unused lists what is said without effect, each with its line or its variable. A process logs it when it starts.
func (f File) Unused() []string { return f.unused }

// Severity gives the severity for a value of the label severity: SEV2 for one that the file does not list.
func (f File) Severity(label string) incident.Severity {
	if s, ok := f.Severities[label]; ok {
		return s
	}
	return incident.SEV2
}

// Route finds the service that an alert with these labels belongs to: the first in the order of the file that has a
// match, or else the service "default" if there is one.
func (f File) Route(labels map[string]string) (service string, ok bool) {
	for _, s := range f.Services {
		for _, m := range s.Matches {
			if m.Fits(labels) {
				return s.ID, true
			}
		}
	}
	_, ok = f.Service(defaultService)
	if !ok {
		return "", false
	}
	return defaultService, true
}

// Matched are the names of the labels by which services are found.
func (f File) Matched() []string {
	names := map[string]bool{}
	for _, s := range f.Services {
		for _, m := range s.Matches {
			for name := range m {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Service finds a service by its ID.
func (f File) Service(id string) (Service, bool) {
	for _, s := range f.Services {
		if s.ID == id {
			return s, true
		}
	}
	return Service{}, false
}

// ServiceIDs are the IDs of all services, in the order of the file.
func (f File) ServiceIDs() []string {
	ids := make([]string, len(f.Services))
	for i, s := range f.Services {
		ids[i] = s.ID
	}
	return ids
}

// Owner gives the service whose incidents the alerts of a service join, and false when it shares none with others.
func (f File) Owner(service string) (owner string, shares bool) {
	s, _ := f.Service(service)
	return s.Owner, s.Owner != ""
}

// PersonBySlack finds the person with a Slack user ID.
func (f File) PersonBySlack(user string) (id string, ok bool) {
	for _, p := range f.Roster.People {
		if p.Slack == user && user != "" {
			return p.ID, true
		}
	}
	return "", false
}

// PersonByPhone finds the person with a phone number.
func (f File) PersonByPhone(number string) (id string, ok bool) {
	for _, p := range f.Roster.People {
		if p.Phone == number && number != "" {
			return p.ID, true
		}
	}
	return "", false
}
