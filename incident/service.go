package incident

import (
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
)

// Service is what lastgood knows of one service. An incident keeps the copy
// that was in force when it opened.
type Service struct {
	ID           string `json:"id"`
	Environment  string `json:"environment,omitempty"`
	Team         string `json:"team,omitempty"`
	SlackChannel string `json:"slack_channel,omitempty"`
	Runbook      string `json:"runbook,omitempty"`
	// HoldPage is how long the first page waits for the incident to resolve by itself.
	HoldPage time.Duration `json:"hold_page,omitempty"`
	// Threshold is nil where one alert is enough to page.
	Threshold *Threshold `json:"threshold,omitempty"`
	// ReopenWithin is how long the run stays open after the incident resolved.
	ReopenWithin time.Duration `json:"reopen_within"`
	// EnrichWithin is how long the first page may wait for the facts.
	EnrichWithin time.Duration `json:"enrich_within"`
	Deployments  *Deployments  `json:"deployments,omitempty"`
	Rollback     *RollbackPlan `json:"rollback,omitempty"`
	// VerifyWithin is how long after a rollback its alerts must have resolved.
	VerifyWithin time.Duration `json:"verify_within"`
	Ticket       *TicketPlan   `json:"ticket,omitempty"`
}

// Threshold is how many alerts must have fired within a time before anybody is paged.
type Threshold struct {
	Alerts int           `json:"alerts"`
	Within time.Duration `json:"within"`
}

// Deployments says where to read what was deployed.
type Deployments struct {
	Job              string `json:"job"`
	ReleaseParameter string `json:"release_parameter"`
	// Where are the parameters that mark a build as one to this environment.
	Where map[string]string `json:"where,omitempty"`
}

// RollbackPlan says how this service is rolled back, and who may decide it.
type RollbackPlan struct {
	Job               string            `json:"job"`
	ReleaseParameter  string            `json:"release_parameter"`
	IncidentParameter string            `json:"incident_parameter"`
	Parameters        map[string]string `json:"parameters,omitempty"`
	// Allowed are those who may decide; empty means every responder.
	Allowed []oncall.Target `json:"allowed,omitempty"`
	// Approval is nil when nobody else needs to agree.
	Approval         *Approval     `json:"approval,omitempty"`
	Timeout          time.Duration `json:"timeout"`
	MinimumInService time.Duration `json:"minimum_in_service"`
}

// Apart says whether the job that rolls back is another than the one that deploys.
// Without a plan it is not.
func (p *RollbackPlan) Apart(d Deployments) bool {
	return p != nil && strings.Trim(p.Job, "/") != strings.Trim(d.Job, "/")
}

// rollbackJob is the job of a rollback's build as a release.Deployment names it:
// empty where one job does both.
func (s Service) rollbackJob() string {
	if s.Deployments == nil || !s.Rollback.Apart(*s.Deployments) {
		return ""
	}
	return s.Rollback.Job
}

// Approval asks a second person who may decide to agree within a time.
type Approval struct {
	Within time.Duration `json:"within"`
	// Override lets the requester go on alone after Within, with a reason.
	Override bool `json:"override,omitempty"`
}

// TicketPlan says where the record is kept in Jira.
type TicketPlan struct {
	Project string `json:"project"`
	Type    string `json:"type"`
	// Done is the name of the status or transition that closes the ticket.
	Done   string         `json:"done"`
	Fields map[string]any `json:"fields,omitempty"`
}

// Policies holds the escalation policy of each severity.
type Policies struct {
	Default    oncall.Policy   `json:"default"`
	BySeverity []SeverityRoute `json:"by_severity,omitempty"`
}

// SeverityRoute is the policy of one severity.
type SeverityRoute struct {
	Severity Severity      `json:"severity"`
	Policy   oncall.Policy `json:"policy"`
}

// For gives the policy of a severity.
func (p Policies) For(s Severity) oncall.Policy {
	for _, route := range p.BySeverity {
		if route.Severity == s {
			return route.Policy
		}
	}
	return p.Default
}
