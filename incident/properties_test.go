package incident_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
)

func TestEverySequenceOfEventsKeepsThePromisesOfTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		service := rapid.SampledFrom([]incident.Service{checkout(), withApproval(), holding(), counting()}).Draw(t, "service")
		walk(t, service, rapid.IntRange(1, 40).Draw(t, "events"), func(in incident.Incident, now time.Time) incident.Event {
			return rapid.Custom(func(t *rapid.T) incident.Event {
				pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") }
				return someEvent(pick, in, now)
			}).Draw(t, "event")
		})
	})
}

func FuzzNoSequenceOfEventsLeavesTheTable(f *testing.F) {
	for seed := range byte(8) {
		bytes := make([]byte, 900)
		for i := range bytes {
			seed = seed*101 + 77 + byte(i>>3)
			bytes[i] = seed
		}
		f.Add(bytes)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		var pick dice = func(n int) int {
			if len(bytes) == 0 {
				return 0
			}
			b := bytes[0]
			bytes = bytes[1:]
			return int(b) % n
		}
		service := oneOf(pick, checkout(), withApproval(), holding(), counting())
		walk(t, service, min(len(bytes)/30, 60), func(in incident.Incident, now time.Time) incident.Event {
			return someEvent(pick, in, now)
		})
	})
}

// encode is the state as it is carried into the next run.
func encode(t require.TestingT, in incident.Incident) string {
	text, err := json.Marshal(in)
	require.NoError(t, err)
	return string(text)
}

func decode(t require.TestingT, text string) (in incident.Incident) {
	require.NoError(t, json.Unmarshal([]byte(text), &in))
	return in
}

// walk leads an incident through made-up events. A second one is written down
// and read again before each event, as if its run went on in a new one.
func walk(t require.TestingT, service incident.Service, events int, some func(incident.Incident, time.Time) incident.Event) {
	in := incident.Incident{ID: "INC-261123-ABCDEF", Service: service, Policies: policies(), Severity: incident.SEV2}
	in, err := incident.Apply(in, incident.Event{Kind: incident.Opened, At: noon})
	require.NoError(t, err)
	now, carried := noon, in
	states, texts := []incident.Incident{in}, []string{encode(t, in)}
	for range events {
		ev := some(in, now)
		now = later(ev.At, now)
		next, err := incident.Apply(in, ev)
		carried = decode(t, encode(t, carried))
		again, errAgain := incident.Apply(carried, ev)
		carried = again

		text := encode(t, next)
		require.Equal(t, text, encode(t, again), "a new run goes on just the same after %s", ev.Kind)
		require.Equal(t, err, errAgain)
		if err != nil {
			require.Equal(t, texts[len(texts)-1], text, "%s was not taken", ev.Kind)
			mustBeTold(t, err)
		}
		mustOnlyGrow(t, in, next)
		mustBeSound(t, next)
		mustGoOn(t, next)
		mustBeShown(t, next)
		in = next
		states, texts = append(states, in), append(texts, text)
	}
	for i := range states {
		require.Equal(t, texts[i], encode(t, states[i]), "no later event changes an earlier state")
	}
}

// mustBeTold says that only a refusal or a duplicate keeps an event from being taken.
func mustBeTold(t require.TestingT, err error) {
	var refusal *incident.Refusal
	if !errors.As(err, &refusal) {
		require.ErrorIs(t, err, incident.ErrDuplicate)
		return
	}
	require.NotEmpty(t, refusal.Why)
}

func mustOnlyGrow(t require.TestingT, before, after incident.Incident) {
	mustBegin(t, before.Timeline, after.Timeline)
	mustBegin(t, before.Tried, after.Tried)
	mustBegin(t, before.Calls, after.Calls)
	mustBegin(t, before.Notices, after.Notices)
	for i, e := range after.Timeline[len(before.Timeline):] {
		require.Equal(t, len(before.Timeline)+i+1, e.N)
		require.NotEmpty(t, e.Text)
		require.NotContains(t, e.Text, "\n")
	}
	require.GreaterOrEqual(t, after.Revision, before.Revision)
	require.LessOrEqual(t, after.Revision, before.Revision+1)
	require.GreaterOrEqual(t, after.Climb.Lap, before.Climb.Lap)
	require.GreaterOrEqual(t, after.Rollback.Attempt, before.Rollback.Attempt)
	require.Equal(t, before.OpenedAt, after.OpenedAt)
	require.Equal(t, before.ID, after.ID)
}

// mustBegin says that a list begins as it was.
func mustBegin[T any](t require.TestingT, before, after []T) {
	require.GreaterOrEqual(t, len(after), len(before))
	if len(before) > 0 {
		require.Equal(t, before, after[:len(before)])
	}
}

// mustBeSound says what holds in every state.
func mustBeSound(t require.TestingT, in incident.Incident) {
	rb := in.Rollback
	require.Contains(t, []incident.Status{incident.Triggered, incident.Acknowledged, incident.Resolved}, in.Status)
	require.Contains(t, []incident.RollbackState{
		"", incident.RollbackRequested, incident.RollbackRunning, incident.RollbackVerifying, incident.RollbackSucceeded,
		incident.RollbackFailed, incident.RollbackAborted, incident.RollbackWithdrawn,
	}, rb.State)
	require.True(t, in.Severity.Valid(), "%s", in.Severity)
	require.Equal(t, rb.UnderWay(), !rb.Due.IsZero())
	require.Equal(t, rb.State != "", rb.Attempt > 0)
	require.Equal(t, in.SnoozedAt.IsZero(), in.SnoozedUntil.IsZero())
	switch in.Status {
	case incident.Triggered:
		require.False(t, rb.UnderWay(), "who decides to roll back has the incident")
		require.Empty(t, in.AcknowledgedBy)
		require.NotZero(t, in.Climb.At)
	case incident.Acknowledged:
		require.NotEmpty(t, in.AcknowledgedBy)
		require.Equal(t, rb.UnderWay() || !in.SnoozedUntil.IsZero(), in.AckDue.IsZero())
	case incident.Resolved:
		require.False(t, in.Paging())
		require.False(t, rb.UnderWay(), "an incident does not close over a rollback")
		require.NotZero(t, in.ResolvedAt)
		require.NotZero(t, in.QuietUntil)
		require.Zero(t, in.SnoozedUntil)
	}
	if c := in.Climb; c.Pending && c.Left != nil {
		require.LessOrEqual(t, c.Left.At.Round, c.At.Round)
		require.LessOrEqual(t, c.At.Round-c.Left.At.Round, 1, "no round is gone back to but the one that has just ended")
		require.NotEmpty(t, c.Pages)
	} else if c.Pending {
		require.Empty(t, c.Pages, "nothing is sent before the step is opened")
	}
	if in.Closed || in.Restored != "" {
		require.Equal(t, incident.Resolved, in.Status)
	}
	if in.Offer() != nil {
		require.NotContains(t, in.Tried, in.Offer().Release)
	}
}

// mustGoOn says that an open incident is never left alone: somebody is paged, or
// something comes due, and what comes due takes it further.
func mustGoOn(t require.TestingT, in incident.Incident) {
	at, kind := in.Due()
	require.Equal(t, at.IsZero(), kind == "")
	if !in.Open() {
		require.Empty(t, kind)
		return
	}
	require.True(t, in.Paging() || kind != "" || in.Withheld.Short, "nobody is paged and nothing comes due")
	if kind != "" {
		next, err := incident.Apply(in, incident.Event{Kind: kind, At: at})
		require.NoError(t, err)
		then, what := next.Due()
		require.False(t, then.Equal(at) && what == kind, "%s comes due for ever", kind)
	}
	if in.Status == incident.Triggered && !in.Climb.Pending {
		next, err := incident.Apply(in, incident.Event{Kind: incident.StepRanOut, At: in.OpenedAt.Add(time.Hour)})
		require.NoError(t, err)
		require.True(t, next.Climb.Pending, "the climb goes on")
	}
}

// mustBeShown draws the state everywhere.
func mustBeShown(t require.TestingT, in incident.Incident) {
	c := incident.CardOf(in, temporal)
	require.LessOrEqual(t, len(c.Alerts), 5)
	require.Equal(t, in.Firing(), len(c.Alerts)+c.More)
	require.NotEmpty(t, c.State)
	require.NotEmpty(t, c.Face())
	require.LessOrEqual(t, len(c.Buttons), 5, "Slack shows five in a row")
	require.False(t, slices.ContainsFunc(c.Buttons, func(b incident.Button) bool { return b.Action == "" || b.Text == "" }))
	require.Empty(t, live(incident.TicketOf(in, incident.Places{}).Description))
	comment, next := incident.CommentOf(in, 0)
	require.NotZero(t, next)
	require.NotEmpty(t, comment.Body)
}

// roomy gives every list of the state room to grow in place.
func roomy(in incident.Incident) incident.Incident {
	in.Timeline, in.Alerts = slices.Grow(in.Timeline, 9), slices.Grow(in.Alerts, 9)
	in.Calls, in.Notices = slices.Grow(in.Calls, 9), slices.Grow(in.Notices, 9)
	in.Tried, in.Seen = slices.Grow(in.Tried, 9), slices.Grow(in.Seen, 9)
	in.Responders, in.Climb.Pages = slices.Grow(in.Responders, 9), slices.Grow(in.Climb.Pages, 9)
	in.Cursors.Pages = slices.Grow(in.Cursors.Pages, 9)
	in.Cursors.Off, in.Cursors.Late = slices.Grow(in.Cursors.Off, 9), slices.Grow(in.Cursors.Late, 9)
	return in
}

func TestTwoFuturesOfOneStateDoNotTouchEachOther(t *testing.T) {
	inEach(t, everyState, func(t *testing.T, s *story) {
		s.in.Cursors.Late = []string{"v1", "v0"}
		in, now := roomy(s.in), s.now.Add(24*time.Hour)
		before := encode(t, in)
		future := func(kind incident.Kind, n string) incident.Incident {
			ev := by("sre-"+n, kind, comment("c"+n), person("p"+n), severity(incident.SEV1), lasting("1h"), numbered("d"+n))
			ev.At, ev.Vendor, ev.Page.Person, ev.Receipt.TS, ev.Shown, ev.Reason = now, "v"+n, "p"+n, n, n, n
			ev.Alert, ev.Progress, ev.Plan = ratio(now), s.told(incident.PhaseFailed, 7, n).Progress, s.plan("p"+n)
			ev.Alert.Fingerprint, ev.Alert.Summary = "f"+n, n
			next, err := incident.Apply(in, ev)
			if err != nil {
				return in
			}
			return next
		}
		for _, kind := range incident.Kinds() {
			one := future(kind, "1")
			text := encode(t, one)
			future(kind, "2")
			require.Equal(t, text, encode(t, one), "%s", kind)
			require.Equal(t, before, encode(t, in), "%s", kind)
		}
	})
}
