package activities_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/release"
)

func TestABuildIsLookedForBeforeItIsOrderedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		attempt int32
		order   activities.TriggerOrder
		jenkins line
		asked   []string
		run     release.Run
	}{
		"the first time it is ordered":  {1, activities.TriggerOrder{}, line{found: true}, []string{"trigger"}, ordered},
		"the second attempt finds it":   {2, activities.TriggerOrder{}, line{found: true}, []string{"find"}, queued},
		"the second attempt orders it":  {2, activities.TriggerOrder{}, line{}, []string{"find", "find", "trigger"}, ordered},
		"one that appears late is seen": {2, activities.TriggerOrder{}, line{found: true, late: 1}, []string{"find", "find"}, queued},
		"an order given again finds it": {1, activities.TriggerOrder{Again: true}, line{found: true}, []string{"find"}, queued},
		"only to find is to find":       {1, activities.TriggerOrder{OnlyFind: true}, line{found: true}, []string{"find"}, queued},
		"only to find orders nothing":   {2, activities.TriggerOrder{OnlyFind: true}, line{}, []string{"find", "find"}, release.Run{}},
		"only to find is to be patient": {1, activities.TriggerOrder{OnlyFind: true}, line{found: true, late: 1}, []string{"find", "find"}, queued},
	} {
		t.Run(name, func(t *testing.T) {
			deployer := &activities.Deployer{Builder: &c.jenkins, Every: time.Millisecond, Settle: 1}
			value, err := stage(t, c.attempt, deployer.TriggerRollback).ExecuteActivity(deployer.TriggerRollback, c.order)

			require.Equal(t, c.run, got[release.Run](t, value, err))
			require.Equal(t, c.asked, c.jenkins.asked)
		})
	}
}

func TestWithoutALookNothingIsOrderedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		find  error
		kind  string
		final bool
	}{
		"refused": {errRefused, activities.Unsure, true},
		"away":    {errAway, activities.Unavailable, false},
	} {
		t.Run(name, func(t *testing.T) {
			jenkins := &line{find: c.find}
			deployer := &activities.Deployer{Builder: jenkins}
			_, err := stage(t, 2, deployer.TriggerRollback).ExecuteActivity(deployer.TriggerRollback, activities.TriggerOrder{})

			require.Equal(t, c.kind, failed(t, err).Type())
			require.Equal(t, c.final, failed(t, err).NonRetryable())
			require.Equal(t, []string{"find"}, jenkins.asked)
		})
	}
}

func TestAnOrderWhoseAnswerIsLostIsLookedForAtOnce(t *testing.T) {
	jenkins := &line{trigger: errLost, away: 1, found: true, late: 2}
	deployer := &activities.Deployer{Builder: jenkins, Every: time.Millisecond, Settle: time.Minute}
	value, err := stage(t, 1, deployer.TriggerRollback).ExecuteActivity(deployer.TriggerRollback, activities.TriggerOrder{})

	require.Equal(t, queued, got[release.Run](t, value, err))
	require.Equal(t, []string{"trigger", "find", "find", "find"}, jenkins.asked)
}

func TestAnOrderWhoseAnswerIsLostAndThatIsNotThereIsGivenByTheNextAttempt(t *testing.T) {
	jenkins := &line{trigger: errLost, away: 1}
	deployer := &activities.Deployer{Builder: jenkins, Every: time.Millisecond, Settle: 1}
	_, err := stage(t, 1, deployer.TriggerRollback).ExecuteActivity(deployer.TriggerRollback, activities.TriggerOrder{})

	require.Equal(t, activities.Unavailable, failed(t, err).Type())
	require.False(t, failed(t, err).NonRetryable())
	require.Equal(t, []string{"trigger", "find", "find"}, jenkins.asked)
}

func TestAnOrderThatCannotBeSentIsGivenUntilItCan(t *testing.T) {
	jenkins := &line{trigger: errUnsent, away: 3}
	deployer := &activities.Deployer{Builder: jenkins, Every: time.Millisecond}
	value, err := stage(t, 1, deployer.TriggerRollback).ExecuteActivity(deployer.TriggerRollback, activities.TriggerOrder{})

	require.Equal(t, ordered, got[release.Run](t, value, err))
	require.Equal(t, []string{"trigger", "trigger", "trigger", "trigger"}, jenkins.asked, "nothing is there to be looked for")
}

func TestAnOrderThatWasNeverSentIsKnownNotToBeThere(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for name, c := range map[string]struct {
		trigger error
		kind    string
		final   bool
	}{
		"never sent": {errUnsent, activities.Unsent, true},
		"lost":       {errLost, activities.Unavailable, false},
		"broken":     {errAway, activities.Unavailable, false},
	} {
		t.Run(name, func(t *testing.T) {
			jenkins := &line{trigger: c.trigger, away: 100}
			deployer := &activities.Deployer{Builder: jenkins, Every: time.Hour}
			env := stage(t, 1, deployer.TriggerRollback)
			env.SetWorkerOptions(attemptsWithin(ctx))
			_, err := env.ExecuteActivity(deployer.TriggerRollback, activities.TriggerOrder{})

			require.Equal(t, c.kind, failed(t, err).Type())
			require.Equal(t, c.final, failed(t, err).NonRetryable())
			require.Equal(t, []string{"trigger"}, jenkins.asked)
		})
	}
}

func TestAnEarlierOrderIsNotForgottenWhenALaterOneCannotBeSent(t *testing.T) {
	jenkins := &line{trigger: errUnsent, away: 100}
	deployer := &activities.Deployer{Builder: jenkins, Every: time.Millisecond, Settle: 1}
	_, err := stage(t, 2, deployer.TriggerRollback).ExecuteActivity(deployer.TriggerRollback, activities.TriggerOrder{})

	require.Equal(t, activities.Unavailable, failed(t, err).Type())
	require.False(t, failed(t, err).NonRetryable())
}

// watching is a deployer whose Jenkins gives these answers in turn, the last for ever.
func watching(answers ...any) (*activities.Deployer, *line) {
	jenkins := &line{}
	jenkins.look = func(_ context.Context, run release.Run) (release.Run, error) {
		next := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		if err, wrong := next.(error); wrong {
			return run, err
		}
		return next.(release.Run), nil
	}
	return &activities.Deployer{Watcher: jenkins, Every: time.Millisecond}, jenkins
}

func TestARunIsFollowedAsFarAsIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		toEnd   bool
		answers []any
		run     release.Run
	}{
		"until it is built":         {false, []any{queued, queued, building}, building},
		"to its end":                {true, []any{queued, building, building, ended}, ended},
		"until it is lost":          {true, []any{queued, release.Run{Queue: 7, Lost: true}}, release.Run{Queue: 7, Lost: true}},
		"through a short absence":   {true, []any{building, errAway, errLost, errUnsent, ended}, ended},
		"until it is taken out":     {false, []any{release.Run{Queue: 7, Cancelled: true}}, release.Run{Queue: 7, Cancelled: true}},
		"one that ended unobserved": {false, []any{ended}, ended},
	} {
		t.Run(name, func(t *testing.T) {
			deployer, jenkins := watching(c.answers...)
			order := activities.FollowOrder{Run: queued, ToEnd: c.toEnd}
			value, err := stage(t, 1, deployer.FollowRollback).ExecuteActivity(deployer.FollowRollback, order)

			require.Equal(t, c.run, got[release.Run](t, value, err))
			require.Len(t, jenkins.asked, len(c.answers))
		})
	}
}

func TestAWatchEndsWhenJenkinsRefusesIt(t *testing.T) {
	deployer, jenkins := watching(errAway, errRefused, ended)
	_, err := stage(t, 1, deployer.FollowRollback).ExecuteActivity(deployer.FollowRollback, activities.FollowOrder{Run: queued, ToEnd: true})

	require.Equal(t, activities.Refused, failed(t, err).Type())
	require.True(t, failed(t, err).NonRetryable())
	require.Len(t, jenkins.asked, 2)
}

func TestAWatchHeartbeatsWhileALookIsSlow(t *testing.T) {
	var beats atomic.Int32
	twice := make(chan struct{})
	jenkins := &line{look: func(ctx context.Context, _ release.Run) (release.Run, error) {
		select {
		case <-twice:
			return ended, nil
		case <-ctx.Done():
			return release.Run{}, ctx.Err()
		}
	}}
	deployer := &activities.Deployer{Watcher: jenkins}
	env := stage(t, 1, deployer.FollowRollback)
	hears := &attempts{number: 1, beat: func() {
		if beats.Add(1) == 2 {
			close(twice)
		}
	}}
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{hears}})
	value, err := env.ExecuteActivity(deployer.FollowRollback, activities.FollowOrder{Run: queued, ToEnd: true})

	require.Equal(t, ended, got[release.Run](t, value, err))
	require.Len(t, jenkins.asked, 1, "one look was enough")
}

func TestAWatchIsHandedOnWhenTheWorkerStops(t *testing.T) {
	deployer, _ := watching(building)
	deployer.Every = time.Hour
	env := stage(t, 1, deployer.FollowRollback)
	stops := make(chan struct{})
	close(stops)
	env.SetWorkerStopChannel(stops)
	_, err := env.ExecuteActivity(deployer.FollowRollback, activities.FollowOrder{Run: queued, ToEnd: true})

	failure := failed(t, err)
	require.Equal(t, activities.Unavailable, failure.Type())
	require.False(t, failure.NonRetryable())
	require.Equal(t, time.Millisecond, failure.NextRetryDelay(), "another worker goes on at once")
}
