package incident_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/release"
)

func card(s *story) incident.Card { return incident.CardOf(s.in, incident.Places{}) }

// actions are the buttons of a card, with the release each names.
func actions(buttons []incident.Button) []string {
	list := []string{}
	for _, b := range buttons {
		list = append(list, strings.TrimSpace(b.Action+" "+b.Release))
	}
	return list
}

func TestTheButtonsOfEachState(t *testing.T) {
	tests := map[string][]string{
		triggered:    {"acknowledge", "roll-back r2", "escalate", "resolve"},
		acknowledged: {"roll-back r2", "escalate", "resolve"},
		snoozed:      {"acknowledge", "roll-back r2", "escalate", "resolve"},
		requested:    {"approve-rollback r2", "reject-rollback r2", "escalate", "resolve"},
		running:      {"abort-rollback", "escalate"},
		building:     {"abort-rollback", "escalate"},
		verifying:    {"escalate", "resolve"},
		failed:       {"acknowledge", "roll-back r1", "escalate", "resolve"},
		resolved:     {"reopen"},
		restored:     {"reopen"},
		closed:       {},
	}
	require.Len(t, tests, len(everyState))
	inEach(t, everyState, func(t *testing.T, s *story) {
		state := strings.TrimPrefix(t.Name(), "TestTheButtonsOfEachState/")
		require.Equal(t, tests[state], actions(s.in.Buttons()))
		require.Equal(t, s.in.Buttons(), card(s).Buttons)
	})
}

// TestEveryButtonIsAccepted clicks each button of each state.
func TestEveryButtonIsAccepted(t *testing.T) {
	kinds := map[string]incident.Kind{
		"acknowledge": incident.WasAcknowledged, "roll-back": incident.RollbackAsked, "escalate": incident.Escalated,
		"resolve": incident.WasResolved, "reopen": incident.Reopened, "approve-rollback": incident.RollbackApproved,
		"reject-rollback": incident.RollbackRejected, "abort-rollback": incident.AbortAsked,
	}
	inEach(t, everyState, func(t *testing.T, s *story) {
		for _, b := range s.in.Buttons() {
			again := &story{t: t, in: s.in, now: s.now}
			require.Contains(t, kinds, b.Action)
			again.happens(by("sre-2", kinds[b.Action], target(b.Release), of(s.in.ID)))
		}
	})
}

func TestARollbackThatIsBeingStoppedIsNotStoppedAgain(t *testing.T) {
	s := given(t, building)
	s.happens(by("sre-1", incident.AbortAsked))
	require.Equal(t, []string{"escalate"}, actions(s.in.Buttons()))
}

func TestWhatCannotBeTakenBackAsksFirst(t *testing.T) {
	s := given(t, triggered)
	confirm := func(state, action string) string {
		for _, b := range given(t, state).in.Buttons() {
			if b.Action == action {
				return b.Confirm
			}
		}
		return "no such button"
	}
	require.Equal(t, "Roll checkout back from r3 to r2?", confirm(triggered, "roll-back"))
	require.Equal(t, "Roll checkout back from r3 to r2?", confirm(requested, "approve-rollback"))
	require.Equal(t, "Stop the rollback of checkout to r2? The state of the service may then be unknown.", confirm(running, "abort-rollback"))
	require.Equal(t, "Page for INC-261123-ABCDEF again?", confirm(resolved, "reopen"))
	require.Equal(t, "An alert still fires. Resolve INC-261123-ABCDEF all the same?", confirm(triggered, "resolve"))
	require.Empty(t, confirm(triggered, "acknowledge"))
	require.Empty(t, confirm(triggered, "escalate"))

	second := ratio(noon)
	second.Fingerprint = "f2"
	s.happens(fires(second))
	require.Equal(t, "2 alerts still fire. Resolve INC-261123-ABCDEF all the same?", s.in.Buttons()[3].Confirm)
	s.in.Alerts = nil
	require.Equal(t, "Resolve INC-261123-ABCDEF?", s.in.Buttons()[3].Confirm)
}

func TestTheCardOfATriggeredIncident(t *testing.T) {
	s := begins(t, checkout())
	s.happens(incident.Event{Kind: incident.StepOpened, Plan: s.plan("sre-1"), Following: &incident.Following{
		At: oncall.Position{Step: 2, Round: 1}, Names: []string{"sre-2", "lead"}, After: time.Minute,
	}}).happens(s.page(incident.Paged, 0))
	choice := s.in.Facts.Choice

	require.Equal(t, incident.Card{
		Incident: "INC-261123-ABCDEF", Workflow: "incident/checkout/00", Service: "checkout", Environment: "production",
		Severity: incident.SEV2, Status: incident.Triggered, Summary: "12 % of requests fail", OpenedAt: noon,
		State: "Nobody has acknowledged it yet", Alerts: []string{"12 % of requests fail"},
		InService: choice.Suspect, Target: &choice.Candidates[0], Commits: choice.Commits,
		Next: "sre-2 and lead", NextAt: noon.Add(6 * time.Minute),
		Links: []incident.Link{
			{Text: "Runbook", URL: "https://wiki.example.com/checkout"},
			{Text: "History", URL: "https://temporal.example.com/run"},
		},
		Buttons: s.in.Buttons(),
	}, incident.CardOf(s.in, incident.Places{TemporalUI: "https://temporal.example.com/run"}))
}

func TestTheCardSaysWhenTheEarliestAlertThatFiresBegan(t *testing.T) {
	long, longer := ratio(noon.Add(-40*time.Minute)), ratio(noon.Add(-50*time.Minute))
	longer.Fingerprint = "f2"
	repeated := ratio(noon.Add(time.Minute))
	repeated.Since = noon.Add(-time.Hour)
	unknown := ratio(time.Time{})
	ended := longer
	ended.Firing = false
	for name, c := range map[string]struct {
		alerts []incident.Alert
		since  time.Duration
	}{
		"at the opening":         {[]incident.Alert{ratio(noon)}, 0},
		"after it":               {[]incident.Alert{ratio(noon.Add(time.Minute))}, 0},
		"long before":            {[]incident.Alert{long}, -40 * time.Minute},
		"the earliest":           {[]incident.Alert{long, longer}, -50 * time.Minute},
		"one that was repeated":  {[]incident.Alert{repeated}, -time.Hour},
		"one that fires no more": {[]incident.Alert{long, ended}, -40 * time.Minute},
		"none fires":             {[]incident.Alert{ended}, 0},
		"its start was not told": {[]incident.Alert{unknown}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := begins(t, checkout())
			s.in.Alerts = c.alerts
			require.Equal(t, noon.Add(c.since), card(s).Since())
			require.Equal(t, noon, card(s).OpenedAt)
		})
	}
}

func TestTheLinesOfTheCardInEachState(t *testing.T) {
	tests := map[string]struct{ state, rollback, failure, next string }{
		triggered:    {"Nobody has acknowledged it yet", "", "", ""},
		acknowledged: {"Acknowledged by sre-1 at 12:01 UTC", "", "", "Pages again unless something is decided"},
		snoozed:      {"Nobody has acknowledged it yet", "", "", "Snoozed: paging goes on"},
		requested:    {"Acknowledged by sre-1 at 12:01 UTC", "Rollback to r2 requested by sre-1: waits for approval until 12:16 UTC", "", ""},
		running:      {"Acknowledged by sre-1 at 12:01 UTC", "Rolling back to r2, decided by sre-1", "", ""},
		building:     {"Acknowledged by sre-1 at 12:01 UTC", "Rolling back to r2: build 7 is running, decided by sre-1", "", ""},
		verifying:    {"Acknowledged by sre-1 at 12:01 UTC", "Build 7 has deployed r2: the alerts must resolve by 12:16 UTC", "", ""},
		failed:       {"Nobody has acknowledged it yet", "", "The rollback to r2 failed: build 7 ended FAILURE", ""},
		resolved:     {"Resolved at 12:01 UTC after 1 min", "", "", ""},
		restored:     {"Resolved at 12:01 UTC after 1 min", "Rolled back to r2 by build 7: restored", "", ""},
		closed:       {"Resolved at 12:01 UTC after 1 min", "", "", ""},
	}
	require.Len(t, tests, len(everyState))
	inEach(t, everyState, func(t *testing.T, s *story) {
		want := tests[strings.TrimPrefix(t.Name(), "TestTheLinesOfTheCardInEachState/")]
		c := card(s)
		require.Equal(t, want.state, c.State)
		if !c.StateAt.IsZero() {
			require.Contains(t, c.State, c.StateAt.Format(" at 15:04 UTC"))
		}
		require.Equal(t, want.rollback, c.Rollback)
		require.Equal(t, want.failure, c.Failure)
		require.Equal(t, want.next, c.Next)
		require.Equal(t, s.in.Rollback.URL, c.RollbackURL)
	})
}

func TestTheLinesOfARollbackThatDidNotHappen(t *testing.T) {
	s := given(t, running)
	s.happens(by("sre-2", incident.AbortAsked))
	require.Equal(t, "Rollback to r2 is being stopped, as sre-2 asked", card(s).Rollback)
	s.happens(s.told(incident.PhaseAborted, 0, ""))
	require.Equal(t, "The rollback to r2 was stopped before it was built", card(s).Rollback)

	s = given(t, building)
	s.happens(s.told(incident.PhaseAborted, 7, ""))
	require.Equal(t, "The rollback to r2 was stopped while it was building: the state of the service is unknown", card(s).Failure)

	s = given(t, requested)
	s.happens(by("sre-2", incident.RollbackRejected))
	require.Equal(t, "The request to roll back to r2 was withdrawn", card(s).Rollback)
	require.Equal(t, "Nobody approved the rollback to r2 in time", card(lapsed(t)).Failure)
}

func TestTheNotesOfTheCardSayWhyThereIsNoButton(t *testing.T) {
	tests := map[string]struct {
		change func(*incident.Incident)
		want   []string
	}{
		"a rollback is offered":      {func(*incident.Incident) {}, nil},
		"no rollback is configured":  {func(in *incident.Incident) { in.Service.Rollback = nil }, nil},
		"not read yet":               {func(in *incident.Incident) { in.Facts = incident.Facts{} }, []string{"Reading the deployments of checkout…"}},
		"something is in the way":    {func(in *incident.Incident) { in.Facts.Obstacle = "Jenkins is away" }, []string{"No rollback can be offered: Jenkins is away"}},
		"everything was tried":       {func(in *incident.Incident) { in.Tried = []string{"r1", "r2"} }, []string{"Nothing to go back to: every known-good release was tried"}},
		"the state is unknown":       {unknown, []string{"Build 6 of r3 ended failure: the state of the service is unknown"}},
		"a deployment is running":    {deploying, []string{"A deployment of r4 is running (build 8)"}},
		"a vendor is behind, though": {func(in *incident.Incident) { in.Cursors.Late = []string{"Jira"} }, []string{"Jira is behind and will catch up"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := given(t, triggered)
			test.change(&s.in)
			require.Equal(t, test.want, card(s).Notes)
		})
	}
}

func unknown(in *incident.Incident) {
	failed := *in.Facts.Choice.Suspect
	failed.Result, in.Facts.Choice.Unknown = release.Failure, true
	in.Facts.Choice.Suspect = &failed
}

func deploying(in *incident.Incident) {
	in.Facts.Choice.Running = &release.Deployment{Release: "r4", Build: 8, Running: true}
}

func TestTheCardShowsTheFirstAlertsAndCommitsAndCountsTheRest(t *testing.T) {
	s := given(t, triggered)
	for i := range 30 {
		a := ratio(noon)
		a.Fingerprint, a.Summary = fmt.Sprint("x", i), strings.Repeat("ü", 500)
		s.happens(fires(a))
		s.in.Facts.Choice.Commits = append(s.in.Facts.Choice.Commits, release.Commit{ID: fmt.Sprint(i)})
	}
	c := card(s)
	require.Len(t, c.Alerts, 5)
	require.Equal(t, 26, c.More)
	require.Equal(t, strings.Repeat("ü", 119)+"…", c.Alerts[1])
	require.Len(t, c.Commits, 8)
	require.Equal(t, 23, c.MoreCommits)

	s.happens(stops(ratio(noon), s.now))
	require.Equal(t, 25, card(s).More, "an alert that has resolved is not counted")
}

func TestFiftyCommitsOfAChoiceAreKept(t *testing.T) {
	s := given(t, triggered)
	facts := history()
	facts.Choice.Commits = make([]release.Commit, 80)
	s.happens(incident.Event{Kind: incident.Enriched, Facts: facts})
	require.Len(t, s.in.Facts.Choice.Commits, 50)
	require.Len(t, facts.Choice.Commits, 80)
}

func TestTheFaceOfACardChangesWithTheCourseAndNotWithTheClimb(t *testing.T) {
	s := given(t, triggered)
	face := card(s).Face()
	s.happens(by("sre-1", incident.NoteAdded, comment("n")))
	s.runsOut().reaches("sre-2")
	require.Equal(t, face, card(s).Face())

	faces := map[string]bool{}
	for _, state := range except(everyState, snoozed) {
		faces[card(given(t, state)).Face()] = true
	}
	require.Len(t, faces, len(everyState)-1)
}

func TestTheLinksLeadToTheRunbookTheMonitorAndTheTicket(t *testing.T) {
	s := given(t, triggered)
	s.in.Service.Runbook, s.in.MonitorURL = "", "https://alertmanager.example.com"
	require.Equal(t, []incident.Link{{Text: "Alert", URL: "https://alertmanager.example.com"}}, card(s).Links)

	s.in.Alerts[0].Runbook, s.in.Alerts[0].URL = "https://runbooks.example.com/ratio", "https://prometheus.example.com/graph"
	s.in.Cursors.Ticket = incident.TicketRef{Key: "OPS-1", URL: "https://jira.example.com/browse/OPS-1"}
	require.Equal(t, []incident.Link{
		{Text: "Runbook", URL: "https://runbooks.example.com/ratio"},
		{Text: "Alert", URL: "https://prometheus.example.com/graph"},
		{Text: "OPS-1", URL: "https://jira.example.com/browse/OPS-1"},
	}, card(s).Links)
}

func TestWhoIsPagedNextIsShownAsFarAsItIsKnown(t *testing.T) {
	s := begins(t, checkout()).opens("sre-1")
	s.in.Climb.Following = &incident.Following{}
	c := card(s)
	require.Equal(t, "nobody", c.Next)
	require.Zero(t, c.NextAt, "no page was delivered yet")
	s.in.Climb.Following.Names = []string{"sre-1", "sre-2", "lead"}
	require.Equal(t, "sre-1, sre-2 and lead", card(s).Next)
	s.happens(by("sre-1", incident.WasAcknowledged), by("sre-1", incident.WasAssigned, person("dba")))
	require.Equal(t, "Acknowledged by sre-1 at 12:00 UTC, assigned to dba", card(s).State)
}
