package oncall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
)

// shut is when a policy's only step would page if it waits for a window; zero when it pages at once.
func shut(t *testing.T, w oncall.Window, at string) string {
	t.Helper()
	p := oncall.Policy{ID: "p", Steps: stepsOf(1)}
	p.Steps[0].WaitUntil = &w
	plan := oncall.Resolve(p, oncall.Position{Step: 1, Round: 1}, moment(t, at), team())
	require.Empty(t, plan.Passed)
	require.Empty(t, plan.Notes)
	return written(plan.Opens)
}

func TestAWindowIsOpenOnItsDaysBetweenItsHours(t *testing.T) {
	workdays := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	office := oncall.Window{Days: workdays, From: "09:00", To: "18:00", TimeZone: "Europe/London"}
	night := oncall.Window{Days: []time.Weekday{time.Friday}, From: "22:00", To: "06:00", TimeZone: "Europe/London"}
	early := oncall.Window{From: "01:30", To: "03:00", TimeZone: "Europe/London"}
	tests := map[string]struct {
		window oncall.Window
		at     string
		opens  string
	}{
		"inside":                             {office, "2026-07-03T08:00:00Z", ""},
		"its end is not in it":               {office, "2026-07-02T17:00:00Z", "2026-07-03T09:00:00+01:00"},
		"just before":                        {office, "2026-07-03T07:59:59Z", "2026-07-03T09:00:00+01:00"},
		"over the weekend":                   {office, "2026-07-03T17:00:00Z", "2026-07-06T09:00:00+01:00"},
		"over a change of the clocks":        {office, "2026-03-27T18:00:00Z", "2026-03-30T09:00:00+01:00"},
		"over midnight, the first day":       {night, "2026-01-09T23:00:00Z", ""},
		"over midnight, the next day":        {night, "2026-01-10T05:59:00Z", ""},
		"over midnight, not the day itself":  {night, "2026-01-09T05:00:00Z", "2026-01-09T22:00:00Z"},
		"over midnight, a week to the next":  {night, "2026-01-10T06:00:00Z", "2026-01-16T22:00:00Z"},
		"from a time the clocks skip":        {early, "2026-03-29T00:59:00Z", "2026-03-29T02:30:00+01:00"},
		"from a time shown twice, the first": {early, "2026-10-25T00:00:00Z", "2026-10-25T01:30:00+01:00"},
		"from a time shown twice, still":     {early, "2026-10-25T01:15:00Z", ""},
		"no hours are the whole day":         {oncall.Window{Days: []time.Weekday{time.Sunday}, TimeZone: "Asia/Kolkata"}, "2026-01-05T00:00:00Z", "2026-01-11T00:00:00+05:30"},
		"to 24:00":                           {oncall.Window{From: "20:00", To: "24:00", TimeZone: "Asia/Kolkata"}, "2026-01-05T23:59:59+05:30", ""},
		"from and to alike are a whole day":  {oncall.Window{Days: []time.Weekday{time.Monday}, From: "09:00", To: "09:00", TimeZone: "UTC"}, "2026-01-06T08:59:00Z", ""},
		"nothing given is always":            {oncall.Window{TimeZone: "UTC"}, "2026-01-06T00:00:00Z", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.opens, shut(t, test.window, test.at))
		})
	}
}

func TestAWindowLostToTheClocksOpensTheNextTime(t *testing.T) {
	// On the last Sunday of March the hour from one to two does not come in London.
	w := oncall.Window{Days: []time.Weekday{time.Sunday}, From: "01:00", To: "02:00", TimeZone: "Europe/London"}
	require.Equal(t, "2026-04-05T01:00:00+01:00", shut(t, w, "2026-03-28T00:00:00Z"))
	require.Equal(t, "2026-04-05T01:00:00+01:00", shut(t, w, "2026-03-22T02:00:00Z"), "two weeks ahead")
}

func TestAWindowSaysWhenItIsOpen(t *testing.T) {
	require.Equal(t, "Mon, Sun 09:00 to 18:00 Europe/London",
		oncall.Window{Days: []time.Weekday{time.Monday, time.Sunday}, From: "09:00", To: "18:00", TimeZone: "Europe/London"}.String())
	require.Equal(t, "00:00 to 00:00", oncall.Window{}.String())
}
