package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// stuckAfter is how long a page may take to get through before the next way to
// reach the person is tried as well.
const stuckAfter = 20 * time.Second

// pageUntilAnswered climbs the escalation policy, step by step, until somebody
// answers.
func (r *run) pageUntilAnswered(ctx workflow.Context) {
	for r.in.Paging() && !r.full(ctx) {
		r.sendOut(ctx)
		if r.in.Climb.Pending {
			r.openStep(ctx)
		} else {
			r.workStep(ctx)
		}
		r.callBack(ctx)
	}
}

// place tells one visit to a step from another.
type place struct {
	at  oncall.Position
	lap int
}

func (r *run) place() place { return place{r.in.Climb.At, r.in.Climb.Lap} }

// resolving is a step whose people are being looked up.
type resolving struct {
	place    place
	affected []string
	future   workflow.Future
}

func (r *run) startResolving(ctx workflow.Context) *resolving {
	question := activities.StepQuestion{Policy: r.in.Policy(), At: r.in.Climb.At, Now: workflow.Now(ctx)}
	question.Service, question.Affected = r.maintainable()
	summary := fmt.Sprintf("Who is on call for step %d?", question.At.Step)
	return &resolving{r.place(), question.Affected, workflow.ExecuteActivity(resolveOptions(ctx, summary), activities.ResolveStepName, question)}
}

// openStep waits until the step is due, looks up its people and puts their pages
// on the board, unless the climb has moved meanwhile: somebody answered, or a page of
// the step before it has arrived after all.
func (r *run) openStep(ctx workflow.Context) {
	here := r.place()
	moved := func() bool { return !r.in.Paging() || !r.in.Climb.Pending || r.place() != here || r.full(ctx) }
	if due := r.in.Climb.PageAt; due.After(workflow.Now(ctx)) &&
		await(ctx, due, fmt.Sprintf("page step %d again", here.at.Step), moved) {
		return
	}
	ahead := r.lookedUp(ctx, here)
	await(ctx, noDeadline, "", func() bool { return moved() || ahead.future.IsReady() })
	if moved() {
		return // What was looked up is out of date, and pages may have to be called back.
	}
	var answer activities.StepAnswer
	if err := ahead.future.Get(ctx, &answer); err != nil {
		answer.Plan = oncall.Plan{Position: here.at, Passed: "who is on call could not be found out: " + reason(err)}
	}
	plan := answer.Plan
	switch {
	case answer.Maintenance != nil:
		r.waitForMaintenance(ctx, *answer.Maintenance, ahead.affected, moved)
	case plan.Opens.After(workflow.Now(ctx)):
		if !await(ctx, plan.Opens, fmt.Sprintf("page step %d when its window opens", here.at.Step), moved) {
			r.openStep(ctx) // Who is on call is looked up anew.
		}
	case plan.Passed != "":
		r.note(incident.Event{Kind: incident.StepPassed, Plan: plan})
	default:
		r.note(incident.Event{Kind: incident.StepOpened, Plan: plan, Following: answer.Following})
	}
}

// lookedUp is the look-up that was begun ahead of time, if it is of this step, or a new one.
func (r *run) lookedUp(ctx workflow.Context, here place) *resolving {
	ahead := r.plan
	r.plan = nil
	if ahead == nil || ahead.place != here {
		ahead = r.startResolving(ctx)
	}
	return ahead
}

// workStep waits for an answer to the pages of the step that stands on the board, for
// as long as the policy says. A step that was asked for although the incident was
// acknowledged has to reach somebody, and no more.
func (r *run) workStep(ctx workflow.Context) {
	here, status := r.place(), r.in.Status
	moved := func() bool {
		return r.in.Status != status || !r.in.SnoozedUntil.IsZero() || r.in.Climb.Pending || r.place() != here || r.full(ctx)
	}
	for !moved() {
		await(ctx, noDeadline, "", func() bool { return moved() || r.settled() || r.reached() })
		if r.in.Status == incident.Acknowledged && !r.in.Climb.Wanted {
			return // Somebody was reached; nobody has to answer.
		}
		until := r.in.Climb.Until
		changed := func() bool { return moved() || !r.in.Climb.Until.Equal(until) }
		if moved() || (r.reached() && await(ctx, until, fmt.Sprintf("climb on from step %d unless acknowledged", here.at.Step), changed)) {
			continue // Perhaps the only page that had arrived was lost after all.
		}
		r.note(incident.Event{Kind: incident.StepRanOut})
		return
	}
}

// reached says whether the step waits for an answer: a page was delivered, and
// the policy gives time to answer it.
func (r *run) reached() bool {
	return r.in.Status == incident.Triggered && !r.in.Climb.Until.IsZero() && !r.in.Climb.At.Exhausted()
}

// settled says whether nothing more is to be hoped for from the step's pages:
// each was delivered, has failed, or is stuck.
func (r *run) settled() bool {
	for _, p := range r.in.Climb.Pages {
		if p.Delivered.IsZero() && p.Failed == "" && !r.stuck[p.Marker] {
			return false
		}
	}
	return true
}

// flight is one page on its way, from before it is due until it was delivered, has
// failed or was called back.
type flight struct {
	marker string
	stop   workflow.CancelFunc
}

// sendOut starts the pages on the board that are not on their way.
func (r *run) sendOut(ctx workflow.Context) {
	for _, page := range r.in.Climb.Pages {
		underWay := slices.ContainsFunc(r.flights, func(f *flight) bool { return f.marker == page.Marker })
		if underWay || !page.Delivered.IsZero() || page.Failed != "" {
			continue
		}
		delete(r.stuck, page.Marker) // It was stuck when it was on its way before.
		ctx, stop := workflow.WithCancel(ctx)
		this := &flight{page.Marker, stop}
		r.flights = append(r.flights, this)
		workflow.Go(ctx, func(ctx workflow.Context) {
			r.deliver(ctx, page)
			stop()
			r.flights = slices.DeleteFunc(r.flights, func(f *flight) bool { return f == this })
		})
	}
}

// callBack stops the pages that are no longer on the board. An answer stops them
// all, and so does the end of the run: the next one sends them out again.
func (r *run) callBack(ctx workflow.Context) {
	goesOn := r.in.Paging() && !r.full(ctx)
	r.flights = slices.DeleteFunc(r.flights, func(f *flight) bool {
		if goesOn && r.onBoard(f.marker) >= 0 {
			return false
		}
		f.stop()
		return true
	})
}

// deliver sends one page at its time, or as soon as the person's earlier method
// has failed or is stuck. It keeps trying until it is called back.
func (r *run) deliver(ctx workflow.Context, page incident.Page) {
	if page.Started.IsZero() && page.At.After(workflow.Now(ctx)) {
		await(ctx, page.At, fmt.Sprintf("page %s by %s", page.Person, page.Via), func() bool { return r.overdue(page) })
	}
	if ctx.Err() != nil || r.onBoard(page.Marker) < 0 || r.over(ctx) {
		return
	}
	again := !page.Started.IsZero() || r.doubtful[page.Marker]
	r.note(incident.Event{Kind: incident.PageStarted, Marker: page.Marker})
	r.doubtful[page.Marker] = true
	_ = r.send(ctx, page, "", again, func() { r.stuck[page.Marker] = true }) // Noted, and seen on the board.
}

// over says whether the step ends in this moment: which of two timers that are due
// together comes first is nobody's to know.
func (r *run) over(ctx workflow.Context) bool {
	return r.reached() && !workflow.Now(ctx).Before(r.in.Climb.Until)
}

// onBoard says where the page stands, -1 when it no longer does: the listener may
// have moved the climb on before the story could call back what belongs to the step.
func (r *run) onBoard(marker string) int {
	return slices.IndexFunc(r.in.Climb.Pages, func(p incident.Page) bool { return p.Marker == marker })
}

// overdue says whether the method before this one, of the same person, has
// failed or is stuck.
func (r *run) overdue(page incident.Page) bool {
	for _, earlier := range slices.Backward(r.in.Climb.Pages[:max(r.onBoard(page.Marker), 0)]) {
		if earlier.Person == page.Person {
			return earlier.Failed != "" || r.stuck[earlier.Marker]
		}
	}
	return false
}

// send carries a page out, notes how it went, and says why it did not get through.
// late is called when it has not in good time; it goes on trying all the same.
func (r *run) send(ctx workflow.Context, page incident.Page, why string, again bool, late func()) error {
	card := r.card()
	card.Why = why
	order := activities.PageOrder{Page: page.Page, Again: again, Message: incident.Message{
		Card: &card, Page: true, Marker: page.Marker, Since: r.in.OpenedAt,
	}}
	future := workflow.ExecuteActivity(pageOptions(ctx, page.Page), activities.PageName, order)
	if !await(ctx, after(ctx, stuckAfter), "try the next way to reach "+page.Person, future.IsReady) && ctx.Err() == nil {
		late()
		r.note(incident.Event{Kind: incident.PageDelayed, Page: page.Page, For: stuckAfter})
	}
	var receipt incident.Receipt
	err := future.Get(ctx, &receipt)
	switch {
	case err == nil:
		r.note(incident.Event{Kind: incident.Paged, Page: page.Page, Marker: page.Marker, Receipt: receipt, Shown: card.Face(), Reason: why})
	case ctx.Err() == nil:
		r.note(incident.Event{Kind: incident.PageFailed, Page: page.Page, Marker: page.Marker, Reason: reason(err)})
	}
	return err
}
