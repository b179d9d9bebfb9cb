package oncall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
)

// calendarTeam has a schedule that is a calendar, and the copy of it.
func calendarTeam(c oncall.Calendar) oncall.Roster {
	return oncall.Roster{
		People:    []oncall.Person{{ID: "sre-1", Slack: "U0SRE1"}, {ID: "sre-2", Slack: "U0SRE2"}},
		Schedules: []oncall.Schedule{{ID: "secondary", ICal: "https://calendar.example.com/x.ics"}},
		Calendars: []oncall.Calendar{{Schedule: "other", Read: time.Unix(1, 0), Shifts: []oncall.Override{
			{Person: "sre-1", From: "2026-01-01T00:00:00Z", To: "2027-01-01T00:00:00Z"},
		}}, c},
	}
}

func copyOf(read string, shifts ...oncall.Override) oncall.Calendar {
	at, err := time.Parse(time.RFC3339, read)
	if err != nil {
		panic(err)
	}
	return oncall.Calendar{Schedule: "secondary", Read: at, Shifts: shifts}
}

func planAt(t *testing.T, r oncall.Roster, at string) oncall.Plan {
	t.Helper()
	p := oncall.Policy{ID: "p", Steps: []oncall.Step{{Page: []oncall.Target{{Schedule: "secondary"}}, AckWithin: time.Minute}}}
	return oncall.Resolve(p, oncall.Position{Step: 1, Round: 1}, moment(t, at), r)
}

func paged(p oncall.Plan) (people []string) {
	for _, page := range p.Pages {
		people = append(people, page.Person)
	}
	return people
}

func TestACalendarsShiftsTakeThePlaceOfLayers(t *testing.T) {
	r := calendarTeam(copyOf("2026-03-02T02:10:00Z",
		oncall.Override{Person: "sre-2", From: "2026-03-02T09:00:00Z", To: "2026-03-03T09:00:00Z"},
		oncall.Override{Person: "sre-1", From: "2026-03-02T08:00:00Z", To: "2026-03-02T20:00:00Z"},
	))
	require.Equal(t, []string{"sre-1"}, paged(planAt(t, r, "2026-03-02T08:59:59Z")))
	require.Equal(t, []string{"sre-2"}, paged(planAt(t, r, "2026-03-02T09:00:00Z")), "of two shifts the one that began last counts")
	require.Equal(t, []string{"sre-2"}, paged(planAt(t, r, "2026-03-03T08:59:59Z")))
	after := planAt(t, r, "2026-03-03T09:00:00Z")
	require.Equal(t, "nobody on call: nobody is on call in schedule secondary", after.Passed)

	r.Overrides = []oncall.Override{{Schedule: "secondary", Person: "sre-1", From: "2026-03-03T00:00:00Z", To: "2026-03-03T01:00:00Z"}}
	overridden := planAt(t, r, "2026-03-03T00:30:00Z")
	require.Equal(t, []string{"sre-1"}, paged(overridden), "an override made at run time beats the calendar")
	require.Empty(t, overridden.Notes)
}

func TestACalendarThatWasNotReadYetHasNobody(t *testing.T) {
	r := calendarTeam(oncall.Calendar{Schedule: "third"})
	plan := planAt(t, r, "2026-03-02T12:00:00Z")
	require.Empty(t, plan.Pages)
	require.Equal(t, []string{
		"the calendar of schedule secondary has not been read yet", "nobody is on call in schedule secondary",
	}, plan.Notes)

	r.Calendars = []oncall.Calendar{{Schedule: "secondary", Fault: "ical: 404 Not Found"}}
	require.Contains(t, planAt(t, r, "2026-03-02T12:00:00Z").Notes, "the calendar of schedule secondary has never been read: ical: 404 Not Found")
}

func TestBeyondWhatACopyHoldsNobodyIsNotCertain(t *testing.T) {
	c := copyOf("2026-03-02T02:10:00Z", oncall.Override{Person: "sre-2", From: "2026-03-02T09:00:00Z", To: "2026-06-01T09:00:00Z"})
	c.Until = time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	r := calendarTeam(c)
	const says = "the calendar of schedule secondary is read up to 2026-05-04 only"

	shift, err := r.Shift("secondary", time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))
	require.EqualError(t, err, says)
	require.Empty(t, shift.Person)
	require.Contains(t, planAt(t, r, "2026-07-01T00:00:00Z").Notes, says)
	require.Empty(t, planAt(t, r, "2026-05-10T00:00:00Z").Notes, "somebody is known")
	_, err = r.Shift("secondary", c.Until.Add(-time.Second))
	require.NoError(t, err)
}

func TestACopyThatCouldNotBeRefreshedHoldsAndSaysHowOldItIs(t *testing.T) {
	c := copyOf("2026-03-02T02:10:00Z", oncall.Override{Person: "sre-2", From: "2026-03-02T09:00:00Z", To: "2026-03-03T09:00:00Z"})
	c.Fault = "ical: no answer"
	plan := planAt(t, calendarTeam(c), "2026-03-02T12:00:00Z")
	require.Equal(t, []string{"sre-2"}, paged(plan))
	require.Empty(t, plan.Notes)
	require.Equal(t, []string{
		"the calendar of schedule secondary is of 2026-03-02 02:10 UTC: it could not be read since: ical: no answer",
	}, plan.Warnings)
	require.Empty(t, planAt(t, calendarTeam(copyOf("2026-03-02T02:10:00Z")), "2026-03-02T12:00:00Z").Warnings)
}

func TestAShiftThatCannotBeReadLeavesTheOthersInForce(t *testing.T) {
	plan := planAt(t, calendarTeam(copyOf("2026-03-02T02:10:00Z",
		oncall.Override{Person: "sre-1", From: "soon", To: "2026-03-03T09:00:00Z"},
		oncall.Override{Person: "sre-2", From: "2026-03-02T09:00:00Z", To: "2026-03-03T09:00:00Z"},
		oncall.Override{Person: "gone", From: "2026-03-03T09:00:00Z", To: "2026-03-04T09:00:00Z"},
	)), "2026-03-02T12:00:00Z")
	require.Equal(t, []string{"sre-2"}, paged(plan))
	require.Len(t, plan.Notes, 1)
	require.Contains(t, plan.Notes[0], `the calendar of schedule secondary: shift of sre-1: from: "soon"`)
}

func TestTheMomentOfAReadingIsTheSameAsThatOfAHandOff(t *testing.T) {
	tests := map[string]struct{ zone, shown, want string }{
		"an ordinary one":      {"Europe/London", "2026-07-01T09:00:30Z", "2026-07-01T08:00:30Z"},
		"one that is skipped":  {"Europe/London", "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z"},
		"one that comes twice": {"Europe/London", "2026-10-25T01:30:00Z", "2026-10-25T00:30:00Z"},
		"in its own zone":      {"America/New_York", "2026-07-01T09:00:00+05:30", "2026-07-01T13:00:00Z"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(test.zone)
			require.NoError(t, err)
			shown, err := time.Parse(time.RFC3339, test.shown)
			require.NoError(t, err)
			require.Equal(t, moment(t, test.want).UTC(), oncall.MomentOf(shown, zone).UTC())
		})
	}
}
