package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
)

func TestARestoredReleaseIsInServiceSinceItsBuildEnded(t *testing.T) {
	s := given(t, verifying)
	built := s.now

	s.after(5 * time.Minute).happens(stops(ratio(noon), s.now))

	require.Equal(t, "r2", card(s).InService.Release)
	require.Equal(t, built, card(s).InService.Finished)
}

func TestWhatIsInServiceIsNotClaimedWhenAnotherDeploymentRanBesideTheRollback(t *testing.T) {
	s := given(t, acknowledged)
	beside := history()
	beside.Choice.Running = &release.Deployment{Release: "r4", Build: 8, Running: true}
	s.happens(incident.Event{Kind: incident.Enriched, Facts: beside}, by("sre-1", incident.RollbackAsked))
	s.happens(s.told(incident.PhaseBuilding, 7, ""), s.told(incident.PhaseSucceeded, 7, ""), stops(ratio(noon), s.now))

	require.Equal(t, "r2", s.in.Restored)
	require.Nil(t, card(s).InService)
}

func TestANewerDeploymentThatIsKnownOfStaysTheOneInService(t *testing.T) {
	s := given(t, verifying)
	newer := history()
	newer.Choice.Suspect = &release.Deployment{Release: "r4", Build: 8, Finished: s.now.Add(time.Minute)}
	s.after(2*time.Minute).happens(incident.Event{Kind: incident.Enriched, Facts: newer}, stops(ratio(noon), s.now))

	require.Equal(t, "r4", card(s).InService.Release)
}
