package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/seed-44180607/lastgood/incident"
)

// Alerts takes what is said about a service to its incident, and opens one when there is none.
type Alerts interface {
	Alert(ctx context.Context, service string, d incident.Delivery) (workflowID string, err error)
}

// Prover says whether messages could be posted now.
type Prover interface {
	Prove(ctx context.Context) error
}

// Outside is a monitor outside of lastgood that expects to hear of it again and again.
type Outside interface {
	Ping(ctx context.Context) error
}

// Deadman tells incidents of heartbeats that are silent, and others that lastgood is not. Chat and Outside are nil where
// they are not configured.
type Deadman struct {
	Alerts  Alerts
	Chat    Prover
	Outside Outside
	// Every is how often lastgood is looked at.
	Every time.Duration
}

// TellSilence takes news to the incident it is for, and returns that one's workflow ID. A second attempt says what
// the incident knows already.
func (d *Deadman) TellSilence(ctx context.Context, n incident.News) (string, error) {
	return d.Alerts.Alert(ctx, n.Service, n.Delivery)
}

// Finding is what a look at lastgood itself came to.
type Finding struct {
	// Fault is what keeps lastgood from paging, "" when nothing does.
	Fault string `json:"fault,omitempty"`
	// Unheard is why nobody outside has heard of it.
	Unheard string `json:"unheard,omitempty"`
	// Every is after how long to look again.
	Every time.Duration `json:"every"`
}

// CheckSelf looks whether lastgood could page, and tells somebody outside that it could. What fails is a finding: the
// next look is the next attempt.
func (d *Deadman) CheckSelf(ctx context.Context) (Finding, error) {
	found := Finding{Every: d.Every}
	if d.Chat != nil {
		if err := d.Chat.Prove(ctx); err != nil {
			found.Fault = err.Error()
			activity.GetLogger(ctx).Error("lastgood could not page", "error", err)
			return found, nil
		}
	}
	if d.Outside != nil {
		if err := d.Outside.Ping(ctx); err != nil {
			found.Unheard = err.Error()
			activity.GetLogger(ctx).Warn("the monitor outside was not told that lastgood is alive", "error", err)
		}
	}
	return found, nil
}
