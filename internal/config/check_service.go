package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/incident"
)

func (d *document) services(all []service, ids ids) {
	if len(all) == 0 {
		d.fault("services", "there must be at least one; an alert has to lead somewhere")
	}
	d.identify("services", "id", ids.services)
	for i, s := range all {
		path := fmt.Sprintf("services[%d]", i)
		d.matches(path+".match", s)
		d.need(s.Policy, path+".policy", "name one of the policies")
		d.refer(path+".policy", "policy", s.Policy, ids.policies)
		d.policyFor(path+".policy_for", s.PolicyFor, ids)
		d.slackID(path+".slack_channel", s.SlackChannel)
		d.link(path+".runbook", s.Runbook)
		d.deployments(path, s)
		d.rollback(path+".rollback", s.Rollback, ids)
		d.verify(path+".verify", s.Verify)
		d.ticket(path+".ticket", s.Ticket)
		d.quiet(path, s)
		d.later(path, s)
	}
	d.shadowed(all)
	d.joins(all, ids)
}

// matches asks for labels. The service "default" may do without: it takes what matches nothing.
func (d *document) matches(path string, s service) {
	if len(s.Match) == 0 && s.ID != defaultService {
		d.fault(path, "is missing; name the labels that lead here, as in [{service: %s}]", s.ID)
	}
	for i, m := range s.Match {
		if len(m) == 0 {
			d.fault(fmt.Sprintf("%s[%d]", path, i), "names no label and would fit nothing")
		}
	}
}

// shadowed warns of matches that an earlier service takes everything from.
func (d *document) shadowed(all []service) {
	for i, s := range all {
		for j, m := range s.Match {
			for k, earlier := range all[:i] {
				if first := slices.IndexFunc(earlier.Match, func(e incident.Match) bool { return e.Fits(m) }); first >= 0 {
					d.warn(fmt.Sprintf("services[%d].match[%d]", i, j),
						fmt.Sprintf("never reached: services[%d].match[%d] comes first and fits all of it", k, first))
					break
				}
			}
		}
	}
}

func (d *document) policyFor(path string, routes map[string]string, ids ids) {
	for severity, policy := range routes {
		at := join(path, severity)
		if !incident.Severity(severity).Valid() {
			d.fault(at, "%q is none of SEV1, SEV2, SEV3, SEV4", severity)
		}
		d.need(policy, at, "name one of the policies")
		d.refer(at, "policy", policy, ids.policies)
	}
}

// link refuses what no browser opens.
func (d *document) link(path, value string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		d.fault(path, "%q is no URL like https://wiki.example.com/checkout", value)
	}
}

func (d *document) deployments(path string, s service) {
	if s.Deployments == nil {
		return
	}
	j := s.deployJob()
	if j == nil {
		d.fault(path+".deployments.jenkins.job", "is missing; name the job that deploys, like deploy/checkout")
		return
	}
	d.job(path+".deployments.jenkins.job", j.Job)
	d.need(j.ReleaseParameter, path+".deployments.jenkins.release_parameter", "name the parameter that holds the release")
}

// job refuses the URL of a job in the place of its folders and name.
func (d *document) job(path, job string) {
	if strings.Contains(job, "://") || strings.HasPrefix(job, "/") || strings.HasSuffix(job, "/") || strings.Contains(job, "//") {
		d.fault(path, "%q is no job; write its folders and its name, like deploy/checkout", job)
	}
}

func (d *document) rollback(path string, r *rollback, ids ids) {
	if r == nil {
		return
	}
	if r.Jenkins == nil {
		d.fault(path+".jenkins", "is missing; name the job that rolls back")
	} else {
		d.rollbackJob(path+".jenkins", *r.Jenkins)
	}
	d.targets(path+".allowed", r.Allowed, ids)
	for i, t := range r.Allowed {
		at := fmt.Sprintf("%s.allowed[%d]", path, i)
		d.adopt(at, t.Validate())
		if t.SlackChannel != "" {
			d.fault(at+".slack_channel", "a channel decides nothing; name a schedule, a person or a slack_group")
		}
	}
	if r.Timeout <= 0 {
		d.fault(path+".timeout", "must be above 0, like 30m")
	}
	if a := r.Approval; a != nil {
		if a.By != secondPerson {
			d.fault(path+".approval.by", "%q must be %s", a.By, secondPerson)
		}
		if a.Within <= 0 {
			d.fault(path+".approval.within", "must be above 0, like 15m")
		}
	}
}

func (d *document) rollbackJob(path string, j rollbackJob) {
	d.need(j.Job, path+".job", "name the job that deploys a release, like deploy/checkout")
	d.job(path+".job", j.Job)
	d.need(j.ReleaseParameter, path+".release_parameter", "name the parameter that takes the release")
	d.need(j.IncidentParameter, path+".incident_parameter", "name the parameter that marks the build, like INCIDENT_ID: it keeps a rollback from being made twice")
	if j.ReleaseParameter != "" && j.ReleaseParameter == j.IncidentParameter {
		d.fault(path+".incident_parameter", "must not be the release_parameter")
	}
	for _, name := range []string{j.ReleaseParameter, j.IncidentParameter} {
		if _, twice := j.Parameters[name]; twice && name != "" {
			d.fault(join(path+".parameters", name), "is set by lastgood; take it out")
		}
	}
}

func (d *document) verify(path string, v verify) {
	if v.Within <= 0 {
		d.fault(path+".within", "must be above 0, like 15m")
	}
	if !v.AlertResolved {
		d.warn(path+".alert_resolved", notActedOn+": the alerts must resolve all the same")
	}
	for i, m := range v.Prometheus {
		at := fmt.Sprintf("%s.prometheus[%d]", path, i)
		d.need(m.Query, at+".query", "write what to measure")
		if m.Below == nil {
			d.fault(at+".below", "is missing; a measurement is good when it is below this number")
		}
		if m.Times < 1 {
			d.fault(at+".times", "must be 1 or more")
		}
		if m.Every <= 0 {
			d.fault(at+".every", "must be above 0, like 30s")
		}
	}
}

func (d *document) ticket(path string, t *ticket) {
	if t == nil {
		return
	}
	d.need(t.Project, path+".project", "name the key of the Jira project, like OPS")
	d.need(t.Type, path+".type", "name the issue type, like Incident")
	d.need(t.Done, path+".done", "name the status that closes the ticket, like Done")
}

// longestQuiet bounds hold_page, and the time in which a threshold counts.
const longestQuiet = 24 * time.Hour

// mostCounted is how many alerts a threshold may want: each of them is remembered.
const mostCounted = 500

// quiet checks what lets the first page wait.
func (d *document) quiet(path string, s service) {
	if s.HoldPage > longestQuiet {
		d.fault(path+".hold_page", "must be 24h at most; nobody is paged for so long")
	}
	t := s.Threshold
	switch {
	case t == nil:
	case t.Alerts < 1 || t.Within <= 0:
		d.fault(path+".threshold", "needs alerts of 1 or more and within above 0, as in {alerts: 3, within: 5m}")
	case t.Alerts > mostCounted:
		d.fault(path+".threshold.alerts", "must be %d at most", mostCounted)
	case t.Within > longestQuiet:
		d.fault(path+".threshold.within", "must be 24h at most")
	}
}

// later checks what is not acted on yet, so that a file that is right today is right then.
func (d *document) later(path string, s service) {
	if c := s.Commits; c != nil && (c.GitHub == "") == (c.Git == "") {
		d.fault(path+".commits", "needs exactly one of github and git")
	}
	for i, m := range s.Metrics {
		d.need(m.Title, fmt.Sprintf("%s.metrics[%d].title", path, i), "name what is shown")
		d.need(m.Prometheus, fmt.Sprintf("%s.metrics[%d].prometheus", path, i), "write the query")
	}
	if h := s.Hold; h != nil {
		d.hold(path+".hold", *h, s.Rollback)
	}
	if n := s.Inform; n != nil {
		d.slackID(path+".inform.slack_channel", n.SlackChannel)
		if n.Statuspage != nil {
			d.need(n.Statuspage.Component, path+".inform.statuspage.component", "name the component of the status page")
		}
	}
}

func (d *document) hold(path string, h hold, r *rollback) {
	if h.For <= 0 {
		d.fault(path+".for", "must be above 0, like 24h")
	}
	for i, job := range h.DisableJobs {
		at := fmt.Sprintf("%s.disable_jobs[%d]", path, i)
		d.job(at, job)
		if r != nil && r.Jenkins != nil && job == r.Jenkins.Job {
			d.fault(at, "%s is the job that rolls back; it must stay enabled", job)
		}
	}
}

// span checks two moments that are written with their zone.
func (d *document) span(path, from, to string) {
	begins := d.moment(path+".from", from)
	ends := d.moment(path+".to", to)
	if !begins.IsZero() && !ends.IsZero() && !begins.Before(ends) {
		d.fault(path+".to", "%s is not after %s", to, from)
	}
}

func (d *document) moment(path, value string) time.Time {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		d.fault(path, "%q is no moment like 2026-12-24T09:00:00Z", value)
	}
	return t
}
