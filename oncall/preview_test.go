package oncall_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/oncall"
)

// foretold are the pages of a preview that begins at noon: "5m0s 1.2 slack U2" is round 1, step 2.
func foretold(o oncall.Outlook) []string {
	var lines []string
	for _, r := range o.Rows(noon) {
		line := fmt.Sprintf("%s %d.%d %s %s", r.After, r.Round, r.Step, r.Via, r.Address)
		if r.Again > 0 {
			line += fmt.Sprint(" again ", r.Again)
		}
		lines = append(lines, line)
	}
	return lines
}

func step(within time.Duration, targets ...oncall.Target) oncall.Step {
	return oncall.Step{Page: targets, AckWithin: within}
}

func person(id string) oncall.Target   { return oncall.Target{Person: id} }
func schedule(id string) oncall.Target { return oncall.Target{Schedule: id} }

func TestTwoRepetitionsAreThreeRoundsFromTheStepTheyBeginWith(t *testing.T) {
	p := oncall.Policy{
		ID:     "p",
		Steps:  []oncall.Step{step(5*time.Minute, person("sre-2")), step(10*time.Minute, oncall.Target{SlackChannel: "C1"})},
		Repeat: oncall.Repeat{Times: 2, FromStep: 2},
	}
	got := oncall.Preview(p, noon, team(), oncall.Assumption{Again: 2})
	require.Equal(t, []string{
		"0s 1.1 slack U2", "5m0s 1.2 slack-channel C1", "15m0s 2.2 slack-channel C1", "25m0s 3.2 slack-channel C1",
		"1h5m0s 3.2 slack-channel C1 again 1", "1h35m0s 3.2 slack-channel C1 again 2",
	}, foretold(got))
	require.Equal(t, noon.Add(35*time.Minute), got.Exhausted, "after the last round's last step has waited, too")
	require.Empty(t, got.GaveUp)
}

func TestAPreviewEndsWhenThePolicyIsExhausted(t *testing.T) {
	p := oncall.Policy{ID: "p", Steps: []oncall.Step{step(5*time.Minute, person("sre-2"))}}
	got := oncall.Preview(p, noon, team(), oncall.Assumption{})
	require.Equal(t, []string{"0s 1.1 slack U2"}, foretold(got))
	require.Equal(t, noon.Add(5*time.Minute), got.Exhausted)
}

func TestAStepsTimeRunsFromItsFirstPageAndCutsOffWhatComesLater(t *testing.T) {
	r := team()
	r.People[0].Contact[0].After = time.Minute
	p := oncall.Policy{ID: "p", Steps: []oncall.Step{step(4*time.Minute, person("sre-1")), step(time.Minute, person("sre-2"))}}
	got := oncall.Preview(p, noon, r, oncall.Assumption{})
	require.Equal(t, []string{"1m0s 1.1 slack U1", "2m0s 1.1 email sre-1@example.com", "5m0s 1.2 slack U2"}, foretold(got))
	require.Equal(t, []string{"sms +440000000001 5m0s"}, brief(got.Visits[0].Cut), "due in the moment in which the step ends")
}

func TestARepetitionOfTheLastStepSendsWhatItsRoundsCutOff(t *testing.T) {
	p := oncall.Policy{ID: "p", Steps: []oncall.Step{step(time.Minute, person("sre-1"))}}
	got := oncall.Preview(p, noon, team(), oncall.Assumption{Again: 2})
	require.Equal(t, []string{
		"0s 1.1 slack U1",
		"31m0s 1.1 slack U1 again 1", "33m0s 1.1 email sre-1@example.com again 1", "36m0s 1.1 sms +440000000001 again 1",
		"1h6m0s 1.1 slack U1 again 2", "1h8m0s 1.1 email sre-1@example.com again 2", "1h11m0s 1.1 sms +440000000001 again 2",
	}, foretold(got))
}

func TestStepsThatArePassedTakeNoTime(t *testing.T) {
	closed := step(time.Hour, person("sre-1"))
	closed.OnlyIf = &oncall.Window{From: "18:00", To: "20:00", TimeZone: "UTC"}
	p := oncall.Policy{ID: "p", Steps: []oncall.Step{step(time.Hour, schedule("haunted")), closed, step(time.Minute, person("sre-2"))}}
	got := oncall.Preview(p, noon, team(), oncall.Assumption{})
	require.Equal(t, []string{"0s 1.3 slack U2"}, foretold(got))
	require.Equal(t, "nobody on call: person ghost, on call in schedule haunted, does not exist", got.Visits[0].Passed)
	require.Equal(t, "only paged 18:00 to 20:00 UTC", got.Visits[1].Passed)
}

func TestAStepThatWaitsPagesWhoIsOnCallWhenItsWindowOpens(t *testing.T) {
	waits := step(time.Hour, schedule("primary"))
	waits.WaitUntil = &oncall.Window{From: "09:00", To: "11:00", TimeZone: "Europe/London"}
	p := oncall.Policy{ID: "p", Steps: []oncall.Step{waits}}
	sunday := time.Date(2026, 1, 11, 12, 0, 0, 0, time.UTC)
	got := oncall.Preview(p, sunday, team(), oncall.Assumption{})
	rows := got.Rows(sunday)
	require.Len(t, rows, 1)
	require.Equal(t, "sre-2", rows[0].Person, "the hand-off is in the moment of the opening")
	require.Equal(t, 21*time.Hour, rows[0].After)
	require.Equal(t, sunday.Add(21*time.Hour), got.Visits[0].Opens.UTC())

	acked := oncall.Preview(p, sunday, team(), oncall.Assumption{AckAt: sunday.Add(time.Hour)})
	require.Empty(t, acked.Rows(sunday))
	require.Equal(t, "sre-2", acked.Stopped[0].Person)
}

func TestARoundThatReachesNobodyIsClimbedAgainUntilSomebodyIsOnCall(t *testing.T) {
	r := team()
	r.Schedules[0].Layers[0].Handoff = "2026-01-06T12:10"
	p := oncall.Policy{
		ID:     "p",
		Steps:  []oncall.Step{step(time.Minute, person("gone")), step(time.Minute, schedule("primary")), step(time.Minute, person("sre-2"))},
		Repeat: oncall.Repeat{Times: 1, FromStep: 2},
	}
	p.Steps[2].OnlyIf = &oncall.Window{From: "12:10", To: "13:00", TimeZone: "UTC"}
	got := oncall.Preview(p, noon, r, oncall.Assumption{})
	require.Equal(t, []string{"10m0s 1.2 slack U1", "11m0s 1.3 slack U2", "12m0s 2.2 slack U1", "13m0s 2.3 slack U2"}, foretold(got))
	require.Len(t, got.Visits, 7, "who is found missing meanwhile is noted once")
}

func TestAPreviewWaitsADayForSomebodyToBeOnCall(t *testing.T) {
	p := oncall.Policy{ID: "p", Steps: []oncall.Step{step(time.Minute, person("gone"))}}
	got := oncall.Preview(p, noon, team(), oncall.Assumption{})
	require.Empty(t, got.Rows(noon))
	require.Zero(t, got.Exhausted)
	require.Equal(t, "nobody can be reached for 24 h, and the round is climbed again every 30s", got.GaveUp)
}

func TestAnEndlessPolicyIsShownUpToABound(t *testing.T) {
	p := oncall.Policy{ID: "p", Steps: []oncall.Step{step(time.Second, person("sre-2"))}, Repeat: oncall.Repeat{Times: 1_000_000}}
	got := oncall.Preview(p, noon, team(), oncall.Assumption{})
	require.Len(t, got.Visits, 10_000)
	require.Equal(t, "the climb goes on for too long to be shown", got.GaveUp)
}

func TestAnAcknowledgementStopsTheClimbUntilItRunsOut(t *testing.T) {
	p := oncall.Policy{
		ID: "p", AckTimeout: 30 * time.Minute, Repeat: oncall.Repeat{Times: 1, FromStep: 2},
		Steps: []oncall.Step{step(10*time.Minute, person("sre-1")), step(time.Minute, person("sre-2"))},
	}
	got := oncall.Preview(p, noon, team(), oncall.Assumption{AckAt: noon.Add(2 * time.Minute)})
	require.Equal(t, []string{"0s 1.1 slack U1"}, foretold(got), "a page due in that moment is not sent")
	require.Equal(t, []string{"email sre-1@example.com 2m0s", "sms +440000000001 5m0s"}, brief(got.Stopped))
	require.Equal(t, noon.Add(32*time.Minute), got.AckDue)
	require.Equal(t, at(2, 1), got.Restart)

	again := oncall.Preview(p, got.AckDue, team(), oncall.Assumption{From: got.Restart})
	require.Equal(t, []string{"32m0s 1.2 slack U2", "33m0s 2.2 slack U2"}, foretold(again))

	late := oncall.Preview(p, noon, team(), oncall.Assumption{AckAt: noon.Add(time.Hour)})
	require.Equal(t, "42m0s 2.2 slack U2 again 1", foretold(late)[5], "repetitions before it are shown")
	require.Empty(t, late.Stopped)

	p.AckTimeout = 0
	require.Zero(t, oncall.Preview(p, noon, team(), oncall.Assumption{AckAt: noon.Add(time.Minute)}).AckDue, "it lasts for ever")
}

func TestAnOverrideThatBeginsDuringTheClimbIsSeenAtTheNextStep(t *testing.T) {
	r := team()
	r.Overrides = []oncall.Override{{Schedule: "primary", Person: "sre-2", From: "2026-01-06T12:03", To: "2026-01-06T13:00", Made: noon}}
	p := oncall.Policy{ID: "p", Steps: []oncall.Step{step(time.Minute, schedule("primary")), step(2*time.Minute, schedule("primary")), step(time.Minute, schedule("primary"))}}
	require.Equal(t, []string{"0s 1.1 slack U1", "1m0s 1.2 slack U1", "3m0s 1.3 slack U2"}, foretold(oncall.Preview(p, noon, r, oncall.Assumption{})))
}

func somePolicy() *rapid.Generator[oncall.Policy] {
	return rapid.Custom(func(t *rapid.T) oncall.Policy {
		p := oncall.Policy{ID: "p", Steps: rapid.SliceOfN(someStep(), 1, 4).Draw(t, "steps"), AckTimeout: time.Hour}
		for i := range p.Steps {
			p.Steps[i].AckWithin = time.Duration(rapid.IntRange(1, 900).Draw(t, "ack_within")) * time.Second
		}
		p.Repeat = oncall.Repeat{Times: rapid.IntRange(0, 3).Draw(t, "times"), FromStep: rapid.IntRange(0, len(p.Steps)).Draw(t, "from_step")}
		return p
	})
}

func someRoster(t *rapid.T) oncall.Roster {
	r := team()
	r.Schedules[0] = someSchedule().Draw(t, "schedule")
	r.Overrides = rapid.SliceOfN(someOverride("primary"), 0, 3).Draw(t, "overrides")
	return r
}

func TestEveryClimbIsOrderedCoversEveryStepAndEndsAsItMust(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r, began := somePolicy().Draw(t, "policy"), someRoster(t), someMoment().Draw(t, "at")
		got := oncall.Preview(p, began, r, oncall.Assumption{})

		mustBeOrdered(t, got, began)
		mustClimbByNext(t, p, got)
		require.NotEqual(t, got.Exhausted.IsZero(), got.GaveUp == "", "either every round went unanswered or nobody can be reached")
		if got.Exhausted.IsZero() {
			return
		}
		rounds := map[oncall.Position]bool{}
		for _, v := range got.Visits {
			rounds[at(v.Position.Step, v.Position.Round)] = true
		}
		for round := 1; round <= p.Repeat.Times+1; round++ {
			for n := range p.Steps {
				if round == 1 || n+1 >= max(p.Repeat.FromStep, 1) {
					require.True(t, rounds[at(n+1, round)] || !reachedAtOnce(got, round), "step %d of round %d is left out", n+1, round)
				}
			}
		}
		last := got.Visits[len(got.Visits)-1]
		require.Equal(t, at(len(p.Steps), p.Repeat.Times+1), at(last.Position.Step, last.Position.Round), "the last step of the last round comes last")
		require.Equal(t, last.Ended, got.Exhausted)
	})
}

// reachedAtOnce says whether the first climb of a round reached anybody: of one that did not, the later ones are noted
// in part.
func reachedAtOnce(o oncall.Outlook, round int) bool {
	seen := map[int]bool{}
	for _, v := range o.Visits {
		if v.Position.Round != round {
			continue
		}
		if seen[v.Position.Step] {
			return false
		}
		seen[v.Position.Step] = true
	}
	return true
}

func mustBeOrdered(t require.TestingT, o oncall.Outlook, began time.Time) {
	for i, v := range o.Visits {
		require.False(t, v.Ended.Before(v.At))
		require.True(t, i == 0 && v.At.Equal(began) || i > 0 && !v.At.Before(o.Visits[i-1].Ended), "one step after the other")
		require.Equal(t, v.Passed == "", len(v.Pages) > 0)
		for _, page := range v.Pages {
			require.False(t, page.At.Before(v.At) || page.At.Before(v.Opens))
			require.True(t, page.At.Before(v.Ended))
		}
		for _, page := range v.Cut {
			require.False(t, page.At.Before(v.Ended))
		}
	}
	rows := o.Rows(began)
	for i, row := range rows {
		require.False(t, i > 0 && row.At.Before(rows[i-1].At))
		require.Equal(t, began.Add(row.After), row.At.UTC())
	}
}

// mustClimbByNext says that one visit leads to the next as Next says, or Anew.
func mustClimbByNext(t require.TestingT, p oncall.Policy, o oncall.Outlook) {
	require.Equal(t, at(1, 1), o.Visits[0].Position)
	unreached := false
	for i, v := range o.Visits[1:] {
		before := o.Visits[i]
		next, rest := oncall.Next(p, before.Position)
		if v.Position == next && !unreached {
			require.Equal(t, before.Ended.Add(rest), v.At)
			continue
		}
		// Rounds that reached nobody lie between, of which only what pages was kept.
		unreached = v.Passed != ""
		require.NotEmpty(t, before.Passed)
		require.Equal(t, before.Position.Round, v.Position.Round, "a round that reached nobody does not count")
		require.Zero(t, v.At.Sub(before.Ended)%oncall.UnreachedPause)
	}
}

func TestNobodyIsPagedAfterAnAcknowledgement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r, began := somePolicy().Draw(t, "policy"), someRoster(t), someMoment().Draw(t, "at")
		acked := began.Add(time.Duration(rapid.IntRange(1, 7200).Draw(t, "acknowledged after")) * time.Second)
		without := oncall.Preview(p, began, r, oncall.Assumption{Again: 5})
		got := oncall.Preview(p, began, r, oncall.Assumption{AckAt: acked})

		var before []oncall.Row
		for _, row := range without.Rows(began) {
			if row.At.Before(acked) {
				before = append(before, row)
			}
		}
		require.Equal(t, before, got.Rows(began), "up to then nothing is different, and from then on nobody is paged")
		for _, page := range got.Stopped {
			require.False(t, page.At.Before(acked))
		}
		require.Equal(t, acked.Add(time.Hour), got.AckDue)
		require.Equal(t, at(max(p.Repeat.FromStep, 1), 1), got.Restart)
	})
}

func TestAClimbOverAChangeOfTheClocksKeepsItsOwnTime(t *testing.T) {
	r := team()
	r.Schedules[0].Layers[0] = oncall.Layer{People: []string{"sre-1", "sre-2"}, Every: oncall.Period{Count: 12, Unit: oncall.Hours}, Handoff: "2026-03-28T13:30"}
	r.People[0].Contact = nil
	p := oncall.Policy{ID: "p", Repeat: oncall.Repeat{Times: 3}, Steps: []oncall.Step{step(30*time.Minute, schedule("primary"))}}
	began := time.Date(2026, 3, 29, 0, 15, 0, 0, time.UTC) // 45 min before the clocks in London go from one to two.
	var told []string
	for _, row := range oncall.Preview(p, began, r, oncall.Assumption{}).Rows(began) {
		told = append(told, row.After.String()+" "+row.Person)
	}
	require.Equal(t, []string{"0s sre-1", "30m0s sre-1", "1h0m0s sre-1", "1h30m0s sre-2"}, told,
		"half an hour is half an hour, and the hand-off that the clocks skip comes half an hour after the gap")
}
