package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

// unwatched is a rollback of an incident that a person reopened while nothing fired,
// with its build at the end.
func unwatched(t *testing.T) *story {
	s := given(t, resolved)
	s.happens(by("sre-1", incident.Reopened), by("sre-1", incident.RollbackAsked, target("r2")))
	return s.happens(s.told(incident.PhaseBuilding, 7, ""), s.told(incident.PhaseSucceeded, 7, ""))
}

func TestARollbackThatNoAlertWatchesIsNotProvedByItsBuild(t *testing.T) {
	s := unwatched(t)

	due := "Build 7 has deployed r2: somebody has to resolve the incident by 12:16 UTC, as nothing fired when the rollback was decided"
	require.Equal(t, incident.RollbackVerifying, s.in.Rollback.State)
	require.Equal(t, due, card(s).Rollback)
	require.Empty(t, s.in.Restored)
}

func TestWhoeverResolvesProvesARollbackThatNoAlertWatches(t *testing.T) {
	s := unwatched(t)

	s.after(time.Minute).happens(by("sre-1", incident.WasResolved, comment("orders go through")))

	require.Equal(t, "r2", s.in.Restored)
	require.Equal(t, "Restored: Restored with r2: sre-1 says that it is well: orders go through", s.said(len(s.in.Timeline) - 2)[0])
}

func TestARollbackThatNoAlertWatchesFailsWhenNobodyResolves(t *testing.T) {
	s := unwatched(t)

	s.after(15 * time.Minute).happens(incident.Event{Kind: incident.NotProved})

	require.Equal(t, incident.RollbackFailed, s.in.Rollback.State)
	require.True(t, s.in.Paging())
	require.Equal(t, "The rollback to r2 is not proved: nobody has resolved the incident 15m after the build, and nothing fired when the rollback was decided", s.last().Text)
}

func TestAnAlertThatFiresAfterAllProvesTheRollbackWhenItResolves(t *testing.T) {
	s := unwatched(t)
	again := ratio(s.after(time.Minute).now)

	s.happens(fires(again))
	require.Contains(t, card(s).Rollback, "the alerts must resolve by 12:16 UTC")
	s.after(time.Minute).happens(stops(again, s.now))

	require.Equal(t, "r2", s.in.Restored)
}
