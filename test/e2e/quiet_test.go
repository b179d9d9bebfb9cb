package e2e_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/test/e2e"
)

func TestInAMaintenanceNobodyIsPagedUntilItIsEnded(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true})
	var entered []struct {
		oncall.Maintenance
		Taken bool
	}
	said := h.Does("maintenance", "add", "--service", h.ServiceID("checkout"), "--for", "2h", "--reason", "database upgrade", "--output", "json")
	require.NoError(t, json.Unmarshal([]byte(said.Output), &entered))
	require.True(t, entered[0].Taken)
	require.Contains(t, h.Does("maintenance", "list").Output, entered[0].ID)

	alert := h.Fire("checkout")
	card := h.Slack("C0CHECKOUT").ExpectMessage("SEV1", "checkout")
	h.ExpectTicket(card.Incident())
	alert.ExpectEntries(incident.PagesWithheld, 1)
	h.Pass(3 * time.Second)
	require.Empty(t, h.Pages())

	h.StopWorker() // What is known of it needs no worker.
	require.Contains(t, h.Does("maintenance", "list", "--service", h.ServiceID("checkout")).Output, "database upgrade")
	h.StartWorker()
	h.Does("maintenance", "end", entered[0].ID)
	require.Contains(t, h.Operator("maintenance", "end", entered[0].ID).Errors, "there is no maintenance "+entered[0].ID)

	page := h.Slack(e2e.FirstResponder).ExpectMessage(card.Incident())
	page.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged by sre-1")
	require.Equal(t, 1, e2e.Count(alert.ExpectStatus(incident.Acknowledged), incident.PagesDue))
}

func TestHoldPageOutlastsARestartOfTheWorker(t *testing.T) {
	t.Parallel()
	const hold = 8 * time.Second
	h := e2e.Start(t, e2e.Setting{Plain: true, Services: []string{"basket", "payment"}, Quiet: fmt.Sprintf("hold_page: %s", hold)})
	basket, payment := h.Fire("basket"), h.Fire("payment")
	basket.ExpectEntries(incident.PagesWithheld, 1)
	payment.ExpectEntries(incident.PagesWithheld, 1)
	h.KillWorker()
	payment.Resolve()
	h.StartWorker()

	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "basket")
	in := basket.ExpectStatus(incident.Triggered)
	require.WithinRange(t, page.At, in.OpenedAt.Add(hold), in.OpenedAt.Add(hold+5*time.Second))
	page.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged by sre-1")
	require.Equal(t, 1, e2e.Count(payment.ExpectClosed(), incident.NobodyPaged))
	require.Len(t, h.Pages(), 1)
}

func TestBelowTheThresholdNobodyIsPagedAndAtItSomebodyIs(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, Quiet: "threshold: {alerts: 3, within: 5m}"})
	one, two, three := h.Alert("checkout", "HighLatency"), h.Alert("checkout", "HighErrorRatio"), h.Alert("checkout", "Saturated")
	send := func(alerts ...*e2e.Alert) { require.Equal(t, 202, h.PostAlerts(e2e.Group("web", alerts...)).Status) }
	send(one, two)
	h.Pass(2 * time.Second)
	require.Empty(t, h.Pages())
	send(three)
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	page.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged by sre-1")
}
