package workflows_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fortnight is two weeks in the life of an escalation policy: incidents that open in
// them, one after the other, and what people do about each.
type fortnight struct {
	zone    string
	from    string        // The first incident opens then, by the zone's clocks.
	every   time.Duration // And then one as often, by the same clocks, for two weeks.
	also    []string      // Further moments, around the change of the clocks.
	policy  oncall.Policy
	roster  oncall.Roster
	reviews []review
}

// review is what people do about an incident. The incidents of a fortnight take turns.
type review struct {
	name string
	acts []act
}

// act is a decision, or that the alert resolves when there is no signal.
type act struct {
	after      time.Duration
	signal, by string
	lasts      string
}

func TestTwoWeeksOfAPolicyOverTheSpringChangeOfTheClocks(t *testing.T) {
	week := oncall.Period{Count: 1, Unit: oncall.Weeks}
	half := oncall.Period{Count: 12, Unit: oncall.Hours}
	office := &oncall.Window{
		Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		From: "09:00", To: "18:00", TimeZone: "Europe/London",
	}
	awake := &oncall.Window{From: "07:00", To: "23:00", TimeZone: "Europe/London"}
	f := fortnight{
		zone: "Europe/London", from: "2026-03-22T09:05", every: 17*hour + 30*minute,
		// The clocks go from 01:00 to 02:00 on 29 March; a shift of the halves begins at 21:00 and ends eleven hours later.
		also: []string{"2026-03-28T20:57", "2026-03-29T00:50", "2026-03-29T01:30", "2026-03-29T08:55", "2026-03-30T08:57"},
		policy: oncall.Policy{
			ID: "spring",
			Steps: []oncall.Step{
				{Page: []oncall.Target{{Schedule: "weeks"}}, AckWithin: 5 * minute},
				{Page: []oncall.Target{{Schedule: "halves"}}, AckWithin: 10 * minute},
				{Page: []oncall.Target{{Person: "sre-3"}}, AckWithin: 10 * minute, OnlyIf: office},
				{Page: []oncall.Target{{SlackChannel: "C0LEADS"}}, AckWithin: 15 * minute, WaitUntil: awake},
			},
			Repeat: oncall.Repeat{Times: 1, FromStep: 2}, AckTimeout: 30 * minute,
		},
		roster: oncall.Roster{People: responders(), Schedules: []oncall.Schedule{
			{ID: "weeks", TimeZone: "Europe/London", Layers: []oncall.Layer{{People: []string{"sre-1", "sre-2"}, Every: week, Handoff: "2026-01-05T09:00"}}},
			{ID: "halves", TimeZone: "Europe/London", Layers: []oncall.Layer{{People: []string{"sre-2", "sre-3"}, Every: half, Handoff: "2026-03-02T09:00"}}},
		}},
		reviews: reviews(),
	}
	f.isGolden(t, "spring")
}

func TestTwoWeeksOfAPolicyOverTheAutumnChangeOfTheClocks(t *testing.T) {
	half := oncall.Period{Count: 12, Unit: oncall.Hours}
	day := oncall.Period{Count: 1, Unit: oncall.Days}
	f := fortnight{
		zone: "America/New_York", from: "2026-10-25T06:55", every: 19*hour + 5*minute,
		// The clocks go from 02:00 back to 01:00 on 1 November; the shift that begins at 19:00 lasts thirteen hours.
		also: []string{"2026-10-31T18:57", "2026-11-01T00:55", "2026-11-01T01:30", "2026-11-01T06:57"},
		policy: oncall.Policy{
			ID: "autumn",
			Steps: []oncall.Step{
				{Page: []oncall.Target{{Schedule: "halves"}}, AckWithin: 5 * minute},
				{Page: []oncall.Target{{Person: "sre-1"}, {Person: "sre-2"}, {Person: "sre-3"}}, AckWithin: 10 * minute, RoundRobin: true},
				{Page: []oncall.Target{{Schedule: "days"}, {SlackChannel: "C0LEADS"}}, AckWithin: 20 * minute},
			},
			Repeat: oncall.Repeat{Times: 2, FromStep: 1}, AckTimeout: 20 * minute,
		},
		roster: oncall.Roster{People: responders(), Schedules: []oncall.Schedule{
			{ID: "halves", TimeZone: "America/New_York", Layers: []oncall.Layer{{People: []string{"sre-1", "sre-2"}, Every: half, Handoff: "2026-10-05T07:00"}}},
			{ID: "days", TimeZone: "Europe/London", Layers: []oncall.Layer{{People: []string{"sre-2", "sre-3"}, Every: day, Handoff: "2026-10-05T09:00"}}},
		}},
		reviews: reviews(),
	}
	f.isGolden(t, "autumn")
}

func responders() []oncall.Person {
	return []oncall.Person{
		{ID: "sre-1", Slack: "U0SRE1", Email: "sre-1@example.com", Contact: []oncall.ContactRule{{Via: oncall.Slack}, {Via: oncall.Email, After: 2 * minute}}},
		{ID: "sre-2", Slack: "U0SRE2"},
		{ID: "sre-3", Slack: "U0SRE3"},
	}
}

func reviews() []review {
	clears := func(after time.Duration) act { return act{after: after} }
	return []review{
		{"nobody answers until it ends after 40 min", []act{clears(40 * minute)}},
		{"sre-2 acknowledges after 7 min", []act{{after: 7 * minute, signal: signals.Acknowledge, by: "sre-2"}, clears(20 * minute)}},
		{"sre-1 acknowledges after 1 min and falls asleep", []act{{after: minute, signal: signals.Acknowledge, by: "sre-1"}, clears(45 * minute)}},
		{"sre-2 snoozes it after 6 min for an hour", []act{{after: 6 * minute, signal: signals.Snooze, by: "sre-2", lasts: "1h"}, clears(90 * minute)}},
		{"nobody ever answers", []act{clears(4 * hour)}},
	}
}

// isGolden plays the two weeks and compares who was paged, and when, with a golden
// file. It is to take less than a second, which is printed and not held against a
// machine that has other work; what it asks of the environment is counted instead.
func (f fortnight) isGolden(t *testing.T, name string) {
	t.Helper()
	began := time.Now()
	var text strings.Builder
	pages, asked := 0, 0
	for i, at := range f.moments(t) {
		told, calls := f.play(t, at, f.reviews[i%len(f.reviews)], &text)
		pages, asked = pages+told, asked+calls
	}
	t.Logf("two weeks with %d pages and %d activities in %s", pages, asked, time.Since(began).Round(time.Millisecond))
	require.Less(t, asked, 8*pages, "activities for a page: who is on call, the page, and the keeping of its buttons")

	path := filepath.Join("testdata", "golden", name+".txt")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), text.String(), "go test ./workflows -run Fortnight -update writes it anew")
}

// moments are when incidents open, in order.
func (f fortnight) moments(t *testing.T) []time.Time {
	t.Helper()
	zone, err := time.LoadLocation(f.zone)
	require.NoError(t, err)
	shown := func(text string) time.Time {
		at, err := time.Parse("2006-01-02T15:04", text)
		require.NoError(t, err)
		return at
	}
	var all []time.Time
	first := shown(f.from)
	for clock := first; clock.Before(first.AddDate(0, 0, 14)); clock = clock.Add(f.every) {
		all = append(all, oncall.MomentOf(clock, zone))
	}
	for _, text := range f.also {
		all = append(all, oncall.MomentOf(shown(text), zone))
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// play tells one incident, writes down its pages, and says how many there were and
// how many activities they took.
func (f fortnight) play(t *testing.T, opens time.Time, r review, text *strings.Builder) (pages, asked int) {
	t.Helper()
	s := tell(t)
	s.stage(opens.UTC())
	s.world.Staff = f.roster
	s.Opening.Policies = incident.Policies{Default: f.policy}
	s.Opening.Service = incident.Service{ID: "checkout", Environment: "production", ReopenWithin: minute, VerifyWithin: minute} // Paging alone.
	s.env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) { asked++ })
	s.alert(0, opens, incident.Alert{Fingerprint: "5xx", Name: "5xx", Firing: true, Severity: incident.SEV2, StartsAt: opens})
	for _, a := range r.acts {
		if a.signal == "" {
			s.alert(a.after, opens, incident.Alert{Fingerprint: "5xx", Name: "5xx", StartsAt: opens, EndsAt: opens.Add(a.after)})
			continue
		}
		d := incident.Decision{ID: a.signal, By: a.by, Via: "slack", At: opens.Add(a.after), For: a.lasts}
		s.env.RegisterDelayedCallback(func() { s.env.SignalWorkflow(a.signal, d) }, a.after)
	}
	s.Run()
	require.NoError(t, s.Err)
	s.expected = append(s.expected, "pages", "notices", "whispers")

	fmt.Fprintf(text, "%s: %s\n", opens.Format("Mon 2006-01-02 15:04 MST"), r.name)
	lines := s.pageLines(opens.Location())
	for _, line := range lines {
		fmt.Fprintln(text, line)
	}
	return len(lines), asked
}

func (s *story) alert(after time.Duration, opens time.Time, a incident.Alert) {
	s.env.RegisterDelayedCallback(func() {
		s.env.SignalWorkflow(signals.Alert, incident.Delivery{Source: "alertmanager", Group: opens.String(), Alerts: []incident.Alert{a}})
	}, after)
}

// pageLines are all pages, and when the policy was exhausted, on two clocks.
func (s *story) pageLines(zone *time.Location) []string {
	type line struct {
		at   time.Time
		text string
	}
	var all []line
	for _, m := range s.world.messages {
		if parts := strings.Split(m.said.Marker, "/"); m.said.Page {
			place := strings.Split(parts[2], ".")
			text := fmt.Sprintf("step %s round %s  %s by %s", place[2], place[1], s.whose(m.to), parts[3])
			if place[3] != "0" {
				text += ", again"
			}
			all = append(all, line{noon.Add(m.at), text})
		}
	}
	for _, e := range s.Incident.Timeline {
		if e.Kind == incident.Exhausted {
			all = append(all, line{e.At, "exhausted"})
		}
	}
	slices.SortStableFunc(all, func(a, b line) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.text, b.text)) })
	lines := make([]string, len(all))
	for i, l := range all {
		lines[i] = fmt.Sprintf("  %s  %s  %s", l.at.UTC().Format(time.RFC3339), l.at.In(zone).Format("Mon 15:04 MST"), l.text)
	}
	return lines
}

func (s *story) whose(address string) string {
	for _, p := range s.world.Staff.People {
		if address == p.Slack || address == p.Email {
			return p.ID
		}
	}
	return address
}
