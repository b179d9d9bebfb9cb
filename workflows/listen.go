package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// kinds says what each decision becomes when it is accepted.
var kinds = map[string]incident.Kind{
	signals.Acknowledge:     incident.WasAcknowledged,
	signals.Escalate:        incident.Escalated,
	signals.RollBack:        incident.RollbackAsked,
	signals.ApproveRollback: incident.RollbackApproved,
	signals.RejectRollback:  incident.RollbackRejected,
	signals.AbortRollback:   incident.AbortAsked,
	signals.Snooze:          incident.Snoozed,
	signals.Assign:          incident.WasAssigned,
	signals.AddResponder:    incident.ResponderAdded,
	signals.AddNote:         incident.NoteAdded,
	signals.SetSeverity:     incident.SeverityChanged,
	signals.PostUpdate:      incident.UpdatePosted,
	signals.Resolve:         incident.WasResolved,
	signals.Reopen:          incident.Reopened,
}

// listen starts the one coroutine that reads signals. It turns each into an
// event and applies it; the story awaits what comes of it.
func (r *run) listen(ctx workflow.Context) {
	r.stop, r.idle = workflow.NewBufferedChannel(ctx, 1), false
	workflow.Go(ctx, func(ctx workflow.Context) {
		stopped := false
		selector := workflow.NewSelector(ctx)
		for _, in := range r.inlets(ctx) {
			selector.AddReceive(in.channel, func(workflow.ReceiveChannel, bool) { in.take() })
		}
		selector.AddReceive(r.stop, func(c workflow.ReceiveChannel, _ bool) {
			c.Receive(ctx, nil)
			stopped = true
		})
		for !stopped {
			selector.Select(ctx)
		}
		r.drain(ctx)
		r.idle = true
	})
}

// hush stops the listener. What had arrived by then has been taken: the listener
// itself drains the channels, as a parked Select may hold a signal already. All
// of it happens within one workflow task.
func (r *run) hush(ctx workflow.Context) {
	r.stop.SendAsync(true)
	await(ctx, noDeadline, "", func() bool { return r.idle })
}

// inlet is one signal channel. take reads and handles one message, and says
// whether there was one.
type inlet struct {
	channel workflow.ReceiveChannel
	take    func() bool
}

func (r *run) inlets(ctx workflow.Context) []inlet {
	alerts := workflow.GetSignalChannelWithOptions(ctx, signals.Alert,
		workflow.SignalChannelOptions{Description: "What a monitor says about the alerts of this group."})
	updates := workflow.GetSignalChannelWithOptions(ctx, signals.RollbackUpdate,
		workflow.SignalChannelOptions{Description: "How the rollback gets on, from its workflow."})
	list := []inlet{
		{alerts, func() bool { return r.takeNext(ctx, alerts) }},
		{updates, func() bool {
			var p incident.Progress
			return updates.ReceiveAsync(&p) && r.follow(p)
		}},
	}
	for _, name := range signals.Decisions {
		channel := workflow.GetSignalChannelWithOptions(ctx, name,
			workflow.SignalChannelOptions{Description: signals.Describe(name)})
		list = append(list, inlet{channel, func() bool {
			var d incident.Decision
			return channel.ReceiveAsync(&d) && r.decide(ctx, name, d)
		}})
	}
	reports := workflow.GetSignalChannelWithOptions(ctx, signals.PageReport,
		workflow.SignalChannelOptions{Description: "What became of a page after it was accepted, from whoever carried it."})
	return append(list, inlet{reports, func() bool {
		var report incident.PageReport
		return reports.ReceiveAsync(&report) && r.hear(report)
	}})
}

func (r *run) drain(ctx workflow.Context) {
	for _, in := range r.inlets(ctx) {
		for in.take() {
		}
	}
}

const (
	// crowded is from how many deliveries on that wait they are taken together, oneTake how
	// many alerts then at once. A storm may have gone on for an hour while no worker was up:
	// all of it has come by the next workflow task, and that has four seconds.
	crowded = 10
	oneTake = 500
)

// takeNext takes the delivery that came first, and says whether there was one.
func (r *run) takeNext(ctx workflow.Context, alerts workflow.ReceiveChannel) bool {
	var d incident.Delivery
	if !alerts.ReceiveAsync(&d) {
		return false
	}
	if alerts.Len() >= crowded {
		d = r.takeMost(ctx, alerts, d)
	}
	return r.take(d)
}

// takeMost takes a crowd of deliveries, but for what it gives back.
func (r *run) takeMost(ctx workflow.Context, alerts workflow.ReceiveChannel, d incident.Delivery) incident.Delivery {
	for {
		var next incident.Delivery
		switch {
		case !alerts.ReceiveAsync(&next):
			return d
		case d.Joins(next) && len(d.Alerts)+len(next.Alerts) <= oneTake:
			d = d.Union(next)
		default:
			r.take(d)
			d = next
			yield(ctx)
		}
	}
}

// take applies a monitor's delivery as one change.
func (r *run) take(d incident.Delivery) bool {
	r.note(incident.Event{Kind: incident.Delivered, Delivery: d})
	return true
}

func (r *run) follow(p incident.Progress) bool {
	r.note(incident.Event{Kind: p.Phase.Kind(), Progress: p})
	return true
}

// hear takes a report on a page. The first one on a text counts, however many come
// and in which order.
func (r *run) hear(report incident.PageReport) bool {
	ev := incident.Event{Kind: incident.PageReported, Report: report}
	if report.ID != "" {
		ev.Decision.ID = "report/" + report.ID
	}
	switch err := r.apply(ev); {
	case err == nil && report.Failed != "":
		r.lost[report.Marker] = true
	case err != nil && !errors.Is(err, incident.ErrDuplicate):
		r.log.Warn("a report on a page was refused", "marker", report.Marker, "reason", err.Error())
	}
	return true
}

// note applies what nobody waits for an answer to.
func (r *run) note(ev incident.Event) {
	if err := r.apply(ev); err != nil {
		r.log.Warn("an event was refused", "event", string(ev.Kind), "reason", err.Error())
	}
}

// decide carries out a person's decision. One that not everybody may take, or
// that depends on what is deployed now, is checked first, beside the story.
func (r *run) decide(ctx workflow.Context, signal string, d incident.Decision) bool {
	kind := kinds[signal]
	if d.By == "" {
		r.log.Warn("a decision by nobody was refused", "decision", signal)
		r.note(incident.Event{Kind: incident.NoteAdded, Decision: incident.Decision{
			By: "lastgood", Comment: fmt.Sprintf(`the signal %s was refused: it must say who decides, as in {"by":"sre-1"}`, signal),
		}})
		r.reply(d, "Nothing was done: the decision does not say who decides.")
		return true
	}
	if kind != incident.RollbackAsked && kind != incident.RollbackApproved {
		r.carryOut(kind, d)
		return true
	}
	r.checking++
	workflow.Go(ctx, func(ctx workflow.Context) {
		defer func() { r.checking-- }()
		if !r.permitted(ctx, d) {
			r.reply(d, fmt.Sprintf("You may not decide this: the rollback of %s is for those named under rollback.allowed.", r.in.Service.ID))
			return
		}
		r.lookAgain(ctx, kind, d)
		r.carryOut(kind, d)
	})
	return true
}

func (r *run) carryOut(kind incident.Kind, d incident.Decision) {
	var refusal *incident.Refusal
	before := r.in.Written()
	err := r.apply(incident.Event{Kind: kind, Decision: d})
	switch {
	case err == nil && before < r.in.Written():
		r.reply(d, r.in.Timeline[len(r.in.Timeline)-1].Text+".")
	case errors.As(err, &refusal):
		r.log.Info("a decision was refused", "decision", string(kind), "by", d.By, "reason", refusal.Why)
		r.reply(d, refusal.Why)
	case err != nil && !errors.Is(err, incident.ErrDuplicate):
		r.log.Error("a decision could not be applied", "decision", string(kind), "error", err)
	}
}

// permitted asks whether the person may decide about rollbacks, at this moment.
func (r *run) permitted(ctx workflow.Context, d incident.Decision) bool {
	plan := r.in.Service.Rollback
	if plan == nil {
		return true // It is refused by the state machine.
	}
	var yes bool
	question := activities.PermitQuestion{Allowed: plan.Allowed, Person: d.By, Now: workflow.Now(ctx)}
	err := workflow.ExecuteActivity(resolveOptions(ctx, "May "+d.By+" decide?"), activities.PermitName, question).Get(ctx, &yes)
	return err == nil && yes
}

// freshFacts is since when every decision about a rollback is taken on what was read for
// it. A run that began earlier goes on as it did.
const freshFacts = "decide-on-fresh-facts"

// lookAgain reads the deployments once more before a rollback is asked for or approved:
// what the button was made from may be old. When that fails, what is known counts. What is
// read counts, unless another decision came first meanwhile.
func (r *run) lookAgain(ctx workflow.Context, kind incident.Kind, d incident.Decision) {
	fresh := workflow.GetVersion(ctx, freshFacts, workflow.DefaultVersion, 1) == 1
	state := r.in.Rollback.State
	if !r.worthALook(kind, d) || kind == incident.RollbackApproved && !fresh {
		return
	}
	facts, err := r.survey(lookAgainOptions(ctx))
	if err != nil {
		r.log.Warn("the deployments could not be read again", "error", err)
		return
	}
	before, now := r.in.Facts.Choice.Suspect, facts.Choice.Suspect
	changed := before == nil || now == nil || !before.Is(*now)
	if fresh && r.in.Rollback.State == state || !fresh && changed {
		r.note(incident.Event{Kind: incident.Enriched, Facts: facts})
	}
}

// worthALook says whether what is deployed now makes a difference to a decision.
func (r *run) worthALook(kind incident.Kind, d incident.Decision) bool {
	if r.in.Service.Deployments == nil || d.Incident != "" && d.Incident != r.in.ID {
		return false
	}
	if kind == incident.RollbackApproved {
		return r.in.Rollback.State == incident.RollbackRequested
	}
	return r.in.Open() && !r.in.Rollback.UnderWay()
}
