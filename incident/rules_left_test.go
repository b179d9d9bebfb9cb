package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// A step that the climb has left without having reached anybody.

// rests runs through the policy's two steps, neither of which reaches anybody. It
// gives the page of the second, which is on its way.
func rests(t *testing.T) (*story, incident.Event) {
	s := begins(t, checkout()).opens("sre-1").runsOut()
	s.happens(incident.Event{Kind: incident.StepOpened, Plan: s.plan("sre-2"), Following: &incident.Following{Names: []string{"sre-9"}}})
	late := s.page(incident.Paged, 0)
	s.happens(s.page(incident.PageStarted, 0)).runsOut()
	require.Equal(t, oncall.Position{Step: 1, Round: 1}, s.in.Climb.At)
	require.Equal(t, s.now.Add(oncall.UnreachedPause), s.in.Climb.PageAt)
	require.Nil(t, s.in.Climb.Following)
	return s, late
}

// exhausted has every step of every round go unanswered: the last one is paged again.
func exhausted(t *testing.T) *story {
	s := begins(t, checkout()).reaches("sre-1").runsOut().reaches("sre-2").runsOut().reaches("sre-2").runsOut()
	require.True(t, s.in.Climb.At.Exhausted())
	return s
}

func TestAPageThatArrivesWhileTheClimbRestsTakesItBackToItsStep(t *testing.T) {
	s, late := rests(t)

	s.after(10 * time.Second).happens(late)

	require.Equal(t, oncall.Position{Step: 2, Round: 1}, s.in.Climb.At)
	require.False(t, s.in.Climb.Pending)
	require.Zero(t, s.in.Climb.PageAt)
	require.Equal(t, s.now.Add(s.in.Policy().Steps[1].AckWithin), s.in.Climb.Until, "its time runs from the delivery")
	require.Equal(t, []string{"sre-9"}, s.in.Climb.Following.Names)
	require.Equal(t, 1, s.count(incident.Paged))
	require.Len(t, s.in.Cursors.Pages, 1)

	s.runsOut()
	require.Equal(t, oncall.Position{Step: 2, Round: 2}, s.in.Climb.At, "the round counts")
	require.Empty(t, s.in.Climb.Pages)
	require.Equal(t, 1, s.count(incident.NobodyReached))
}

func TestTheStepsThatArePassedLeaveThePagesOnTheirWay(t *testing.T) {
	s := begins(t, checkout()).opens("sre-1")
	late := s.page(incident.Paged, 0)
	s.runsOut().passes()
	require.True(t, s.in.Climb.Unreached)

	s.after(10 * time.Second).happens(late)

	require.Equal(t, oncall.Position{Step: 1, Round: 1}, s.in.Climb.At)
	require.NotZero(t, s.in.Climb.Until)
}

func TestAPageThatArrivesAfterAnotherStepWasOpenedIsToldAndDoesNotReachIt(t *testing.T) {
	s, late := rests(t)
	s.opens("sre-1").happens(late)
	require.Equal(t, oncall.Position{Step: 1, Round: 1}, s.in.Climb.At)
	require.Zero(t, s.in.Climb.Until)
	require.Equal(t, 1, s.count(incident.Paged))
}

func TestALastStepWhosePageArrivesBeforeTheNextRoundIsOpenedHasItsTime(t *testing.T) {
	s := begins(t, checkout()).reaches("sre-1").runsOut().opens("sre-2")
	late := s.page(incident.Paged, 0)
	s.runsOut()
	require.Equal(t, 2, s.in.Climb.At.Round, "the round counts: its first step was reached")

	s.after(10 * time.Second).happens(late)

	require.Equal(t, oncall.Position{Step: 2, Round: 1}, s.in.Climb.At)
	require.Equal(t, s.now.Add(s.in.Policy().Steps[1].AckWithin), s.in.Climb.Until)
	next := s.runsOut().in.Climb.At
	require.Equal(t, 2, next.Round, "and counts once")
	require.Zero(t, s.count(incident.NobodyReached))
}

func TestAPageThatIsFoundAgainIsNoNewsAndCounts(t *testing.T) {
	s, late := rests(t)
	s.opens("sre-1").happens(late).runsOut().opens("sre-2").happens(late)
	require.Equal(t, oncall.Position{Step: 2, Round: 1}, s.in.Climb.At)
	require.NotZero(t, s.in.Climb.Until)
	require.Equal(t, 1, s.count(incident.Paged))
	require.Len(t, s.in.Cursors.Pages, 1)
}

func TestAPageThatIsOnItsWayWhenItsStepIsClimbedAgainMayHaveBeenSent(t *testing.T) {
	s := exhausted(t).opens("sre-2")
	s.happens(s.page(incident.PageStarted, 0))
	started := s.now
	s.runsOut().after(oncall.UnreachedPause).opens("sre-1", "sre-2")
	require.Zero(t, s.in.Climb.Pages[0].Started)
	require.Equal(t, started, s.in.Climb.Pages[1].Started)
}

func TestTheRestOfAnExhaustedClimbEndsWithAPageThatArrives(t *testing.T) {
	s := exhausted(t).opens("sre-2")
	again := s.in.Climb.At
	late := s.page(incident.Paged, 0)
	s.runsOut()
	require.Equal(t, s.now.Add(oncall.UnreachedPause), s.in.Climb.PageAt)

	s.after(10 * time.Second).happens(late)
	require.Equal(t, again, s.in.Climb.At)
	s.runsOut()
	require.Equal(t, oncall.Position{Step: 2, Round: 2, Again: 2}, s.in.Climb.At)
	require.Equal(t, s.now.Add(oncall.AgainEvery), s.in.Climb.PageAt)
	require.Equal(t, 1, s.count(incident.Exhausted))
}

func TestAPageOfTheLastStepThatArrivesBeforeTheNextRoundTakesTheClimbBackThere(t *testing.T) {
	s := begins(t, checkout()).reaches("sre-1").runsOut().opens("sre-2")
	late := s.page(incident.Paged, 0)
	s.runsOut()
	require.Equal(t, oncall.Position{Step: 2, Round: 2}, s.in.Climb.At)

	s.after(10 * time.Second).happens(late)
	require.Equal(t, oncall.Position{Step: 2, Round: 1}, s.in.Climb.At)
	require.Equal(t, s.now.Add(s.in.Policy().Steps[1].AckWithin), s.in.Climb.Until)
	s.runsOut()
	require.Equal(t, oncall.Position{Step: 2, Round: 2}, s.in.Climb.At)
	require.Empty(t, s.in.Climb.Pages)
}

func TestAPageOfTheLastStepThatArrivesWhenTheClimbIsExhaustedLeavesItSo(t *testing.T) {
	s := begins(t, checkout())
	s.in.Policies.Default.Repeat = oncall.Repeat{}
	s.reaches("sre-1").runsOut().opens("sre-2")
	late := s.page(incident.Paged, 0)
	s.runsOut()
	require.True(t, s.in.Climb.At.Exhausted())
	at, due := s.in.Climb.At, s.in.Climb.PageAt

	s.after(10 * time.Second).happens(late)
	require.Equal(t, at, s.in.Climb.At)
	require.Equal(t, due, s.in.Climb.PageAt)
	require.True(t, s.in.Climb.Pending)
	require.Equal(t, 2, s.count(incident.Paged))
	s.opens("sre-2").runsOut()
	require.Equal(t, 1, s.count(incident.NobodyReached), "that page was of the step before")
	require.Equal(t, 1, s.count(incident.Exhausted))
}

func TestTheMailOfTwoPeopleWithOneMailboxIsThePageOfBoth(t *testing.T) {
	for kind, done := range map[incident.Kind]func(incident.Page) bool{
		incident.PageStarted: func(p incident.Page) bool { return !p.Started.IsZero() },
		incident.Paged:       func(p incident.Page) bool { return !p.Delivered.IsZero() },
		incident.PageFailed:  func(p incident.Page) bool { return p.Failed != "" },
	} {
		t.Run(string(kind), func(t *testing.T) {
			s := begins(t, checkout())
			plan := s.plan("sre-1", "sre-2")
			for i := range plan.Pages {
				plan.Pages[i].Via, plan.Pages[i].Address = oncall.Email, "both@example.com"
			}
			s.happens(incident.Event{Kind: incident.StepOpened, Plan: plan})
			s.happens(incident.Event{Kind: kind, Page: plan.Pages[0], Marker: s.in.Climb.Pages[0].Marker, Reason: "no such mailbox"})
			for _, page := range s.in.Climb.Pages {
				require.True(t, done(page), page.Person)
			}
		})
	}
}

func TestWhoRespondsWhileTheClimbRestsIsNotTakenBackByALatePage(t *testing.T) {
	s, late := rests(t)
	s.happens(by("sre-3", incident.WasAcknowledged), late)
	require.Equal(t, incident.Acknowledged, s.in.Status)
	require.False(t, s.in.Paging())
	require.Zero(t, s.in.Climb.Until)
}

func TestASnoozeOfAClimbThatRestsPagesAnewWhenItEnds(t *testing.T) {
	s, _ := rests(t)
	s.happens(by("sre-3", incident.Snoozed, lasting("10m")))
	require.False(t, s.in.Paging())
	s.after(10 * time.Minute).happens(incident.Event{Kind: incident.SnoozeEnded})
	require.True(t, s.in.Climb.Pending)
	require.Empty(t, s.in.Climb.Pages, "nothing is sent but what the step is opened with")
	require.Equal(t, oncall.Position{Step: 1, Round: 1}, s.in.Climb.At)
}

func TestAnEscalationThatReachedNobodyIsNotGivenUpWhereTheLastStepIsPassed(t *testing.T) {
	s := begins(t, checkout()).happens(by("sre-1", incident.SeverityChanged, severity(incident.SEV1)), by("sre-1", incident.WasAcknowledged))
	s.happens(by("sre-1", incident.Escalated)).opens("sre-2")
	late := s.page(incident.Paged, 0)
	s.runsOut().passes()

	require.True(t, s.in.Paging())
	require.Equal(t, oncall.Position{Step: 2, Round: 1}, s.in.Climb.At)
	require.Equal(t, 1, s.count(incident.NobodyReached))
	s.after(10 * time.Second).happens(late)
	require.False(t, s.in.Paging())
	require.Equal(t, incident.Acknowledged, s.in.Status)
}
