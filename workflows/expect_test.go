package workflows_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

// What a story expects is written in lines that begin with a time of the story.
// The IncidentId is written INC. What a story does not name must not have
// happened: pages, orders, notices, whispers.

// ExpectPages compares all pages: "5m0s step 2 to U0SRE2", "call to U0SRE2".
func (s *story) ExpectPages(lines ...string) { s.compare("pages", lines, s.pages()) }

// ExpectOrders compares what Jenkins was told: "2m0s v41, attempt 1", "again" and
// "stopped at" included.
func (s *story) ExpectOrders(lines ...string) { s.compare("orders", lines, s.orders()) }

// ExpectNotices compares what everyone in the channel was told: "(loud)".
func (s *story) ExpectNotices(lines ...string) { s.compare("notices", lines, s.notices()) }

// ExpectWhispers compares the private answers.
func (s *story) ExpectWhispers(lines ...string) {
	s.compare("whispers", lines, s.named(s.world.whispers))
}

func (s *story) compare(what string, want, got []string) {
	s.t.Helper()
	s.expected = append(s.expected, what)
	if len(want) == 0 && len(got) == 0 {
		return
	}
	require.Equal(s.t, strings.Join(want, "\n"), strings.Join(got, "\n"), "the %s of the story", what)
}

// nothingElse fails the story for every effect that it did not name.
func (s *story) nothingElse() {
	if s.t.Failed() {
		return
	}
	for what, got := range map[string][]string{
		"pages": s.pages(), "orders": s.orders(), "notices": s.notices(), "whispers": s.world.whispers,
	} {
		if !slices.Contains(s.expected, what) {
			require.Empty(s.t, got, "the story does not name these %s", what)
		}
	}
	cards := slices.DeleteFunc(slices.Clone(s.world.messages), func(m *message) bool { return m.said.Card == nil || m.said.Page })
	require.LessOrEqual(s.t, len(cards), 1, "an incident has one card")
	require.LessOrEqual(s.t, len(s.world.tickets), 1, "an incident has one ticket")
}

func (s *story) named(lines []string) []string {
	out := make([]string, 0, len(lines))
	for _, line := range lines {
		out = append(out, strings.ReplaceAll(line, incidentID, "INC"))
	}
	return out
}

// pages are in the order of time; those of the same moment in that of their text.
func (s *story) pages() []string {
	var lines []string
	text := func(m *message) string { return stepOf(m.said.Marker) + m.to }
	messages := slices.Clone(s.world.messages)
	slices.SortStableFunc(messages, func(a, b *message) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(text(a), text(b))) })
	for _, m := range messages {
		if m.said.Page {
			lines = append(lines, fmt.Sprintf("%s %s to %s", m.at, stepOf(m.said.Marker), m.to))
		}
	}
	return lines
}

// stepOf reads the step off a page's marker: INC/page/lap.round.step.again/via/to.
func stepOf(marker string) string {
	parts := strings.Split(marker, "/")
	if len(parts) < 3 || parts[1] != "page" {
		return "call"
	}
	numbers := strings.Split(parts[2], ".")
	return "step " + numbers[2]
}

func (s *story) orders() []string {
	var lines []string
	for _, o := range s.world.line.orders {
		line := fmt.Sprintf("%s %s, attempt %s", o.at, o.order.Release, strings.TrimPrefix(o.order.Key, incidentID+"/"))
		if o.again {
			line += ", again"
		}
		if o.halted {
			line += fmt.Sprintf(", stopped at %s", o.stopped)
		}
		lines = append(lines, line)
	}
	return lines
}

func (s *story) notices() []string {
	var lines []string
	for _, m := range s.world.messages {
		if m.said.Notice == "" {
			continue
		}
		line := fmt.Sprintf("%s %s", m.at, m.said.Notice)
		if m.said.Loud {
			line += " (loud)"
		}
		lines = append(lines, line)
	}
	return s.named(lines)
}

// ExpectTold says that the timeline has each line, in this order: "5m0s text".
func (s *story) ExpectTold(lines ...string) {
	s.t.Helper()
	told := s.timeline()
	for i, rest := 0, told; i < len(lines); i++ {
		at := slices.Index(rest, lines[i])
		require.GreaterOrEqual(s.t, at, 0, "%q is not on the timeline where it should be:\n%s", lines[i], strings.Join(told, "\n"))
		rest = rest[at+1:]
	}
}

// ExpectNeverTold says that no line of the timeline has any of the texts in it.
func (s *story) ExpectNeverTold(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		require.NotContains(s.t, strings.Join(s.timeline(), "\n"), text)
	}
}

func (s *story) timeline() []string {
	var lines []string
	for _, e := range s.Incident.Timeline {
		lines = append(lines, fmt.Sprintf("%s %s", e.At.Sub(noon), e.Text))
	}
	return s.named(lines)
}

// ExpectResolved says when the incident resolved and closed.
func (s *story) ExpectResolved(at, closed time.Duration) {
	s.t.Helper()
	require.NoError(s.t, s.Err)
	require.Equal(s.t, incident.Resolved, s.Incident.Status)
	require.Equal(s.t, at, s.Incident.ResolvedAt.Sub(noon))
	var ends incident.Entry
	for _, e := range s.Incident.Timeline {
		if e.Kind == incident.WasClosed {
			ends = e
		}
	}
	require.Equal(s.t, closed, ends.At.Sub(noon), "the timeline:\n%s", strings.Join(s.timeline(), "\n"))
}

// ExpectWholeRecord says that thread and ticket tell the whole timeline, each
// entry once and in order, and that the ticket is closed.
func (s *story) ExpectWholeRecord() {
	s.t.Helper()
	var thread []string
	for _, m := range s.world.messages {
		for _, e := range m.said.Entries {
			thread = append(thread, fmt.Sprintf("%s %s", e.At.Sub(noon), e.Text))
		}
	}
	require.Equal(s.t, s.timeline(), s.named(thread), "the thread")
	s.ExpectWholeTicket()
}

// ExpectWholeTicket says so of the ticket alone. What the record workflow did
// after the end may follow.
func (s *story) ExpectWholeTicket() {
	s.t.Helper()
	require.Len(s.t, s.world.tickets, 1)
	var said []string
	for _, c := range s.world.tickets[0].comments {
		lines := strings.Split(strings.TrimSuffix(c.Body, "\n\n"+c.Marker), "\n")
		said = append(said, lines...)
	}
	require.GreaterOrEqual(s.t, len(said), len(s.Incident.Timeline), "the ticket says:\n%s", strings.Join(said, "\n"))
	for i, e := range s.Incident.Timeline {
		clock := e.At.UTC().Format("15:04:05")
		require.True(s.t, strings.HasPrefix(said[i], clock+"  "), "%q is not the entry %q", said[i], e.Text)
	}
	require.NotZero(s.t, s.world.tickets[0].closed, "the ticket is open still")
}

// ExpectNoTimerLeft says that every timer has fired or was cancelled.
func (s *story) ExpectNoTimerLeft() {
	s.t.Helper()
	require.Empty(s.t, s.seen.left(), "timers that nobody waits for")
}
