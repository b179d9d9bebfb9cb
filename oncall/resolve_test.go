package oncall_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/oncall"
)

// team is a roster: sre-1 and sre-2 take turns by the week, sre-1 first; sre-3 cannot be reached at all.
func team() oncall.Roster {
	return oncall.Roster{
		People: []oncall.Person{
			{
				ID: "sre-1", Name: "First", Slack: "U1", Email: "sre-1@example.com", Phone: "+440000000001",
				Contact: []oncall.ContactRule{
					{Via: oncall.Slack},
					{Via: oncall.Email, After: 2 * time.Minute},
					{Via: oncall.SMS, After: 5 * time.Minute},
				},
			},
			{ID: "sre-2", Name: "Second", Slack: "U2"},
			{ID: "sre-3", Name: "Third"},
		},
		Schedules: []oncall.Schedule{
			{ID: "primary", TimeZone: "Europe/London", Layers: []oncall.Layer{{
				People: []string{"sre-1", "sre-2"}, Every: oncall.Period{Count: 1, Unit: oncall.Weeks}, Handoff: "2026-01-05T09:00",
			}}},
			{ID: "haunted", TimeZone: "Europe/London", Layers: []oncall.Layer{{
				People: []string{"ghost"}, Every: oncall.Period{Count: 1, Unit: oncall.Weeks}, Handoff: "2026-01-05T09:00",
			}}},
			{ID: "calendar", ICal: "https://calendar.example.com/x.ics"},
		},
		Groups: map[string][]string{"S0SRE": {"U2", "U9", "U1"}, "S0EMPTY": {}},
	}
}

// noon lies in the first week of the schedule primary: sre-1 is on call.
var noon = time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)

// plan resolves the only step of a policy in its first round.
func plan(step oncall.Step, at time.Time, r oncall.Roster) oncall.Plan {
	step.AckWithin = 5 * time.Minute
	return oncall.Resolve(oncall.Policy{ID: "p", Steps: []oncall.Step{step}}, oncall.Position{Step: 1, Round: 1}, at, r)
}

func page(targets ...oncall.Target) oncall.Step { return oncall.Step{Page: targets} }

// brief is what a page comes to: whom or where, how, how long after noon.
func brief(pages []oncall.Page) []string {
	var lines []string
	for _, p := range pages {
		lines = append(lines, string(p.Via)+" "+p.Address+" "+p.At.Sub(noon).String())
	}
	return lines
}

func TestAStepPagesWhoeverIsOnCallByTheirContactRules(t *testing.T) {
	got := plan(page(oncall.Target{Schedule: "primary"}), noon, team())
	require.Equal(t, oncall.Plan{
		Position: oncall.Position{Step: 1, Round: 1},
		Pages: []oncall.Page{
			{Person: "sre-1", Name: "First", Via: oncall.Slack, Address: "U1", At: noon, From: "schedule primary"},
			{Person: "sre-1", Name: "First", Via: oncall.Email, Address: "sre-1@example.com", At: noon.Add(2 * time.Minute), From: "schedule primary"},
			{Person: "sre-1", Name: "First", Via: oncall.SMS, Address: "+440000000001", At: noon.Add(5 * time.Minute), From: "schedule primary"},
		},
	}, got)
}

func TestWhomEachKindOfTargetPages(t *testing.T) {
	tests := map[string]struct {
		targets []oncall.Target
		pages   []string
		notes   []string
	}{
		"a person, by Slack at once when there are no rules": {
			[]oncall.Target{{Person: "sre-2"}}, []string{"slack U2 0s"}, nil,
		},
		"a channel": {
			[]oncall.Target{{SlackChannel: "C0LEADS"}}, []string{"slack-channel C0LEADS 0s"}, nil,
		},
		"two channels": {
			[]oncall.Target{{SlackChannel: "C1"}, {SlackChannel: "C2"}, {SlackChannel: "C1"}},
			[]string{"slack-channel C1 0s", "slack-channel C2 0s"},
			nil,
		},
		"a group is its members that are known": {
			[]oncall.Target{{SlackGroup: "S0SRE"}},
			[]string{"slack U2 0s", "slack U1 0s", "email sre-1@example.com 2m0s", "sms +440000000001 5m0s"},
			[]string{"slack user U9 of slack group S0SRE is none of the people"},
		},
		"somebody named twice is paged once": {
			[]oncall.Target{{Person: "sre-1"}, {Schedule: "primary"}, {SlackGroup: "S0SRE"}},
			[]string{"slack U1 0s", "slack U2 0s", "email sre-1@example.com 2m0s", "sms +440000000001 5m0s"},
			[]string{"slack user U9 of slack group S0SRE is none of the people"},
		},
		"what no longer exists is noted": {
			[]oncall.Target{{Person: "gone"}, {Schedule: "gone"}, {SlackGroup: "gone"}, {}, {Person: "sre-2"}},
			[]string{"slack U2 0s"},
			[]string{"person gone does not exist", "schedule gone does not exist", "slack group gone is not known", "a target names nobody"},
		},
		"a schedule whose person no longer exists": {
			[]oncall.Target{{Schedule: "haunted"}, {Person: "sre-2"}},
			[]string{"slack U2 0s"},
			[]string{"person ghost, on call in schedule haunted, does not exist"},
		},
		"a calendar that was not read yet": {
			[]oncall.Target{{Schedule: "calendar"}, {Person: "sre-2"}},
			[]string{"slack U2 0s"},
			[]string{"the calendar of schedule calendar has not been read yet", "nobody is on call in schedule calendar"},
		},
		"a person without address": {
			[]oncall.Target{{Person: "sre-3"}, {Person: "sre-2"}},
			[]string{"slack U2 0s"},
			[]string{"sre-3 cannot be paged by slack: no address", "sre-3 cannot be paged by any method"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := plan(page(test.targets...), noon, team())
			require.Empty(t, got.Passed)
			require.Equal(t, test.pages, brief(got.Pages))
			require.Equal(t, test.notes, got.Notes)
		})
	}
}

func TestAStepWithNobodyOnCallIsPassedAtOnce(t *testing.T) {
	tests := map[string]struct {
		target oncall.Target
		at     time.Time
		passed string
	}{
		"before the first hand-off": {oncall.Target{Schedule: "primary"}, noon.AddDate(0, -1, 0), "nobody on call: nobody is on call in schedule primary"},
		"person gone":               {oncall.Target{Person: "gone"}, noon, "nobody on call: person gone does not exist"},
		"nobody in the group":       {oncall.Target{SlackGroup: "S0EMPTY"}, noon, "nobody on call: slack group S0EMPTY has none of the people"},
		"no address": {
			oncall.Target{Person: "sre-3"},
			noon,
			"nobody on call: sre-3 cannot be paged by slack: no address; sre-3 cannot be paged by any method",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := plan(page(test.target), test.at, team())
			require.Equal(t, test.passed, got.Passed)
			require.Empty(t, got.Pages)
		})
	}
}

func TestAPositionThePolicyDoesNotHaveIsPassed(t *testing.T) {
	p := oncall.Policy{ID: "short", Steps: stepsOf(1)}
	require.Equal(t, "policy short has no step 2", oncall.Resolve(p, at(2, 1), noon, team()).Passed)
	require.Equal(t, "policy short has no step 0", oncall.Resolve(p, oncall.Position{}, noon, team()).Passed)
}

func TestAContactRuleWithoutAddressIsLeftOutAndARepeatedOneTakenOnce(t *testing.T) {
	r := team()
	r.People[1].Contact = []oncall.ContactRule{
		{Via: oncall.Slack, After: 4 * time.Minute},
		{Via: oncall.SMS},
		{Via: oncall.Slack, After: time.Minute},
		{Via: "pigeon"},
	}
	got := plan(page(oncall.Target{Person: "sre-2"}), noon, r)
	require.Equal(t, []string{"slack U2 1m0s"}, brief(got.Pages))
	require.Equal(t, []string{"sre-2 cannot be paged by sms: no address", "sre-2 cannot be paged by pigeon: no address"}, got.Notes)
}

func TestARunTimeOverrideIsPagedInPlaceOfTheRotation(t *testing.T) {
	r := team()
	r.Overrides = []oncall.Override{{Schedule: "primary", Person: "sre-2", From: "2026-01-06T00:00", To: "2026-01-07T00:00", Made: noon}}
	require.Equal(t, []string{"slack U2 0s"}, brief(plan(page(oncall.Target{Schedule: "primary"}), noon, r).Pages))

	r.Overrides[0].From = "tomorrow"
	got := plan(page(oncall.Target{Schedule: "primary"}), noon, r)
	require.Equal(t, "sre-1", got.Pages[0].Person, "an override that cannot be read takes nobody off call")
	require.Len(t, got.Notes, 1)
}

func TestOnlyIfPassesAStepOutsideItsWindow(t *testing.T) {
	office := &oncall.Window{From: "09:00", To: "12:00", TimeZone: "Europe/London"}
	step := page(oncall.Target{Person: "sre-2"})
	step.OnlyIf = office
	require.Empty(t, plan(step, noon.Add(-time.Second), team()).Passed)
	require.Equal(t, oncall.Plan{
		Position: oncall.Position{Step: 1, Round: 1}, Passed: "only paged 09:00 to 12:00 Europe/London",
	}, plan(step, noon, team()))
}

func TestWaitUntilPlansForWhoIsOnCallWhenTheWindowOpens(t *testing.T) {
	step := page(oncall.Target{Schedule: "primary"})
	step.WaitUntil = &oncall.Window{From: "07:00", To: "23:00", TimeZone: "Europe/London"}
	beforeHandOff := time.Date(2026, 1, 11, 23, 0, 0, 0, time.UTC)
	opens := time.Date(2026, 1, 12, 7, 0, 0, 0, time.UTC)

	got := plan(step, beforeHandOff, team())
	require.True(t, opens.Equal(got.Opens))
	require.Equal(t, "sre-1", got.Pages[0].Person, "on call until nine")
	require.True(t, opens.Add(2*time.Minute).Equal(got.Pages[1].At), "contact rules count from the opening")

	step.WaitUntil.From = "09:00"
	require.Equal(t, "sre-2", plan(step, beforeHandOff, team()).Pages[0].Person, "after the hand-off")

	step.WaitUntil.From = "07:00"
	require.Zero(t, plan(step, noon, team()).Opens, "open already")
}

func TestAStepThatWaitsMustBeWantedNowAndWhenItOpens(t *testing.T) {
	step := page(oncall.Target{Person: "sre-2"})
	step.WaitUntil = &oncall.Window{From: "14:00", To: "15:00", TimeZone: "UTC"}
	for from, passed := range map[string]bool{"11:00": false, "13:00": true} {
		step.OnlyIf = &oncall.Window{From: from, To: "18:00", TimeZone: "UTC"}
		require.Equal(t, passed, plan(step, noon, team()).Passed != "")
	}
	step.OnlyIf = &oncall.Window{From: "11:00", To: "13:00", TimeZone: "UTC"}
	got := plan(step, noon, team())
	require.NotEmpty(t, got.Passed, "it would open when it is not wanted any more")
	require.Zero(t, got.Opens)
}

func TestAWindowThatCannotBeReadHoldsBackNoPage(t *testing.T) {
	step := page(oncall.Target{Person: "sre-2"})
	step.WaitUntil = &oncall.Window{From: "09:00", To: "10:00"}
	step.OnlyIf = &oncall.Window{From: "09:00", To: "10:00", TimeZone: "Europe/Nowhere"}
	got := plan(step, noon, team())
	require.Equal(t, []string{"slack U2 0s"}, brief(got.Pages))
	require.Equal(t, []string{"wait_until: no time zone is given", "only_if: \"Europe/Nowhere\" is not a time zone like Europe/London"}, got.Notes)
}

func TestRoundRobinPagesOneOfThoseWhoCanBeReachedInTurn(t *testing.T) {
	step := page(oncall.Target{Person: "sre-3"}, oncall.Target{SlackGroup: "S0SRE"}, oncall.Target{Person: "sre-2"}, oncall.Target{SlackChannel: "C1"})
	step.RoundRobin = true
	p := oncall.Policy{ID: "p", Steps: []oncall.Step{step}}
	turns := map[oncall.Position]string{
		at(1, 1): "sre-2", at(1, 2): "sre-1", at(1, 3): "", at(1, 4): "sre-2",
		{Step: 1, Round: 4, Again: 1}: "sre-1",
		{Step: 1, Round: 1, Turn: 1}:  "sre-1", {Step: 1, Round: 2, Turn: 2}: "sre-2",
	}
	for pos, person := range turns {
		got := oncall.Resolve(p, pos, noon, team())
		require.Equal(t, person, got.Pages[0].Person, "%v", pos)
		for _, page := range got.Pages {
			require.Equal(t, person, page.Person, "nobody beside the one whose turn it is")
		}
	}
}

func TestARoundThatReachedNobodyIsSomebodyElsesTurn(t *testing.T) {
	p := oncall.Policy{Steps: []oncall.Step{{RoundRobin: true}}, Repeat: oncall.Repeat{Times: 1}}
	pos, rest := oncall.Anew(p, at(1, 1))
	require.Equal(t, oncall.Position{Step: 1, Round: 1, Turn: 1}, pos)
	require.Equal(t, oncall.UnreachedPause, rest)
	pos, _ = oncall.Next(p, pos)
	require.Equal(t, oncall.Position{Step: 1, Round: 2, Turn: 1}, pos, "nobody has two turns one after the other")
	pos, _ = oncall.Next(p, pos)
	pos, _ = oncall.Anew(p, pos)
	require.Equal(t, oncall.Position{Step: 1, Round: 2, Again: 1, Turn: 2}, pos)
	pos, _ = oncall.Next(p, pos)
	require.Equal(t, oncall.Position{Step: 1, Round: 2, Again: 2, Turn: 2}, pos)
}

func TestWhoIsAmongTargets(t *testing.T) {
	targets := []oncall.Target{{Schedule: "primary"}, {SlackGroup: "S0SRE"}, {Person: "sre-3"}, {SlackChannel: "C1"}, {Person: "gone"}}
	var ids []string
	for _, p := range oncall.People(targets, noon, team()) {
		ids = append(ids, p.ID)
	}
	require.Equal(t, []string{"sre-1", "sre-2", "sre-3"}, ids)

	schedule := []oncall.Target{{Schedule: "primary"}}
	require.True(t, oncall.Permitted(schedule, "sre-1", noon, team()))
	require.False(t, oncall.Permitted(schedule, "sre-2", noon, team()), "not on call this week")
	require.True(t, oncall.Permitted(schedule, "sre-2", noon.AddDate(0, 0, 7), team()))
	require.True(t, oncall.Permitted([]oncall.Target{{Person: "sre-3"}}, "sre-3", noon, team()))
	require.True(t, oncall.Permitted([]oncall.Target{{SlackGroup: "S0SRE"}}, "sre-2", noon, team()))
	require.False(t, oncall.Permitted([]oncall.Target{{SlackGroup: "S0SRE"}}, "sre-3", noon, team()))
	nameless := team()
	nameless.Groups["S0SRE"] = []string{""}
	require.False(t, oncall.Permitted([]oncall.Target{{SlackGroup: "S0SRE"}}, "sre-3", noon, nameless), "no Slack ID is nobody's")
	require.False(t, oncall.Permitted([]oncall.Target{{SlackChannel: "C1"}, {Person: "gone"}, {Schedule: "haunted"}}, "", noon, team()))
	require.False(t, oncall.Permitted([]oncall.Target{{Person: "gone"}}, "gone", noon, team()), "nobody who does not exist")
	require.False(t, oncall.Permitted(nil, "sre-1", noon, team()))
}

func TestEveryPlanIsSortedUniqueAndTheSameAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := oncall.Policy{ID: "p", Steps: rapid.SliceOfN(someStep(), 1, 3).Draw(t, "steps")}
		r := team()
		r.Schedules[0] = someSchedule().Draw(t, "schedule")
		r.Overrides = rapid.SliceOfN(someOverride("primary"), 0, 3).Draw(t, "overrides")
		pos := oncall.Position{
			Step:  rapid.IntRange(0, 4).Draw(t, "step"),
			Round: rapid.IntRange(0, 4).Draw(t, "round"),
			Again: rapid.IntRange(0, 2).Draw(t, "again"),
		}
		m := someMoment().Draw(t, "at")
		before := asJSON(t, p, r)

		got := oncall.Resolve(p, pos, m, r)

		require.Equal(t, before, asJSON(t, p, r), "the arguments are left alone")
		require.Equal(t, got, oncall.Resolve(p, pos, m, r))
		require.Equal(t, pos, got.Position)
		require.Equal(t, got.Passed == "", len(got.Pages) > 0, "a step pages somebody or is passed")
		opens := m
		if !got.Opens.IsZero() {
			require.True(t, got.Opens.After(m))
			require.Empty(t, got.Passed)
			opens = got.Opens
		}
		seen := map[[3]string]bool{}
		for i, page := range got.Pages {
			require.False(t, page.At.Before(opens))
			require.NotEmpty(t, page.Address)
			require.False(t, i > 0 && page.At.Before(got.Pages[i-1].At), "in order of time")
			key := [3]string{page.Person, string(page.Via), page.Address}
			require.False(t, seen[key], "%v twice", key)
			seen[key] = true
		}
		if !got.Opens.IsZero() {
			atOpening := oncall.Resolve(p, pos, got.Opens, r)
			require.Equal(t, got.Pages, atOpening.Pages, "what was announced is what happens")
			require.Zero(t, atOpening.Opens)
		}
	})
}

func someStep() *rapid.Generator[oncall.Step] {
	targets := rapid.SampledFrom([]oncall.Target{
		{Schedule: "primary"},
		{Schedule: "haunted"},
		{Schedule: "calendar"},
		{Schedule: "gone"},
		{Person: "sre-1"},
		{Person: "sre-2"},
		{Person: "sre-3"},
		{Person: "gone"},
		{SlackChannel: "C1"},
		{SlackChannel: "C2"},
		{SlackGroup: "S0SRE"},
		{SlackGroup: "S0EMPTY"},
		{},
	})
	return rapid.Custom(func(t *rapid.T) oncall.Step {
		return oncall.Step{
			Page:       rapid.SliceOfN(targets, 1, 4).Draw(t, "page"),
			AckWithin:  5 * time.Minute,
			OnlyIf:     rapid.Ptr(someWindow(), true).Draw(t, "only_if"),
			WaitUntil:  rapid.Ptr(someWindow(), true).Draw(t, "wait_until"),
			RoundRobin: rapid.Bool().Draw(t, "round_robin"),
		}
	})
}

func asJSON(t require.TestingT, v ...any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}
