package incident_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// decisions is one decision of each kind that a person can send.
func decisions() []incident.Event {
	return []incident.Event{
		by("sre-2", incident.WasAcknowledged), by("sre-2", incident.Escalated),
		by("sre-2", incident.Snoozed, lasting("10m")), by("sre-2", incident.SeverityChanged, severity(incident.SEV3)),
		by("sre-2", incident.WasAssigned, person("sre-1")), by("sre-2", incident.ResponderAdded, person("dba")),
		by("sre-2", incident.NoteAdded, comment("n")), by("sre-2", incident.UpdatePosted, comment("u")),
		by("sre-2", incident.WasResolved), by("sre-2", incident.Reopened), by("sre-2", incident.RollbackAsked),
		by("sre-2", incident.RollbackApproved), by("sre-2", incident.RollbackRejected), by("sre-2", incident.AbortAsked),
	}
}

func TestADecisionThatNamesAnotherIncidentDoesNothingButSaySo(t *testing.T) {
	inEach(t, everyState, func(t *testing.T, s *story) {
		for _, ev := range decisions() {
			of("INC-261122-ZZZZZZ")(&ev.Decision)
			require.Equal(t, "INC-261122-ZZZZZZ is closed. The incident of checkout that is open now is "+
				"INC-261123-ABCDEF: use its own buttons.", s.refuses(ev))
		}
	})
}

func TestADecisionWithAnIDSeenBeforeIsTakenOnce(t *testing.T) {
	inEach(t, everyState, func(t *testing.T, s *story) {
		for _, ev := range decisions() {
			numbered("click-" + string(ev.Kind))(&ev.Decision)
			of(s.in.ID)(&ev.Decision)
			if s.apply(ev) == nil {
				require.True(t, isDuplicate(s.apply(ev)), "%s", ev.Kind)
			}
		}
	})
}

func TestADecisionWithoutAnIDIsNeverADuplicate(t *testing.T) {
	s := given(t, triggered)
	note := by("sre-1", incident.NoteAdded, comment("again"))
	s.happens(note, note)
	require.Equal(t, 2, s.count(incident.NoteAdded))
	require.Empty(t, s.in.Seen)
}

func TestTheLatestDecisionsAreRemembered(t *testing.T) {
	s := given(t, triggered)
	note := func(i int) incident.Event {
		return by("sre-1", incident.NoteAdded, comment("n"), numbered(fmt.Sprint("d", i)))
	}
	for i := range 300 {
		s.happens(note(i))
	}
	require.Len(t, s.in.Seen, 256)
	require.True(t, isDuplicate(s.apply(note(299))))
	require.True(t, isDuplicate(s.apply(note(44))))
	require.NoError(t, s.apply(note(43)), "long forgotten")
}

func TestAResolvedIncidentRefusesWhatOnlyAnOpenOneCanTake(t *testing.T) {
	inEach(t, []string{resolved, restored, closed}, func(t *testing.T, s *story) {
		for _, ev := range []incident.Event{
			by("sre-2", incident.WasAcknowledged), by("sre-2", incident.Escalated), by("sre-2", incident.RollbackAsked),
			by("sre-2", incident.Snoozed, lasting("10m")), by("sre-2", incident.SeverityChanged, severity(incident.SEV1)),
			by("sre-2", incident.WasResolved),
		} {
			require.Equal(t, "INC-261123-ABCDEF is resolved since 12:01 UTC. Reopen it first.", s.refuses(ev), "%s", ev.Kind)
		}
	})
}

func TestAnOpenIncidentCannotBeReopened(t *testing.T) {
	inEach(t, openStates, func(t *testing.T, s *story) {
		require.Equal(t, "INC-261123-ABCDEF is open.", s.refuses(by("sre-1", incident.Reopened)))
	})
}

func TestWhatPeopleWriteIsRecordedInAnyState(t *testing.T) {
	inEach(t, everyState, func(t *testing.T, s *story) {
		from, status, revision := len(s.in.Timeline), s.in.Status, s.in.Revision

		s.happens(
			by("sre-1", incident.NoteAdded, comment("  first line\r\nsecond line\n")),
			by("sre-1", incident.UpdatePosted, comment("we are on it")),
			by("sre-1", incident.WasAssigned, person("dba"), comment("it is yours")),
			by("sre-1", incident.ResponderAdded, person("dba")),
		)

		require.Equal(t, []string{
			"NoteAdded: sre-1: first line second line",
			"UpdatePosted: Update by sre-1: we are on it",
			"Assigned: Assigned to dba by sre-1: it is yours",
			"ResponderAdded: dba added as a responder by sre-1",
		}, s.said(from))
		require.Equal(t, status, s.in.Status)
		require.Equal(t, revision+4, s.in.Revision, "it is shown")
		require.Equal(t, "dba", s.in.Assigned)
		require.Equal(t, []string{"dba"}, s.in.Responders)
	})
}

func TestAResponderWhoIsAddedIsPagedWhileTheIncidentIsOpen(t *testing.T) {
	inEach(t, everyState, func(t *testing.T, s *story) {
		calls := s.in.Calls
		s.happens(by("sre-1", incident.ResponderAdded, person("dba")))

		if !s.in.Open() {
			require.Equal(t, calls, s.in.Calls)
			return
		}
		call := incident.Call{Why: "sre-1 asks for your help", Targets: []oncall.Target{{Person: "dba"}}}
		require.Equal(t, append(calls, call), s.in.Calls)
		require.Equal(t, "dba is a responder already.", s.refuses(by("sre-2", incident.ResponderAdded, person("dba"))))
	})
}

func TestADecisionThatLacksItsSubjectIsRefused(t *testing.T) {
	tests := map[string]struct {
		ev  incident.Event
		why string
	}{
		"a note without a text":          {by("sre-1", incident.NoteAdded, comment(" \n ")), "A note needs a text."},
		"an update without a text":       {by("sre-1", incident.UpdatePosted), "An update needs a text."},
		"an assignment to nobody":        {by("sre-1", incident.WasAssigned), "Assign to whom? Name a person."},
		"a responder without a name":     {by("sre-1", incident.ResponderAdded), "Add whom? Name a person."},
		"a snooze without a time":        {by("sre-1", incident.Snoozed), `"" is no time to snooze for: give a duration up to 24h, such as 30m.`},
		"a snooze into the past":         {by("sre-1", incident.Snoozed, lasting("-5m")), `"-5m" is no time to snooze for: give a duration up to 24h, such as 30m.`},
		"a snooze for ever":              {by("sre-1", incident.Snoozed, lasting("25h")), `"25h" is no time to snooze for: give a duration up to 24h, such as 30m.`},
		"a severity that does not exist": {by("sre-1", incident.SeverityChanged, severity("SEV9")), `"SEV9" is no severity: give SEV1, SEV2, SEV3 or SEV4.`},
		"the severity that it has":       {by("sre-1", incident.SeverityChanged, severity(incident.SEV2)), "INC-261123-ABCDEF is SEV2 already."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.why, given(t, triggered).refuses(test.ev))
		})
	}
}

func TestADecisionByNobodyKnownIsTakenAllTheSame(t *testing.T) {
	s := given(t, triggered)
	s.happens(incident.Event{Kind: incident.WasAcknowledged})
	require.Equal(t, "somebody", s.in.AcknowledgedBy)
	require.Equal(t, "Acknowledged by somebody", s.last().Text)
}

func TestAnIncidentCannotBeResolvedOverARollback(t *testing.T) {
	inEach(t, []string{running, building}, func(t *testing.T, s *story) {
		require.Equal(t, "A rollback to r2 is running since 12:01 UTC: it resolves INC-261123-ABCDEF when it is proved. "+
			"Stop it first.", s.refuses(by("sre-1", incident.WasResolved)))
	})
}

func TestNobodyHasToWaitForTheProofOfARollback(t *testing.T) {
	s := given(t, verifying)
	s.happens(by("sre-1", incident.WasResolved, comment("seen to work")))
	require.Equal(t, incident.Resolved, s.in.Status)
	require.Equal(t, incident.RollbackAborted, s.in.Rollback.State)
	require.Empty(t, s.in.Restored, "what was not proved is not restored")

	s = given(t, verifying)
	s.happens(by("sre-1", incident.AbortAsked))
	require.True(t, s.in.Open())
	require.Equal(t, incident.RollbackAborted, s.in.Rollback.State)
	require.Zero(t, s.in.Rollback.Due)
}

func TestResolvingByHandWithdrawsARequestToRollBack(t *testing.T) {
	s := given(t, requested)
	s.happens(by("sre-1", incident.WasResolved))
	require.Equal(t, incident.Resolved, s.in.Status)
	require.Equal(t, incident.RollbackWithdrawn, s.in.Rollback.State)
	require.Equal(t, s.now, s.in.Rollback.Ended)
	require.Zero(t, s.in.Rollback.Due)
}

func TestAnOperatorWhoCancelsTheWorkflowEndsTheResponding(t *testing.T) {
	inEach(t, everyState, func(t *testing.T, s *story) {
		was := s.in.Rollback.State
		s.after(time.Minute).happens(incident.Event{Kind: incident.WasCancelled})

		require.True(t, s.in.Cancelled)
		require.Equal(t, incident.Resolved, s.in.Status)
		require.Equal(t, s.now, s.in.QuietUntil, "nothing holds the run up")
		require.False(t, s.in.Rollback.UnderWay())
		require.Empty(t, s.in.Buttons())
		switch was {
		case incident.RollbackRequested:
			require.Equal(t, incident.RollbackWithdrawn, s.in.Rollback.State)
		case incident.RollbackRunning, incident.RollbackVerifying:
			require.Equal(t, incident.RollbackAborted, s.in.Rollback.State)
			require.Contains(t, s.in.Rollback.Reason, "the state of the service is unknown")
			require.Equal(t, 1, s.count(incident.RollbackStopped))
		default:
			require.Equal(t, was, s.in.Rollback.State)
		}
	})
}

func TestTheLastWordIsSaidOnceAndOnlyOfAResolvedIncident(t *testing.T) {
	inEach(t, openStates, func(t *testing.T, s *story) {
		s.ignores(incident.Event{Kind: incident.WasClosed})
	})

	s := given(t, closed)
	require.True(t, s.in.Closed)
	require.Equal(t, "Closed: open for 6 min, resolved", s.last().Text)
	s.ignores(incident.Event{Kind: incident.WasClosed})

	s = given(t, restored).after(time.Hour)
	s.happens(incident.Event{Kind: incident.WasClosed})
	require.Equal(t, "Closed: open for 1 h 01 min, restored with r2", s.last().Text)
}
