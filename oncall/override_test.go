package oncall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/oncall"
)

// now is a Wednesday in the first week of turns: ana is on call until Monday the 12th, 09:00 in London.
var now = time.Date(2026, 1, 7, 12, 0, 30, 500, time.UTC)

func crew() oncall.Roster {
	week := oncall.Period{Count: 1, Unit: oncall.Weeks}
	return oncall.Roster{
		People: []oncall.Person{
			{ID: "ana", Slack: "U0ANA", TimeZone: "America/New_York"}, {ID: "bob", Slack: "U0BOB"}, {ID: "eve"},
		},
		Schedules: []oncall.Schedule{
			{ID: "primary", TimeZone: "Europe/London", Layers: []oncall.Layer{
				{People: []string{"ana", "bob"}, Every: week, Handoff: "2026-01-05T09:00"},
			}},
			{ID: "alone", TimeZone: "Asia/Tokyo", Layers: []oncall.Layer{
				{People: []string{"ana"}, Every: week, Handoff: "2026-01-05T09:00"},
			}},
			{ID: "office", TimeZone: "Europe/London", Layers: []oncall.Layer{
				{People: []string{"ana", "bob"}, Every: week, Handoff: "2026-01-05T09:00", Only: []oncall.Window{{From: "09:00", To: "17:00"}}},
			}},
			{ID: "lost", TimeZone: "Mars/Olympus"},
		},
	}
}

func TestAShiftIsReadWithWhatWasEnteredAtRunTime(t *testing.T) {
	r := crew()
	r.Overrides = []oncall.Override{{Schedule: "primary", Person: "eve", From: "2026-01-07T11:00:00Z", To: "2026-01-07T15:00:00+01:00"}}
	shift, err := r.Shift("primary", now)
	require.NoError(t, err)
	require.Equal(t, "eve 2026-01-07T11:00:00Z 2026-01-07T14:00:00Z", told(shift))

	next, err := r.ShiftAfter("primary", now)
	require.NoError(t, err)
	require.Equal(t, "ana 2026-01-07T14:00:00Z 2026-01-12T09:00:00Z", told(next))
}

func TestAfterAShiftComesTheGapAndThenTheNext(t *testing.T) {
	r := crew()
	gap, err := r.ShiftAfter("office", now)
	require.NoError(t, err)
	require.Equal(t, " 2026-01-07T17:00:00Z 2026-01-08T09:00:00Z", told(gap))
	next, err := r.ShiftAfter("office", gap.Since)
	require.NoError(t, err)
	require.Equal(t, "ana 2026-01-08T09:00:00Z 2026-01-08T17:00:00Z", told(next))
}

func TestNothingComesAfterAShiftWithoutAnEnd(t *testing.T) {
	next, err := crew().ShiftAfter("alone", now)
	require.NoError(t, err)
	require.Zero(t, next)
}

func TestAScheduleThatIsNotThereIsUnknownAndABrokenOneIsSaid(t *testing.T) {
	_, err := crew().Shift("primry", now)
	require.Equal(t, oncall.Unknown{Kind: "schedule", ID: "primry", Known: []string{"primary", "alone", "office", "lost"}}, err)
	_, err = crew().ShiftAfter("primry", now)
	require.EqualError(t, err, "there is no schedule primry")
	_, err = crew().Shift("lost", now)
	require.ErrorContains(t, err, "Mars/Olympus")
}

func TestAWishBecomesAnOverride(t *testing.T) {
	made := func(person, from, to string) oncall.Override {
		return oncall.Override{Schedule: "primary", Person: person, From: from, To: to, By: "eve"}
	}
	for name, c := range map[string]struct {
		wish oncall.Wish
		want oncall.Override
	}{
		"from now on":          {oncall.Wish{Person: "bob", For: 2 * time.Hour}, made("bob", "2026-01-07T12:00:30Z", "2026-01-07T14:00:30Z")},
		"by a mention":         {oncall.Wish{Person: "@U0BOB", To: "2026-01-07T18:00"}, made("bob", "2026-01-07T12:00:30Z", "2026-01-07T18:00:00Z")},
		"on the wall in July":  {oncall.Wish{Person: "bob", From: "2026-07-01T09:00", For: time.Hour}, made("bob", "2026-07-01T09:00:00+01:00", "2026-07-01T10:00:00+01:00")},
		"in another zone":      {oncall.Wish{Person: "bob", From: "2026-02-01T09:00:00+09:00", To: "2026-02-01T09:00"}, made("bob", "2026-02-01T00:00:00Z", "2026-02-01T09:00:00Z")},
		"begun in the past":    {oncall.Wish{Person: "bob", From: "2026-01-07T09:00", To: "2026-01-07T13:00"}, made("bob", "2026-01-07T09:00:00Z", "2026-01-07T13:00:00Z")},
		"over a skipped hour":  {oncall.Wish{Person: "bob", From: "2026-03-29T01:30", For: time.Hour}, made("bob", "2026-03-29T02:30:00+01:00", "2026-03-29T03:30:00+01:00")},
		"through a summertime": {oncall.Wish{Person: "bob", From: "2026-03-29T00:00", To: "2026-03-30T00:00"}, made("bob", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00+01:00")},
	} {
		t.Run(name, func(t *testing.T) {
			c.wish.Schedule, c.wish.By = "primary", "eve"
			got, err := crew().Override(c.wish, now)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.NoError(t, got.Check())
		})
	}
}

func TestAWishThatMakesNoSenseSaysWhy(t *testing.T) {
	for said, wish := range map[string]oncall.Wish{
		"there is no schedule primry":                    {Schedule: "primry", Person: "bob", For: time.Hour},
		"there is no person bop":                         {Schedule: "primary", Person: "bop", For: time.Hour},
		"there is no person @U0EVE":                      {Schedule: "primary", Person: "@U0EVE", For: time.Hour},
		"there is no person @":                           {Schedule: "primary", Person: "@", For: time.Hour},
		"say either until when it lasts or for how long": {Schedule: "primary", Person: "bob", To: "2026-01-07T18:00", For: time.Hour},
		"it would end at 2026-01-07T11:00:30Z, which is not after its start at 2026-01-07T12:00:30Z": {Schedule: "primary", Person: "bob", For: -time.Hour},
		"it would have ended at 2026-01-06T10:00:00Z, which is over":                                 {Schedule: "primary", Person: "bob", From: "2026-01-06T09:00", For: time.Hour},
		"longer than a year": {Schedule: "primary", Person: "bob", To: "2062-01-07T18:00"},
		`the start: "tomorrow" is not a date and time like 2026-01-05T09:00`: {Schedule: "primary", Person: "bob", From: "tomorrow", For: time.Hour},
		`the end: "9:00" is not a date and time like 2026-01-05T09:00`:       {Schedule: "primary", Person: "bob", To: "9:00"},
		"Mars/Olympus": {Schedule: "lost", Person: "bob", From: "2026-01-07T09:00", For: time.Hour},
	} {
		got, err := crew().Override(wish, now)
		require.ErrorContains(t, err, said)
		require.Zero(t, got, said)
	}
}

func TestTwoPeopleExchangeTheirWholeShifts(t *testing.T) {
	r := crew()
	swapped, err := r.Swap("primary", "2026-01-08T00:00", "2026-01-14T12:00", "eve", now)
	require.NoError(t, err)
	require.Equal(t, []oncall.Override{
		{Schedule: "primary", Person: "ana", From: "2026-01-12T09:00:00Z", To: "2026-01-19T09:00:00Z", By: "eve"},
		{Schedule: "primary", Person: "bob", From: "2026-01-05T09:00:00Z", To: "2026-01-12T09:00:00Z", By: "eve"},
	}, swapped)

	r.Overrides = swapped
	require.Equal(t, []string{"bob", "ana", "ana"}, []string{
		on(t, r, "2026-01-08T00:00:00Z"), on(t, r, "2026-01-14T12:00:00Z"), on(t, r, "2026-01-20T00:00:00Z"),
	})
}

// After the first swap each has two weeks one after the other, by an override and by the layer: the second swap moves
// no more than the first.
func TestTheSameSwapAgainTakesTheFirstBack(t *testing.T) {
	r := crew()
	for range 2 {
		swapped, err := r.Swap("primary", "2026-01-08T00:00", "2026-01-14T12:00", "eve", now)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"2026-01-12T09:00:00Z to 2026-01-19T09:00:00Z", "2026-01-05T09:00:00Z to 2026-01-12T09:00:00Z"},
			[]string{swapped[0].From + " to " + swapped[0].To, swapped[1].From + " to " + swapped[1].To})
		r.Overrides = append(r.Overrides, swapped...)
	}
	for step := range 200 {
		at := now.Add(time.Duration(step) * 6 * time.Hour)
		require.Equal(t, turnAt(t, crew(), at), turnAt(t, r, at))
	}
}

func TestASwapEndsAtTheHandOffAlsoOfOneWhoHandsOverToThemselves(t *testing.T) {
	r := crew()
	r.Schedules[0].Layers[0].People = []string{"ana", "ana", "bob"}
	swapped, err := r.Swap("primary", "2026-01-14T12:00", "2026-01-20T00:00", "eve", now)
	require.NoError(t, err)
	require.Equal(t, "2026-01-12T09:00:00Z", swapped[1].From)
	require.Equal(t, "2026-01-19T09:00:00Z", swapped[1].To)
}

func TestATurnGoesOnFromOneLayerToTheOther(t *testing.T) {
	r := crew()
	weekend := oncall.Layer{People: []string{"ana"}, Every: r.Schedules[0].Layers[0].Every, Handoff: "2026-01-05T09:00", Only: []oncall.Window{{Days: []time.Weekday{time.Saturday}}}}
	r.Schedules[0].Layers = append(r.Schedules[0].Layers, weekend)
	swapped, err := r.Swap("primary", "2026-01-08T00:00", "2026-01-14T12:00", "eve", now)
	require.NoError(t, err)
	require.Equal(t, []string{"2026-01-05T09:00:00Z", "2026-01-12T09:00:00Z"}, []string{swapped[1].From, swapped[1].To})
	require.Equal(t, []string{"2026-01-12T09:00:00Z", "2026-01-17T00:00:00Z"}, []string{swapped[0].From, swapped[0].To})
}

func on(t *testing.T, r oncall.Roster, at string) string {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, at)
	require.NoError(t, err)
	return turnAt(t, r, moment).Person
}

func TestASwapThatMakesNoSenseSaysWhy(t *testing.T) {
	for _, c := range []struct{ schedule, one, other, said string }{
		{"primry", "2026-01-08T00:00", "2026-01-14T12:00", "there is no schedule primry"},
		{"primary", "2026-01-08T00:00", "2026-01-09T00:00", "ana is on call both at 2026-01-08T00:00 and at 2026-01-09T00:00"},
		{"primary", "2026-01-08T00:00", "2026-01-20T00:00", "ana is on call both"},
		{"primary", "2025-01-08T00:00", "2026-01-14T12:00", "nobody is on call in primary at 2025-01-08T00:00"},
		{"office", "2026-01-08T12:00", "2026-01-14T20:00", "nobody is on call in office at 2026-01-14T20:00"},
		{"office", "2026-01-06T12:00", "2026-01-14T12:00", "the shift of ana in office at 2026-01-06T12:00 ended at 2026-01-06T17:00:00Z"},
		{"alone", "2026-01-08T00:00", "2026-01-14T12:00", "the shift of ana in alone at 2026-01-08T00:00 has no end"},
		{"primary", "monday", "2026-01-14T12:00", `"monday" is not a date and time`},
		{"lost", "2026-01-08T00:00", "2026-01-14T12:00", "Mars/Olympus"},
	} {
		got, err := crew().Swap(c.schedule, c.one, c.other, "eve", now)
		require.ErrorContains(t, err, c.said)
		require.Empty(t, got)
	}
}

func TestWhatHasEndedIsLeftOut(t *testing.T) {
	at := func(from, to string) oncall.Override {
		return oncall.Override{Schedule: "primary", Person: "bob", From: from, To: to}
	}
	over, current, broken := at("2026-01-06T09:00:00Z", "2026-01-07T12:00:30Z"), at("2026-01-06T09:00:00Z", "2026-01-07T12:00:31Z"), at("", "soon")
	all := []oncall.Override{over, current, broken}
	require.Equal(t, []oncall.Override{current}, oncall.EndingAfter(now.Truncate(time.Second), all))
	require.Len(t, all, 3)
}

func TestAPersonsOwnClockIsThatOfTheirZone(t *testing.T) {
	local, known := crew().People[0].In(now)
	require.True(t, known)
	require.Equal(t, "07:00", local.Format("15:04"))
	_, known = crew().People[1].In(now)
	require.False(t, known)
}

// Whatever somebody wishes for: either it is refused, or that person is on call for just that time.
func TestAnOverrideMadeOfAWishIsInForceForItsTimeAndNoLonger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := now.Add(time.Duration(rapid.IntRange(-100, 20_000).Draw(t, "start")) * time.Hour).Truncate(time.Second)
		wish := oncall.Wish{
			Schedule: rapid.SampledFrom([]string{"primary", "alone", "office"}).Draw(t, "schedule"), Person: "eve",
			From: start.Format(time.RFC3339), For: time.Duration(rapid.IntRange(-5, 9_000).Draw(t, "for")) * time.Hour,
		}
		made, err := crew().Override(wish, now)
		if err != nil {
			return
		}
		require.NoError(t, made.Check())
		r := crew()
		r.Overrides = []oncall.Override{made}
		shift, err := r.Shift(wish.Schedule, start)
		require.NoError(t, err)
		require.Equal(t, oncall.Shift{Person: "eve", Since: start.In(shift.Since.Location()), Until: start.Add(wish.For).In(shift.Since.Location())}, shift)
	})
}

// Whichever shifts are exchanged: each person has the other's, and everything else stays as it was.
func TestASwapMovesNothingButTheTwoShifts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moment := func(name string) time.Time {
			return now.Add(time.Duration(rapid.IntRange(0, 2_400).Draw(t, name)) * time.Hour).Truncate(time.Second)
		}
		one, other := moment("one"), moment("other")
		before, after := crew(), crew()
		var err error
		after.Overrides, err = before.Swap("primary", one.Format(time.RFC3339), other.Format(time.RFC3339), "eve", now)
		if err != nil {
			return
		}
		mine, theirs := turnAt(t, before, one), turnAt(t, before, other)
		for step := range 400 {
			at := now.Add(time.Duration(step) * 6 * time.Hour)
			want := turnAt(t, before, at).Person
			switch {
			case within(at, mine):
				want = theirs.Person
			case within(at, theirs):
				want = mine.Person
			}
			require.Equal(t, want, turnAt(t, after, at).Person, at)
		}
	})
}

func turnAt(t require.TestingT, r oncall.Roster, at time.Time) oncall.Shift {
	shift, err := r.Shift("primary", at)
	require.NoError(t, err)
	return shift
}

func within(at time.Time, s oncall.Shift) bool { return !at.Before(s.Since) && at.Before(s.Until) }

// told writes a shift on one line.
func told(s oncall.Shift) string {
	return s.Person + " " + s.Since.Format(time.RFC3339) + " " + s.Until.Format(time.RFC3339)
}
