package workflows

import (
	"encoding/json"
	"fmt"
	"slices"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// mostKept is what the roster may keep, in bytes: Temporal takes a memo of 2 MiB,
// and a workflow that asks for more is stuck. What is refused is part of histories.
const mostKept = 1 << 20

// Roster keeps what was entered about people at run time, in its memo, for as long
// as there is a lastgood. It heeds no cancellation: an override that somebody counts
// on must not be lost by a click.
func Roster(ctx workflow.Context, kept signals.Kept) error {
	k := keeper{kept: kept, log: workflow.GetLogger(ctx), run: workflow.GetInfo(ctx).WorkflowExecution.RunID}
	inlets := k.inlets(ctx)
	selector := workflow.NewSelector(ctx)
	for _, in := range inlets {
		selector.AddReceive(in.channel, func(workflow.ReceiveChannel, bool) { in.take() })
	}
	for !workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
		selector.Select(ctx)
	}
	// No signal is left behind: from here to the end there is no wait.
	for _, in := range inlets {
		for in.take() {
		}
	}
	return workflow.NewContinueAsNewError(ctx, signals.RosterType, k.kept)
}

// keeper is the roster while its workflow runs.
type keeper struct {
	kept  signals.Kept
	log   log.Logger
	run   string
	named int // How many IDs were given in this run.
}

func (k *keeper) inlets(ctx workflow.Context) []inlet {
	channel := func(name, description string) workflow.ReceiveChannel {
		return workflow.GetSignalChannelWithOptions(ctx, name, workflow.SignalChannelOptions{Description: description})
	}
	overrides := channel(signals.Override,
		`Put a person on call: {"schedule":"…","person":"sre-2","from":"2026-12-24T09:00:00Z","to":"2026-12-24T17:00:00Z","by":"your ID"}`)
	swaps := channel(signals.Swap, `Exchange two shifts: {"overrides":[…,…]}, taken both or not at all.`)
	removals := channel(signals.Remove, `Take an override or a swap back: {"id":"…","by":"your ID"}`)
	calendars := channel(signals.Calendar, "The latest copy of a schedule's calendar file.")
	maintenance := channel(signals.Maintenance,
		`Page nobody for a service: {"service":"checkout","from":"2026-12-24T09:00:00Z","to":"2026-12-24T11:00:00Z","reason":"…","by":"your ID"}`)
	endings := channel(signals.EndMaintenance, `End a maintenance now: {"id":"…","by":"your ID"}`)
	return []inlet{
		{overrides, func() bool {
			var o oncall.Override
			return overrides.ReceiveAsync(&o) && k.accept(ctx, signals.Override, o.ID, o)
		}},
		{swaps, func() bool {
			var s signals.Swapping
			return swaps.ReceiveAsync(&s) && k.swap(ctx, s)
		}},
		{removals, func() bool {
			var r signals.Removal
			return removals.ReceiveAsync(&r) && k.remove(ctx, r)
		}},
		{calendars, func() bool {
			var c oncall.Calendar
			return calendars.ReceiveAsync(&c) && k.takeCalendar(ctx, c)
		}},
		{maintenance, func() bool {
			var m oncall.Maintenance
			return maintenance.ReceiveAsync(&m) && k.maintain(ctx, m)
		}},
		{endings, func() bool {
			var r signals.Removal
			return endings.ReceiveAsync(&r) && k.endMaintenance(ctx, r)
		}},
	}
}

// accept adds overrides under one ID, all of them or none. One that comes without an
// ID, by hand, gets one.
func (k *keeper) accept(ctx workflow.Context, signal, id string, overrides ...oncall.Override) bool {
	if k.kept.Has(id) {
		k.log.Info("a signal came twice and was ignored", "signal", signal, "id", id)
		return true
	}
	if id == "" {
		id = k.name()
	}
	next, now := k.pruned(ctx), workflow.Now(ctx)
	for _, o := range overrides {
		if err := o.Check(); err != nil {
			return k.refuse(signal, id, err.Error())
		}
		o.ID, o.Made = id, now
		next.Overrides = append(next.Overrides, o)
	}
	if len(next.Overrides) > signals.MostOverrides {
		return k.refuse(signal, id, signals.ErrFull.Error())
	}
	return k.keep(ctx, signal, id, next)
}

func (k *keeper) swap(ctx workflow.Context, s signals.Swapping) bool {
	if len(s.Overrides) != 2 {
		return k.refuse(signals.Swap, s.ID, fmt.Sprintf("a swap is two overrides, not %d", len(s.Overrides)))
	}
	return k.accept(ctx, signals.Swap, s.ID, s.Overrides...)
}

func (k *keeper) remove(ctx workflow.Context, r signals.Removal) bool {
	if !k.kept.Has(r.ID) {
		return k.refuse(signals.Remove, r.ID, signals.ErrNoOverride.Error())
	}
	next := k.pruned(ctx)
	next.Overrides = slices.DeleteFunc(next.Overrides, func(o oncall.Override) bool { return o.ID == r.ID })
	return k.keep(ctx, signals.Remove, r.ID, next)
}

// takeCalendar puts the copy of a calendar in the place of the one before.
func (k *keeper) takeCalendar(ctx workflow.Context, c oncall.Calendar) bool {
	if c.Schedule == "" {
		return k.refuse(signals.Calendar, "", "a calendar names its schedule")
	}
	next := k.pruned(ctx)
	next.Calendars = slices.DeleteFunc(slices.Clone(next.Calendars), func(old oncall.Calendar) bool { return old.Schedule == c.Schedule })
	next.Calendars = append(next.Calendars, c)
	return k.keep(ctx, signals.Calendar, c.Schedule, next)
}

// maintain adds a maintenance. One that comes without an ID, by hand, gets one.
func (k *keeper) maintain(ctx workflow.Context, m oncall.Maintenance) bool {
	if k.kept.HasMaintenance(m.ID) {
		k.log.Info("a signal came twice and was ignored", "signal", signals.Maintenance, "id", m.ID)
		return true
	}
	if m.ID == "" {
		m.ID = k.name()
	}
	if err := m.Check(); err != nil {
		return k.refuse(signals.Maintenance, m.ID, err.Error())
	}
	next := k.pruned(ctx)
	m.Made = workflow.Now(ctx)
	next.Maintenance = append(next.Maintenance, m)
	if len(next.Maintenance) > signals.MostMaintenance {
		return k.refuse(signals.Maintenance, m.ID, signals.ErrMaintenanceFull.Error())
	}
	return k.keep(ctx, signals.Maintenance, m.ID, next)
}

func (k *keeper) endMaintenance(ctx workflow.Context, r signals.Removal) bool {
	if !k.kept.HasMaintenance(r.ID) {
		return k.refuse(signals.EndMaintenance, r.ID, signals.ErrNoMaintenance.Error())
	}
	next := k.pruned(ctx)
	next.Maintenance = slices.DeleteFunc(next.Maintenance, func(m oncall.Maintenance) bool { return m.ID == r.ID })
	return k.keep(ctx, signals.EndMaintenance, r.ID, next)
}

// keep makes the next state the one that counts, and shows it.
func (k *keeper) keep(ctx workflow.Context, signal, id string, next signals.Kept) bool {
	encoded, err := json.Marshal(next)
	if err != nil || len(encoded) > mostKept {
		return k.refuse(signal, id, fmt.Sprintf("the roster would grow beyond %d bytes", mostKept))
	}
	if err := workflow.UpsertMemo(ctx, next.Memo()); err != nil {
		return k.refuse(signal, id, err.Error())
	}
	k.kept = next
	k.log.Info("the roster has changed", "signal", signal, "id", id, "overrides", len(next.Overrides), "maintenance", len(next.Maintenance))
	return true
}

// refuse leaves everything as it is. It says true, as a message was taken.
func (k *keeper) refuse(signal, id, reason string) bool {
	k.log.Warn("a signal was refused", "signal", signal, "id", id, "reason", reason)
	return true
}

// pruned is the state without what ended long ago.
func (k *keeper) pruned(ctx workflow.Context) signals.Kept {
	next := k.kept
	next.Overrides = oncall.EndingAfter(workflow.Now(ctx).Add(-signals.KeptFor), k.kept.Overrides)
	next.Maintenance = oncall.MaintenanceEndingAfter(workflow.Now(ctx), k.kept.Maintenance)
	return next
}

// name makes an ID that no other run and no other override of this one has.
func (k *keeper) name() string {
	k.named++
	return signals.MintOverrideID(fmt.Sprintf("%s/%d", k.run, k.named))
}
