package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/workflows"
)

// noon is when every story begins: a Tuesday. All times of a story count from it.
var noon = time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)

const (
	second = time.Second
	minute = time.Minute
	hour   = time.Hour

	millisecond = time.Millisecond
)

// ages is longer than any story: one that does not end fails then.
const ages = 10 * 24 * hour

// story is one incident from its first alert on. What is to happen from outside
// is scripted first; then it runs, and what it did to the world is compared.
type story struct {
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	world *world
	// Opening is what the incident starts with; a story may change it.
	Opening signals.Opening
	// Incident is the result of the workflow, Err its error.
	Incident incident.Incident
	Err      error
	seen     *seen
	fired    map[string]time.Time
	expected []string
}

// tell begins a story about the service checkout.
func tell(t *testing.T) *story {
	s := &story{
		t: t, world: newWorld(), fired: map[string]time.Time{}, seen: &seen{activities: map[string]workflow.ActivityOptions{}},
		Opening: signals.Opening{
			Service: checkout(), Policies: incident.Policies{Default: policy()}, TemporalUI: "http://temporal.test",
		},
	}
	s.stage(noon)
	return s
}

// stage sets up an environment whose clock starts at a moment, before the same world.
func (s *story) stage(start time.Time) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet{})
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	env.SetTestTimeout(minute)
	env.SetWorkflowRunTimeout(ages)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: incidentWorkflow, TaskQueue: signals.TaskQueue})
	env.SetWorkerOptions(worker.Options{
		Interceptors: []interceptor.WorkerInterceptor{&likeAServer{seen: s.seen}}, DeadlockDetectionTimeout: minute,
	})
	s.seen.watch(env)
	s.env, s.world.now = env, env.Now
	workflows.Register(env)
	s.world.serve(env)
}

var incidentWorkflow = signals.IncidentWorkflow("checkout", "group")

// incidentID is the one minted in every story: runs of the environment have one ID.
var incidentID = signals.MintIncidentID("default-test-run-id", noon)

// At lets something happen at a moment of the story.
func (s *story) At(at time.Duration, do func()) {
	s.env.RegisterDelayedCallback(do, noon.Add(at).Sub(s.env.Now()))
}

// Fires lets the monitor say that alerts fire, as a new firing.
func (s *story) Fires(at time.Duration, names ...string) {
	s.Alert(at, s.firing(at, incident.SEV2, names...)...)
}

// Clears lets the monitor say that alerts have resolved.
func (s *story) Clears(at time.Duration, names ...string) { s.Alert(at, s.resolved(at, names...)...) }

// Alert lets the monitor deliver alerts.
func (s *story) Alert(at time.Duration, alerts ...incident.Alert) {
	s.At(at, func() {
		s.env.SignalWorkflow(signals.Alert, incident.Delivery{Source: "alertmanager", Group: "group", Alerts: alerts})
	})
}

func (s *story) firing(at time.Duration, severity incident.Severity, names ...string) []incident.Alert {
	var alerts []incident.Alert
	for _, name := range names {
		s.fired[name] = noon.Add(at)
		alerts = append(alerts, incident.Alert{Fingerprint: name, Name: name, Firing: true, Severity: severity, StartsAt: noon.Add(at)})
	}
	return alerts
}

func (s *story) resolved(at time.Duration, names ...string) []incident.Alert {
	var alerts []incident.Alert
	for _, name := range names {
		alerts = append(alerts, incident.Alert{Fingerprint: name, Name: name, StartsAt: s.fired[name], EndsAt: noon.Add(at)})
	}
	return alerts
}

// Decide lets a person decide something in Slack. Each decision has its own ID.
func (s *story) Decide(at time.Duration, signal, by string, more ...func(*incident.Decision)) {
	d := incident.Decision{
		ID: fmt.Sprintf("%s-%s-%s", signal, by, at), Incident: incidentID, By: by, Via: "slack", At: noon.Add(at),
		Reply: &incident.Reply{Channel: "C0CHECKOUT", User: by},
	}
	for _, change := range more {
		change(&d)
	}
	s.At(at, func() { s.env.SignalWorkflow(signal, d) })
}

// Run tells the story to its end.
func (s *story) Run() {
	s.t.Helper()
	s.env.ExecuteWorkflow(signals.IncidentType, s.Opening)
	require.True(s.t, s.env.IsWorkflowCompleted())
	if s.Err = s.env.GetWorkflowError(); s.Err == nil {
		require.NoError(s.t, s.env.GetWorkflowResult(&s.Incident))
	}
	var crash *temporal.PanicError
	require.NotErrorAs(s.t, s.Err, &crash, "the workflow panicked")
	s.t.Cleanup(s.nothingElse)
}

// State is the incident as the query shows it at this moment of the story.
func (s *story) State() incident.Incident {
	var in incident.Incident
	value, err := s.env.QueryWorkflow(signals.QueryIncident)
	require.NoError(s.t, err)
	require.NoError(s.t, value.Get(&in))
	return in
}

// serve puts the real activities, with the world's vendors behind them, into the
// environment. Waiting is done on the clock of the story.
func (w *world) serve(env *testsuite.TestWorkflowEnvironment) {
	slack, jira := (*slack)(w), (*jira)(w)
	onCall := &activities.OnCall{People: (*people)(w)}
	pager := &activities.Pager{Chat: slack, Mail: (*mailbox)(w), SMS: (*phones)(w)}
	announcer := &activities.Announcer{Chat: slack, Whisperer: slack}
	recorder := &activities.Recorder{Tickets: jira, Record: jira}
	if w.noJira {
		recorder = &activities.Recorder{}
	}
	if w.noSlack {
		pager.Chat, announcer = nil, &activities.Announcer{}
	}
	if w.noMail {
		pager.Mail = nil
	}
	enricher := &activities.Enricher{Surveyor: (*jenkins)(w)}
	historian := &activities.Historian{Past: (*past)(w)}
	deployer := &activities.Deployer{Builder: (*jenkins)(w), Watcher: (*jenkins)(w), Every: time.Millisecond, Settle: 1}

	parts := []part{
		{activities.ResolveStepName, onCall.ResolveStep, mock.Anything, w.People.latency},
		{activities.ReachName, onCall.Reach, mock.Anything, w.People.latency},
		{activities.PermitName, onCall.Permit, mock.Anything, w.People.latency},
		{activities.SurveyName, enricher.Survey, mock.Anything, w.Jenkins.latency},
		{activities.LookBackName, historian.LookBack, mock.Anything, w.Past.latency},
		{activities.PageName, pager.Page, mock.MatchedBy(by(oncall.Email)), w.Mail.latency},
		{activities.PageName, pager.Page, mock.MatchedBy(by(oncall.SMS)), w.Phones.latency},
		{activities.PageName, pager.Page, mock.Anything, w.Slack.latency},
		{activities.ShowCardName, announcer.ShowCard, mock.Anything, w.Slack.latency},
		{activities.SayName, announcer.Say, mock.Anything, w.Slack.latency},
		{activities.RefreshPageName, announcer.RefreshPage, mock.Anything, w.Slack.latency},
		{activities.WhisperName, announcer.Whisper, mock.Anything, w.Slack.latency},
		{activities.OpenTicketName, recorder.OpenTicket, mock.Anything, w.Jira.latency},
		{activities.WriteTicketName, recorder.WriteTicket, mock.Anything, w.Jira.latency},
		{activities.CloseTicketName, recorder.CloseTicket, mock.Anything, w.Jira.latency},
		{activities.TriggerName, w.trigger(deployer), mock.Anything, w.Jenkins.latency},
		{activities.StopName, deployer.StopRollback, mock.Anything, w.Jenkins.latency},
		{activities.FollowName, w.follow, mock.MatchedBy(toEnd), w.takes},
		{activities.FollowName, w.follow, mock.Anything, w.queued},
	}
	known := map[string]bool{}
	for _, p := range parts {
		if !known[p.name] {
			env.RegisterActivityWithOptions(p.do, activity.RegisterOptions{Name: p.name})
		}
		known[p.name] = true
	}
	for _, p := range parts {
		env.OnActivity(p.name, mock.Anything, p.asked).Return(p.do).AfterFn(p.takes)
	}
}

func by(via oncall.Method) func(activities.PageOrder) bool {
	return func(o activities.PageOrder) bool { return o.Page.Via == via }
}

func toEnd(o activities.FollowOrder) bool { return o.ToEnd }

// part is an activity that takes as long as its vendor does now, when it is asked
// for what matches.
type part struct {
	name  string
	do    any
	asked any
	takes func() time.Duration
}

// quiet is a logger for nobody.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

// policy pages sre-1, then sre-2, then a channel, three rounds in all.
func policy() oncall.Policy {
	return oncall.Policy{
		ID: "checkout",
		Steps: []oncall.Step{
			{Page: []oncall.Target{{Schedule: "checkout-primary"}}, AckWithin: 5 * minute},
			{Page: []oncall.Target{{Person: "sre-2"}}, AckWithin: 10 * minute},
			{Page: []oncall.Target{{SlackChannel: "C0LEADS"}}, AckWithin: 15 * minute},
		},
		Repeat: oncall.Repeat{Times: 2, FromStep: 1},
	}
}

func checkout() incident.Service {
	where := map[string]string{"ENVIRONMENT": "production"}
	return incident.Service{
		ID: "checkout", Environment: "production", Team: "payments", SlackChannel: "C0CHECKOUT",
		ReopenWithin: 5 * minute, EnrichWithin: 3 * second, VerifyWithin: 15 * minute,
		Deployments: &incident.Deployments{Job: "deploy/checkout", ReleaseParameter: "VERSION", Where: where},
		Rollback: &incident.RollbackPlan{
			Job: "deploy/checkout", ReleaseParameter: "VERSION", IncidentParameter: "INCIDENT_ID",
			Parameters: where, Timeout: 30 * minute, MinimumInService: hour,
		},
		Ticket: &incident.TicketPlan{Project: "OPS", Type: "Incident", Done: "Done"},
	}
}
