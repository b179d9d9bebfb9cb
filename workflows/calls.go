package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// keepCalling pages those whom the state asks for beside the policy: approvers,
// and responders who were added.
func (r *run) keepCalling(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			await(ctx, noDeadline, "", func() bool { return len(r.in.Calls) > r.in.Cursors.Calls && !r.quiet(ctx) })
			n := r.in.Cursors.Calls
			plan := r.reach(ctx, r.in.Calls[n])
			r.note(incident.Event{Kind: incident.CalledOut, Index: n + 1, Plan: plan})
			r.call(ctx, n, plan)
		}
	})
}

// calling is one call: its pages, and what became of them.
type calling struct {
	call  incident.Call
	asked incident.Incident // The state when the call went out.
	pages []incident.Page
	// missed are the pages that have failed or are stuck; left counts those that are not done.
	missed []bool
	left   int
}

// call sends the pages of a call, each at its time, until nothing is left to ask.
func (r *run) call(ctx workflow.Context, n int, plan oncall.Plan) {
	c := &calling{call: r.in.Calls[n], asked: r.in, missed: make([]bool, len(plan.Pages)), left: len(plan.Pages)}
	for i, p := range plan.Pages {
		c.pages = append(c.pages, incident.Page{Page: p, Marker: fmt.Sprintf("%s/call/%d.%d/%s", r.in.ID, n+1, i+1, p.Via)})
	}
	ctx, stop := workflow.WithCancel(callContext(ctx))
	for i, page := range c.pages {
		r.calling++
		workflow.Go(ctx, func(ctx workflow.Context) {
			r.callBy(ctx, c, i, page)
			r.calling--
			c.left--
		})
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		await(ctx, noDeadline, "", func() bool { return c.left == 0 || c.settled(r.in) })
		stop()
	})
}

// callBy sends one page of a call at its time, or as soon as the person's earlier
// method has failed, is stuck or was lost. Before a new run it is sent at once: that one knows
// nothing of it.
func (r *run) callBy(ctx workflow.Context, c *calling, i int, page incident.Page) {
	if page.At.After(workflow.Now(ctx)) {
		await(ctx, page.At, fmt.Sprintf("page %s by %s", page.Person, page.Via), func() bool { return r.missed(c, i) || r.ripe(ctx) })
	}
	if ctx.Err() == nil && !c.settled(r.in) {
		missed := func() { c.missed[i] = true }
		if err := r.send(ctx, page, false, missed); err != nil {
			missed()
		}
	}
}

// settled says whether nothing is left to ask of anybody.
func (c *calling) settled(now incident.Incident) bool { return now.Settled(c.call, c.asked) }

// missed says whether the method before this one, of the same person, did not reach them.
func (r *run) missed(c *calling, i int) bool {
	for earlier, page := range slices.Backward(c.pages[:i]) {
		if page.Person == c.pages[i].Person {
			return c.missed[earlier] || r.lost[page.Marker]
		}
	}
	return false
}

// reach looks up those that a call is for. When none of them can be found, the
// next step of the policy is asked instead.
func (r *run) reach(ctx workflow.Context, call incident.Call) oncall.Plan {
	var plan oncall.Plan
	question := activities.ReachQuestion{Call: call, Now: workflow.Now(ctx)}
	err := workflow.ExecuteActivity(resolveOptions(ctx, call.Why), activities.ReachName, question).Get(ctx, &plan)
	if err == nil && len(plan.Pages) > 0 || call.Except == "" {
		return plan
	}
	next, _ := oncall.Next(r.in.Policy(), r.in.Climb.At)
	var answer activities.StepAnswer
	step := activities.StepQuestion{Policy: r.in.Policy(), At: next, Now: workflow.Now(ctx)}
	if err := workflow.ExecuteActivity(resolveOptions(ctx, call.Why), activities.ResolveStepName, step).Get(ctx, &answer); err != nil {
		r.log.Warn("nobody to call could be found", "error", err)
	}
	answer.Plan.Pages = slices.DeleteFunc(answer.Plan.Pages, func(p oncall.Page) bool { return p.Person == call.Except })
	return answer.Plan
}
