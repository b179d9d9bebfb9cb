package config

import (
	"fmt"
	"slices"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/mapping"
)

// taken are the names of sources that are there already, and of what else has tokens or counts by that name.
var taken = []string{"alertmanager", "datadog", "gate", "grafana", "heartbeat", "heartbeats", "oncall", "pagerduty", "slack", "unknown"}

// sources checks the mappings of other monitors' bodies and keeps them as they will be used.
func (d *document) sources(all []mapping.Source) {
	var ids []string
	for i, s := range all {
		path := fmt.Sprintf("sources[%d]", i)
		ids = append(ids, s.ID)
		if d.faulty[path] {
			continue // It has no form that could be looked at.
		}
		switch {
		case slices.Contains(taken, s.ID):
			d.fault(path+".id", "%s is a name that lastgood uses itself; choose another one", s.ID)
		case s.ID != "" && !sourceName.MatchString(s.ID):
			d.fault(path+".id", "%q may hold small letters, digits and dashes only, as it is part of an address and of ALERT_TOKENS", s.ID)
		}
		m, faults := mapping.Compile(s)
		for _, f := range faults {
			d.fault(join(path, f.Field), "%s", f.Problem)
		}
		d.mappings = append(d.mappings, m)
	}
	d.identify("sources", "id", ids)
}

// uncalled warns of mappings and heartbeats that nobody can call, as no token is theirs.
func (c Config) uncalled() []string {
	var warnings []string
	for i, m := range c.Sources {
		if path := fmt.Sprintf("sources[%d]", i); len(c.Tokens[m.ID()]) == 0 {
			warnings = append(warnings, fmt.Sprintf("%s:%d: %s: nobody can call it: ALERT_TOKENS has no token for %s", c.name, c.lines.of(path), path, m.ID()))
		}
	}
	if len(c.Heartbeats) > 0 && len(c.Tokens[incident.HeartbeatSource]) == 0 {
		warnings = append(warnings, fmt.Sprintf("%s:%d: heartbeats: nothing can beat, and all of them will be silent: ALERT_TOKENS has no token for %s",
			c.name, c.lines.of("heartbeats"), incident.HeartbeatSource))
	}
	return warnings
}
