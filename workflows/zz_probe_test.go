package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/workflows"
)

func TestProbe(t *testing.T) {
	c, err := client.Dial(client.Options{HostPort: "127.0.0.1:17233"})
	require.NoError(t, err)
	w := worker.New(c, "lastgood", worker.Options{})
	workflows.Register(w)
	wd := newWorld()
	wd.now = time.Now
	oc := &activities.OnCall{People: (*people)(wd)}
	w.RegisterActivityWithOptions(oc.ResolveStep, activity.RegisterOptions{Name: activities.ResolveStepName})
	w.RegisterActivityWithOptions(func(ctx context.Context, o activities.PageOrder) (incident.Receipt, error) {
		if true { return incident.Receipt{}, context.DeadlineExceeded }
		return incident.Receipt{Channel: o.Page.Address, TS: "1"}, nil
	}, activity.RegisterOptions{Name: activities.PageName})
	w.RegisterActivityWithOptions(func(ctx context.Context, o activities.RefreshOrder) error { t.Log("refreshed"); return nil }, activity.RegisterOptions{Name: activities.RefreshPageName})
	require.NoError(t, w.Start())
	defer w.Stop()
	w2 := worker.New(c, "lastgood-background", worker.Options{DisableWorkflowWorker: true})
	w2.RegisterActivityWithOptions(func(ctx context.Context, o activities.RefreshOrder) error { t.Log("refreshed"); return nil }, activity.RegisterOptions{Name: activities.RefreshPageName})
	require.NoError(t, w2.Start())
	defer w2.Stop()
	svc := checkout()
	svc.Deployments, svc.Rollback, svc.Ticket, svc.SlackChannel = nil, nil, nil, ""
	sc := signals.Client{Temporal: c}
	id, err := sc.Alert(t.Context(), signals.Opening{Service: svc, Policies: incident.Policies{Default: policy()}}, incident.Delivery{Group: time.Now().String(), Alerts: []incident.Alert{{Fingerprint: "a", Name: "a", Firing: true, StartsAt: time.Now(), Severity: "SEV2"}}})
	require.NoError(t, err)
	time.Sleep(6*time.Second)
	require.NoError(t, c.SignalWorkflow(t.Context(), id, "", signals.Acknowledge, incident.Decision{By: "sre-1"}))
	time.Sleep(4 * time.Second)
	d, err := c.DescribeWorkflowExecution(t.Context(), id, "")
	require.NoError(t, err)
	t.Log("pending", d.PendingActivities)
	v, err := c.QueryWorkflow(t.Context(), id, "", signals.QueryIncident)
	require.NoError(t, err)
	var in incident.Incident
	require.NoError(t, v.Get(&in))
	for _, e := range in.Timeline {
		t.Log(e.At, e.Text)
	}
	t.Log(in.Cursors.Pages)
	require.NoError(t, c.TerminateWorkflow(t.Context(), id, "", "probe"))
}
