package config

import (
	"path/filepath"
	"strings"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// severities are all of them, the worst first.
var severities = []incident.Severity{incident.SEV1, incident.SEV2, incident.SEV3, incident.SEV4}

// locate makes the paths of calendar files relative to the folder of lastgood.yaml.
func (s schema) locate(folder string) {
	for i, schedule := range s.Schedules {
		if path := schedule.ICal; path != "" && !strings.Contains(path, "://") && !filepath.IsAbs(path) {
			s.Schedules[i].ICal = filepath.Join(folder, path)
		}
	}
}

// file turns a schema without faults into domain types.
func (s schema) file(unused []string) File {
	f := File{
		Severities: s.Severities,
		Roster:     oncall.Roster{People: s.People, Schedules: s.Schedules, Maintenance: s.Maintenance},
		Policies:   s.Policies,
		unused:     unused,
	}
	for _, h := range s.Heartbeats {
		f.Heartbeats = append(f.Heartbeats, incident.Heartbeat(h))
	}
	owners := s.owners()
	for _, one := range s.Services {
		f.Services = append(f.Services, Service{
			Service: one.service(), Matches: one.Match, Policies: s.policies(one), Owner: owners[one.ID],
		})
	}
	return f
}

func (s schema) policies(one service) incident.Policies {
	out := incident.Policies{Default: s.policy(one.Policy)}
	for _, severity := range severities {
		if id, ok := one.PolicyFor[string(severity)]; ok {
			out.BySeverity = append(out.BySeverity, incident.SeverityRoute{Severity: severity, Policy: s.policy(id)})
		}
	}
	return out
}

func (s schema) policy(id string) oncall.Policy {
	for _, p := range s.Policies {
		if p.ID == id {
			return p
		}
	}
	return oncall.Policy{}
}

func (s service) service() incident.Service {
	out := incident.Service{
		ID: s.ID, Environment: s.Environment, Team: s.Team, SlackChannel: s.SlackChannel, Runbook: s.Runbook,
		ReopenWithin: s.ReopenWithin, EnrichWithin: s.EnrichWithin, VerifyWithin: s.Verify.Within,
		HoldPage: s.HoldPage, Threshold: s.Threshold.wanted(), Rollback: s.Rollback.plan(),
	}
	if j := s.deployJob(); j != nil {
		out.Deployments = &incident.Deployments{Job: j.Job, ReleaseParameter: j.ReleaseParameter, Where: j.Where}
	}
	if t := s.Ticket; t != nil {
		out.Ticket = &incident.TicketPlan{Project: t.Project, Type: t.Type, Done: t.Done, Fields: t.Fields}
	}
	return out
}

// wanted is the threshold, nil when one alert is enough.
func (t *threshold) wanted() *incident.Threshold {
	if t == nil || t.Alerts == 1 {
		return nil
	}
	return &incident.Threshold{Alerts: t.Alerts, Within: t.Within}
}

// deployJob says where to read what was deployed: what is not told is as in the job that rolls back, which deploys
// an earlier release. It is nil when neither is told.
func (s service) deployJob() *deployJob {
	var out deployJob
	if s.Deployments != nil && s.Deployments.Jenkins != nil {
		out = *s.Deployments.Jenkins
	}
	if s.Rollback != nil && s.Rollback.Jenkins != nil {
		back := s.Rollback.Jenkins
		if out.Job == "" {
			out.Job = back.Job
		}
		if out.ReleaseParameter == "" {
			out.ReleaseParameter = back.ReleaseParameter
		}
		if out.Where == nil {
			out.Where = back.Parameters
		}
	}
	if out.Job == "" {
		return nil
	}
	return &out
}

func (r *rollback) plan() *incident.RollbackPlan {
	if r == nil {
		return nil
	}
	out := &incident.RollbackPlan{
		Job: r.Jenkins.Job, ReleaseParameter: r.Jenkins.ReleaseParameter,
		IncidentParameter: r.Jenkins.IncidentParameter, Parameters: r.Jenkins.Parameters,
		Allowed: r.Allowed, Timeout: r.Timeout, MinimumInService: r.MinimumInService,
	}
	if r.Approval != nil {
		out.Approval = &incident.Approval{Within: r.Approval.Within, Override: r.Approval.Override}
	}
	return out
}
