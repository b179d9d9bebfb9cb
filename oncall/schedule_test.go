package oncall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/oncall"
)

func TestBeforeTheFirstHandOffNobodyIsOnCall(t *testing.T) {
	s := rotation(t, "Europe/London", "2026-01-05T09:00", "1w", "a", "b")
	require.Equal(t, [3]string{"", "", "2026-01-05T09:00:00Z"}, shiftAt(t, s, moment(t, "2026-01-05T08:59:59Z")))
	require.Equal(t, [3]string{"", "", "2026-01-05T09:00:00Z"}, shiftAt(t, s, moment(t, "1999-01-01T00:00:00Z")))
}

func TestAShiftIncludesItsBeginningAndNotItsEnd(t *testing.T) {
	s := rotation(t, "Europe/London", "2026-01-05T09:00", "1w", "a", "b")
	first := [3]string{"a", "2026-01-05T09:00:00Z", "2026-01-12T09:00:00Z"}
	second := [3]string{"b", "2026-01-12T09:00:00Z", "2026-01-19T09:00:00Z"}
	require.Equal(t, first, shiftAt(t, s, moment(t, "2026-01-05T09:00:00Z")))
	require.Equal(t, first, shiftAt(t, s, moment(t, "2026-01-12T08:59:59.999999999Z")))
	require.Equal(t, second, shiftAt(t, s, moment(t, "2026-01-12T09:00:00Z")))
	require.Equal(t, "a", shiftAt(t, s, moment(t, "2026-01-19T09:00:00Z"))[0], "after the last comes the first")
}

func TestAShiftSpansEverythingWithTheSameAnswer(t *testing.T) {
	twice := rotation(t, "Europe/London", "2026-01-05T09:00", "1d", "a", "a", "b")
	require.Equal(t, [3]string{"a", "2026-01-05T09:00:00Z", "2026-01-07T09:00:00Z"},
		shiftAt(t, twice, moment(t, "2026-01-06T12:00:00Z")), "two periods in a row")

	alone := rotation(t, "Europe/London", "2026-01-05T09:00", "1h", "a")
	require.Equal(t, [3]string{"a", "2026-01-05T09:00:00Z", ""},
		shiftAt(t, alone, moment(t, "2031-07-06T12:00:00Z")), "one person alone never hands over")

	over := rotation(t, "Europe/London", "2026-01-05T09:00", "1h", "b", "c")
	over.Layers = append(over.Layers, alone.Layers[0])
	require.Equal(t, [3]string{"a", "2026-01-05T09:00:00Z", ""},
		shiftAt(t, over, moment(t, "2031-07-06T12:00:00Z")), "whatever goes on underneath")

	alone.Layers = append(alone.Layers, oncall.Layer{
		People: []string{"a"}, Every: period(t, "1d"), Handoff: "2026-01-05T09:00",
		Only: []oncall.Window{{From: "09:00", To: "17:00"}},
	})
	require.Equal(t, [3]string{"a", "", ""},
		shiftAt(t, alone, moment(t, "2031-07-06T12:00:00Z")), "after a year of windows it stops looking")

	long := rotation(t, "Europe/London", "2026-01-05T09:00", "200w", "a", "b")
	require.Equal(t, [3]string{"a", "2026-01-05T09:00:00Z", "2029-11-05T09:00:00Z"},
		shiftAt(t, long, moment(t, "2028-01-01T00:00:00Z")), "one change is found however far it is")
}

func TestTheLastLayerThatHasSomebodyWins(t *testing.T) {
	weekend := []oncall.Window{{Days: []time.Weekday{time.Saturday, time.Sunday}, From: "08:00", To: "20:00"}}
	s := rotation(t, "Europe/London", "2026-01-05T09:00", "1w", "a", "b")
	s.Layers = append(
		s.Layers,
		oncall.Layer{People: []string{"w"}, Every: period(t, "1w"), Handoff: "2026-01-05T09:00", Only: weekend},
		oncall.Layer{People: []string{"later"}, Every: period(t, "1w"), Handoff: "2027-01-01T00:00"},
	)
	tests := map[string][4]string{
		"outside the window the layer below":       {"2026-01-09T12:00:00Z", "a", "2026-01-05T09:00:00Z", "2026-01-10T08:00:00Z"},
		"inside the window the upper layer":        {"2026-01-10T08:00:00Z", "w", "2026-01-10T08:00:00Z", "2026-01-10T20:00:00Z"},
		"the window's end is not in it":            {"2026-01-10T20:00:00Z", "a", "2026-01-10T20:00:00Z", "2026-01-11T08:00:00Z"},
		"the window keeps to the wall in summer":   {"2026-07-04T07:00:00Z", "w", "2026-07-04T08:00:00+01:00", "2026-07-04T20:00:00+01:00"},
		"a layer not begun has nobody":             {"2026-12-31T23:59:59Z", "b", "2026-12-28T09:00:00Z", "2027-01-01T00:00:00Z"},
		"a layer without a window wins once begun": {"2027-01-02T10:00:00Z", "later", "2027-01-01T00:00:00Z", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, [3]string(test[1:]), shiftAt(t, s, moment(t, test[0])))
		})
	}
}

func TestAWindowInALayerHasTheSchedulesZoneUnlessItNamesOne(t *testing.T) {
	s := rotation(t, "America/New_York", "2026-01-05T09:00", "1w", "a")
	s.Layers[0].Only = []oncall.Window{{From: "09:00", To: "17:00"}, {From: "09:00", To: "10:00", TimeZone: "Asia/Kolkata"}}
	require.Equal(t, [3]string{"a", "2026-02-03T09:00:00-05:00", "2026-02-03T17:00:00-05:00"},
		shiftAt(t, s, moment(t, "2026-02-03T12:00:00-05:00")))
	require.Equal(t, [3]string{"a", "2026-02-02T22:30:00-05:00", "2026-02-02T23:30:00-05:00"},
		shiftAt(t, s, moment(t, "2026-02-03T09:30:00+05:30")))
	require.Equal(t, [3]string{"", "2026-02-02T23:30:00-05:00", "2026-02-03T09:00:00-05:00"},
		shiftAt(t, s, moment(t, "2026-02-03T03:00:00-05:00")))
}

func TestAWindowInALayerReachesOverMidnight(t *testing.T) {
	tests := map[string]struct {
		zone   string
		window oncall.Window
		at     string
		shift  [3]string
	}{
		"on the next day": {
			"Europe/London",
			oncall.Window{Days: []time.Weekday{time.Friday}, From: "22:00", To: "06:00"},
			"2026-01-10T05:00:00Z",
			[3]string{"a", "2026-01-09T22:00:00Z", "2026-01-10T06:00:00Z"},
		},
		"where midnight was followed by the evening before": {
			"America/St_Johns",
			oncall.Window{From: "00:00", To: "06:00"},
			"2010-11-06T23:30:00-03:30",
			[3]string{"a", "2010-11-07T00:00:00-02:30", "2010-11-07T06:00:00-03:30"},
		},
		"where a whole day was skipped": {
			"Pacific/Apia",
			oncall.Window{Days: []time.Weekday{time.Thursday}, From: "23:00", To: "22:00"},
			"2011-12-31T12:00:00+14:00",
			[3]string{"a", "2011-12-29T23:00:00-10:00", "2011-12-31T22:00:00+14:00"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := rotation(t, test.zone, "2010-01-04T09:00", "1w", "a")
			s.Layers[0].Only = []oncall.Window{test.window}
			require.Equal(t, test.shift, shiftAt(t, s, moment(t, test.at)))
		})
	}
}

func TestAnOverrideTakesTheShiftForAsLongAsItLasts(t *testing.T) {
	s := rotation(t, "Europe/London", "2026-01-05T09:00", "1w", "a", "b")
	s.Overrides = []oncall.Override{
		{Person: "c", From: "2026-07-07T12:00", To: "2026-07-08T12:00"},
		{Person: "d", From: "2026-07-09T12:00:00Z", To: "2026-07-09T16:00:00+02:00"},
	}
	require.Equal(t, [3]string{"c", "2026-07-07T12:00:00+01:00", "2026-07-08T12:00:00+01:00"},
		shiftAt(t, s, moment(t, "2026-07-07T11:00:00Z")), "written as the wall shows it")
	require.Equal(t, [3]string{"d", "2026-07-09T13:00:00+01:00", "2026-07-09T15:00:00+01:00"},
		shiftAt(t, s, moment(t, "2026-07-09T12:00:00Z")), "written as a moment")
	require.Equal(t, [3]string{"a", "2026-07-08T12:00:00+01:00", "2026-07-09T13:00:00+01:00"},
		shiftAt(t, s, moment(t, "2026-07-08T11:00:00Z")), "its end is not in it")
}

func TestOfOverlappingOverridesTheMostRecentlyMadeWins(t *testing.T) {
	made := func(s string) time.Time { return moment(t, s) }
	s := rotation(t, "Europe/London", "2026-01-05T09:00", "1w", "a", "b")
	s.Overrides = []oncall.Override{
		{Person: "first", From: "2026-01-06T00:00", To: "2026-01-07T00:00"},
		{Person: "second", From: "2026-01-06T06:00", To: "2026-01-06T12:00"},
	}
	newer := oncall.Override{Schedule: "primary", Person: "newer", From: "2026-01-06T08:00", To: "2026-01-06T10:00", Made: made("2026-01-02T00:00:00Z")}
	older := oncall.Override{Schedule: "primary", Person: "older", From: "2026-01-06T07:00", To: "2026-01-06T11:00", Made: made("2026-01-01T00:00:00Z")}
	other := oncall.Override{Schedule: "secondary", Person: "other", From: "2026-01-06T00:00", To: "2026-01-07T00:00", Made: made("2026-01-03T00:00:00Z")}
	for _, extra := range [][]oncall.Override{{newer, older, other}, {other, older, newer}} {
		require.Equal(t, [3]string{"first", "2026-01-06T00:00:00Z", "2026-01-06T06:00:00Z"},
			shiftAt(t, s, moment(t, "2026-01-06T05:00:00Z"), extra...))
		require.Equal(t, [3]string{"second", "2026-01-06T06:00:00Z", "2026-01-06T07:00:00Z"},
			shiftAt(t, s, moment(t, "2026-01-06T06:30:00Z"), extra...), "the YAML's later one wins")
		require.Equal(t, [3]string{"older", "2026-01-06T07:00:00Z", "2026-01-06T08:00:00Z"},
			shiftAt(t, s, moment(t, "2026-01-06T07:30:00Z"), extra...), "run time beats the YAML")
		require.Equal(t, [3]string{"newer", "2026-01-06T08:00:00Z", "2026-01-06T10:00:00Z"},
			shiftAt(t, s, moment(t, "2026-01-06T09:00:00Z"), extra...), "the newest wins")
		require.Equal(t, "older", shiftAt(t, s, moment(t, "2026-01-06T10:00:00Z"), extra...)[0], "the one below comes back")
	}
}

func TestWhatCannotBeReadIsNamedAndLeavesTheRestInForce(t *testing.T) {
	good := rotation(t, "Europe/London", "2026-01-05T09:00", "1w", "a", "b")
	noon := moment(t, "2026-01-06T12:00:00Z")
	tests := map[string]struct {
		spoil  func(*oncall.Schedule)
		person string
		names  string
	}{
		"zone":              {func(s *oncall.Schedule) { s.TimeZone = "Europe/Nowhere" }, "", "time_zone: \"Europe/Nowhere\""},
		"zone of machine":   {func(s *oncall.Schedule) { s.TimeZone = "Local" }, "", "time_zone: \"Local\""},
		"no zone":           {func(s *oncall.Schedule) { s.TimeZone = "" }, "", "no time zone is given"},
		"hand-off":          {func(s *oncall.Schedule) { s.Layers[1].Handoff = "monday" }, "a", "layers[1]: handoff: \"monday\""},
		"period":            {func(s *oncall.Schedule) { s.Layers[1].Every = oncall.Period{} }, "a", "layers[1]: every"},
		"window":            {func(s *oncall.Schedule) { s.Layers[1].Only = []oncall.Window{{From: "25:00"}} }, "a", "only[0]: from: \"25:00\""},
		"override's from":   {func(s *oncall.Schedule) { s.Overrides[0].From = "x" }, "top", "override for o: from: \"x\""},
		"override's to":     {func(s *oncall.Schedule) { s.Overrides[0].To = "2026-13-01T00:00" }, "top", "override for o: to"},
		"calendar":          {func(s *oncall.Schedule) { s.ICal, s.Layers = "https://example.com/x.ics", nil }, "o", "has not been read yet"},
		"calendar, no zone": {func(s *oncall.Schedule) { *s = oncall.Schedule{ID: "x", ICal: "y"} }, "", "has not been read yet"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := good
			s.Layers = append([]oncall.Layer{good.Layers[0]}, oncall.Layer{People: []string{"top"}, Every: period(t, "1d"), Handoff: "2026-01-05T09:00"})
			s.Overrides = []oncall.Override{{Person: "o", From: "2026-01-06T00:00", To: "2026-01-07T00:00"}}
			test.spoil(&s)
			if test.person == "a" {
				s.Overrides = nil
			}
			shift, err := s.At(noon, nil)
			require.ErrorContains(t, err, test.names)
			require.Equal(t, test.person, shift.Person)
		})
	}
}

func TestAPeriodIsReadInWholeHoursDaysOrWeeks(t *testing.T) {
	for _, s := range []string{"1h", "12h", "1d", "2w", "9999w"} {
		p, err := oncall.ParsePeriod(s)
		require.NoError(t, err)
		require.Equal(t, s, p.String())
	}
	for _, s := range []string{"", "h", "1", "0h", "-1d", "+1d", "1.5h", "30m", "1h30m", "1 w", "10000h", "70000h", "1W", "1д"} {
		_, err := oncall.ParsePeriod(s)
		require.Error(t, err, s)
	}
}

func TestEachShiftEndsWhereTheNextBegins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := someSchedule().Draw(t, "schedule")
		extra := rapid.SliceOfN(someOverride("primary"), 0, 3).Draw(t, "extra")
		m := someMoment().Draw(t, "at")
		shift, err := s.At(m, extra)
		require.NoError(t, err)
		for _, inside := range []time.Time{shift.Since, shift.Until.Add(-time.Nanosecond)} {
			if inside.Year() < 1000 {
				continue
			}
			same, err := s.At(inside, extra)
			require.NoError(t, err)
			require.Equal(t, shift.Person, same.Person, "from one end of the shift to the other")
		}
		if !shift.Until.IsZero() {
			require.True(t, m.Before(shift.Until))
			next, err := s.At(shift.Until, extra)
			require.NoError(t, err)
			require.True(t, next.Since.Equal(shift.Until))
			require.NotEqual(t, shift.Person, next.Person)
		}
		if !shift.Since.IsZero() {
			require.False(t, m.Before(shift.Since))
			last, err := s.At(shift.Since.Add(-time.Nanosecond), extra)
			require.NoError(t, err)
			require.True(t, last.Until.Equal(shift.Since))
			require.NotEqual(t, shift.Person, last.Person)
		}
	})
}

func someMoment() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		start := time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)
		return start.Add(time.Duration(rapid.IntRange(0, 500*24*60).Draw(t, "minutes")) * time.Minute)
	})
}

func someWallClock() *rapid.Generator[string] {
	return rapid.Map(someMoment(), func(m time.Time) string { return m.Format(clock) })
}

func someWindow() *rapid.Generator[oncall.Window] {
	return rapid.Custom(func(t *rapid.T) oncall.Window {
		hours := rapid.SampledFrom([]string{"", "00:00", "01:30", "02:15", "09:00", "23:00", "24:00"})
		return oncall.Window{
			Days:     rapid.SliceOfNDistinct(rapid.Map(rapid.IntRange(0, 6), func(d int) time.Weekday { return time.Weekday(d) }), 0, 3, rapid.ID).Draw(t, "days"),
			From:     hours.Draw(t, "from"),
			To:       hours.Draw(t, "to"),
			TimeZone: rapid.SampledFrom(bruteZones).Draw(t, "zone"),
		}
	})
}

func someLayer() *rapid.Generator[oncall.Layer] {
	return rapid.Custom(func(t *rapid.T) oncall.Layer {
		return oncall.Layer{
			People:  rapid.SliceOfN(rapid.SampledFrom([]string{"sre-1", "sre-2", "sre-3", "ghost"}), 1, 4).Draw(t, "people"),
			Every:   oncall.Period{Count: rapid.IntRange(1, 30).Draw(t, "count"), Unit: rapid.SampledFrom([]oncall.Unit{oncall.Hours, oncall.Days, oncall.Weeks}).Draw(t, "unit")},
			Handoff: someWallClock().Draw(t, "handoff"),
			Only:    rapid.SliceOfN(someWindow(), 0, 2).Draw(t, "only"),
		}
	})
}

func someOverride(schedule string) *rapid.Generator[oncall.Override] {
	return rapid.Custom(func(t *rapid.T) oncall.Override {
		return oncall.Override{
			Schedule: schedule,
			Person:   rapid.SampledFrom([]string{"sre-1", "sre-2", "sre-3"}).Draw(t, "person"),
			From:     someWallClock().Draw(t, "from"),
			To:       someWallClock().Draw(t, "to"),
			Made:     someMoment().Draw(t, "made"),
		}
	})
}

func someSchedule() *rapid.Generator[oncall.Schedule] {
	return rapid.Custom(func(t *rapid.T) oncall.Schedule {
		return oncall.Schedule{
			ID:        "primary",
			TimeZone:  rapid.SampledFrom(bruteZones).Draw(t, "zone"),
			Layers:    rapid.SliceOfN(someLayer(), 0, 3).Draw(t, "layers"),
			Overrides: rapid.SliceOfN(someOverride(""), 0, 2).Draw(t, "overrides"),
		}
	})
}
