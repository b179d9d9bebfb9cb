package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
)

// opening is one attempt to open a ticket, and the last heartbeat that it leaves.
func opening(t *testing.T, jira *tracker, beaten any, tried time.Time) (ref incident.TicketRef, left time.Time, err error) {
	t.Helper()
	recorder := &activities.Recorder{Tickets: jira}
	env := stage(t, 1, recorder.OpenTicket)
	if beaten != nil {
		env.SetHeartbeatDetails(beaten)
	}
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		left = time.Time{}
		_ = details.Get(&left)
	})
	value, err := env.ExecuteActivity(recorder.OpenTicket, activities.TicketOrder{Tried: tried})
	if err == nil {
		require.NoError(t, value.Get(&ref))
	}
	return ref, left, err
}

func TestAFirstTicketIsCreatedAtOnce(t *testing.T) {
	jira := &tracker{}
	ref, _, err := opening(t, jira, nil, time.Time{})

	require.NoError(t, err)
	require.Equal(t, ops, ref)
	require.Equal(t, []string{"create"}, jira.asked)
}

func TestACreateWhoseEndIsUnknownLeavesItsTimeBehind(t *testing.T) {
	for name, failure := range map[string]error{"no answer": errLost, "503": errAway} {
		t.Run(name, func(t *testing.T) {
			before := time.Now()
			_, left, err := opening(t, &tracker{create: failure}, nil, time.Time{})

			require.False(t, failed(t, err).NonRetryable())
			require.WithinRange(t, left, before.Add(-time.Millisecond), time.Now())
		})
	}
}

func TestACreateThatSurelyFailedDoesNotWait(t *testing.T) {
	_, left, err := opening(t, &tracker{create: errUnsent}, nil, time.Time{})
	require.False(t, failed(t, err).NonRetryable())
	require.Zero(t, left, "no create may have reached Jira")

	jira := &tracker{}
	ref, _, err := opening(t, jira, left, time.Time{})
	require.NoError(t, err)
	require.Equal(t, ops, ref)
	require.Equal(t, []string{"create"}, jira.asked)
}

func TestACreateThatSurelyFailedKeepsAnEarlierDoubt(t *testing.T) {
	tried := time.Now().UTC().Add(-time.Hour)
	_, left, err := opening(t, &tracker{create: errUnsent}, nil, tried)
	require.Error(t, err)
	require.WithinDuration(t, tried, left, 0)
}

func TestAfterADoubtfulCreateTheIndexIsWaitedFor(t *testing.T) {
	now := time.Now().UTC()
	for name, c := range map[string]struct {
		beaten any
		tried  time.Time
	}{
		"by the attempt before":  {beaten: now},
		"by an activity before":  {tried: now},
		"the later of them":      {beaten: now, tried: now.Add(-time.Hour)},
		"also the other way":     {beaten: now.Add(-time.Hour), tried: now},
		"a heartbeat of nothing": {beaten: time.Time{}, tried: now},
	} {
		t.Run(name, func(t *testing.T) {
			jira := &tracker{}
			_, _, err := opening(t, jira, c.beaten, c.tried)

			failure := failed(t, err)
			require.False(t, failure.NonRetryable())
			require.Equal(t, temporal.ApplicationErrorCategoryBenign, failure.Category())
			require.InDelta(t, activities.IndexLag, failure.NextRetryDelay(), float64(10*time.Second))
			require.LessOrEqual(t, failure.NextRetryDelay(), activities.IndexLag)
			require.Equal(t, []string{"find"}, jira.asked, "it creates no second one")
		})
	}
}

func TestADoubtfulCreateIsFoundOrMadeAgainOnceTheIndexHasCaughtUp(t *testing.T) {
	longAgo := time.Now().UTC().Add(-activities.IndexLag)
	for name, c := range map[string]struct {
		jira  tracker
		tried time.Time
		asked []string
	}{
		"it is found at once":         {tracker{found: true}, time.Now().UTC(), []string{"find"}},
		"it is not there in the end":  {tracker{}, longAgo, []string{"find", "create"}},
		"it is found however late":    {tracker{found: true}, longAgo, []string{"find"}},
		"the search decides, not age": {tracker{found: true}, longAgo.Add(-time.Hour), []string{"find"}},
	} {
		t.Run(name, func(t *testing.T) {
			ref, _, err := opening(t, &c.jira, nil, c.tried)
			require.NoError(t, err)
			require.Equal(t, ops, ref)
			require.Equal(t, c.asked, c.jira.asked)
		})
	}

	jira := &tracker{find: errAway}
	_, _, err := opening(t, jira, nil, longAgo)
	require.False(t, failed(t, err).NonRetryable())
	require.Equal(t, []string{"find"}, jira.asked, "without a search nothing is created")
}

func TestACommentIsLookedForBeforeItIsWrittenAgain(t *testing.T) {
	for name, c := range map[string]struct {
		attempt int32
		again   bool
		checked bool
	}{
		"the first time":    {1, false, false},
		"the second time":   {2, false, true},
		"ordered once more": {1, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			jira := &tracker{}
			recorder := &activities.Recorder{Record: jira}
			order := activities.WriteOrder{Ticket: ops, Comment: &incident.Comment{Marker: "m"}, Again: c.again}
			_, err := stage(t, c.attempt, recorder.WriteTicket).ExecuteActivity(recorder.WriteTicket, order)

			require.NoError(t, err)
			require.Equal(t, []string{"update", "comment"}, jira.asked)
			require.Equal(t, c.checked, jira.checked)
		})
	}
}

func TestAWriteWithoutNewEntriesAddsNoComment(t *testing.T) {
	jira := &tracker{}
	recorder := &activities.Recorder{Record: jira}
	_, err := stage(t, 1, recorder.WriteTicket).ExecuteActivity(recorder.WriteTicket, activities.WriteOrder{Ticket: ops})

	require.NoError(t, err)
	require.Equal(t, []string{"update"}, jira.asked)
}
