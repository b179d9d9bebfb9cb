package oncall_test

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata" // The zones are the same on every machine.

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
)

// clock is how hand-offs are written in a schedule.
const clock = "2006-01-02T15:04"

func zoneOf(t require.TestingT, name string) *time.Location {
	zone, err := time.LoadLocation(name)
	require.NoError(t, err)
	return zone
}

func moment(t require.TestingT, s string) time.Time {
	m, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return m
}

func period(t require.TestingT, s string) oncall.Period {
	p, err := oncall.ParsePeriod(s)
	require.NoError(t, err)
	return p
}

// rotation is a schedule of one layer.
func rotation(t require.TestingT, zone, handoff, every string, people ...string) oncall.Schedule {
	return oncall.Schedule{ID: "primary", TimeZone: zone, Layers: []oncall.Layer{
		{People: people, Every: period(t, every), Handoff: handoff},
	}}
}

// shiftAt is the answer of a schedule that can be read, the moments in RFC 3339.
func shiftAt(t require.TestingT, s oncall.Schedule, at time.Time, extra ...oncall.Override) [3]string {
	shift, err := s.At(at, extra)
	require.NoError(t, err)
	return [3]string{shift.Person, written(shift.Since), written(shift.Until)}
}

func written(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func TestHandOffsKeepToTheClockOnTheWall(t *testing.T) {
	tests := map[string]struct {
		zone, handoff, every string
		at                   string
		since, until         string
	}{
		"a night shift in spring lasts 11 h": {
			"Europe/London", "2026-03-01T09:00", "12h", "2026-03-29T00:30:00Z",
			"2026-03-28T21:00:00Z", "2026-03-29T09:00:00+01:00",
		},
		"a night shift in autumn lasts 13 h": {
			"Europe/London", "2026-03-01T09:00", "12h", "2026-10-25T01:30:00Z",
			"2026-10-24T21:00:00+01:00", "2026-10-25T09:00:00Z",
		},
		"a day in spring lasts 23 h": {
			"America/New_York", "2026-01-01T17:00", "1d", "2026-03-08T12:00:00-04:00",
			"2026-03-07T17:00:00-05:00", "2026-03-08T17:00:00-04:00",
		},
		"a week keeps its hour through the summer": {
			"Europe/London", "2026-01-05T09:00", "1w", "2026-07-01T12:00:00Z",
			"2026-06-29T09:00:00+01:00", "2026-07-06T09:00:00+01:00",
		},
		"a skipped hand-off comes as far after the gap": {
			"America/New_York", "2026-03-07T02:30", "1d", "2026-03-08T12:00:00Z",
			"2026-03-08T03:30:00-04:00", "2026-03-09T02:30:00-04:00",
		},
		"before a skipped hand-off the one before is on call": {
			"America/New_York", "2026-03-07T02:30", "1d", "2026-03-08T03:29:59-04:00",
			"2026-03-07T02:30:00-05:00", "2026-03-08T03:30:00-04:00",
		},
		"a hand-off at the gap's start comes when it starts": {
			"America/New_York", "2026-03-07T02:00", "1d", "2026-03-08T12:00:00Z",
			"2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00",
		},
		"a hand-off shown twice comes the first time": {
			"America/New_York", "2026-10-31T01:30", "1d", "2026-11-01T01:30:00-05:00",
			"2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00",
		},
		"an hour shown twice is one shift": {
			"Europe/London", "2026-10-01T00:00", "1h", "2026-10-25T01:45:00Z",
			"2026-10-25T01:00:00+01:00", "2026-10-25T02:00:00Z",
		},
		"an hour that is skipped is no shift": {
			"Europe/London", "2026-03-01T00:00", "1h", "2026-03-29T00:15:00Z",
			"2026-03-29T00:00:00Z", "2026-03-29T02:00:00+01:00",
		},
		"a change of half an hour, skipped": {
			"Australia/Lord_Howe", "2026-10-03T02:15", "1d", "2026-10-04T12:00:00+11:00",
			"2026-10-04T02:45:00+11:00", "2026-10-05T02:15:00+11:00",
		},
		"a change of half an hour, twice": {
			"Australia/Lord_Howe", "2026-04-04T01:45", "1d", "2026-04-05T12:00:00+10:30",
			"2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30",
		},
		"midnight that is skipped": {
			"America/Havana", "2026-03-07T00:00", "1d", "2026-03-08T12:00:00-04:00",
			"2026-03-08T01:00:00-04:00", "2026-03-09T00:00:00-04:00",
		},
		"midnight that comes twice": {
			"America/Havana", "2026-10-31T00:00", "1d", "2026-11-01T12:00:00-05:00",
			"2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00",
		},
		"a whole day that was skipped": {
			"Pacific/Apia", "2011-12-28T09:00", "1d", "2011-12-31T12:00:00+14:00",
			"2011-12-31T09:00:00+14:00", "2012-01-01T09:00:00+14:00",
		},
		"a zone without changes": {
			"Asia/Kolkata", "2026-01-01T21:30", "12h", "2026-03-29T00:00:00Z",
			"2026-03-28T21:30:00+05:30", "2026-03-29T09:30:00+05:30",
		},
		"a first hand-off in another age of the zone": {
			"Europe/London", "1970-01-05T09:00", "2w", "2026-07-01T12:00:00Z",
			"2026-06-22T09:00:00+01:00", "2026-07-06T09:00:00+01:00",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := rotation(t, test.zone, test.handoff, test.every, "a", "b", "c")
			got := shiftAt(t, s, moment(t, test.at))
			require.Equal(t, []string{test.since, test.until}, got[1:])
			require.NotEmpty(t, got[0])
		})
	}
}

// bruteZones are both hemispheres, changes of 30 min, 1 h and 2 h, changes at midnight, offsets of a quarter hour, a
// change in the month of Ramadan, and none at all.
var bruteZones = []string{
	"Europe/London", "America/New_York", "America/St_Johns", "America/Santiago", "America/Havana", "Africa/Casablanca",
	"Antarctica/Troll", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kolkata", "Asia/Kathmandu",
}

var bruteRotations = []string{"1h", "12h", "1d", "1w"}

func TestEvery30SecondsAroundAChangeOneIsOnCallAndHandOffsAreWhereTheClockShowsThem(t *testing.T) {
	for _, zone := range bruteZones {
		for _, every := range bruteRotations {
			t.Run(zone+" every "+every, func(t *testing.T) {
				t.Parallel()
				changes := changesOf(zoneOf(t, zone), 2026)
				require.Len(t, changes, 2)
				for _, change := range changes {
					walk(t, through(t, zone, every, change), change)
				}
			})
		}
	}
}

// through is a schedule of five people that hands over at a wall time which the change skips, or shows twice.
func through(t *testing.T, zone, every string, change time.Time) oncall.Schedule {
	t.Helper()
	begins, ends := look(change.Add(-time.Minute), zoneOf(t, zone)).Add(time.Minute), look(change, zoneOf(t, zone))
	if ends.Before(begins) {
		begins = ends
	}
	first := begins.Add(15*time.Minute).AddDate(0, 0, -8*7)
	return rotation(t, zone, first.Format(clock), every, "a", "b", "c", "d", "e")
}

// changesOf gives the moments of a year at which the clocks of a zone change; for a zone without, two ordinary days.
func changesOf(zone *time.Location, year int) []time.Time {
	var changes []time.Time
	start := time.Date(year, 1, 2, 0, 0, 0, 0, time.UTC)
	for m := start; m.Year() == year; m = m.Add(15 * time.Minute) {
		_, before := m.Add(-15 * time.Minute).In(zone).Zone()
		if _, now := m.In(zone).Zone(); now != before {
			changes = append(changes, m)
		}
	}
	if len(changes) == 0 {
		return []time.Time{start.AddDate(0, 2, 26), start.AddDate(0, 9, 23)}
	}
	return changes
}

const (
	// around is how long before and after a change a schedule is looked at.
	around = 2 * 24 * 60
	// week is how far a shift may reach beyond that.
	week = 8 * 24 * 60
)

// walk compares a schedule, every 30 s, with what somebody would do who looks at a clock each minute.
func walk(t *testing.T, s oncall.Schedule, change time.Time) {
	t.Helper()
	first := change.Add(-(around + week) * time.Minute)
	turns := watch(t, zoneOf(t, s.TimeZone), s.Layers[0], first, 2*(around+week))
	minute := func(i int) time.Time { return first.Add(time.Duration(i) * time.Minute) }
	since, until := 0, 0
	for i := range turns[:week+2*around] {
		if i == until {
			since = i
			for until < len(turns) && turns[until] == turns[i] {
				until++
			}
		}
		for _, m := range []time.Time{minute(i), minute(i).Add(30 * time.Second)} {
			if i < week {
				break
			}
			shift, err := s.At(m, nil)
			if err != nil || shift.Person != s.Layers[0].People[turns[i]%5] || !shift.Since.Equal(minute(since)) || !shift.Until.Equal(minute(until)) {
				require.Failf(t, "not what the clock shows", "at %s: %v, %v; period %d from %s to %s",
					m, shift, err, turns[i], minute(since), minute(until))
			}
		}
	}
}

// watch says which period of a layer, counted from 0, is the latest begun in each of so many minutes, by looking at a
// clock of the zone.
func watch(t *testing.T, zone *time.Location, layer oncall.Layer, first time.Time, minutes int) []int {
	t.Helper()
	due := handoffs(t, layer)
	begun := map[time.Time]int{}
	seen := map[int]bool{}
	begin := func(shown, m time.Time) {
		if n, handsOver := due[shown]; handsOver && !seen[n] {
			begun[m], seen[n] = max(begun[m], n), true
		}
	}
	turns := make([]int, minutes)
	latest, shown := 0, time.Time{}
	for i := range turns {
		m := first.Add(time.Duration(i) * time.Minute)
		shows, skipped := look(m, zone), m
		for never := shown.Add(time.Minute); !shown.IsZero() && never.Before(shows); never = never.Add(time.Minute) {
			begin(never, skipped)
			skipped = skipped.Add(time.Minute)
		}
		begin(shows, m)
		shown = shows
		latest = max(latest, begun[m])
		turns[i] = latest
	}
	return turns
}

// look is what a clock of the zone shows, as if it were one without a zone.
func look(m time.Time, zone *time.Location) time.Time {
	m = m.In(zone)
	return time.Date(m.Year(), m.Month(), m.Day(), m.Hour(), m.Minute(), 0, 0, time.UTC)
}

// handoffs are what the clock shows when the periods of a layer begin, in the year after its first hand-off.
func handoffs(t *testing.T, layer oncall.Layer) map[time.Time]int {
	t.Helper()
	first, err := time.Parse(clock, layer.Handoff)
	require.NoError(t, err)
	hours := layer.Every.Count * map[oncall.Unit]int{oncall.Hours: 1, oncall.Days: 24, oncall.Weeks: 7 * 24}[layer.Every.Unit]
	due := map[time.Time]int{}
	for n := range 366 * 24 / hours {
		due[first.Add(time.Duration(n*hours)*time.Hour)] = n
	}
	return due
}

func TestAClockThatSkipsTwoHoursDropsTheShiftsOfOne(t *testing.T) {
	// In Troll the clocks go from 01:00 to 03:00: the periods of 01:00 and 02:00 have no place of their own.
	s := rotation(t, "Antarctica/Troll", "2026-03-29T00:00", "1h", "a", "b", "c", "d", "e")
	var order string
	for m := moment(t, "2026-03-29T00:00:00Z"); len(order) < 4; m = m.Add(time.Hour) {
		order += fmt.Sprint(shiftAt(t, s, m)[0])
	}
	require.Equal(t, "adea", order)
}

func TestAnOverrideAtATimeThatTheClocksSkipOrShowTwice(t *testing.T) {
	tests := map[string]struct {
		zone, from, to string
		at             string
		since, until   string
	}{
		"from a time that is skipped, as far after the gap": {
			"Europe/London", "2026-03-29T01:30", "2026-03-29T06:00", "2026-03-29T03:00:00+01:00",
			"2026-03-29T02:30:00+01:00", "2026-03-29T06:00:00+01:00",
		},
		"to a time that is skipped, as far after the gap": {
			"Australia/Lord_Howe", "2026-10-04T00:00", "2026-10-04T02:15", "2026-10-04T02:40:00+11:00",
			"2026-10-04T00:00:00+10:30", "2026-10-04T02:45:00+11:00",
		},
		"from a time that comes twice, the first": {
			"America/New_York", "2026-11-01T01:30", "2026-11-01T06:00", "2026-11-01T01:10:00-05:00",
			"2026-11-01T01:30:00-04:00", "2026-11-01T06:00:00-05:00",
		},
		"to a time that comes twice, the first": {
			"Europe/London", "2026-10-25T00:00", "2026-10-25T01:30", "2026-10-25T01:29:59+01:00",
			"2026-10-25T00:00:00+01:00", "2026-10-25T01:30:00+01:00",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := rotation(t, test.zone, "2026-01-05T09:00", "1w", "a", "b")
			s.Overrides = []oncall.Override{{Person: "c", From: test.from, To: test.to}}
			require.Equal(t, [3]string{"c", test.since, test.until}, shiftAt(t, s, moment(t, test.at)))
		})
	}
}
