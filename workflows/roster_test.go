package workflows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/workflows"
)

// book is the roster's workflow under test, and its memo after every change.
type book struct {
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	memos []signals.Kept
}

func openBook(t *testing.T) *book {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	b := &book{t: t, env: suite.NewTestWorkflowEnvironment()}
	b.env.SetStartTime(noon)
	workflows.Register(b.env)
	b.env.OnUpsertMemo(mock.Anything).Run(func(args mock.Arguments) {
		memo := args[0].(map[string]any)
		b.memos = append(b.memos, signals.Kept{
			Overrides: memo["overrides"].([]oncall.Override), Calendars: memo["calendars"].([]oncall.Calendar),
			Maintenance: memo["maintenance"].([]oncall.Maintenance),
		})
	}).Return(nil)
	return b
}

// At sends a signal at a time of the story.
func (b *book) At(at time.Duration, signal string, payload any) {
	b.env.RegisterDelayedCallback(func() { b.env.SignalWorkflow(signal, payload) }, at)
}

// Run keeps the roster from what was kept before until a moment, and gives what it
// hands on to its next run.
func (b *book) Run(before signals.Kept, until time.Duration) (next signals.Kept) {
	b.t.Helper()
	b.env.RegisterDelayedCallback(func() {
		b.env.SetContinueAsNewSuggested(true)
		b.env.SignalWorkflow(signals.Remove, signals.Removal{ID: "none"})
	}, until)
	b.env.ExecuteWorkflow(signals.RosterType, before)
	var on *workflow.ContinueAsNewError
	require.ErrorAs(b.t, b.env.GetWorkflowError(), &on)
	require.Equal(b.t, signals.RosterType, on.WorkflowType.Name)
	require.NoError(b.t, converter.GetDefaultDataConverter().FromPayloads(on.Input, &next))
	if len(b.memos) > 0 {
		require.Equal(b.t, b.memos[len(b.memos)-1], next, "the memo shows what is kept")
	}
	return next
}

// covers is an override of the story: a person from one time of it to another.
func covers(id, person string, from, to time.Duration) oncall.Override {
	return oncall.Override{
		ID: id, By: "sre-9", Schedule: "checkout-primary", Person: person,
		From: noon.Add(from).Format(time.RFC3339), To: noon.Add(to).Format(time.RFC3339),
	}
}

func ids(kept signals.Kept) (list []string) {
	for _, o := range kept.Overrides {
		list = append(list, o.ID+" "+o.Person)
	}
	return list
}

func TestAnOverrideIsKeptWithTheMomentItWasMade(t *testing.T) {
	b := openBook(t)
	b.At(minute, signals.Override, covers("a", "sre-2", hour, 2*hour))
	next := b.Run(signals.Kept{}, hour)

	want := covers("a", "sre-2", hour, 2*hour)
	want.Made = noon.Add(minute)
	require.Equal(t, []oncall.Override{want}, next.Overrides)
	require.Len(t, b.memos, 1)
}

func TestASignalThatComesTwiceCountsOnce(t *testing.T) {
	b := openBook(t)
	for range 2 {
		b.At(minute, signals.Override, covers("a", "sre-2", hour, 2*hour))
		b.At(2*minute, signals.Swap, signals.Swapping{ID: "s", Overrides: []oncall.Override{covers("", "sre-1", hour, 2*hour), covers("", "sre-2", 3*hour, 4*hour)}})
	}
	require.Equal(t, []string{"a sre-2", "s sre-1", "s sre-2"}, ids(b.Run(signals.Kept{}, hour)))
	require.Len(t, b.memos, 2)
}

func TestAnOverrideSentByHandGetsAnIDOfItsOwn(t *testing.T) {
	b := openBook(t)
	for range 2 {
		b.At(minute, signals.Override, covers("", "sre-2", hour, 2*hour))
	}
	next := b.Run(signals.Kept{}, hour)
	require.Len(t, next.Overrides, 2, "without an ID it is never a duplicate")
	require.NotEmpty(t, next.Overrides[0].ID)
	require.NotEqual(t, next.Overrides[0].ID, next.Overrides[1].ID)
}

func TestASwapIsRemovedAsAWhole(t *testing.T) {
	b := openBook(t)
	b.At(minute, signals.Override, covers("a", "sre-2", hour, 2*hour))
	b.At(2*minute, signals.Swap, signals.Swapping{ID: "s", Overrides: []oncall.Override{covers("", "sre-1", hour, 2*hour), covers("", "sre-2", 3*hour, 4*hour)}})
	b.At(3*minute, signals.Remove, signals.Removal{ID: "s", By: "sre-1"})
	require.Equal(t, []string{"a sre-2"}, ids(b.Run(signals.Kept{}, hour)))
}

func TestABadSignalIsRefusedAndChangesNothing(t *testing.T) {
	good := covers("g", "sre-1", hour, 2*hour)
	bad := func(change func(*oncall.Override)) oncall.Override {
		o := covers("b", "sre-2", hour, 2*hour)
		change(&o)
		return o
	}
	for name, sent := range map[string]struct {
		signal  string
		payload any
	}{
		"nobody":                {signals.Override, bad(func(o *oncall.Override) { o.Person = "" })},
		"no schedule":           {signals.Override, bad(func(o *oncall.Override) { o.Schedule = "" })},
		"no start":              {signals.Override, bad(func(o *oncall.Override) { o.From = "" })},
		"a wall clock":          {signals.Override, bad(func(o *oncall.Override) { o.To = "2026-12-24T09:00" })},
		"an end at its start":   {signals.Override, bad(func(o *oncall.Override) { o.To = o.From })},
		"half a swap is broken": {signals.Swap, signals.Swapping{ID: "b", Overrides: []oncall.Override{good, bad(func(o *oncall.Override) { o.Person = "" })}}},
		"half a swap":           {signals.Swap, signals.Swapping{ID: "b", Overrides: []oncall.Override{good}}},
		"no such ID":            {signals.Remove, signals.Removal{ID: "b"}},
		"no ID":                 {signals.Remove, signals.Removal{}},
		"a calendar of nothing": {signals.Calendar, oncall.Calendar{Read: noon}},
		"too much of a name":    {signals.Override, bad(func(o *oncall.Override) { o.Person = strings.Repeat("x", 2<<20) })},
		"not what it should be": {signals.Override, "sre-2"},
	} {
		t.Run(name, func(t *testing.T) {
			b := openBook(t)
			b.At(minute, sent.signal, sent.payload)
			b.At(2*minute, signals.Override, good)
			require.Equal(t, []string{"g sre-1"}, ids(b.Run(signals.Kept{}, hour)), "the next one is still taken")
			require.Len(t, b.memos, 1)
		})
	}
}

func TestAFullRosterTakesNoMore(t *testing.T) {
	var before signals.Kept
	for i := range signals.MostOverrides - 1 {
		before.Overrides = append(before.Overrides, covers(fmt.Sprint(i), "sre-1", hour, 2*hour))
	}
	b := openBook(t)
	b.At(minute, signals.Swap, signals.Swapping{ID: "s", Overrides: []oncall.Override{covers("", "sre-1", hour, 2*hour), covers("", "sre-2", 3*hour, 4*hour)}})
	b.At(2*minute, signals.Override, covers("last", "sre-2", hour, 2*hour))
	b.At(3*minute, signals.Override, covers("more", "sre-2", hour, 2*hour))
	next := b.Run(before, hour)
	require.Len(t, next.Overrides, signals.MostOverrides)
	require.Equal(t, "last", next.Overrides[len(next.Overrides)-1].ID)
}

func TestWhatEndedAWeekAgoIsForgottenAtTheNextChange(t *testing.T) {
	b := openBook(t)
	b.At(0, signals.Override, covers("old", "sre-2", hour, 2*hour))
	b.At(minute, signals.Override, covers("young", "sre-2", 3*hour, 4*hour))
	b.At(7*24*hour+3*hour, signals.Override, covers("new", "sre-2", 200*hour, 201*hour))
	require.Equal(t, []string{"young sre-2", "new sre-2"}, ids(b.Run(signals.Kept{}, 8*24*hour)))
}

func TestTheLatestCopyOfEachCalendarIsKept(t *testing.T) {
	copyOf := func(schedule, person string, read time.Duration) oncall.Calendar {
		return oncall.Calendar{Schedule: schedule, Read: noon.Add(read), Shifts: []oncall.Override{covers("", person, hour, 2*hour)}}
	}
	b := openBook(t)
	b.At(minute, signals.Calendar, copyOf("one", "sre-1", minute))
	b.At(2*minute, signals.Calendar, copyOf("two", "sre-2", 2*minute))
	b.At(3*minute, signals.Calendar, copyOf("one", "sre-3", 3*minute))
	b.At(4*minute, signals.Override, covers("a", "sre-2", hour, 2*hour))
	next := b.Run(signals.Kept{}, hour)
	require.Equal(t, []oncall.Calendar{copyOf("two", "sre-2", 2*minute), copyOf("one", "sre-3", 3*minute)}, next.Calendars)
	require.Equal(t, []string{"a sre-2"}, ids(next))
}

// The history is full in the very task in which more signals have arrived.
func TestASignalBesideTheLastOneOfARunIsNotLost(t *testing.T) {
	b := openBook(t)
	b.env.RegisterDelayedCallback(func() {
		b.env.SetContinueAsNewSuggested(true)
		b.env.SignalWorkflowSkippingWorkflowTask(signals.Override, covers("a", "sre-1", hour, 2*hour))
		b.env.SignalWorkflowSkippingWorkflowTask(signals.Override, covers("b", "sre-2", hour, 2*hour))
		b.env.SignalWorkflowSkippingWorkflowTask(signals.Calendar, oncall.Calendar{Schedule: "one"})
		b.env.SignalWorkflow(signals.Remove, signals.Removal{ID: "a"})
	}, minute)
	next := b.Run(signals.Kept{}, hour)
	require.Equal(t, []string{"b sre-2"}, ids(next))
	require.Len(t, next.Calendars, 1)
}

func TestTheNextRunGoesOnWithWhatTheLastOneKept(t *testing.T) {
	first := openBook(t)
	first.At(minute, signals.Override, covers("a", "sre-1", hour, 2*hour))
	kept := first.Run(signals.Kept{}, 2*minute)

	second := openBook(t)
	second.At(minute, signals.Override, covers("a", "sre-1", hour, 2*hour))
	second.At(2*minute, signals.Override, covers("b", "sre-2", hour, 2*hour))
	require.Equal(t, []string{"a sre-1", "b sre-2"}, ids(second.Run(kept, hour)))
}

func TestCancellingTheRosterLosesNothing(t *testing.T) {
	b := openBook(t)
	b.At(minute, signals.Override, covers("a", "sre-1", hour, 2*hour))
	b.env.RegisterDelayedCallback(b.env.CancelWorkflow, 2*minute)
	b.At(3*minute, signals.Override, covers("b", "sre-2", hour, 2*hour))
	require.Equal(t, []string{"a sre-1", "b sre-2"}, ids(b.Run(signals.Kept{}, hour)))
}
