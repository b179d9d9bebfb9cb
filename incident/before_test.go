package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

// first is the incident that came before those of the stories.
func first() incident.Before {
	return incident.Before{
		ID: "INC-261122-FIRST2", Run: "run-0", URL: "https://temporal.example.com/run-0", ResolvedAt: noon.Add(-125 * time.Minute),
		EndedAt: noon.Add(-2 * time.Hour), Restored: "v41", Ticket: incident.TicketRef{Key: "OPS-12", URL: "https://jira.example.com/browse/OPS-12"},
	}
}

// looksBack is an incident that has found out what came before.
func looksBack(t *testing.T, before incident.Before) *story {
	t.Helper()
	s := given(t, triggered)
	s.in.LookBack = true
	return s.happens(incident.Event{Kind: incident.LookedBack, Before: before})
}

func TestAnIncidentSaysHowItEndedTheLastTime(t *testing.T) {
	s := looksBack(t, first())
	line := "Last time: INC-261122-FIRST2 was resolved 2 h 05 min before, rolled back to v41"

	require.Equal(t, line, s.last().Text)
	require.Equal(t, "https://jira.example.com/browse/OPS-12", s.last().URL)
	c := incident.CardOf(s.in, temporal)
	require.Contains(t, c.Notes, line)
	require.Contains(t, c.Links, incident.Link{Text: "INC-261122-FIRST2", URL: "https://jira.example.com/browse/OPS-12"})
	require.Equal(t, temporal.TemporalUI, c.History(), "its own history comes first")
	require.Contains(t, incident.TicketOf(s.in, temporal).Description,
		"||Relates to|INC-261122-FIRST2 was resolved 2 h 05 min before, rolled back to v41 "+
			"[OPS-12|https://jira.example.com/browse/OPS-12] [history|https://temporal.example.com/run-0]|\n")
	require.False(t, s.in.LookBack)
	s.ignores(incident.Event{Kind: incident.LookedBack, Before: incident.Before{ID: "INC-000101-OTHERS"}})
}

func TestTheLastTimeIsToldAsFarAsItIsKnown(t *testing.T) {
	tests := map[string]struct {
		forget func(*incident.Before)
		line   string
		link   string
	}{
		"no ticket":   {func(b *incident.Before) { b.Ticket = incident.TicketRef{} }, "was resolved 2 h 05 min before, rolled back to v41", "https://temporal.example.com/run-0"},
		"no rollback": {func(b *incident.Before) { b.Restored = "" }, "was resolved 2 h 05 min before", "https://jira.example.com/browse/OPS-12"},
		"terminated": {func(b *incident.Before) {
			*b = incident.Before{ID: b.ID, URL: b.URL, EndedAt: b.EndedAt}
		}, "ended 2 h 00 min before", "https://temporal.example.com/run-0"},
		"long ago": {func(b *incident.Before) { b.ResolvedAt = noon.Add(-80 * time.Hour) }, "was resolved 3 days before, rolled back to v41", "https://jira.example.com/browse/OPS-12"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := first()
			test.forget(&before)
			s := looksBack(t, before)
			require.Equal(t, "Last time: INC-261122-FIRST2 "+test.line, s.last().Text)
			require.Equal(t, test.link, s.last().URL)
		})
	}
}

func TestNothingIsSaidWhenNothingCameBefore(t *testing.T) {
	for name, before := range map[string]incident.Before{"none": {}, "itself": {ID: "INC-261123-ABCDEF"}} {
		t.Run(name, func(t *testing.T) {
			s := given(t, triggered)
			said, revision := len(s.in.Timeline), s.in.Revision
			s.in.LookBack = true
			s.happens(incident.Event{Kind: incident.LookedBack, Before: before})
			require.Len(t, s.in.Timeline, said)
			require.Equal(t, revision, s.in.Revision)
			require.False(t, s.in.LookBack)
		})
	}
}

func TestWhatALaterIncidentSaysOfThisOne(t *testing.T) {
	s := given(t, restored)
	s.in.Cursors.Ticket = incident.TicketRef{Key: "OPS-1"}
	require.Equal(t, incident.Before{
		ID: s.in.ID, Run: "run-1", ResolvedAt: s.in.ResolvedAt, Restored: "r2", Ticket: incident.TicketRef{Key: "OPS-1"},
	}, incident.BeforeOf(s.in))
	require.Zero(t, incident.BeforeOf(given(t, triggered).in).ResolvedAt)
}
