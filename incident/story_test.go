package incident_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/release"
)

// noon is when every story begins.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// story is an incident on its way through a test, and the test's clock.
type story struct {
	t   *testing.T
	in  incident.Incident
	now time.Time
}

// after moves the clock on.
func (s *story) after(d time.Duration) *story {
	s.now = s.now.Add(d)
	return s
}

// apply lets an event happen now. A refused one leaves the state as it was.
func (s *story) apply(ev incident.Event) error {
	ev.At = s.now
	before := s.in
	next, err := incident.Apply(s.in, ev)
	if err != nil {
		require.Equal(s.t, before, next, "an event that is not taken changes nothing")
	}
	s.in = next
	return err
}

// happens lets events happen now, none of which may be refused.
func (s *story) happens(events ...incident.Event) *story {
	s.t.Helper()
	for _, ev := range events {
		require.NoError(s.t, s.apply(ev), "%s", ev.Kind)
	}
	return s
}

// ignores lets an event happen now that must change nothing at all.
func (s *story) ignores(ev incident.Event) {
	s.t.Helper()
	before := s.in
	require.NoError(s.t, s.apply(ev))
	require.Equal(s.t, before, s.in, "%s changes nothing here", ev.Kind)
}

// refuses lets an event happen now that must be refused, and gives the reason.
func (s *story) refuses(ev incident.Event) string {
	s.t.Helper()
	err := s.apply(ev)
	var refusal *incident.Refusal
	require.ErrorAs(s.t, err, &refusal, "%s", ev.Kind)
	require.Equal(s.t, refusal.Why, err.Error())
	return refusal.Why
}

// said gives the timeline's entries from the n-th on, as "Kind: text".
func (s *story) said(from int) []string {
	var lines []string
	for _, e := range s.in.Timeline[from:] {
		lines = append(lines, string(e.Kind)+": "+e.Text)
	}
	return lines
}

// last is the timeline's latest entry.
func (s *story) last() incident.Entry { return s.in.Timeline[len(s.in.Timeline)-1] }

// count counts the timeline's entries of a kind.
func (s *story) count(kind incident.Kind) (n int) {
	for _, e := range s.in.Timeline {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// by is a decision of a person, as an event.
func by(person string, kind incident.Kind, edits ...func(*incident.Decision)) incident.Event {
	d := incident.Decision{By: person, Via: "slack"}
	for _, edit := range edits {
		edit(&d)
	}
	return incident.Event{Kind: kind, Decision: d}
}

func comment(text string) func(*incident.Decision) {
	return func(d *incident.Decision) { d.Comment = text }
}

func target(name string) func(*incident.Decision) {
	return func(d *incident.Decision) { d.Release = name }
}

func lasting(d string) func(*incident.Decision) {
	return func(to *incident.Decision) { to.For = d }
}

func severity(s incident.Severity) func(*incident.Decision) {
	return func(d *incident.Decision) { d.Severity = s }
}

func person(id string) func(*incident.Decision) {
	return func(d *incident.Decision) { d.Person = id }
}

func numbered(id string) func(*incident.Decision) {
	return func(d *incident.Decision) { d.ID = id }
}

func of(id string) func(*incident.Decision) {
	return func(d *incident.Decision) { d.Incident = id }
}

// ratio is the alert of most stories, as it fires since a moment.
func ratio(since time.Time) incident.Alert {
	return incident.Alert{
		Fingerprint: "f1", StartsAt: since, Firing: true, Severity: incident.SEV2,
		Name: "ErrorRatio", Summary: "12 % of requests fail",
	}
}

func fires(a incident.Alert) incident.Event {
	return incident.Event{Kind: incident.AlertFired, Alert: a}
}

func stops(a incident.Alert, at time.Time) incident.Event {
	a.Firing, a.EndsAt = false, at
	return incident.Event{Kind: incident.AlertResolved, Alert: a}
}

// told is what the rollback workflow says about the rollback that runs.
func (s *story) told(phase incident.Phase, build int, why string) incident.Event {
	rb := s.in.Rollback
	p := incident.Progress{Key: rb.Key, Phase: phase, Release: rb.Release, Build: build, Reason: why}
	if build > 0 {
		p.URL = "https://jenkins.example.com/job/deploy/7/"
	}
	return incident.Event{Kind: phase.Kind(), Progress: p}
}

// plan is what the climb's position comes to: one Slack page for each person.
func (s *story) plan(people ...string) oncall.Plan {
	plan := oncall.Plan{Position: s.in.Climb.At}
	for _, p := range people {
		plan.Pages = append(plan.Pages, oncall.Page{Person: p, Via: oncall.Slack, Address: "U-" + p, At: s.now})
	}
	if len(people) == 0 {
		plan.Passed = "nobody on call"
	}
	return plan
}

// opens opens the pending step with one page for each person.
func (s *story) opens(people ...string) *story {
	s.t.Helper()
	require.True(s.t, s.in.Climb.Pending, "a step must be pending")
	return s.happens(incident.Event{Kind: incident.StepOpened, Plan: s.plan(people...)})
}

// passes passes the pending step.
func (s *story) passes() *story {
	s.t.Helper()
	require.True(s.t, s.in.Climb.Pending, "a step must be pending")
	return s.happens(incident.Event{Kind: incident.StepPassed, Plan: s.plan()})
}

// page is an event of the i-th page of the step that is open.
func (s *story) page(kind incident.Kind, i int) incident.Event {
	p := s.in.Climb.Pages[i]
	ev := incident.Event{Kind: kind, Index: i, Page: p.Page, Marker: p.Marker}
	switch kind {
	case incident.Paged:
		ev.Receipt = incident.Receipt{Channel: "D-" + p.Person, TS: "1." + p.Marker}
	case incident.PageFailed:
		ev.Reason = "account_inactive"
	default:
	}
	return ev
}

// reaches opens the pending step and delivers its page.
func (s *story) reaches(people ...string) *story {
	s.t.Helper()
	return s.opens(people...).happens(s.page(incident.Paged, 0))
}

// runsOut lets the step that is open run out.
func (s *story) runsOut() *story { return s.happens(incident.Event{Kind: incident.StepRanOut}) }

// due is the moment and the kind of what happens by itself next.
func (s *story) due() (time.Duration, incident.Kind) {
	at, kind := s.in.Due()
	if at.IsZero() {
		return 0, kind
	}
	return at.Sub(s.now), kind
}

// checkout is the service of the stories. Nobody has to approve its rollbacks.
func checkout() incident.Service {
	return incident.Service{
		ID: "checkout", Environment: "production", Team: "payments", SlackChannel: "C0CHECKOUT",
		Runbook: "https://wiki.example.com/checkout", ReopenWithin: 5 * time.Minute, EnrichWithin: 3 * time.Second,
		VerifyWithin: 15 * time.Minute,
		Deployments:  &incident.Deployments{Job: "deploy/checkout", ReleaseParameter: "VERSION"},
		Rollback: &incident.RollbackPlan{
			Job: "deploy/checkout", ReleaseParameter: "VERSION", IncidentParameter: "INCIDENT_ID",
			Allowed: []oncall.Target{{Schedule: "checkout-primary"}}, Timeout: 30 * time.Minute,
		},
		Ticket: &incident.TicketPlan{Project: "OPS", Type: "Incident", Done: "Done"},
	}
}

// policies are two steps climbed twice; SEV1 has a policy of its own.
func policies() incident.Policies {
	step := func(who string, wait time.Duration) oncall.Step {
		return oncall.Step{Page: []oncall.Target{{Person: who}}, AckWithin: wait}
	}
	return incident.Policies{
		Default: oncall.Policy{
			ID: "checkout", AckTimeout: 30 * time.Minute, Repeat: oncall.Repeat{Times: 1, FromStep: 2},
			Steps: []oncall.Step{step("sre-1", 5*time.Minute), step("sre-2", 10*time.Minute)},
		},
		BySeverity: []incident.SeverityRoute{{
			Severity: incident.SEV1,
			Policy: oncall.Policy{
				ID: "worst", AckTimeout: 10 * time.Minute,
				Steps: []oncall.Step{step("lead", time.Minute), step("sre-1", time.Minute), step("sre-2", time.Minute)},
			},
		}},
	}
}

// history is what enrichment found: r3 is in service, r2 and r1 are known-good.
func history() incident.Facts {
	deployed := func(name string, build int, before time.Duration) release.Deployment {
		return release.Deployment{
			Release: name, Build: build, Result: release.Success, By: "dev-" + name,
			Started: noon.Add(-before - time.Minute), Finished: noon.Add(-before),
		}
	}
	suspect := deployed("r3", 6, 10*time.Minute)
	return incident.Facts{Asked: true, Choice: release.Choice{
		Suspect:    &suspect,
		Candidates: []release.Deployment{deployed("r2", 5, 48*time.Hour), deployed("r1", 4, 96*time.Hour)},
		Commits:    []release.Commit{{ID: "c1", Author: "Ada", Subject: "Cache the prices"}},
	}}
}

// begins opens an incident with one firing alert and the facts known.
func begins(t *testing.T, service incident.Service) *story {
	t.Helper()
	s := &story{t: t, now: noon, in: incident.Incident{
		ID: "INC-261123-ABCDEF", Workflow: "incident/checkout/00", Run: "run-1",
		Service: service, Policies: policies(), Severity: incident.SEV2, Summary: "12 % of requests fail",
	}}
	return s.happens(incident.Event{Kind: incident.Opened}, fires(ratio(noon)),
		incident.Event{Kind: incident.Enriched, Facts: history()})
}

// Each state that a story can be put into. The names are those of the state
// machine's table.
const (
	triggered    = "triggered"
	acknowledged = "acknowledged"
	snoozed      = "snoozed"
	requested    = "requested"
	running      = "running"
	building     = "building"
	verifying    = "verifying"
	failed       = "failed"
	resolved     = "resolved"
	restored     = "restored"
	closed       = "closed"
)

var (
	everyState = []string{triggered, acknowledged, snoozed, requested, running, building, verifying, failed, resolved, restored, closed}
	openStates = []string{triggered, acknowledged, snoozed, requested, running, building, verifying, failed}
)

// withApproval is checkout with a second person who must approve a rollback.
func withApproval() incident.Service {
	service := checkout()
	service.Rollback.Approval = &incident.Approval{Within: 15 * time.Minute, Override: true}
	return service
}

// given puts an incident of checkout into a state, a minute after it opened.
func given(t *testing.T, state string) *story {
	t.Helper()
	service := checkout()
	if state == requested {
		service = withApproval()
	}
	s := begins(t, service).reaches("sre-1").after(time.Minute)
	switch state {
	case triggered:
	case acknowledged:
		s.happens(by("sre-1", incident.WasAcknowledged))
	case snoozed:
		s.happens(by("sre-1", incident.Snoozed, lasting("30m")))
	case requested, running:
		s.happens(by("sre-1", incident.RollbackAsked, target("r2")))
	case building:
		s = given(t, running)
		s.happens(s.told(incident.PhaseQueued, 0, ""), s.told(incident.PhaseBuilding, 7, ""))
	case verifying:
		s = given(t, building)
		s.happens(s.told(incident.PhaseSucceeded, 7, ""))
	case failed:
		s = given(t, building)
		s.happens(s.told(incident.PhaseFailed, 7, "build 7 ended FAILURE"))
	case resolved:
		s.happens(stops(ratio(noon), s.now))
	case restored:
		s = given(t, verifying)
		s.happens(stops(ratio(noon), s.now))
	case closed:
		s = given(t, resolved).after(5 * time.Minute)
		s.happens(incident.Event{Kind: incident.WasClosed})
	default:
		require.FailNow(t, "no such state", state)
	}
	return s
}

// inEach runs a test in each of the states.
func inEach(t *testing.T, states []string, test func(*testing.T, *story)) {
	t.Helper()
	for _, state := range states {
		t.Run(state, func(t *testing.T) { test(t, given(t, state)) })
	}
}

// except gives the states without some of them.
func except(states []string, left ...string) []string {
	var out []string
	for _, s := range states {
		if !strings.Contains(" "+strings.Join(left, " ")+" ", " "+s+" ") {
			out = append(out, s)
		}
	}
	return out
}

// isDuplicate says whether a decision was taken for one that was made before.
func isDuplicate(err error) bool { return errors.Is(err, incident.ErrDuplicate) }
