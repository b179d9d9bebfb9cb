package ical_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // As in every binary.

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/ical"
	"github.com/seed-44180607/lastgood/oncall"
)

// people are those whom the calendars of these tests mean.
var people = []oncall.Person{
	{ID: "sre-1", Name: "First responder", Email: "sre-1@example.com"},
	{ID: "sre-2", Name: "Second responder", Email: "sre-2@example.com"},
	{ID: "sre-10", Name: "Ann"},
	{ID: "ann.lee", Name: "Ann Lee"},
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at
}

// options read the spring of 2026 in London's zone.
func options(t testing.TB) ical.Options {
	t.Helper()
	return ical.Options{
		Zone: zone(t, "Europe/London"), People: people,
		From: instant(t, "2026-03-01T00:00:00Z"), To: instant(t, "2026-05-01T00:00:00Z"),
	}
}

// calendar is a file of the given lines, as most servers send it.
func calendar(lines ...string) string {
	all := append(append([]string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//EN"}, lines...), "END:VCALENDAR", "")
	return strings.Join(all, "\r\n")
}

// vevent is an event of sre-1, unless the lines say otherwise.
func vevent(lines ...string) string {
	all := append([]string{"BEGIN:VEVENT", "UID:1@example.com", "DTSTAMP:20260101T000000Z"}, lines...)
	if !strings.Contains(strings.Join(lines, "\n"), "SUMMARY") {
		all = append(all, "SUMMARY:sre-1")
	}
	return strings.Join(append(all, "END:VEVENT"), "\r\n")
}

// read gives the shifts as "person from to", and the notes.
func read(t *testing.T, body string, change ...func(*ical.Options)) (shifts, notes []string) {
	t.Helper()
	o := options(t)
	for _, c := range change {
		c(&o)
	}
	got, err := ical.Read([]byte(body), o)
	require.NoError(t, err)
	for _, s := range got.Shifts {
		shifts = append(shifts, s.Person+" "+s.From+" "+s.To)
	}
	return shifts, got.Notes
}

func TestTheTimesOfAnEvent(t *testing.T) {
	tests := map[string]struct {
		lines string
		want  []string
	}{
		"in UTC": {
			"DTSTART:20260302T090000Z|DTEND:20260302T210000Z",
			[]string{"sre-1 2026-03-02T09:00:00Z 2026-03-02T21:00:00Z"},
		},
		"in a zone of its own": {
			"DTSTART;TZID=America/New_York:20260302T090000|DTEND;TZID=America/New_York:20260302T210000",
			[]string{"sre-1 2026-03-02T14:00:00Z 2026-03-03T02:00:00Z"},
		},
		"in a zone behind a prefix": {
			"DTSTART;TZID=/mozilla.org/20070129_1/America/New_York:20260302T090000|DTEND;TZID=/mozilla.org/20070129_1/America/New_York:20260302T210000",
			[]string{"sre-1 2026-03-02T14:00:00Z 2026-03-03T02:00:00Z"},
		},
		"in a zone of three parts behind a prefix": {
			"DTSTART;TZID=/example.org/America/Argentina/Buenos_Aires:20260302T090000|DURATION:PT1H",
			[]string{"sre-1 2026-03-02T12:00:00Z 2026-03-02T13:00:00Z"},
		},
		"in a zone of Windows": {
			"DTSTART;TZID=W. Europe Standard Time:20260401T090000|DTEND;TZID=W. Europe Standard Time:20260401T210000",
			[]string{"sre-1 2026-04-01T07:00:00Z 2026-04-01T19:00:00Z"},
		},
		"in a quoted zone": {
			`DTSTART;TZID="Europe/Berlin":20260401T090000|DTEND;TZID="Europe/Berlin":20260401T210000`,
			[]string{"sre-1 2026-04-01T07:00:00Z 2026-04-01T19:00:00Z"},
		},
		"in no zone": {
			"DTSTART:20260401T090000|DTEND:20260401T210000",
			[]string{"sre-1 2026-04-01T08:00:00Z 2026-04-01T20:00:00Z"},
		},
		"a day": {
			"DTSTART;VALUE=DATE:20260401",
			[]string{"sre-1 2026-03-31T23:00:00Z 2026-04-01T23:00:00Z"},
		},
		"days, over a change of the clocks": {
			"DTSTART;VALUE=DATE:20260328|DTEND;VALUE=DATE:20260330",
			[]string{"sre-1 2026-03-28T00:00:00Z 2026-03-29T23:00:00Z"},
		},
		"a duration in hours is exact": {
			"DTSTART;TZID=Europe/London:20260328T090000|DURATION:PT24H",
			[]string{"sre-1 2026-03-28T09:00:00Z 2026-03-29T09:00:00Z"},
		},
		"a duration in days is one of the calendar": {
			"DTSTART;TZID=Europe/London:20260328T090000|DURATION:P1D",
			[]string{"sre-1 2026-03-28T09:00:00Z 2026-03-29T08:00:00Z"},
		},
		"a duration in weeks": {
			"DTSTART:20260302T090000Z|DURATION:P1W",
			[]string{"sre-1 2026-03-02T09:00:00Z 2026-03-09T09:00:00Z"},
		},
		"from one zone into another": {
			"DTSTART;TZID=Europe/London:20260302T090000|DTEND;TZID=America/New_York:20260302T090000",
			[]string{"sre-1 2026-03-02T09:00:00Z 2026-03-02T14:00:00Z"},
		},
		"at a time that is skipped": {
			"DTSTART;TZID=Europe/London:20260329T013000|DTEND;TZID=Europe/London:20260329T040000",
			[]string{"sre-1 2026-03-29T01:30:00Z 2026-03-29T03:00:00Z"},
		},
		"that reaches into what is read, and out of it": {
			"DTSTART:20250101T000000Z|DTEND:20300101T000000Z",
			[]string{"sre-1 2025-01-01T00:00:00Z 2030-01-01T00:00:00Z"},
		},
		"that is over":      {"DTSTART:20250101T000000Z|DTEND:20260301T000000Z", nil},
		"that begins later": {"DTSTART:20260501T000000Z|DTEND:20260601T000000Z", nil},
		"that is cancelled": {"DTSTART:20260302T090000Z|DTEND:20260302T210000Z|STATUS:CANCELLED", nil},
		"that is transparent": {
			"DTSTART;VALUE=DATE:20260401|TRANSP:TRANSPARENT",
			[]string{"sre-1 2026-03-31T23:00:00Z 2026-04-01T23:00:00Z"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			shifts, notes := read(t, calendar(vevent(strings.Split(test.lines, "|")...)))
			require.Equal(t, test.want, shifts)
			require.Empty(t, notes)
		})
	}
}

func TestRepetitions(t *testing.T) {
	const start = "DTSTART;TZID=Europe/London:20260316T090000|DTEND;TZID=Europe/London:20260323T090000|"
	first, second, third := "sre-1 2026-03-16T09:00:00Z 2026-03-23T09:00:00Z", "sre-1 2026-03-23T09:00:00Z 2026-03-30T08:00:00Z", "sre-1 2026-03-30T08:00:00Z 2026-04-06T08:00:00Z"
	tests := map[string]struct {
		lines string
		want  []string
	}{
		"a week ends by the clock, also across a change": {start + "RRULE:FREQ=WEEKLY;COUNT=3", []string{first, second, third}},
		"in lower case":         {start + "rrule:freq=weekly;count=1", []string{first}},
		"until a moment":        {start + "RRULE:FREQ=WEEKLY;UNTIL=20260330T080000Z", []string{first, second, third}},
		"until just before":     {start + "RRULE:FREQ=WEEKLY;UNTIL=20260330T075959Z", []string{first, second}},
		"until a time":          {start + "RRULE:FREQ=WEEKLY;UNTIL=20260330T090000", []string{first, second, third}},
		"until a day":           {start + "RRULE:FREQ=WEEKLY;UNTIL=20260330", []string{first, second, third}},
		"until the day before":  {start + "RRULE:FREQ=WEEKLY;UNTIL=20260329", []string{first, second}},
		"but for one":           {start + "RRULE:FREQ=WEEKLY;COUNT=3|EXDATE;TZID=Europe/London:20260323T090000", []string{first, third}},
		"but for one, in UTC":   {start + "RRULE:FREQ=WEEKLY;COUNT=3|EXDATE:20260330T080000Z", []string{first, second}},
		"but for one, by day":   {start + "RRULE:FREQ=WEEKLY;COUNT=3|EXDATE;VALUE=DATE:20260323", []string{first, third}},
		"but for two in a list": {start + "RRULE:FREQ=WEEKLY;COUNT=3|EXDATE;TZID=Europe/London:20260323T090000,20260330T090000", []string{first}},
		"and more":              {start + "RDATE;TZID=Europe/London:20260330T090000", []string{first, third}},
		"every other week":      {start + "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2", []string{first, third}},
		"without an end": {
			"DTSTART;TZID=Europe/London:20200106T090000|DTEND;TZID=Europe/London:20200106T100000|RRULE:FREQ=MONTHLY;BYDAY=-1MO",
			[]string{"sre-1 2026-03-30T08:00:00Z 2026-03-30T09:00:00Z", "sre-1 2026-04-27T08:00:00Z 2026-04-27T09:00:00Z"},
		},
		"days": {
			"DTSTART;VALUE=DATE:20260329|RRULE:FREQ=DAILY;COUNT=2",
			[]string{"sre-1 2026-03-29T00:00:00Z 2026-03-29T23:00:00Z", "sre-1 2026-03-29T23:00:00Z 2026-03-30T23:00:00Z"},
		},
		"hours": {
			"DTSTART:20260302T000000Z|DURATION:PT12H|RRULE:FREQ=HOURLY;INTERVAL=24;COUNT=2",
			[]string{"sre-1 2026-03-02T00:00:00Z 2026-03-02T12:00:00Z", "sre-1 2026-03-03T00:00:00Z 2026-03-03T12:00:00Z"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			shifts, notes := read(t, calendar(vevent(strings.Split(test.lines, "|")...)))
			require.Equal(t, test.want, shifts)
			require.Empty(t, notes)
		})
	}
}

func TestAnOccurrenceThatWasChangedTakesThePlaceOfTheOneOfTheRule(t *testing.T) {
	weekly := vevent("DTSTART:20260302T090000Z", "DTEND:20260309T090000Z", "RRULE:FREQ=WEEKLY;COUNT=3")
	const which = "RECURRENCE-ID:20260309T090000Z"
	first, third := "sre-1 2026-03-02T09:00:00Z 2026-03-09T09:00:00Z", "sre-1 2026-03-16T09:00:00Z 2026-03-23T09:00:00Z"
	tests := map[string]struct {
		change string
		want   []string
		notes  []string
	}{
		"given to another": {
			vevent(which, "DTSTART:20260309T090000Z", "DTEND:20260316T090000Z", "SUMMARY:sre-2"),
			[]string{first, "sre-2 2026-03-09T09:00:00Z 2026-03-16T09:00:00Z", third},
			nil,
		},
		"moved": {
			vevent(which, "DTSTART:20260310T090000Z", "DTEND:20260316T090000Z"),
			[]string{first, "sre-1 2026-03-10T09:00:00Z 2026-03-16T09:00:00Z", third},
			nil,
		},
		"named in another zone": {
			vevent("RECURRENCE-ID;TZID=America/New_York:20260309T050000", "DTSTART:20260309T090000Z", "DTEND:20260316T090000Z", "SUMMARY:sre-2"),
			[]string{first, "sre-2 2026-03-09T09:00:00Z 2026-03-16T09:00:00Z", third},
			nil,
		},
		"cancelled": {
			vevent(which, "DTSTART:20260309T090000Z", "DTEND:20260316T090000Z", "STATUS:CANCELLED"),
			[]string{first, third},
			nil,
		},
		"changed again": {
			vevent(which, "DTSTART:20260309T090000Z", "DTEND:20260316T090000Z", "SEQUENCE:2", "SUMMARY:sre-2") + "\r\n" +
				vevent(which, "DTSTART:20260309T090000Z", "DTEND:20260316T090000Z", "SEQUENCE:1", "SUMMARY:Ann"),
			[]string{first, "sre-2 2026-03-09T09:00:00Z 2026-03-16T09:00:00Z", third},
			nil,
		},
		"given to a stranger": {
			vevent(which, "DTSTART:20260309T090000Z", "DTEND:20260316T090000Z", "SUMMARY:Nobody we know"),
			[]string{first, third},
			[]string{`"Nobody we know" of 2026-03-09 09:00: names none of the people`},
		},
		"changed with all that follow": {
			vevent("RECURRENCE-ID;RANGE=THISANDFUTURE:20260309T090000Z", "DTSTART:20260309T090000Z", "DTEND:20260316T090000Z", "SUMMARY:sre-2"),
			[]string{first, "sre-1 2026-03-09T09:00:00Z 2026-03-16T09:00:00Z", third},
			[]string{`"sre-2" of 2026-03-09 09:00: RECURRENCE-ID: a change of all later occurrences (RANGE) is not read`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, body := range []string{calendar(weekly, test.change), calendar(test.change, weekly)} {
				shifts, notes := read(t, body)
				require.Equal(t, test.want, shifts)
				require.Equal(t, test.notes, notes)
			}
		})
	}
}

func TestOfTwoShiftsAtOnceTheOneThatBeganLastCountsInWhateverOrderTheyAreWritten(t *testing.T) {
	events := []string{
		vevent("DTSTART:20260302T090000Z", "DTEND:20260309T090000Z", "SUMMARY:sre-1"),
		vevent("DTSTART:20260304T090000Z", "DTEND:20260304T170000Z", "SUMMARY:sre-2"),
		vevent("DTSTART:20260302T090000Z", "DTEND:20260302T170000Z", "SUMMARY:Ann"),
	}
	want := map[string]string{
		"2026-03-02T09:00:00Z": "sre-10", "2026-03-02T17:00:00Z": "sre-1", "2026-03-04T09:00:00Z": "sre-2", "2026-03-04T17:00:00Z": "sre-1",
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		var lines []string
		for _, i := range order {
			lines = append(lines, events[i])
		}
		got, err := ical.Read([]byte(calendar(lines...)), options(t))
		require.NoError(t, err)
		roster := oncall.Roster{
			People: people, Schedules: []oncall.Schedule{{ID: "s", ICal: "x"}},
			Calendars: []oncall.Calendar{{Schedule: "s", Shifts: got.Shifts, Read: instant(t, "2026-03-01T00:00:00Z")}},
		}
		for at, person := range want {
			found := oncall.People([]oncall.Target{{Schedule: "s"}}, instant(t, at), roster)
			require.Len(t, found, 1)
			require.Equal(t, person, found[0].ID, at)
		}
	}
}

func TestHowCalendarsAreWritten(t *testing.T) {
	plain := calendar(vevent("DTSTART:20260302T090000Z", "DTEND:20260302T210000Z", "DESCRIPTION:"+strings.Repeat("x", 50_000), "SUMMARY:On call: First responder"))
	want, _ := read(t, plain)
	require.Equal(t, []string{"sre-1 2026-03-02T09:00:00Z 2026-03-02T21:00:00Z"}, want)
	tests := map[string]string{
		"with LF alone":               strings.ReplaceAll(plain, "\r\n", "\n"),
		"with a byte order mark":      "\xef\xbb\xbf" + plain,
		"with folded lines":           strings.ReplaceAll(plain, "responder", "respo\r\n nder"),
		"folded with a tab":           strings.ReplaceAll(plain, "responder", "respo\r\n\tnder"),
		"without a last line end":     strings.TrimSpace(plain),
		"with empty lines":            strings.ReplaceAll(plain, "UID", "\r\nUID"),
		"in lower case":               strings.NewReplacer("BEGIN:VEVENT", "begin:vevent", "DTSTART", "dtstart", "SUMMARY", "summary", "END:V", "end:v").Replace(plain),
		"with an alarm":               strings.Replace(plain, "END:VEVENT", "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nACTION:DISPLAY\r\nDTSTART:x\r\nEND:VALARM\r\nEND:VEVENT", 1),
		"with a task and a free time": strings.Replace(plain, "BEGIN:VEVENT", "BEGIN:VTODO\r\nSUMMARY:sre-2\r\nEND:VTODO\r\nBEGIN:VFREEBUSY\r\nEND:VFREEBUSY\r\nBEGIN:VEVENT", 1),
		"with something unknown":      strings.Replace(plain, "BEGIN:VEVENT", "BEGIN:X-THING\r\nX-A:1\r\nEND:X-THING\r\nBEGIN:VEVENT", 1),
		"with properties in between":  strings.Replace(plain, "END:VCALENDAR", "X-WR-CALNAME:On call\r\nEND:VCALENDAR", 1),
		"with a malformed line":       strings.Replace(plain, "END:VEVENT", "X-BAD_NAME;=:;:x\r\nno colon\r\nEND:VEVENT", 1),
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			got, notes := read(t, body)
			require.Equal(t, want, got)
			require.Empty(t, notes)
		})
	}
}

func TestTheZoneOfTimesWithoutOne(t *testing.T) {
	event := vevent("DTSTART:20260401T090000", "DTEND:20260401T210000")
	noZone := func(o *ical.Options) { o.Zone = nil }
	tests := map[string]struct {
		body   string
		change func(*ical.Options)
		want   string
	}{
		"is the schedule's":         {calendar("X-WR-TIMEZONE:America/New_York", event), func(*ical.Options) {}, "2026-04-01T08:00:00Z"},
		"else the calendar's":       {calendar("X-WR-TIMEZONE:America/New_York", event), noZone, "2026-04-01T13:00:00Z"},
		"else UTC":                  {calendar(event), noZone, "2026-04-01T09:00:00Z"},
		"UTC for an empty one":      {calendar("X-WR-TIMEZONE:", event), noZone, "2026-04-01T09:00:00Z"},
		"UTC for one that is none":  {calendar("X-WR-TIMEZONE:Nowhere", event), noZone, "2026-04-01T09:00:00Z"},
		"the one that is described": {calendar("X-WR-TIMEZONE:Ours", ours("Ours"), event), noZone, "2026-04-01T06:00:00Z"},
		"not described by itself":   {calendar("X-WR-TIMEZONE:Ours", strings.Replace(ours("Ours"), "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "RDATE:20251026T040000", 1), event), noZone, "2026-04-01T06:00:00Z"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			shifts, notes := read(t, test.body, test.change)
			require.Len(t, shifts, 1)
			require.Contains(t, shifts[0], "sre-1 "+test.want)
			require.Empty(t, notes)
		})
	}
}

// ours is a zone of the calendar's own, two hours ahead of UTC, three in summer.
func ours(name string) string {
	return strings.Join([]string{
		"BEGIN:VTIMEZONE", "TZID:" + name,
		"BEGIN:STANDARD", "DTSTART:16010101T040000", "TZOFFSETFROM:+0300", "TZOFFSETTO:+0200", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD",
		"BEGIN:DAYLIGHT", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0300", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT",
		"END:VTIMEZONE",
	}, "\r\n")
}

// A zone that the calendar describes is held against the one of the database that it describes.
func TestAZoneThatTheCalendarDescribesIsThatZone(t *testing.T) {
	bucharest := zone(t, "Europe/Bucharest")
	o := options(t)
	o.From, o.To = instant(t, "2026-01-01T00:00:00Z"), instant(t, "2027-01-01T00:00:00Z")
	for _, half := range []string{"2026-03-2", "2026-10-2"} {
		for minute := range 4 * 24 * 60 / 15 {
			shown := instant(t, half+"4T00:00:00Z").Add(time.Duration(minute) * 15 * time.Minute)
			text := shown.Format("20060102T150405")
			body := calendar(ours("Our Own Time"), vevent("DTSTART;TZID=Our Own Time:"+text, "DURATION:PT1M"))
			got, err := ical.Read([]byte(body), o)
			require.NoError(t, err)
			require.Empty(t, got.Notes)
			require.Equal(t, oncall.MomentOf(shown, bucharest).UTC().Format(time.RFC3339), got.Shifts[0].From, text)
		}
	}
}

func TestWhatCannotBeReadIsNamedAndTheRestHolds(t *testing.T) {
	const times = "DTSTART:20260302T090000Z|DTEND:20260302T210000Z|"
	tests := map[string]struct{ lines, want string }{
		"a stranger":            {times + "SUMMARY:Team lunch", `"Team lunch" of 2026-03-02 09:00: names none of the people`},
		"no summary":            {times + "SUMMARY:", `an event without a summary of 2026-03-02 09:00: has no summary, and no attendee that is one of the people`},
		"no start":              {"DTEND:20260302T210000Z", `"sre-1": it has no DTSTART`},
		"an unreadable start":   {"DTSTART:soon", `"sre-1": DTSTART: "soon" is not a date like 20260105 or a time like 20260105T090000`},
		"an unknown zone":       {"DTSTART;TZID=Mars/Olympus:20260302T090000", `"sre-1": DTSTART: the zone "Mars/Olympus" is neither known nor described in the calendar`},
		"the machine's zone":    {"DTSTART;TZID=Local:20260302T090000", `"sre-1": DTSTART: the zone "Local" is neither known nor described in the calendar`},
		"no end":                {"DTSTART:20260302T090000Z", `"sre-1" of 2026-03-02 09:00: it has no end: DTEND and DURATION are missing`},
		"an end before":         {"DTSTART:20260302T090000Z|DTEND:20260301T210000Z", `"sre-1" of 2026-03-02 09:00: it ends before it begins, or as it begins`},
		"no time at all":        {"DTSTART:20260302T090000Z|DURATION:PT0S", `"sre-1" of 2026-03-02 09:00: it ends before it begins, or as it begins`},
		"an unreadable length":  {"DTSTART:20260302T090000Z|DURATION:-PT1H", `"sre-1" of 2026-03-02 09:00: DURATION: "-PT1H" is not a duration like P7D or PT12H`},
		"a day until a time":    {"DTSTART;VALUE=DATE:20260302|DTEND:20260303T090000Z", `"sre-1" of 2026-03-02: DTSTART and DTEND are not both dates or both times`},
		"an unknown rule":       {times + "RRULE:FREQ=FORTNIGHTLY", `"sre-1" of 2026-03-02 09:00: RRULE: "FREQ=FORTNIGHTLY": undefined frequency: FORTNIGHTLY`},
		"a rule by minutes":     {times + "RRULE:FREQ=MINUTELY", `"sre-1" of 2026-03-02 09:00: RRULE: "FREQ=MINUTELY": a rule by minutes or seconds is not read`},
		"hours that never come": {times + "RRULE:FREQ=HOURLY;INTERVAL=2;BYHOUR=4", `"sre-1" of 2026-03-02 09:00: RRULE: "FREQ=HOURLY;INTERVAL=2;BYHOUR=4": a rule by hours with BYHOUR, BYMINUTE or BYSECOND is not read`},
		"a rule too often":      {times + "RRULE:FREQ=DAILY;BYMINUTE=0,1,2,3,4;BYHOUR=1,2,3,4,5", `more than 24 times a day`},
		"an absurd interval":    {times + "RRULE:FREQ=DAILY;INTERVAL=9223372036854775807", `INTERVAL is not between 1 and 10000`},
		"an unreadable until":   {times + "RRULE:FREQ=DAILY;UNTIL=later", `UNTIL: "LATER" is not a date`},
		"a rule too long":       {times + "RRULE:FREQ=DAILY;BYMONTHDAY=" + strings.Repeat("1,", 300) + "1", `longer than 500 bytes`},
		"two rules":             {times + "RRULE:FREQ=DAILY|RRULE:FREQ=WEEKLY", `it has more than one RRULE`},
		"an exception rule":     {times + "RRULE:FREQ=DAILY|EXRULE:FREQ=WEEKLY", `EXRULE is not read`},
		"periods":               {times + "RDATE;VALUE=PERIOD:20260303T090000Z/PT1H", `RDATE: a list of periods is not read`},
		"days and times":        {times + "RDATE;VALUE=DATE:20260303", `DTSTART and RDATE are not both dates or both times`},
		"an unreadable day":     {times + "EXDATE:2026-03-03", `EXDATE: "2026-03-03" is not a date`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			good := vevent("DTSTART:20260310T090000Z", "DTEND:20260310T210000Z", "SUMMARY:sre-2")
			shifts, notes := read(t, calendar(vevent(strings.Split(test.lines, "|")...), good))
			require.Equal(t, []string{"sre-2 2026-03-10T09:00:00Z 2026-03-10T21:00:00Z"}, shifts)
			require.Len(t, notes, 1)
			require.Contains(t, notes[0], test.want)
		})
	}
}

func TestWhatIsLongOverIsNotNoted(t *testing.T) {
	_, notes := read(t, calendar(
		vevent("DTSTART:20200302T090000Z", "DTEND:20200302T210000Z", "SUMMARY:Somebody who has left"),
		vevent("DTSTART:20200302T090000Z", "SUMMARY:sre-1"),
	))
	require.Empty(t, notes)
}

func TestNotesAreBounded(t *testing.T) {
	var lines []string
	for i := range 50 {
		lines = append(lines, vevent("DTSTART:20260302T090000Z", "DTEND:20260302T210000Z", fmt.Sprintf("SUMMARY:Stranger %d", i)))
	}
	_, notes := read(t, calendar(lines...))
	require.Len(t, notes, 21)
	require.Equal(t, "and 30 more", notes[20])
}

func TestWhatIsNoWholeCalendarIsRefused(t *testing.T) {
	good := calendar(vevent("DTSTART:20260302T090000Z", "DTEND:20260302T210000Z"))
	tests := map[string]struct{ body, want string }{
		"nothing":              {"", "this is no iCalendar file"},
		"a login page":         {"<html><body>Sign in</body></html>", "this is no iCalendar file"},
		"cut off in an event":  {good[:len(good)/2], "the calendar is cut off"},
		"cut off after one":    {strings.TrimSuffix(good, "END:VCALENDAR\r\n"), "the calendar is cut off"},
		"an event without end": {strings.Replace(good, "END:VEVENT\r\n", "", 1), "read the calendar"},
		"two calendars":        {good + good, "read the calendar"},
		"too many shifts":      {calendar(vevent("DTSTART:20260301T000000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY")), "more than 1000 shifts between 2026-03-01 and 2026-05-01"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := ical.Read([]byte(test.body), options(t))
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestTheExampleIsReadInFull(t *testing.T) {
	body, err := os.ReadFile("../../docs/examples/secondary.ics")
	require.NoError(t, err)
	shifts, notes := read(t, string(body), func(o *ical.Options) {
		o.From, o.To = instant(t, "2026-12-08T00:00:00Z"), instant(t, "2027-01-01T00:00:00Z")
	})
	require.Equal(t, []string{
		"sre-1 2026-12-07T09:00:00Z 2026-12-14T09:00:00Z", "sre-2 2026-12-14T09:00:00Z 2026-12-21T09:00:00Z",
		"sre-2 2026-12-21T09:00:00Z 2026-12-28T09:00:00Z", "sre-2 2026-12-28T09:00:00Z 2027-01-04T09:00:00Z",
	}, shifts)
	require.Empty(t, notes)
}

func TestCalendarsAsProgramsExportThem(t *testing.T) {
	files, err := os.ReadDir("testdata")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name, isCalendar := strings.CutSuffix(file.Name(), ".ics")
		if !isCalendar {
			continue
		}
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile("testdata/" + file.Name())
			require.NoError(t, err)
			want, err := os.ReadFile("testdata/" + name + ".txt")
			require.NoError(t, err)
			shifts, notes := read(t, string(body))
			require.Equal(t, strings.TrimSpace(string(want)), strings.Join(append(shifts, notes...), "\n"))
		})
	}
}
