package oncall_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
)

// whole is a roster and a policy of which nothing can be said.
func whole() (oncall.Policy, oncall.Roster) {
	r := team()
	r.People, r.Schedules = r.People[:2], r.Schedules[:1]
	return oncall.Policy{ID: "p", Steps: []oncall.Step{
		step(6*time.Minute, schedule("primary")), step(6*time.Minute, person("sre-2"), person("sre-1")),
	}}, r
}

// reviewed is what a review says, each line with its field.
func reviewed(r oncall.Roster, policies ...oncall.Policy) []string {
	var lines []string
	for _, f := range oncall.Review(policies, r, noon) {
		lines = append(lines, f.Error())
	}
	return lines
}

func TestAReviewOfWhatIsWellIsQuiet(t *testing.T) {
	p, r := whole()
	require.Empty(t, reviewed(r, p))
}

func TestAReviewNamesTheGapsOfTheNextThirtyDays(t *testing.T) {
	p, r := whole()
	layer := &r.Schedules[0].Layers[0]
	layer.Only = []oncall.Window{{Days: []time.Weekday{time.Monday, time.Tuesday}, From: "09:00", To: "09:00"}}
	require.Equal(t, []string{
		"schedules[0]: nobody is on call in primary from Wed 2026-01-07 09:00 Europe/London to Mon 2026-01-12 09:00 Europe/London",
		"schedules[0]: nobody is on call in primary from Wed 2026-01-14 09:00 Europe/London to Mon 2026-01-19 09:00 Europe/London",
		"schedules[0]: nobody is on call in primary from Wed 2026-01-21 09:00 Europe/London to Mon 2026-01-26 09:00 Europe/London",
		"schedules[0]: 2 more gaps in primary until Thu 2026-02-05 12:00 Europe/London",
	}, reviewed(r, p))

	layer.Only = nil
	r.Schedules[0].TimeZone, layer.Handoff = "America/New_York", "2026-01-06T12:00"
	require.Equal(t, []string{
		"schedules[0]: nobody is on call in primary from Tue 2026-01-06 07:00 America/New_York to Tue 2026-01-06 12:00 America/New_York",
	}, reviewed(r, p), "from now on, in the schedule's zone, to the first hand-off")

	layer.Handoff = "2026-02-20T09:00"
	require.Contains(t, reviewed(r, p),
		"policies[0].steps[0]: pages nobody: nobody who can be reached is on call in primary in the next 30 days")
}

func TestAnOverrideFillsAGap(t *testing.T) {
	p, r := whole()
	r.Schedules[0].Layers[0].Handoff = "2026-01-06T14:00"
	r.Overrides = []oncall.Override{{Schedule: "primary", Person: "sre-2", From: "2026-01-06T11:00", To: "2026-01-06T14:00", Made: noon}}
	require.Empty(t, reviewed(r, p))
}

func TestAReviewNamesTheContactRulesThatAStepCutsOff(t *testing.T) {
	p, r := whole()
	p.Steps[0].AckWithin = 5 * time.Minute
	p.Steps[1].AckWithin = 2 * time.Minute
	require.Equal(t, []string{
		"policies[0].steps[0]: ends 5m after its first page, before the contact rules sre-1 (sms after 5m)",
		"policies[0].steps[1]: ends 2m after its first page, before the contact rules sre-1 (email after 2m), sre-1 (sms after 5m)",
	}, reviewed(r, p), "one that is due in the moment of the end included")
}

func TestTheTimeOfAStepBeginsWithTheFirstOfThoseWhoAreCertainlyPaged(t *testing.T) {
	_, r := whole()
	r.People[0].Contact = []oncall.ContactRule{{Via: oncall.Slack, After: 3 * time.Minute}}
	for name, test := range map[string]struct {
		targets []oncall.Target
		cut     bool
	}{
		"alone":                         {[]oncall.Target{schedule("primary")}, false},
		"beside somebody at once":       {[]oncall.Target{schedule("primary"), person("sre-2")}, true},
		"beside a channel":              {[]oncall.Target{person("sre-1"), {SlackChannel: "C1"}}, true},
		"beside those who may be paged": {[]oncall.Target{person("sre-1"), schedule("primary"), {SlackGroup: "S0SRE"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := reviewed(r, oncall.Policy{ID: "p", Steps: []oncall.Step{step(2*time.Minute, test.targets...)}})
			require.Equal(t, test.cut, len(got) > 0, "%v", got)
		})
	}
}

func TestAReviewNamesPeopleWhoCannotBeReached(t *testing.T) {
	p, r := whole()
	r.People[1].Slack = ""
	require.Equal(t, []string{
		"people[1]: sre-2 cannot be reached, and is on call in primary: there is no slack, and there are no contact rules",
	}, reviewed(r, p))
	r.People = append(r.People, oncall.Person{ID: "sre-4"})
	require.Contains(t, reviewed(r, p), "people[2]: sre-4 cannot be reached: there is no slack, and there are no contact rules")
	r.Schedules[0].Overrides = []oncall.Override{{Person: "sre-4", From: "2026-05-01T00:00", To: "2026-05-02T00:00"}}
	require.Contains(t, reviewed(r, p), "people[2]: sre-4 cannot be reached, and is on call in primary: there is no slack, and there are no contact rules")

	p.Steps = []oncall.Step{step(time.Hour, person("sre-2"), person("sre-4")), step(time.Hour, person("sre-2"), oncall.Target{SlackGroup: "S0SRE"})}
	require.Contains(t, reviewed(r, p), "policies[0].steps[0]: pages nobody: sre-2 cannot be reached; sre-4 cannot be reached")
	require.Len(t, reviewed(r, p), 3, "who is in a group is not known")
}

func TestAReviewNamesStepsWhoseWindowsNeverMeet(t *testing.T) {
	p, r := whole()
	window := func(from, to string, days ...time.Weekday) *oncall.Window {
		return &oncall.Window{Days: days, From: from, To: to, TimeZone: "Europe/London"}
	}
	for name, test := range map[string]struct {
		only, wait *oncall.Window
		never      bool
	}{
		"apart":               {window("09:00", "12:00"), window("12:00", "18:00"), true},
		"meeting for an hour": {window("09:00", "13:00"), window("12:00", "18:00"), false},
		"on other days":       {window("09:00", "18:00", time.Saturday), window("09:00", "18:00", time.Monday), true},
		"over midnight":       {window("22:00", "06:00", time.Friday), window("05:00", "07:00", time.Saturday), false},
		"only one of them":    {window("09:00", "12:00"), nil, false},
		"unreadable":          {window("09:00", "noon"), window("12:00", "18:00"), false},
	} {
		t.Run(name, func(t *testing.T) {
			p.Steps[1].OnlyIf, p.Steps[1].WaitUntil = test.only, test.wait
			got := reviewed(r, p)
			if !test.never {
				require.Empty(t, got)
				return
			}
			require.Equal(t, []string{"policies[0].steps[1]: pages nobody: wait_until never opens while only_if holds"}, got)
		})
	}
}

func TestAReviewIsNoSlowerThanSomebodyWouldWait(t *testing.T) {
	p, r := whole()
	hourly := r.Schedules[0]
	hourly.Layers[0].Every = oncall.Period{Count: 1, Unit: oncall.Hours}
	for n := range 20 {
		hourly.ID = fmt.Sprint("hourly-", n)
		r.Schedules = append(r.Schedules, hourly)
	}
	require.Empty(t, reviewed(r, p))
}
