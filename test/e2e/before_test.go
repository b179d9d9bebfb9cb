package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/test/e2e"
)

func TestAnIncidentOfAGroupThatComesBackLinksTheLastOne(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{})
	h.AllowAll()

	alert, card := opened(h)
	card.Click("roll-back", e2e.FirstResponder)
	h.Jenkins("checkout").ExpectBuild(older).ExpectResult("SUCCESS")
	first := well(alert)
	require.Equal(t, older, first.Restored)
	require.Zero(t, first.Before)

	alert.Fire()
	alert.ExpectEntries(incident.LookedBack, 1)
	second, _ := alert.Incident()
	require.NotEqual(t, first.ID, second.ID)
	require.Equal(t, first.ID, second.Before.ID)
	require.Equal(t, first.Cursors.Ticket, second.Before.Ticket)
	require.Equal(t, older, second.Before.Restored)
	require.Equal(t, second.ID, well(alert).ID)
}
