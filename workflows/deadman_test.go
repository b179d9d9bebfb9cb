package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/workflows"
)

// backup may be silent for an hour and ten minutes.
var backup = incident.Heartbeat{Name: "backup", Service: "checkout", Every: hour, Grace: 10 * minute, Severity: incident.SEV3}

// guard is the workflow of a heartbeat under test, and what incidents were told of it.
type guard struct {
	t    *testing.T
	env  *testsuite.TestWorkflowEnvironment
	told []string
	// away is from when to when no incident can be told.
	from, to time.Duration
	gone     string // A service that the worker's configuration does not have.
	memos    int
	last     incident.Watch // As the memo has it.
}

func post(t *testing.T) *guard {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	g := &guard{t: t, env: suite.NewTestWorkflowEnvironment()}
	g.env.SetStartTime(noon)
	g.env.SetTestTimeout(30 * time.Second)
	workflows.Register(g.env)
	deadman := &activities.Deadman{Alerts: g}
	g.env.RegisterActivityWithOptions(deadman.TellSilence, activity.RegisterOptions{Name: activities.TellSilenceName})
	g.env.OnUpsertMemo(mock.Anything).Run(func(args mock.Arguments) {
		g.memos++
		g.last = args[0].(map[string]any)["watch"].(incident.Watch)
	}).Return(nil)
	return g
}

// Alert is the incident of a service.
func (g *guard) Alert(ctx context.Context, service string, d incident.Delivery) (string, error) {
	now := g.env.Now().Sub(noon)
	if g.from <= now && now < g.to {
		return "", errors.New("temporal is away")
	}
	if service == g.gone {
		require.LessOrEqual(g.t, activity.GetInfo(ctx).ScheduleToCloseTimeout, minute, "what is owed may have changed by then")
		return "", fmt.Errorf("alert %s: no such service", service)
	}
	state := "resolved"
	if d.Firing() {
		state = "silent"
	}
	g.told = append(g.told, fmt.Sprintf("%s: %s %s since %s", now, service, state, d.Alerts[0].StartsAt.Sub(noon)))
	return "", nil
}

func (g *guard) at(at time.Duration, signal string, payload any) {
	g.env.RegisterDelayedCallback(func() { g.env.SignalWorkflow(signal, payload) }, at)
}

func (g *guard) beats(at ...time.Duration) {
	for _, one := range at {
		g.at(one, signals.Beat, signals.Pulse{At: noon.Add(one)})
	}
}

// watch watches the backup until a moment at which its history has become long, and gives what the next run starts with.
func (g *guard) watch(w incident.Watch, until time.Duration) (next incident.Watch) {
	g.t.Helper()
	g.env.RegisterDelayedCallback(func() {
		g.env.SetContinueAsNewSuggested(true)
		g.env.SignalWorkflow(signals.Retire, signals.Retirement{})
	}, until)
	g.env.ExecuteWorkflow(signals.HeartbeatType, w)
	var on *workflow.ContinueAsNewError
	require.ErrorAs(g.t, g.env.GetWorkflowError(), &on)
	require.NoError(g.t, converter.GetDefaultDataConverter().FromPayloads(on.Input, &next))
	require.Equal(g.t, g.last, next, "the memo shows what is known")
	return next
}

func fresh() incident.Watch { return incident.Watch{Heartbeat: backup, Configured: noon} }

func TestASilentHeartbeatOpensAnIncidentAtEveryAndGraceAndTheNextBeatResolvesIt(t *testing.T) {
	g := post(t)
	g.beats(30*minute, 80*minute, 4*hour)
	g.watch(fresh(), 5*hour)
	require.Equal(t, []string{
		"2h30m0s: checkout silent since 2h30m0s", // 80 min, and 70 of them.
		"4h0m0s: checkout resolved since 2h30m0s",
	}, g.told)
}

func TestOneThatNeverBeatsIsSilentFromWhenItWasConfigured(t *testing.T) {
	g := post(t)
	next := g.watch(fresh(), 5*hour)
	require.Equal(t, []string{"1h10m0s: checkout silent since 1h10m0s"}, g.told)
	require.Equal(t, incident.Silence{Service: "checkout", From: noon.Add(70 * minute)}, next.Told)
}

func TestABeatWithinTheGraceIsNoNews(t *testing.T) {
	g := post(t)
	g.beats(69*minute, 138*minute, 207*minute)
	g.watch(fresh(), 4*hour)
	require.Empty(t, g.told)
}

func TestASilenceIsToldAsSoonAsAnIncidentCanBe(t *testing.T) {
	g := post(t)
	g.from, g.to = 0, 2*hour
	g.watch(fresh(), 3*hour)
	require.Len(t, g.told, 1)
	require.Regexp(t, `^2h0m[\d.]+s: checkout silent since 1h10m0s$`, g.told[0])
}

func TestABeatDuringTheOutageResolvesWhatWasToldAfterIt(t *testing.T) {
	g := post(t)
	g.from, g.to = 70*minute, 70*minute+20*second
	g.beats(70*minute + 10*second)
	g.watch(fresh(), 2*hour)
	require.Len(t, g.told, 2, "the news was on its way: it arrives, and is resolved")
	require.Contains(t, g.told[1], "checkout resolved since 1h10m0s")
}

func TestSettingsThatChangeReachAHeartbeatThatIsWatched(t *testing.T) {
	g := post(t)
	quick := backup
	quick.Every, quick.Grace = 5*minute, minute
	g.at(10*minute, signals.Configure, signals.Configured{Heartbeat: quick, Read: noon.Add(10 * minute)})
	g.at(11*minute, signals.Configure, signals.Configured{Heartbeat: backup, Read: noon.Add(-minute)})
	g.watch(fresh(), hour)
	require.Equal(t, []string{"16m0s: checkout silent since 16m0s"}, g.told, "an older reading changes nothing")
}

func TestASilenceOfAServiceThatIsGoneIsToldToTheOneThatTookItsPlace(t *testing.T) {
	g := post(t)
	g.env.SetWorkflowRunTimeout(24 * hour) // What has no bound of its own is tried for as long.
	g.gone = "checkout"
	renamed := backup
	renamed.Service = "shop"
	g.at(2*hour, signals.Configure, signals.Configured{Heartbeat: renamed, Read: noon.Add(2 * hour)})
	g.watch(fresh(), 3*hour)
	require.Len(t, g.told, 1)
	require.Regexp(t, `^2h[01]m[\d.]*s: shop silent since 1h10m0s$`, g.told[0])
}

func TestARetiredHeartbeatCompletesOnceItsIncidentIsTold(t *testing.T) {
	g := post(t)
	g.from, g.to = 2*hour, 3*hour
	g.at(2*hour, signals.Retire, signals.Retirement{Read: noon.Add(hour)})
	g.env.ExecuteWorkflow(signals.HeartbeatType, fresh())
	require.NoError(t, g.env.GetWorkflowError())
	require.True(t, g.env.IsWorkflowCompleted())
	require.Len(t, g.told, 2)
	require.Regexp(t, `^3h0m[\d.]+s: checkout resolved since 1h10m0s$`, g.told[1])
	require.True(t, g.last.Retired, "a beat that comes later finds that in the memo")
}

func TestACancelledHeartbeatIsWatchedFurther(t *testing.T) {
	g := post(t)
	g.env.RegisterDelayedCallback(func() { g.env.CancelWorkflow() }, minute)
	g.watch(fresh(), 2*hour)
	require.Equal(t, []string{"1h10m0s: checkout silent since 1h10m0s"}, g.told)
}

func TestANewRunGoesOnWhereTheLastOneWas(t *testing.T) {
	first := post(t)
	first.beats(50 * minute)
	next := first.watch(fresh(), hour)
	second := post(t)
	second.env.SetStartTime(noon.Add(hour))
	second.watch(next, 2*hour)
	require.Equal(t, []string{"2h0m0s: checkout silent since 2h0m0s"}, second.told)

	third := post(t)
	third.env.SetStartTime(noon.Add(3 * hour))
	third.beats() // Those of the second are over.
	third.at(minute, signals.Beat, signals.Pulse{})
	silent := second.last
	third.watch(silent, 10*minute)
	require.Equal(t, []string{"3h1m0s: checkout resolved since 2h0m0s"}, third.told)
}

func TestThousandsOfBeatsLoseNoneAndCostOneTimerEach(t *testing.T) {
	g := post(t)
	timers := 0
	g.env.SetOnTimerScheduledListener(func(string, time.Duration) { timers++ })
	const beats = 2000
	var beat func(n int)
	beat = func(n int) {
		g.env.SignalWorkflow(signals.Beat, signals.Pulse{At: g.env.Now()})
		if n < beats {
			g.env.RegisterDelayedCallback(func() { beat(n + 1) }, second)
		}
	}
	g.env.RegisterDelayedCallback(func() { beat(1) }, second)
	next := g.watch(fresh(), (beats+1)*second)
	require.Equal(t, noon.Add(beats*second), next.Last)
	require.Empty(t, g.told)
	require.LessOrEqual(t, timers-beats, 3, "a beat sets no timer")
}

func TestTheSelfCheckSaysWhenLastgoodCouldPageTheLastTime(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(noon)
	workflows.Register(env)
	slack := &switched{}
	outside := &switched{}
	deadman := &activities.Deadman{Chat: slack, Outside: outside, Every: minute}
	env.RegisterActivityWithOptions(deadman.CheckSelf, activity.RegisterOptions{Name: activities.CheckSelfName})
	var shown []signals.SelfCheck
	env.OnUpsertMemo(mock.Anything).Run(func(args mock.Arguments) {
		shown = append(shown, args[0].(map[string]any)["check"].(signals.SelfCheck))
	}).Return(nil)
	env.RegisterDelayedCallback(func() { slack.err = errors.New("slack: try the bot token: 401") }, 90*second)
	env.RegisterDelayedCallback(func() { slack.err, outside.err = nil, errors.New("deadman: 503") }, 150*second)
	env.RegisterDelayedCallback(func() { env.SetContinueAsNewSuggested(true) }, 200*second)
	env.ExecuteWorkflow(signals.SelfCheckType, signals.SelfCheck{})

	var on *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &on)
	require.Equal(t, []signals.SelfCheck{
		{Good: noon, Every: minute},
		{Good: noon.Add(minute), Every: minute},
		{Good: noon.Add(minute), Every: minute, Fault: "slack: try the bot token: 401"},
		{Good: noon.Add(3 * minute), Every: minute},
	}, shown)
	require.Equal(t, 3, outside.calls, "nobody outside is told of a lastgood that could not page")
}

// switched is a vendor that works until it is switched off.
type switched struct {
	err   error
	calls int
}

func (s *switched) Prove(context.Context) error { return s.err }

func (s *switched) Ping(context.Context) error {
	s.calls++
	return s.err
}

// unheard is the backup when Temporal was away at the time at which its beat was due, 50 minutes before noon.
func unheard() incident.Watch {
	return incident.Watch{Heartbeat: backup, Configured: noon.Add(-2 * hour), Since: noon.Add(-2 * hour)}
}

func TestASilenceThatIsNoticedLateWaitsForTheBeatThatNobodyCouldTake(t *testing.T) {
	g := post(t)
	g.beats(minute, 60*minute)
	g.watch(unheard(), 2*hour)
	require.Empty(t, g.told, "it beats as soon as somebody listens")
}

func TestASilenceThatIsNoticedLateIsExcusedForTwoMinutesAndOnce(t *testing.T) {
	g := post(t)
	g.from, g.to = 0, 10*minute // That no incident could be told is no further excuse.
	g.beats(3 * hour)
	g.watch(unheard(), 4*hour)
	require.Len(t, g.told, 2)
	require.Regexp(t, `^1[01]m.*: checkout silent since -50m0s$`, g.told[0], "it is told as soon as it can be")
	require.Equal(t, "3h0m0s: checkout resolved since -50m0s", g.told[1])
}
