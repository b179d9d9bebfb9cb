package incident_test

import (
	"fmt"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/release"
)

// dice picks a number from 0 to n-1.
type dice func(n int) int

func oneOf[T any](pick dice, of ...T) T { return of[pick(len(of))] }

// sometimes is true once in n times.
func (pick dice) sometimes(n int) bool { return pick(n) == n-1 }

// someEvent makes up something that may happen to the incident after now. It
// mostly fits the state, as chance alone would hardly ever get a rollback through.
func someEvent(pick dice, in incident.Incident, now time.Time) incident.Event {
	at, kind := in.Due()
	if kind != "" && pick.sometimes(6) {
		return incident.Event{Kind: kind, At: later(at, now)}
	}
	ev := incident.Event{
		Kind: kindFor(pick, in), At: now.Add(oneOf(pick, 0, time.Second, time.Minute, 6*time.Minute, time.Hour)),
		Index: pick(4), Revision: pick(in.Revision + 1), Shown: "face", Marker: "stray",
		Vendor: oneOf(pick, "Slack", "Jira"), Reason: oneOf(pick, "", hostile),
		Ticket: incident.TicketRef{Key: "OPS-1"}, Receipt: oneOf(pick, incident.Receipt{}, incident.Receipt{Channel: "C", TS: "1.1"}),
	}
	ev.Decision = someDecision(pick, in)
	ev.Alert = someAlert(pick)
	ev.Facts = someFacts(pick)
	ev.Maintenance = oneOf(pick, upgrade(), oncall.Maintenance{Service: "*"})
	ev.Plan = somePlan(pick, in, now)
	ev.Following = oneOf(pick, nil, &incident.Following{Names: []string{"sre-2"}, After: time.Minute})
	ev.Page = oncall.Page{Person: "sre-1", Via: oncall.Slack, Address: "U1"}
	if len(in.Climb.Pages) > 0 && !pick.sometimes(4) {
		ev.Index = pick(len(in.Climb.Pages))
		ev.Page, ev.Marker = in.Climb.Pages[ev.Index].Page, in.Climb.Pages[ev.Index].Marker
	}
	ev.Progress = someProgress(pick, in)
	ev.Delivery.Alerts = []incident.Alert{ev.Alert, someAlert(pick)}
	ev.Delivery.Alerts[0].Firing = pick.sometimes(2)
	ev.Delivery.NeverResolves = pick.sometimes(6)
	if ev.Delivery.Alerts[1].Fingerprint == "f2" {
		ev.Delivery.Alerts[1].StartsAt = time.Time{}
	}
	ev.Tried = incident.Tried{Card: pick.sometimes(2), Thread: pick(9), Entry: pick(9)}
	return ev
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// kindFor picks any kind, or one that takes the incident further.
func kindFor(pick dice, in incident.Incident) incident.Kind {
	all := incident.Kinds()
	kind := all[pick(len(all))]
	likely := []incident.Kind{incident.AlertFired, incident.AlertResolved, incident.Delivered, incident.RollbackAsked, incident.Escalated, incident.Enriched}
	switch {
	case in.Rollback.State == incident.RollbackRunning:
		likely = append(likely, incident.BuildStarted, incident.RolledBack, incident.RollbackBroke, incident.AbortAsked, incident.RollbackStopped)
	case in.Rollback.State == incident.RollbackRequested:
		likely = append(likely, incident.RollbackApproved, incident.RollbackRejected)
	case !in.Open():
		likely = append(likely, incident.Reopened, incident.WasClosed)
	case in.Climb.Pending:
		likely = []incident.Kind{incident.StepOpened, incident.StepPassed, incident.Paged, incident.WasAcknowledged, incident.RollbackAsked}
	default:
		likely = append(likely, incident.Paged, incident.PageFailed, incident.StepRanOut, incident.WasAcknowledged, incident.Snoozed)
	}
	return oneOf(pick, kind, oneOf(pick, likely...), oneOf(pick, likely...))
}

func someDecision(pick dice, in incident.Incident) incident.Decision {
	d := incident.Decision{
		By: oneOf(pick, "sre-1", "sre-2", "sre-3", ""), Via: oneOf(pick, "slack", "cli"), Chosen: pick.sometimes(2),
		Comment: oneOf(pick, "", "because", hostile), Release: oneOf(pick, "", "", "r2", "r1", "r9"),
		For: oneOf(pick, "30m", "1h", "soon", "-1s"), Person: oneOf(pick, "", "dba", "lead"),
		Severity: oneOf(pick, incident.SEV1, incident.SEV2, incident.SEV3, "SEV9"),
		Incident: oneOf(pick, "", in.ID, in.ID),
	}
	if pick.sometimes(3) {
		d.ID = fmt.Sprint("d", pick(40))
	}
	if pick.sometimes(20) {
		d.Incident = "INC-000101-OTHERS"
	}
	return d
}

func someAlert(pick dice) incident.Alert {
	a := ratio(noon.Add(time.Duration(pick(20)) * 10 * time.Minute))
	a.Fingerprint = oneOf(pick, "f1", "f1", "f2", "f3")
	a.Severity = oneOf(pick, incident.SEV2, incident.SEV3, incident.SEV1, "")
	a.Summary = oneOf(pick, a.Summary, hostile, "")
	a.NeverResolves = a.Fingerprint == "f3"
	return a
}

func someFacts(pick dice) incident.Facts {
	if pick.sometimes(8) {
		return oneOf(pick, incident.Facts{}, incident.Facts{Obstacle: hostile},
			incident.Facts{Choice: release.Choice{Suspect: &release.Deployment{}, Unknown: true}})
	}
	return history()
}

func somePlan(pick dice, in incident.Incident, now time.Time) oncall.Plan {
	plan := oncall.Plan{Position: in.Climb.At, Passed: oneOf(pick, "", "nobody on call"), Notes: oneOf(pick, nil, []string{"sre-9 is unknown"})}
	if pick.sometimes(8) {
		plan.Position.Step++
	}
	for i := range pick(3) {
		plan.Pages = append(plan.Pages, oncall.Page{Person: fmt.Sprint("sre-", i), Via: oncall.Slack, Address: fmt.Sprint("U", i), At: now})
	}
	return plan
}

func someProgress(pick dice, in incident.Incident) incident.Progress {
	p := incident.Progress{Key: in.Rollback.Key, Release: in.Rollback.Release, Build: oneOf(pick, 7, 7, 0), Reason: oneOf(pick, "broken", hostile)}
	if p.Build > 0 {
		p.URL = "https://jenkins.example.com/7/"
	}
	if pick.sometimes(6) {
		p.Key = oneOf(pick, "", "INC-000101-OTHERS/1")
	}
	return p
}
