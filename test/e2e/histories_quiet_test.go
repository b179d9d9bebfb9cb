package e2e_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/test/e2e"
)

// heldBack resolves within hold_page, comes back and outlasts it.
func heldBack(_ *testing.T, h *e2e.Harness) {
	alert := h.Fire("checkout")
	alert.ExpectEntries(incident.PagesWithheld, 1)
	alert.Resolve()
	alert.ExpectEntries(incident.NobodyPaged, 1)
	alert.Fire()
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1").Click("acknowledge", e2e.FirstResponder).Told("Acknowledged")
	well(alert)
}

// belowThreshold flaps until that makes the number full.
func belowThreshold(_ *testing.T, h *e2e.Harness) {
	alert := h.Fire("checkout")
	alert.ExpectEntries(incident.PagesWithheld, 1)
	alert.Resolve()
	alert.ExpectEntries(incident.NobodyPaged, 1)
	alert.Fire()
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1").Click("acknowledge", e2e.FirstResponder).Told("Acknowledged")
	well(alert)
}

// maintained opens in a maintenance, which is ended early. One that makes no sense, and one that comes twice, are sent
// to the roster as well.
func maintained(t *testing.T, h *e2e.Harness) {
	var entered []oncall.Maintenance
	said := h.Does("maintenance", "add", "--service", h.ServiceID("checkout"), "--for", "2h", "--reason", "upgrade", "--output", "json")
	require.NoError(t, json.Unmarshal([]byte(said.Output), &entered))
	for range 2 {
		h.SignalRoster("maintenance", oncall.Maintenance{ID: "xmas", Service: "*", From: "2098-12-24T09:00:00Z", To: "2098-12-27T09:00:00Z"})
	}
	h.SignalRoster("maintenance", oncall.Maintenance{ID: "never", Service: "*"})
	h.SignalRoster("maintenance-end", map[string]string{"id": "none"})
	alert := h.Fire("checkout")
	alert.ExpectEntries(incident.PagesWithheld, 1)
	h.Does("maintenance", "end", entered[0].ID)
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1").Click("acknowledge", e2e.FirstResponder).Told("Acknowledged")
	well(alert)
	require.Len(t, h.Kept().Maintenance, 1)
	h.EndRoster()
}
