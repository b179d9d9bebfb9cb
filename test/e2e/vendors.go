package e2e

import (
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/local"
)

// Jenkins is the job that deploys one service.
type Jenkins struct {
	h   *Harness
	job string
}

// Jenkins looks at the job of a service.
func (h *Harness) Jenkins(service string) Jenkins { return Jenkins{h, "deploy/" + service} }

// Build is a rollback's build.
type Build struct {
	h *Harness
	local.Effect
}

// ExpectOrder waits until a rollback to a release stands in the queue.
func (j Jenkins) ExpectOrder(release string) {
	j.h.t.Helper()
	j.h.expect("jenkins", "queue", "an order of "+release, j.rollback(release))
}

// ExpectBuild waits for the build of an order that was expected.
func (j Jenkins) ExpectBuild(release string) *Build {
	j.h.t.Helper()
	return &Build{j.h, j.h.expect("jenkins", "build", "a build of "+release, j.rollback(release))}
}

func (j Jenkins) rollback(release string) func(local.Effect) bool {
	return func(e local.Effect) bool {
		p := e.Detail.Parameters
		return e.Detail.Job == j.job && p["VERSION"] == release && p["INCIDENT_ID"] != ""
	}
}

// ExpectResult waits until the build has ended.
func (b *Build) ExpectResult(result string) {
	b.h.t.Helper()
	got := b.h.expect("jenkins", "build-finished", "the end of the build", func(e local.Effect) bool {
		return e.Detail.Job == b.Detail.Job && e.Detail.Number == b.Detail.Number
	})
	require.Equal(b.h.t, result, got.Detail.Result)
}

// Key is what the build carries: IncidentId/attempt.
func (b *Build) Key() string { return b.Detail.Parameters["INCIDENT_ID"] }

// Hold keeps the builds of a release running until they are finished by Finish.
func (j Jenkins) Hold(release string) {
	j.h.t.Helper()
	j.plan(map[string]any{"job": j.job, "release": release, "hold": true})
}

// Fail lets the builds of a release fail.
func (j Jenkins) Fail(release string) {
	j.h.t.Helper()
	j.plan(map[string]any{"job": j.job, "release": release, "result": "FAILURE"})
}

func (j Jenkins) plan(script map[string]any) {
	j.h.t.Helper()
	require.NoError(j.h.t, j.h.control.Post(j.h.t.Context(), "/control/jenkins/script", script))
}

// Finish ends a build that is held, well.
func (b *Build) Finish() {
	b.h.t.Helper()
	require.NoError(b.h.t, b.h.control.Post(b.h.t.Context(), "/control/jenkins/finish",
		map[string]any{"job": b.Detail.Job, "number": b.Detail.Number}))
	b.ExpectResult("SUCCESS")
}

// Ship deploys a release that breaks a service, as a developer does, and waits
// for the monitor to say so.
func (h *Harness) Ship(service, release string) *Alert {
	h.t.Helper()
	require.NoError(h.t, h.control.Post(h.t.Context(), "/shop/ship", map[string]any{
		"service": service, "release": release, "bad": true, "user": "maria",
	}))
	ours := func(e local.Effect) bool {
		return e.Detail.Parameters["VERSION"] == release && e.Detail.Parameters["INCIDENT_ID"] == ""
	}
	for _, effect := range []string{"queue", "build", "build-finished"} {
		h.expect("jenkins", effect, "the deployment of "+release, ours)
	}
	alert := h.Alert(service, "HighErrorRatio")
	alert.StartsAt = h.expectMonitor(service, "firing")
	return alert
}

// ExpectWell waits until the monitor says that a service is well again.
func (h *Harness) ExpectWell(service string) {
	h.t.Helper()
	h.expectMonitor(service, "resolved")
}

// Ticket is the Jira issue of an incident.
type Ticket struct {
	h *Harness
	local.Effect
}

// ExpectTicket waits for the ticket of an incident.
func (h *Harness) ExpectTicket(incident string) Ticket {
	h.t.Helper()
	return Ticket{h, h.expect("jira", "issue", "a ticket for "+incident, func(e local.Effect) bool {
		labels, _ := e.Detail.Fields["labels"].([]any)
		return slices.Contains(labels, any(incident))
	})}
}

// ExpectDone waits until the ticket is closed.
func (k Ticket) ExpectDone() {
	k.h.t.Helper()
	k.h.expect("jira", "transition", k.Detail.Key+" to be done", func(e local.Effect) bool {
		return e.Detail.Key == k.Detail.Key && e.Detail.To == "Done"
	})
}
