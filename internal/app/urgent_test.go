package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"

	"github.com/seed-44180607/lastgood/activities"
)

// gaveWay runs what can wait beside some traffic, and says how long it was held up.
func gaveWay(ctx context.Context, t *traffic) time.Duration {
	began := time.Now()
	t.giveWay(ctx, activity.Info{})
	return time.Since(began)
}

func begins(name string, attempt int32) activity.Info {
	return activity.Info{ActivityType: activity.Type{Name: name}, Attempt: attempt}
}

func nobody() int { return 0 }

func TestWhatCanWaitGivesWayToAPageThatBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		traffic := &traffic{waiting: nobody}
		require.Zero(t, gaveWay(t.Context(), traffic))
		traffic.note(t.Context(), begins(activities.PageName, 1))
		require.Equal(t, quietFor, gaveWay(t.Context(), traffic))
	})
}

func TestAnOutageOfSlackDoesNotSlowWhatCanWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		traffic := &traffic{waiting: nobody}
		traffic.note(t.Context(), begins(activities.PageName, 2))
		traffic.note(t.Context(), begins(activities.FollowName, 1))
		require.Zero(t, gaveWay(t.Context(), traffic))
	})
}

func TestWhatCanWaitGivesWayWhilePagesWaitForSlack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leaves := time.Now().Add(700 * time.Millisecond)
		traffic := &traffic{waiting: func() int {
			if time.Now().Before(leaves) {
				return 3
			}
			return 0
		}}
		require.InDelta(t, (700*time.Millisecond + quietFor).Seconds(), gaveWay(t.Context(), traffic).Seconds(), 2*lookEvery.Seconds())
	})
}

func TestAPrivateAnswerDoesNotGiveWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		traffic := &traffic{waiting: func() int { return 1 }}
		began := time.Now()
		traffic.giveWay(t.Context(), begins(activities.WhisperName, 1))
		require.Zero(t, time.Since(began))
	})
}

func TestWhatCanWaitNeverStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		traffic := &traffic{waiting: func() int { return 1 }}
		require.InDelta(t, yieldFor.Seconds(), gaveWay(t.Context(), traffic).Seconds(), 2*lookEvery.Seconds())
	})
}
