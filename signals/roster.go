package signals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/seed-44180607/lastgood/oncall"
)

// Signals of the roster.
const (
	Override = "override" // An oncall.Override.
	Swap     = "swap"     // A Swapping.
	Remove   = "remove"   // A Removal.
	Calendar = "calendar" // An oncall.Calendar.

	Maintenance    = "maintenance"     // An oncall.Maintenance.
	EndMaintenance = "maintenance-end" // A Removal.
)

// RosterWorkflow is the workflow ID of the roster: a namespace has one.
const RosterWorkflow = "roster"

// Fields of the roster's memo. It can be read while no worker runs.
const (
	memoOverrides   = "overrides"
	memoCalendars   = "calendars"
	memoMaintenance = "maintenance"
)

const (
	// MostOverrides is how many overrides the roster takes at the most, those counted that ended within KeptFor.
	MostOverrides = 500
	// KeptFor is how long the roster keeps an override that has ended.
	KeptFor = 7 * 24 * time.Hour
)

// ErrFull means that the roster has MostOverrides already.
var ErrFull = fmt.Errorf("there are %d overrides already, more than the roster takes: remove some that are still to come, "+
	"or write the lasting ones into lastgood.yaml", MostOverrides)

// ErrNoOverride means that no override has the ID.
var ErrNoOverride = errors.New("there is no such override")

// IsRefusal says whether an error is one that whoever asked can do something about: nothing was stored, and Temporal is
// well.
func IsRefusal(err error) bool {
	for _, refusal := range []error{ErrFull, ErrNoOverride, ErrMaintenanceFull, ErrNoMaintenance} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// Swapping is two shifts that are exchanged: both overrides are taken, or none.
type Swapping struct {
	ID        string            `json:"id,omitempty"`
	Overrides []oncall.Override `json:"overrides"`
}

// Removal takes back the override, or both of a swap, with an ID.
type Removal struct {
	ID string `json:"id"`
	By string `json:"by,omitempty"`
}

// Kept is what the roster keeps of people beside lastgood.yaml.
type Kept struct {
	Overrides []oncall.Override `json:"overrides,omitempty"`
	Calendars []oncall.Calendar `json:"calendars,omitempty"`
	// Maintenance are the windows in force and to come, those of the file not among them.
	Maintenance []oncall.Maintenance `json:"maintenance,omitempty"`
}

// Over lays what was entered at run time over the people and schedules of lastgood.yaml.
func (k Kept) Over(file oncall.Roster) oncall.Roster {
	file.Overrides, file.Calendars = k.Overrides, k.Calendars
	file.Maintenance = slices.Concat(file.Maintenance, k.Maintenance)
	return file
}

// Memo is what the roster's workflow shows of itself.
func (k Kept) Memo() map[string]any {
	return map[string]any{memoOverrides: k.Overrides, memoCalendars: k.Calendars, memoMaintenance: k.Maintenance}
}

// Override makes an override durable. ErrFull when there are too many; any other
// error means that nothing was stored.
func (c Client) Override(ctx context.Context, o oncall.Override) error {
	if err := c.room(ctx, 1); err != nil {
		return err
	}
	return c.toRoster(ctx, Override, o)
}

// Swap exchanges two shifts, with the errors of Override.
func (c Client) Swap(ctx context.Context, s Swapping) error {
	if err := c.room(ctx, len(s.Overrides)); err != nil {
		return err
	}
	return c.toRoster(ctx, Swap, s)
}

// Remove takes an override back. ErrNoOverride when the roster does not have it and none of that ID waits.
func (c Client) Remove(ctx context.Context, r Removal) error {
	kept, err := c.Roster(ctx)
	if err != nil {
		return err
	}
	if !kept.Has(r.ID) {
		waiting, err := c.Waiting(ctx)
		if err != nil {
			return err
		}
		if !waiting.Has(r.ID) {
			return fmt.Errorf("remove %s: %w", r.ID, ErrNoOverride)
		}
	}
	return c.toRoster(ctx, Remove, r)
}

// Calendar hands over the latest copy of a calendar.
func (c Client) Calendar(ctx context.Context, latest oncall.Calendar) error {
	return c.toRoster(ctx, Calendar, latest)
}

// Has says whether an override, or a swap, has the ID.
func (k Kept) Has(id string) bool {
	for _, o := range k.Overrides {
		if o.ID == id && id != "" {
			return true
		}
	}
	return false
}

// room says ErrFull unless so many overrides more are taken.
func (c Client) room(ctx context.Context, more int) error {
	kept, err := c.Roster(ctx)
	if err != nil {
		return err
	}
	if len(oncall.EndingAfter(time.Now().Add(-KeptFor), kept.Overrides))+more > MostOverrides {
		return ErrFull
	}
	return nil
}

// toRoster signals the roster's workflow, and starts it when there is none.
func (c Client) toRoster(ctx context.Context, signal string, payload any) error {
	_, err := c.Temporal.SignalWithStartWorkflow(ctx, RosterWorkflow, signal, payload, client.StartWorkflowOptions{
		ID: RosterWorkflow, TaskQueue: c.queue(), WorkflowTaskTimeout: TaskTimeout,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "overrides, swaps and maintenance entered at run time, and the latest copies of calendars",
		StaticDetails: "Who is on call, and when nobody is paged, is `lastgood.yaml`, and over it what this workflow keeps in its memo. " +
			"It runs for good: **terminating it forgets every override and maintenance made at run time.**",
	}, RosterType, Kept{})
	return wrap(err, "signal "+signal+" to", RosterWorkflow)
}

// Roster reads what the roster keeps; no worker is needed for it. It is empty when
// nothing was ever entered, or the workflow was ended.
func (c Client) Roster(ctx context.Context) (kept Kept, err error) {
	described, err := c.Temporal.DescribeWorkflowExecution(ctx, RosterWorkflow, "")
	if closed(err) {
		return Kept{}, nil
	}
	if err != nil {
		return Kept{}, wrap(err, "read", RosterWorkflow)
	}
	info := described.GetWorkflowExecutionInfo()
	if info.GetCloseTime() != nil {
		return Kept{}, nil
	}
	for name, into := range map[string]any{memoOverrides: &kept.Overrides, memoCalendars: &kept.Calendars, memoMaintenance: &kept.Maintenance} {
		payload, there := info.GetMemo().GetFields()[name]
		if !there {
			continue
		}
		if err := c.converter().FromPayload(payload, into); err != nil {
			return Kept{}, fmt.Errorf("read the %s in the memo of %s: %w", name, RosterWorkflow, err)
		}
	}
	return kept, nil
}

func (c Client) converter() converter.DataConverter {
	if c.Converter == nil {
		return converter.GetDefaultDataConverter()
	}
	return c.Converter
}
