package incident_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

// cursors is one event of each kind that says what the outside was told.
func cursors() []incident.Event {
	return []incident.Event{
		{Kind: incident.CardShown, Receipt: incident.Receipt{Channel: "C0CHECKOUT", TS: "1.1"}, Revision: 3},
		{Kind: incident.ThreadShown, Index: 2},
		{Kind: incident.NoticeSent, Index: 1},
		{Kind: incident.Attempted, Tried: incident.Tried{Card: true, Thread: 4, Notice: 1, Entry: 3}},
		{Kind: incident.TicketTried},
		{Kind: incident.TicketWritten, Revision: 3, Index: 2},
		{Kind: incident.TicketClosed},
		{Kind: incident.Launched},
		{Kind: incident.AbortSent},
		{Kind: incident.PageStarted, Index: 0},
		{Kind: incident.CalledOut, Index: 1},
	}
}

func TestWhatTheOutsideWasToldIsNeitherShownNorOnTheTimeline(t *testing.T) {
	inEach(t, everyState, func(t *testing.T, s *story) {
		before := s.in
		shown := incident.Event{Kind: incident.PageShown, Receipt: s.in.Cursors.Pages[0].Receipt, Shown: "face"}
		s.happens(append(cursors(), shown)...)
		require.Equal(t, before.Revision, s.in.Revision)
		require.Equal(t, before.Timeline, s.in.Timeline)
		require.Equal(t, before.Status, s.in.Status)
		require.Equal(t, before.Rollback, s.in.Rollback)
		require.Equal(t, before.AckDue, s.in.AckDue)
	})
}

func TestACursorSaysHowFarEachPlaceIs(t *testing.T) {
	s := given(t, building)
	s.happens(cursors()...)
	s.happens(incident.Event{Kind: incident.PageShown, Receipt: s.in.Cursors.Pages[0].Receipt, Shown: "face"})

	c := s.in.Cursors
	require.Equal(t, incident.Receipt{Channel: "C0CHECKOUT", TS: "1.1"}, c.Card)
	require.Equal(t, 3, c.CardRevision)
	require.Equal(t, 2, c.Thread)
	require.Equal(t, "face", c.Pages[0].Shown)
	require.Equal(t, "U-sre-1", c.Pages[0].To)
	require.Equal(t, "D-sre-1", c.Pages[0].Receipt.Channel)
	require.Equal(t, 1, c.Notices)
	require.Equal(t, 1, c.Calls)
	require.Equal(t, incident.Tried{Card: true, Thread: 4, Notice: 1, Entry: 3}, c.Tried)
	require.False(t, c.TicketTried.IsZero())
	require.Equal(t, 3, c.TicketRevision)
	require.Equal(t, 2, c.TicketEntry)
	require.True(t, c.TicketClosed)
	require.Equal(t, 1, c.Launched)
	require.Equal(t, 1, c.AbortSent)
}

func TestWhatMayHaveArrivedIsNotForgotten(t *testing.T) {
	s := given(t, triggered)
	for _, tried := range []incident.Tried{{Thread: 4}, {Card: true, Entry: 2}, {Notice: 1, Thread: 2}} {
		s.happens(incident.Event{Kind: incident.Attempted, Tried: tried})
	}
	require.Equal(t, incident.Tried{Card: true, Thread: 4, Notice: 1, Entry: 2}, s.in.Cursors.Tried)
}

func TestACursorForAPageThatIsNotThereIsIgnored(t *testing.T) {
	s := given(t, triggered)
	s.ignores(incident.Event{Kind: incident.PageShown, Receipt: incident.Receipt{TS: "1.1"}, Shown: "face"})
	s.ignores(incident.Event{Kind: incident.PageStarted, Index: 1})
}

func TestAnOpenedTicketIsToldWithItsAddress(t *testing.T) {
	s := given(t, triggered)
	revision := s.in.Revision
	s.happens(incident.Event{Kind: incident.TicketOpened, Ticket: incident.TicketRef{Key: "OPS-1", URL: "https://jira.example.com/browse/OPS-1"}})
	require.Equal(t, "OPS-1", s.in.Cursors.Ticket.Key)
	require.Equal(t, "Ticket OPS-1 opened", s.last().Text)
	require.Equal(t, "https://jira.example.com/browse/OPS-1", s.last().URL)
	require.Equal(t, revision+1, s.in.Revision, "the card links to it")
}

func TestAReopenedIncidentHasItsTicketClosedAgain(t *testing.T) {
	s := given(t, closed)
	s.happens(incident.Event{Kind: incident.TicketClosed}, by("sre-1", incident.Reopened))
	require.False(t, s.in.Cursors.TicketClosed)
}

func TestAVendorThatFallsBehindIsNamedOnceUntilItHasCaughtUp(t *testing.T) {
	s := given(t, triggered)
	from := len(s.in.Timeline)
	behind := func(vendor string) incident.Event {
		return incident.Event{Kind: incident.FellBehind, Vendor: vendor, Reason: "503 Service Unavailable\n<html>"}
	}
	up := incident.Event{Kind: incident.CaughtUp, Vendor: "Jira"}

	s.ignores(up)
	s.happens(behind("Jira"), behind("Slack"))
	s.ignores(behind("Jira"))
	require.Equal(t, []string{"Jira", "Slack"}, s.in.Cursors.Late)
	s.happens(up)
	s.ignores(up)
	require.Equal(t, []string{"Slack"}, s.in.Cursors.Late)
	require.Equal(t, []string{
		"FellBehind: Jira is behind and will catch up: 503 Service Unavailable",
		"FellBehind: Slack is behind and will catch up: 503 Service Unavailable",
		"CaughtUp: Jira has caught up",
	}, s.said(from))
}

func TestAVendorThatIsNotConfiguredIsNamedOnce(t *testing.T) {
	s := given(t, triggered)
	off := incident.Event{Kind: incident.SwitchedOff, Vendor: "Jira"}
	s.happens(off)
	require.Equal(t, "Jira is not configured: nothing is recorded there", s.last().Text)
	s.ignores(off)
	require.Equal(t, []string{"Jira"}, s.in.Cursors.Off)
}
