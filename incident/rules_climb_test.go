package incident_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

func TestAClimbThatNobodyAnswersPagesEveryStepOfEveryRoundAndThenTellsEverybody(t *testing.T) {
	s := begins(t, checkout())
	var climbed []oncall.Position
	for range 6 {
		climbed = append(climbed, s.in.Climb.At)
		s.after(s.in.Climb.PageAt.Sub(s.now)).reaches("sre-1")
		s.after(s.in.Climb.Until.Sub(s.now)).runsOut()
	}

	require.Equal(t, []oncall.Position{
		{Step: 1, Round: 1},
		{Step: 2, Round: 1},
		{Step: 2, Round: 2},
		{Step: 2, Round: 2, Again: 1},
		{Step: 2, Round: 2, Again: 2},
		{Step: 2, Round: 2, Again: 3},
	}, climbed)
	require.Equal(t, s.now.Add(30*time.Minute), s.in.Climb.PageAt)
	require.Equal(t, 3, s.count(incident.StepRanOut), "a step that is only repeated has no time of its own")
	require.Equal(t, 1, s.count(incident.Exhausted))
	require.Equal(t, []incident.Notice{{Loud: true, Text: "Nobody has answered INC-261123-ABCDEF (checkout, SEV2): " +
		"12 % of requests fail. Every step of the escalation policy was paged. Please take it."}}, s.in.Notices)
}

func TestTheTimeOfAStepRunsFromItsFirstDeliveredPage(t *testing.T) {
	s := begins(t, checkout()).opens("sre-1", "sre-2")
	require.Zero(t, s.in.Climb.Until)
	require.False(t, s.in.Climb.Pending)

	s.happens(s.page(incident.PageStarted, 0))
	require.Equal(t, s.now, s.in.Climb.Pages[0].Started)
	s.after(10 * time.Second).happens(s.page(incident.PageFailed, 0))
	require.Equal(t, "Could not page sre-1 by slack: account_inactive", s.last().Text)
	require.Equal(t, "account_inactive", s.in.Climb.Pages[0].Failed)
	require.Zero(t, s.in.Climb.Until)

	s.after(10 * time.Second).happens(s.page(incident.Paged, 1))
	until := s.now.Add(5 * time.Minute)
	require.Equal(t, until, s.in.Climb.Until)
	require.Equal(t, "Paged sre-2 by slack", s.last().Text)

	s.after(time.Minute).happens(s.page(incident.Paged, 0))
	require.Equal(t, until, s.in.Climb.Until)
	require.Empty(t, s.in.Climb.Pages[0].Failed)
}

func TestAPageThatOthersShareIsToldAndNotTheIncidentsToEdit(t *testing.T) {
	for others, told := range map[int]string{
		1:  "Paged sre-1 by slack, together with 1 other",
		19: "Paged sre-1 by slack, together with 19 others",
	} {
		s := begins(t, checkout()).opens("sre-1")
		page := s.page(incident.Paged, 0)
		page.Receipt.With = others
		s.happens(page)

		require.Equal(t, told, s.last().Text)
		require.Empty(t, s.in.Cursors.Pages, "the message is not kept current")
		require.Equal(t, s.now, s.in.Climb.Pages[0].Delivered)
		require.NotZero(t, s.in.Climb.Until)
	}
}

func TestAStepThatNobodyAnsweredIsToldAndOneThatReachedNobodyIsNot(t *testing.T) {
	s := begins(t, checkout()).reaches("sre-1").runsOut()
	require.Equal(t, "Nobody answered step 1 of round 1", s.last().Text)

	s = begins(t, checkout()).opens("sre-1").runsOut()
	require.Zero(t, s.count(incident.StepRanOut))
	require.Equal(t, 2, s.in.Climb.At.Step)
}

func TestAPlanThatWasOvertakenIsDropped(t *testing.T) {
	s := begins(t, checkout())
	late := incident.Event{Kind: incident.StepOpened, Plan: s.plan("sre-1")}
	passed := incident.Event{Kind: incident.StepPassed, Plan: s.plan()}
	s.happens(by("sre-1", incident.Escalated))

	s.ignores(late)
	s.ignores(passed)
	s.happens(by("sre-1", incident.WasAcknowledged))
	s.ignores(late)
	s.ignores(incident.Event{Kind: incident.StepOpened, Plan: s.plan("sre-2")})
}

func TestAPageThatArrivesAfterTheClimbMovedOnIsToldAndKeptCurrent(t *testing.T) {
	s := begins(t, checkout()).opens("sre-1")
	late := s.page(incident.Paged, 0)
	s.happens(by("sre-1", incident.WasAcknowledged), late)
	require.Equal(t, "Paged sre-1 by slack", s.last().Text)
	require.Zero(t, s.in.Climb.Until, "nobody waits for an answer")
	require.Len(t, s.in.Cursors.Pages, 1)

	s.happens(by("sre-1", incident.Escalated), late)
	require.Zero(t, s.in.Climb.Until)
}

func TestAStepThatRanOutWhileSomebodyRespondsOrTheNextIsPendingIsNoNews(t *testing.T) {
	ranOut := incident.Event{Kind: incident.StepRanOut}
	inEach(t, except(everyState, triggered, snoozed, failed), func(t *testing.T, s *story) { s.ignores(ranOut) })
	given(t, failed).ignores(ranOut)
	begins(t, checkout()).ignores(ranOut)
}

func TestAStepWithNobodyToPageIsPassedAtOnce(t *testing.T) {
	s := begins(t, checkout())
	plan := s.plan()
	plan.Notes = []string{"schedule checkout-primary has nobody"}
	from := len(s.in.Timeline)

	s.happens(incident.Event{Kind: incident.StepPassed, Plan: plan})

	require.Equal(t, oncall.Position{Step: 2, Round: 1}, s.in.Climb.At)
	require.True(t, s.in.Climb.Pending)
	require.Equal(t, s.now, s.in.Climb.PageAt)
	require.Equal(t, []string{
		"StepPassed: Step 1: schedule checkout-primary has nobody", "StepPassed: Step 1 is passed: nobody on call",
	}, s.said(from))
}

func TestTheNotesOfAStepAreTold(t *testing.T) {
	s := begins(t, checkout())
	plan := s.plan("sre-1")
	plan.Notes = []string{"sre-2 cannot be paged by any method"}
	s.happens(incident.Event{Kind: incident.StepOpened, Plan: plan, Following: &incident.Following{Names: []string{"sre-2"}}})
	require.Equal(t, "Step 1: sre-2 cannot be paged by any method", s.last().Text)
	require.Equal(t, []string{"sre-2"}, s.in.Climb.Following.Names)
}

func TestAWarningStandsOnTheTimelineOnceHoweverManyStepsRestOnTheSame(t *testing.T) {
	s := begins(t, checkout())
	warning := "the calendar of schedule secondary is of 2026-03-02 02:10 UTC: it could not be read since: " + strings.Repeat("x", 9000)
	warned := func(plan oncall.Plan) oncall.Plan {
		plan.Warnings = []string{warning}
		return plan
	}
	s.happens(incident.Event{Kind: incident.StepOpened, Plan: warned(s.plan("sre-1"))})
	from := len(s.in.Timeline)
	require.Contains(t, s.last().Text, "it could not be read since")

	s.happens(s.page(incident.Paged, 0)).runsOut()
	s.happens(incident.Event{Kind: incident.StepPassed, Plan: warned(s.plan())})
	require.NotContains(t, strings.Join(s.said(from), "\n"), "could not be read")
}

func TestARoundInWhichNobodyWasReachedDoesNotCountAndIsSaidOnce(t *testing.T) {
	s := begins(t, checkout())
	lap, from := s.in.Climb.Lap, len(s.in.Timeline)
	var markers []string
	for range 100 {
		s.opens("sre-1").happens(s.page(incident.PageFailed, 0))
		markers = append(markers, s.in.Climb.Pages[0].Marker)
		s.runsOut().passes()
		require.Equal(t, oncall.Position{Step: 1, Round: 1}, s.in.Climb.At)
		require.Equal(t, s.now.Add(oncall.UnreachedPause), s.in.Climb.PageAt)
		s.after(oncall.UnreachedPause)
	}

	require.Equal(t, lap, s.in.Climb.Lap)
	require.Equal(t, markers[0], markers[99], "a page whose answer was lost is found, not doubled")
	require.Empty(t, s.in.Notices)
	require.Equal(t, []string{
		"PageFailed: Could not page sre-1 by slack: account_inactive",
		"StepPassed: Step 2 is passed: nobody on call",
		"NobodyReached: Nobody could be reached in round 1; it is climbed again every 30s",
	}, s.said(from))

	s.reaches("sre-1").runsOut().passes()
	require.Equal(t, oncall.Position{Step: 2, Round: 2}, s.in.Climb.At, "a round with a delivered page counts")
	s.passes()
	require.Equal(t, 2, s.count(incident.NobodyReached), "what is missing now is said again")
	require.Equal(t, oncall.Position{Step: 2, Round: 2}, s.in.Climb.At, "the second round begins with from_step")
}

func TestAnExhaustedClimbThatReachesNobodyStaysExhausted(t *testing.T) {
	s := begins(t, checkout()).reaches("sre-1").runsOut().reaches("sre-2").runsOut().reaches("sre-2").runsOut()
	require.Equal(t, oncall.Position{Step: 2, Round: 2, Again: 1}, s.in.Climb.At)

	s.passes()
	require.Equal(t, oncall.Position{Step: 2, Round: 2, Again: 1}, s.in.Climb.At)
	require.Equal(t, s.now.Add(oncall.UnreachedPause), s.in.Climb.PageAt)
	s.reaches("sre-2").runsOut()
	require.Equal(t, oncall.Position{Step: 2, Round: 2, Again: 2}, s.in.Climb.At)
	require.Equal(t, 1, s.count(incident.Exhausted))
	require.Len(t, s.in.Notices, 1)
}

func TestAPolicyWithoutStepsReachesNobodyAndNeverEnds(t *testing.T) {
	s := &story{t: t, now: noon, in: incident.Incident{ID: "INC-1", Service: checkout(), Severity: incident.SEV2}}
	s.happens(incident.Event{Kind: incident.Opened})
	for range 5 {
		s.passes()
		require.Equal(t, s.now.Add(oncall.UnreachedPause), s.in.Climb.PageAt)
	}
	require.Equal(t, 1, s.count(incident.NobodyReached))
}

func TestEscalatingTakesTheStepsOneByOneAndEndsWithTheLast(t *testing.T) {
	s := begins(t, checkout())
	at := func(step, round int) oncall.Position { return oncall.Position{Step: step, Round: round} }
	markers := map[string]bool{}
	for _, want := range []oncall.Position{at(2, 1), at(2, 2), at(2, 2), at(2, 2)} {
		s.happens(by("sre-1", incident.Escalated))
		require.Equal(t, want, s.in.Climb.At)
		require.Equal(t, s.now, s.in.Climb.PageAt)
		s.reaches("sre-2")
		markers[s.in.Climb.Pages[0].Marker] = true
	}
	require.Len(t, markers, 4, "each is a page of its own")
	require.Zero(t, s.count(incident.Exhausted))

	s.runsOut()
	require.Equal(t, 1, s.count(incident.Exhausted), "it is exhausted when nobody answered, not when somebody asked for more")
	require.Len(t, s.in.Notices, 1)
	s.happens(by("sre-1", incident.Escalated))
	require.Equal(t, s.now, s.in.Climb.PageAt, "nobody waits half an hour for that")
}

func TestEscalatingIntoTheNextRoundDoesNotCountTheLastOnesPages(t *testing.T) {
	s := begins(t, checkout()).reaches("sre-1").runsOut()
	s.happens(by("sre-1", incident.Escalated))
	require.Equal(t, oncall.Position{Step: 2, Round: 2}, s.in.Climb.At)

	s.passes()

	require.Equal(t, 1, s.count(incident.NobodyReached))
	require.Zero(t, s.count(incident.Exhausted))
}

func TestAnEscalationOfAnAcknowledgedIncidentPassesStepsWithNobodyUpToTheRoundsEnd(t *testing.T) {
	s := begins(t, checkout())
	s.happens(by("sre-1", incident.SeverityChanged, severity(incident.SEV1)), by("sre-1", incident.WasAcknowledged))

	s.happens(by("sre-1", incident.Escalated)).passes()
	require.Equal(t, oncall.Position{Step: 3, Round: 1}, s.in.Climb.At)
	require.True(t, s.in.Paging())
	s.passes()
	require.False(t, s.in.Paging())
	require.Equal(t, incident.Acknowledged, s.in.Status)
	require.Zero(t, s.count(incident.NobodyReached))
}

func TestAnAcknowledgementRunsFromTheLatestDecision(t *testing.T) {
	s := given(t, acknowledged)
	timeout := incident.Event{Kind: incident.AckTimedOut}

	s.after(20 * time.Minute).happens(by("sre-2", incident.NoteAdded, comment("looking")))
	require.Equal(t, s.now.Add(30*time.Minute), s.in.AckDue)
	due := s.in.AckDue
	other := ratio(s.now)
	other.Fingerprint = "f2"
	s.after(5 * time.Minute).happens(fires(other))
	require.Equal(t, due, s.in.AckDue, "an alert is no decision")

	s.ignores(timeout)
	wait, kind := s.due()
	require.Equal(t, incident.AckTimedOut, kind)
	s.after(wait).happens(timeout)
	require.Equal(t, incident.Triggered, s.in.Status)
}

func TestAnAcknowledgementStandsStillWhileSnoozedAndDuringARollback(t *testing.T) {
	timeout := incident.Event{Kind: incident.AckTimedOut}
	inEach(t, []string{requested, running, building, verifying}, func(t *testing.T, s *story) {
		s.after(24 * time.Hour).ignores(timeout)
		require.Zero(t, s.in.AckDue)
	})

	s := given(t, acknowledged)
	s.happens(by("sre-1", incident.Snoozed, lasting("2h")))
	s.after(2 * time.Hour).ignores(timeout)
	s.happens(incident.Event{Kind: incident.SnoozeEnded})
	require.Equal(t, incident.Acknowledged, s.in.Status)
	require.Equal(t, s.now.Add(30*time.Minute), s.in.AckDue)

	s.happens(by("sre-1", incident.RollbackAsked))
	require.Zero(t, s.in.AckDue)
	s.after(time.Hour).happens(s.told(incident.PhaseAborted, 0, ""))
	require.Equal(t, s.now.Add(30*time.Minute), s.in.AckDue)
}

func TestAPolicyWithoutAnAckTimeoutNeverPagesAgain(t *testing.T) {
	s := given(t, acknowledged)
	s.in.Policies.Default.AckTimeout = 0
	s.happens(by("sre-1", incident.NoteAdded, comment("n")))
	require.Zero(t, s.in.AckDue)
	s.after(time.Hour).ignores(incident.Event{Kind: incident.AckTimedOut})
}

func TestASnoozeThatIsMadeLongerLosesNoneOfTheStepsTime(t *testing.T) {
	s := given(t, triggered)
	left := s.in.Climb.Until.Sub(s.now)
	s.happens(by("sre-1", incident.Snoozed, lasting("10m")))
	s.after(9 * time.Minute).happens(by("sre-1", incident.Snoozed, lasting("10m")))
	require.Equal(t, s.now.Add(10*time.Minute), s.in.SnoozedUntil)

	s.after(10 * time.Minute).happens(incident.Event{Kind: incident.SnoozeEnded})

	require.Equal(t, left, s.in.Climb.Until.Sub(s.now))
	require.Zero(t, s.in.SnoozedAt)
	require.Equal(t, "The snooze has ended", s.last().Text)
	s.ignores(incident.Event{Kind: incident.SnoozeEnded})
}

func TestASnoozedStepThatHadReachedNobodyIsPagedAgain(t *testing.T) {
	s := begins(t, checkout()).opens("sre-1")
	s.happens(by("sre-1", incident.Snoozed, lasting("10m")))
	s.after(10 * time.Minute).happens(incident.Event{Kind: incident.SnoozeEnded})
	require.True(t, s.in.Climb.Pending)
	require.Equal(t, oncall.Position{Step: 1, Round: 1}, s.in.Climb.At)
	require.True(t, s.in.Paging())
	require.Len(t, s.opens("sre-1").in.Climb.Pages, 1)
}

func TestAnAcknowledgementEndsASnooze(t *testing.T) {
	s := given(t, snoozed)
	s.happens(by("sre-2", incident.WasAcknowledged))
	require.Zero(t, s.in.SnoozedUntil)
	require.NotZero(t, s.in.AckDue)
}

func TestAPageIsNamedByPersonOrByAddress(t *testing.T) {
	s := begins(t, checkout())
	for want, page := range map[string]oncall.Page{
		"Paged Ada Lovelace by slack":    {Person: "sre-1", Name: "Ada Lovelace", Via: oncall.Slack, Address: "U1"},
		"Paged sre-1 by email":           {Person: "sre-1", Via: oncall.Email, Address: "sre-1@example.com"},
		"Paged C0LEADS by slack-channel": {Via: oncall.SlackChannel, Address: "C0LEADS"},
	} {
		s.happens(incident.Event{Kind: incident.Paged, Page: page})
		require.Equal(t, want, s.last().Text)
	}
	require.Empty(t, s.in.Cursors.Pages, "without a receipt there is nothing to keep current")
}

func TestTheMarkersOfAVisitToAStepAreItsOwn(t *testing.T) {
	s := begins(t, checkout()).opens("sre-1", "sre-2")
	first := s.in.Climb.Pages
	require.Equal(t, "INC-261123-ABCDEF/page/1.1.1.0/slack/U-sre-1", first[0].Marker)
	require.NotEqual(t, first[0].Marker, first[1].Marker)

	s.happens(by("sre-1", incident.WasAcknowledged))
	s.after(30*time.Minute).happens(incident.Event{Kind: incident.AckTimedOut}, by("sre-1", incident.WasAcknowledged))
	s.happens(by("sre-1", incident.SeverityChanged, severity(incident.SEV1))).opens("sre-1")
	require.NotEqual(t, first[0].Marker, s.in.Climb.Pages[0].Marker)
}

func TestACallGoesOutOnce(t *testing.T) {
	s := given(t, acknowledged)
	s.happens(by("sre-1", incident.ResponderAdded, person("dba")), by("sre-1", incident.ResponderAdded, person("lead")))
	require.Len(t, s.in.Calls, 2)
	revision := s.in.Revision

	out := incident.Event{Kind: incident.CalledOut, Index: 1, Plan: oncall.Plan{Notes: []string{"dba cannot be paged by any method"}}}
	s.happens(out)
	require.Equal(t, 1, s.in.Cursors.Calls)
	require.Equal(t, "dba cannot be paged by any method", s.last().Text)
	require.Equal(t, revision, s.in.Revision)
	s.ignores(out)
	s.happens(incident.Event{Kind: incident.CalledOut, Index: 2})
	require.Equal(t, 2, s.in.Cursors.Calls)
}
