package config

import (
	"reflect"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/mapping"
	"github.com/seed-44180607/lastgood/oncall"
)

// schema is lastgood.yaml. People, schedules, policies and maintenance are the domain's own types, whose names are the file's. A
// field tagged lastgood:"unused" is read and checked, but nothing acts on it in this version; one tagged
// lastgood:"none" may be the word none.
type schema struct {
	Version     int                          `yaml:"version"`
	Severities  map[string]incident.Severity `yaml:"severities"`
	People      []oncall.Person              `yaml:"people"`
	Schedules   []oncall.Schedule            `yaml:"schedules"`
	Policies    []oncall.Policy              `yaml:"policies"`
	Services    []service                    `yaml:"services"`
	Sources     []mapping.Source             `yaml:"sources"`
	Heartbeats  []heartbeat                  `yaml:"heartbeats"`
	Maintenance []oncall.Maintenance         `yaml:"maintenance"`
}

type service struct {
	ID              string            `yaml:"id"`
	Environment     string            `yaml:"environment"`
	Team            string            `yaml:"team"`
	Match           []incident.Match  `yaml:"match"`
	Joins           *joins            `yaml:"joins"`
	Policy          string            `yaml:"policy"`
	PolicyFor       map[string]string `yaml:"policy_for"`
	SlackChannel    string            `yaml:"slack_channel"`
	IncidentChannel bool              `yaml:"incident_channel" lastgood:"unused"`
	Runbook         string            `yaml:"runbook"`
	HoldPage        time.Duration     `yaml:"hold_page"`
	Threshold       *threshold        `yaml:"threshold"`
	ReopenWithin    time.Duration     `yaml:"reopen_within"`
	EnrichWithin    time.Duration     `yaml:"enrich_within"`
	Deployments     *deployments      `yaml:"deployments"`
	Commits         *commits          `yaml:"commits" lastgood:"unused"`
	Suspect         *suspect          `yaml:"suspect" lastgood:"unused"`
	Metrics         []metric          `yaml:"metrics" lastgood:"unused"`
	Rollback        *rollback         `yaml:"rollback"`
	Hold            *hold             `yaml:"hold" lastgood:"unused"`
	Verify          verify            `yaml:"verify"`
	Ticket          *ticket           `yaml:"ticket"`
	Inform          *inform           `yaml:"inform" lastgood:"unused"`
}

type threshold struct {
	Alerts int           `yaml:"alerts"`
	Within time.Duration `yaml:"within"`
}

type deployments struct {
	Jenkins *deployJob `yaml:"jenkins"`
}

type deployJob struct {
	Job              string            `yaml:"job"`
	ReleaseParameter string            `yaml:"release_parameter"`
	Where            map[string]string `yaml:"where"`
}

type commits struct {
	GitHub string `yaml:"github"`
	Git    string `yaml:"git"`
}

type suspect struct {
	DeployedWithin time.Duration `yaml:"deployed_within"`
	Paths          []string      `yaml:"paths"`
}

type metric struct {
	Title      string `yaml:"title"`
	Unit       string `yaml:"unit"`
	Prometheus string `yaml:"prometheus"`
}

type rollback struct {
	Jenkins          *rollbackJob    `yaml:"jenkins"`
	Allowed          []oncall.Target `yaml:"allowed"`
	Approval         *approval       `yaml:"approval" lastgood:"none"`
	Automatic        *automatic      `yaml:"automatic" lastgood:"unused"`
	Timeout          time.Duration   `yaml:"timeout"`
	MinimumInService time.Duration   `yaml:"minimum_in_service"`
}

type rollbackJob struct {
	Job               string            `yaml:"job"`
	ReleaseParameter  string            `yaml:"release_parameter"`
	IncidentParameter string            `yaml:"incident_parameter"`
	Parameters        map[string]string `yaml:"parameters"`
}

type approval struct {
	By       string        `yaml:"by"`
	Within   time.Duration `yaml:"within"`
	Override bool          `yaml:"override"`
}

type automatic struct {
	Severities     []incident.Severity `yaml:"severities"`
	DeployedWithin time.Duration       `yaml:"deployed_within"`
	After          time.Duration       `yaml:"after"`
	DryRun         bool                `yaml:"dry_run"`
}

type hold struct {
	For         time.Duration `yaml:"for"`
	DisableJobs []string      `yaml:"disable_jobs"`
}

type verify struct {
	Within        time.Duration `yaml:"within"`
	AlertResolved bool          `yaml:"alert_resolved"`
	Prometheus    []measurement `yaml:"prometheus" lastgood:"unused"`
}

type measurement struct {
	Query string        `yaml:"query"`
	Below *float64      `yaml:"below"`
	Times int           `yaml:"times"`
	Every time.Duration `yaml:"every"`
}

type ticket struct {
	Project string         `yaml:"project"`
	Type    string         `yaml:"type"`
	Done    string         `yaml:"done"`
	Fields  map[string]any `yaml:"fields"`
}

type inform struct {
	SlackChannel string        `yaml:"slack_channel"`
	Email        []string      `yaml:"email"`
	Statuspage   *statuspage   `yaml:"statuspage"`
	Every        time.Duration `yaml:"every"`
}

type statuspage struct {
	Component string `yaml:"component"`
	Approval  bool   `yaml:"approval"`
}

type heartbeat struct {
	Name     string            `yaml:"name"`
	Service  string            `yaml:"service"`
	Every    time.Duration     `yaml:"every"`
	Grace    time.Duration     `yaml:"grace"`
	Severity incident.Severity `yaml:"severity"`
}

// defaults gives, for each type that has any, a value with what is meant where the file says nothing.
func defaults() map[reflect.Type]any {
	verified := verify{Within: 15 * time.Minute, AlertResolved: true}
	out := map[reflect.Type]any{}
	for _, v := range []any{
		schema{Severities: map[string]incident.Severity{
			"critical": incident.SEV1, "error": incident.SEV2, "warning": incident.SEV3, "info": incident.SEV4,
		}},
		oncall.Policy{Repeat: oncall.Repeat{FromStep: 1}, AckTimeout: 30 * time.Minute},
		oncall.Repeat{FromStep: 1},
		oncall.Step{AckWithin: 5 * time.Minute},
		service{
			Environment: "production", ReopenWithin: 5 * time.Minute, EnrichWithin: 3 * time.Second, Verify: verified,
		},
		rollback{Timeout: 30 * time.Minute},
		approval{By: secondPerson, Within: 15 * time.Minute},
		verified,
		measurement{Times: 1, Every: 30 * time.Second},
		ticket{Type: "Incident", Done: "Done"},
		mapping.Source{Resolves: true},
		heartbeat{Severity: incident.SEV2},
	} {
		out[reflect.TypeOf(v)] = v
	}
	return out
}

const secondPerson = "second-person"
