package workflows_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// The stories here are compared with what oncall.Preview says of the same policy.

// foretold are the pages of an outlook up to a moment of the story, in the order of time.
func foretold(o oncall.Outlook, lap int, until time.Duration) []string {
	var lines []string
	for _, r := range o.Rows(noon) {
		if r.After < until {
			lines = append(lines, fmt.Sprintf("%s %d.%d.%d.%d %s %s", r.After, lap, r.Round, r.Step, r.Again, r.Via, r.Address))
		}
	}
	return lines
}

// made are the pages of the story, written as those that were foretold.
func (s *story) made() []string {
	s.expected = append(s.expected, "pages", "notices", "whispers")
	messages := slices.Clone(s.world.messages)
	slices.SortStableFunc(messages, func(a, b *message) int { return cmp.Compare(a.at, b.at) })
	var lines []string
	for _, m := range messages {
		if m.said.Page {
			parts := strings.Split(m.said.Marker, "/")
			lines = append(lines, fmt.Sprintf("%s %s %s %s", m.at, parts[2], parts[3], m.to))
		}
	}
	return lines
}

// sameMoment puts what happens at one moment into the order of its text: which of two people is paged first is nothing
// that anybody could tell.
func sameMoment(lines []string) []string {
	at := func(line string) time.Duration {
		word, _, _ := strings.Cut(line, " ")
		d, err := time.ParseDuration(word)
		if err != nil {
			panic(err)
		}
		return d
	}
	slices.SortStableFunc(lines, func(a, b string) int { return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a, b)) })
	return lines
}

func TestThePagesOfAnIncidentThatNobodyAnswersAreThoseOfThePreview(t *testing.T) {
	seen := map[string]int{}
	for n := range 16 {
		t.Run(fmt.Sprint("policy ", n), func(t *testing.T) {
			const ends = 4*hour + 17*second
			p, staff := somePolicy.Example(n), someStaff.Example(n)
			outlook := oncall.Preview(p, noon, staff, oncall.Assumption{Again: 99})
			count(seen, outlook)
			want := foretold(outlook, 1, ends)

			s := tell(t)
			s.Opening.Policies.Default, s.world.Staff = p, staff
			s.Fires(0, "5xx")
			s.Clears(ends, "5xx")
			s.Run()

			require.NoError(t, s.Err)
			require.Equal(t, strings.Join(sameMoment(want), "\n"), strings.Join(sameMoment(s.made()), "\n"), "%+v", p)
		})
	}
	for _, kind := range []string{"pages", "cut off", "cut off in the last moment", "passed", "waits", "further round", "exhausted", "nobody reached"} {
		require.NotZero(t, seen[kind], "the policies are too tame: none has this: %s", kind)
	}
}

// count notes what an outlook has in it.
func count(seen map[string]int, o oncall.Outlook) {
	for i, v := range o.Visits {
		for kind, has := range map[string]bool{
			"pages": len(v.Pages) > 0, "cut off": len(v.Cut) > 0, "passed": v.Passed != "", "waits": !v.Opens.IsZero(),
			"further round": v.Position.Round > 1, "exhausted": v.Position.Exhausted(),
			"cut off in the last moment": len(v.Cut) > 0 && v.Cut[0].At.Equal(v.Ended),
			"nobody reached":             i > 0 && v.Position == o.Visits[i-1].Position,
		} {
			if has {
				seen[kind]++
			}
		}
	}
}

func TestAnAcknowledgementStopsThePagesAndRunsOutAsThePreviewSays(t *testing.T) {
	for n := range 8 {
		t.Run(fmt.Sprint("policy ", n), func(t *testing.T) {
			const ends = 4*hour + 17*second
			p, staff := somePolicy.Example(n), someStaff.Example(n)
			p.AckTimeout = 30 * minute
			acked := 7*minute + time.Duration(n*n)*31*second + 3*second
			before := oncall.Preview(p, noon, staff, oncall.Assumption{AckAt: noon.Add(acked)})
			after := oncall.Preview(p, before.AckDue, staff, oncall.Assumption{From: before.Restart, Again: 99})

			s := tell(t)
			s.Opening.Policies.Default, s.world.Staff = p, staff
			s.Fires(0, "5xx")
			s.Decide(acked, signals.Acknowledge, "sre-3")
			s.Clears(ends, "5xx")
			s.Run()

			require.NoError(t, s.Err)
			want := append(foretold(before, 1, ends), foretold(after, 2, ends)...)
			require.Equal(t, strings.Join(sameMoment(want), "\n"), strings.Join(sameMoment(s.made()), "\n"), "%+v", p)
		})
	}
}

// someStaff is a roster of people with contact rules, and of schedules whose hand-offs and gaps fall into the story.
var someStaff = rapid.Custom(func(t *rapid.T) oncall.Roster {
	var r oncall.Roster
	for n := 1; n <= 4; n++ {
		p := oncall.Person{ID: fmt.Sprint("sre-", n), Slack: fmt.Sprint("U", n), Email: fmt.Sprintf("sre-%d@example.com", n)}
		after := rapid.SampledFrom([]int{0, 0, 1, 2, 3, 5})
		if rapid.Bool().Draw(t, "has rules") {
			p.Contact = []oncall.ContactRule{
				{Via: oncall.Slack, After: time.Duration(after.Draw(t, "slack after")) * minute},
				{Via: oncall.Email, After: time.Duration(after.Draw(t, "mail after")) * minute},
			}
		}
		r.People = append(r.People, p)
	}
	for _, id := range []string{"primary", "secondary"} {
		l := oncall.Layer{
			People:  rapid.SliceOfN(rapid.SampledFrom([]string{"sre-1", "sre-2", "sre-3", "gone"}), 1, 3).Draw(t, "people"),
			Every:   oncall.Period{Count: rapid.IntRange(1, 3).Draw(t, "hours"), Unit: oncall.Hours},
			Handoff: rapid.SampledFrom([]string{"2026-01-05T09:00", "2026-01-06T12:45"}).Draw(t, "handoff"),
		}
		if rapid.Bool().Draw(t, "has gaps") {
			l.Only = []oncall.Window{{From: "13:00", To: rapid.SampledFrom([]string{"12:10", "15:00", "20:00"}).Draw(t, "to")}}
		}
		r.Schedules = append(r.Schedules, oncall.Schedule{ID: id, TimeZone: "Europe/London", Layers: []oncall.Layer{l}})
	}
	return r
})

// somePolicy climbs that roster.
var somePolicy = rapid.Custom(func(t *rapid.T) oncall.Policy {
	p := oncall.Policy{ID: "some", Repeat: oncall.Repeat{Times: rapid.IntRange(0, 2).Draw(t, "times")}}
	targets := rapid.SampledFrom([]oncall.Target{
		{Schedule: "primary"}, {Schedule: "secondary"}, {Person: "sre-1"}, {Person: "sre-4"}, {Person: "gone"}, {SlackChannel: "C0LEADS"},
	})
	window := rapid.Custom(func(t *rapid.T) *oncall.Window {
		if rapid.IntRange(0, 2).Draw(t, "has window") > 0 {
			return nil
		}
		from := rapid.SampledFrom([]string{"09:00", "12:07", "12:30", "14:00"}).Draw(t, "from")
		return &oncall.Window{From: from, To: rapid.SampledFrom([]string{"12:20", "16:00", "18:00"}).Draw(t, "to"), TimeZone: "Europe/London"}
	})
	for range rapid.IntRange(1, 4).Draw(t, "steps") {
		p.Steps = append(p.Steps, oncall.Step{
			Page:       rapid.SliceOfN(targets, 1, 3).Draw(t, "page"),
			AckWithin:  time.Duration(rapid.SampledFrom([]int{2, 3, 5}).Draw(t, "ack_within")) * minute,
			OnlyIf:     window.Draw(t, "only_if"),
			WaitUntil:  window.Draw(t, "wait_until"),
			RoundRobin: rapid.Bool().Draw(t, "round_robin"),
		})
	}
	p.Repeat.FromStep = rapid.IntRange(1, len(p.Steps)).Draw(t, "from_step")
	return p
})
