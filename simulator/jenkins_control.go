package simulator

import (
	"fmt"
	"time"
)

// deployOrder is a developer starting the job that deploys a service.
type deployOrder struct {
	Service     string   `json:"service"`
	Release     string   `json:"release"`
	Environment string   `json:"environment"` // default production
	User        string   `json:"user"`        // default dana
	Commits     []Commit `json:"commits"`     // what the release brings; default one commit
}

// order queues a deployment and says where it went.
func (j *jenkins) order(asked deployOrder, now time.Time) (map[string]any, error) {
	in := j.jobOf(asked.Service)
	if in == nil {
		return nil, notFound("no service %q", asked.Service)
	}
	params, err := in.read(map[string][]string{
		in.service.ReleaseParameter: {asked.Release}, "ENVIRONMENT": {or(asked.Environment, "production")},
	})
	if err != nil {
		return nil, badRequest("%v", err)
	}
	item, _ := j.schedule(in, params, or(asked.User, "dana"), j.cfg.QuietPeriod, now)
	item.commits = asked.Commits
	if item.commits == nil {
		item.commits = []Commit{{
			Author: "Dana Reyes", Message: "Charge cards without waiting for the risk check",
			Paths: []string{"services/" + asked.Service + "/payment.go"},
		}}
	}
	return map[string]any{"job": in.name, "queue_item": item.id, "url": fmt.Sprintf("%squeue/item/%d/", j.cfg.JenkinsRootURL, item.id)}, nil
}

func (j *jenkins) jobOf(service string) *job {
	for _, name := range j.names {
		if j.jobs[name].service.Name == service {
			return j.jobs[name]
		}
	}
	return nil
}

// scriptOrder says how the builds of a release will go.
type scriptOrder struct {
	Job      string   `json:"job"`
	Release  string   `json:"release"` // empty: any
	Result   string   `json:"result"`  // default SUCCESS
	Duration duration `json:"duration"`
	Hold     bool     `json:"hold"`     // until POST /control/jenkins/finish
	Input    string   `json:"input"`    // a Pipeline asks this before its end, and waits
	Survives string   `json:"survives"` // stop: only term ends it; term: only kill does
}

func (j *jenkins) plan(asked scriptOrder) error {
	if j.jobs[asked.Job] == nil {
		return notFound("no job %q", asked.Job)
	}
	if j.jobs[asked.Job].service.Freestyle && asked.Input+asked.Survives != "" {
		return badRequest("a freestyle job has no input step, and ends when it is stopped")
	}
	if asked.Survives != "" && asked.Survives != "stop" && asked.Survives != "term" {
		return badRequest("a build survives stop or term, not %q", asked.Survives)
	}
	switch or(asked.Result, resultSuccess) {
	case resultSuccess, resultUnstable, resultFailure, resultAborted, "NOT_BUILT":
	default:
		return badRequest("unknown result %q", asked.Result)
	}
	j.scripts[scriptKey{asked.Job, asked.Release}] = script{
		Result: asked.Result, Duration: time.Duration(asked.Duration), Hold: asked.Hold,
		Input: asked.Input, Survives: asked.Survives,
	}
	return nil
}

// finishOrder ends a build that runs, held or not.
type finishOrder struct {
	Job    string `json:"job"`
	Number int    `json:"number"` // default the newest
	Result string `json:"result"` // default the one planned
}

func (j *jenkins) finish(asked finishOrder, now time.Time) (map[string]any, error) {
	of := j.jobs[asked.Job]
	if of == nil {
		return nil, notFound("no job %q", asked.Job)
	}
	b := of.last()
	if asked.Number > 0 && asked.Number <= len(of.builds) {
		b = of.builds[asked.Number-1]
	}
	if b == nil || b.hasResult(now) {
		return nil, conflict("no such build of %s runs", asked.Job)
	}
	b.stop(or(asked.Result, b.result), now)
	return b.detail(), nil
}

// restartOrder restarts the controller.
type restartOrder struct {
	Down      duration `json:"down"`       // how long it answers 503
	LoseQueue bool     `json:"lose_queue"` // a crash, after which waiting items are gone as well
}

// restart forgets the items that have left the queue. Pipeline builds go on,
// freestyle builds do not.
func (j *jenkins) restart(asked restartOrder, now time.Time) {
	j.upAt = now.Add(time.Duration(asked.Down))
	var kept []*queueItem
	for _, item := range j.queue {
		if item.left.IsZero() && !asked.LoseQueue {
			kept = append(kept, item)
		}
	}
	j.queue = kept
	for _, name := range j.names {
		b := j.jobs[name].last()
		switch {
		case b == nil || !b.building(now) || b.hasResult(now):
		case b.job.service.Freestyle:
			b.stop(resultAborted, now)
		case !b.resultAt.IsZero():
			b.resultAt = latest(b.resultAt, j.upAt)
		}
	}
	j.ledger.record(now, "jenkins", "restart", map[string]any{"down": asked.Down, "lose_queue": asked.LoseQueue})
}
