package ical_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/ical"
)

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.ics")
	require.NoError(f, err)
	for _, name := range files {
		body, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(string(body))
	}
	f.Add(calendar(ours("Ours"), vevent("DTSTART;TZID=Ours:20260302T090000", "DURATION:P1DT2H", "RRULE:FREQ=YEARLY;BYDAY=+1MO,-1FR;BYSETPOS=-1;WKST=SU")))
	f.Add(calendar(vevent("DTSTART:20260302T090000Z", "DTEND:20260302T210000Z", "RRULE:FREQ=HOURLY;INTERVAL=7", "EXDATE:20260302T160000Z", "RDATE:20260401T000000Z")))
	f.Add("BEGIN:VCALENDAR\nX-WR-TIMEZONE:\n" + vevent("DTSTART;VALUE=DATE:20260302") + "\nEND:VCALENDAR")
	zoned, zoneless := options(f), options(f)
	zoneless.Zone = nil
	f.Fuzz(func(t *testing.T, body string) {
		o := zoned
		if len(body)%2 == 0 {
			o = zoneless
		}
		got, err := ical.Read([]byte(body), o)
		if err != nil {
			require.Empty(t, got)
			return
		}
		require.LessOrEqual(t, len(got.Shifts), 1000)
		require.LessOrEqual(t, len(got.Notes), 21)
		var last time.Time
		for _, s := range got.Shifts {
			from, to := instant(t, s.From), instant(t, s.To)
			require.True(t, from.Before(o.To) && to.After(o.From) && from.Before(to), "%s to %s", from, to)
			require.False(t, from.Before(last), "in order")
			last = from
			require.Contains(t, []string{"sre-1", "sre-2", "sre-10", "ann.lee"}, s.Person)
		}
	})
}

// A calendar is somebody else's. Each of these would take minutes or hours, or all memory, without its bound.
func TestACalendarThatIsMadeToTakeLongIsReadInTime(t *testing.T) {
	times := func(n int, text string) string { return strings.Repeat(text+"\r\n", n) }
	old := "BEGIN:VEVENT\r\nDTSTART:00010101T000000Z\r\nDURATION:PT1S\r\nSUMMARY:sre-1\r\nRRULE:"
	tests := map[string]string{
		"rules since the year 1":        times(5000, old+"FREQ=DAILY\r\nEND:VEVENT"),
		"rules that never come to pass": times(5000, old+"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\r\nEND:VEVENT"),
		"such rules, from now on":       times(5000, strings.Replace(old, "0001", "2026", 1)+"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\r\nEND:VEVENT"),
		"such rules by years":           times(5000, strings.Replace(old, "0001", "2026", 1)+"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\nEND:VEVENT"),
		"rules with all positions":      times(2000, old+"FREQ=YEARLY;BYSETPOS="+strings.Repeat("-1,1,", 80)+"1\r\nEND:VEVENT"),
		"rules with many numbers":       times(2000, old+"FREQ=DAILY;BYYEARDAY="+strings.Repeat("366,", 100)+"366\r\nEND:VEVENT"),
		"zones since the year 1":        times(2000, "BEGIN:VTIMEZONE\r\nTZID:x\r\nBEGIN:STANDARD\r\nDTSTART:00010101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=DAILY;COUNT=99999999\r\nEND:STANDARD\r\nEND:VTIMEZONE") + vevent("DTSTART;TZID=x:20260302T090000", "DURATION:PT1H") + "\r\n",
		"one line":                      "X-A" + strings.Repeat(";A=B", 250_000) + ":x\r\n",
		"one line that matters":         "DTSTART" + strings.Repeat(";A=B", 250_000) + ":x\r\n",
		"many lines that matter":        times(60, "DTSTART"+strings.Repeat(";A=B", 4000)+":x"),
		"components in components":      times(20_000, "BEGIN:VEVENT") + times(20_000, "END:VEVENT"),
		"one exception after the other": times(1, "BEGIN:VEVENT\r\nDTSTART:20260101T000000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=HOURLY\r\n"+times(60, "EXDATE:"+strings.Repeat("20260302T000000Z,", 900)+"20260302T000000Z")+"END:VEVENT"),
		"zones of many parts": func() string {
			var all strings.Builder
			for i := range 240 {
				all.WriteString("BEGIN:VEVENT\r\nDTSTART;TZID=/" + strings.Repeat("x/", 2000) + strings.Repeat("y", i) + ":20260302T090000\r\nDURATION:PT1H\r\nEND:VEVENT\r\n")
			}
			return all.String()
		}(),
		"as many unknown zones as possible": func() string {
			var all strings.Builder
			for i := range 8000 {
				all.WriteString("BEGIN:VEVENT\r\nDTSTART;TZID=Zone/" + strings.Repeat("x", i%20) + string(rune('A'+i%26)) + ":20260302T090000\r\nDURATION:PT1H\r\nEND:VEVENT\r\n")
			}
			return all.String()
		}(),
	}
	for name, lines := range tests {
		t.Run(name, func(t *testing.T) {
			body := calendar(strings.TrimSuffix(lines, "\r\n"))
			if len(body) > 1<<20 {
				body = calendar(strings.TrimSuffix(lines[:strings.LastIndex(lines[:1<<20-100], "BEGIN:VEVENT")], "\r\n"))
			}
			began := time.Now()
			got, err := ical.Read([]byte(body), options(t))
			t.Logf("%d bytes in %s: %d shifts, %d notes, %v", len(body), time.Since(began).Round(time.Millisecond), len(got.Shifts), len(got.Notes), err)
		})
	}
}
