package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// surveyAgain is how long after a failed reading of the deployments the next one
// is tried.
const surveyAgain = time.Minute

// enrich gives the facts a moment before anybody is paged, and no more: while it
// waits, the step to be paged is resolved.
func (r *run) enrich(ctx workflow.Context) {
	if r.in.Paging() && r.in.Climb.Pending && !r.in.Climb.PageAt.After(workflow.Now(ctx)) {
		r.plan = r.startResolving(ctx)
		await(ctx, after(ctx, r.in.Service.EnrichWithin), "page without the facts",
			func() bool { return r.in.Facts.Asked || !r.in.Open() })
	}
	r.begun = true
}

// keepFacts reads the deployments whenever the state asks for it. A failure is
// told, and tried again while the incident is open.
func (r *run) keepFacts(ctx workflow.Context) {
	if r.in.Service.Deployments == nil {
		return
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			await(ctx, noDeadline, "", func() bool { return !r.in.Facts.Asked && r.in.Open() && !r.quiet(ctx) })
			r.sending++
			facts, err := r.survey(surveyOptions(ctx))
			r.sending--
			if err == nil {
				r.note(incident.Event{Kind: incident.Enriched, Facts: facts})
				continue
			}
			failed := incident.Facts{Choice: r.in.Facts.Choice, Obstacle: "Jenkins could not be read: " + reason(err)}
			r.note(incident.Event{Kind: incident.Enriched, Facts: failed})
			if !await(ctx, after(ctx, surveyAgain), "read the deployments again", func() bool { return !r.in.Open() }) {
				r.note(incident.Event{Kind: incident.FactsDoubted})
			}
		}
	})
}

func (r *run) survey(ctx workflow.Context) (incident.Facts, error) {
	var facts incident.Facts
	order := activities.SurveyOrder{Deployments: r.in.Service.Deployments, Rollback: r.in.Service.Rollback, Tried: r.in.Tried}
	err := workflow.ExecuteActivity(ctx, activities.SurveyName, order).Get(ctx, &facts)
	return facts, err
}

// lookBack finds out which incident came before, once whoever is to be paged first has
// been reached. When that cannot be found out nothing is said.
func (r *run) lookBack(ctx workflow.Context) {
	if !r.in.LookBack {
		return
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		paged := func() bool { return r.in.Climb.Reached || r.in.Climb.Unreached || !r.in.Paging() }
		await(ctx, noDeadline, "", func() bool { return r.begun && paged() && !r.quiet(ctx) })
		r.sending++
		var before incident.Before
		err := workflow.ExecuteActivity(lookBackOptions(ctx), activities.LookBackName, r.in.Workflow).Get(ctx, &before)
		r.sending--
		if err != nil {
			r.log.Warn("what came before could not be found out", "error", err)
		}
		before.URL = signals.HistoryURL(r.ui, workflow.GetInfo(ctx).Namespace, r.in.Workflow, before.Run)
		r.note(incident.Event{Kind: incident.LookedBack, Before: before})
	})
}
