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

func TestServicesThatShareAnIncidentPageOnceForAllOfThem(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Services: []string{"shop", "cart", "search"}, Joined: true})
	h.Allow("slack", "update")

	alerts := map[string]*e2e.Alert{}
	for _, service := range []string{"cart", "search", "shop"} {
		alerts[service] = h.Alert(service, "HighErrorRatio")
		alerts[service].Owner = "shop"
		alerts[service].Fire()
	}
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "shop", "cart")
	card := h.Slack("C0SHOP").ExpectMessage(page.Incident())
	h.ExpectTicket(card.Incident())
	alerts["shop"].ExpectEntries(incident.AlertFired, 3)
	in, _ := alerts["cart"].Incident()
	affected, _ := in.Affected()
	require.Len(t, affected, 3)

	alerts["cart"].Resolve()
	alerts["shop"].Resolve()
	alerts["search"].ExpectEntries(incident.AlertResolved, 2)
	require.True(t, alerts["search"].ExpectStatus(incident.Triggered).Open())
	alerts["search"].Resolve()
	require.Equal(t, page.Incident(), alerts["search"].ExpectClosed().ID)
	require.Len(t, h.Pages(), 1)
	require.Len(t, h.Runs("WorkflowType = 'Incident'"), 1)
}
