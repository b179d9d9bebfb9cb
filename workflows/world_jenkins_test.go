package workflows_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/release"
)

type run = release.Run

// build is what Jenkins makes of one order.
type build struct {
	// Queued and Takes are how long it waits and is built: a second, a minute.
	Queued, Takes time.Duration
	// Result is how it ends: well.
	Result release.Result
	// Lost is true when Jenkins forgets the queued item, Cancelled when somebody
	// takes it out of the queue.
	Lost, Cancelled bool
	// Drops names a parameter that the build does not get.
	Drops string
}

// order is one order as Jenkins got it.
type order struct {
	build
	at, ended, stopped time.Duration
	order              release.Order
	again              bool
	number             int
	queue              int64
	over               bool
	halted             bool
}

// line is the deployment line: what was deployed, what is ordered.
type line struct {
	history []release.Deployment
	next    []build
	orders  []*order
	// refusal fails every order for good.
	refusal string
	// undeclared are the parameters that the job does not declare.
	undeclared []string
}

// newLine has v42 in service for ten minutes, and four known-good releases.
func newLine() *line {
	l := &line{}
	for i, age := range []time.Duration{10 * minute, 24 * hour, 48 * hour, 72 * hour, 96 * hour} {
		started := noon.Add(-age)
		l.history = append(l.history, release.Deployment{
			Release: fmt.Sprintf("v%d", 42-i), Build: 112 - i, Result: release.Success, Here: true,
			Started: started, Finished: started.Add(minute), By: "dev",
			URL: buildURL(112 - i), Commits: []release.Commit{{ID: fmt.Sprintf("c%d", 42-i), Author: "dev", Subject: "change"}},
		})
	}
	return l
}

func buildURL(number int) string { return fmt.Sprintf("http://jenkins.test/%d/", number) }

// Builds says what becomes of the next orders, in turn. Others go well.
func (s *story) Builds(next ...build) { s.world.line.next = append(s.world.line.next, next...) }

// Deployed lets somebody else deploy a release, at a moment of the story. The edits
// say what is unusual about it.
func (s *story) Deployed(at time.Duration, name string, edits ...func(*release.Deployment)) {
	s.At(at, func() {
		s.world.mu.Lock()
		defer s.world.mu.Unlock()
		s.world.line.deploy(name, "", noon.Add(at), release.Success)
		for _, edit := range edits {
			edit(&s.world.line.history[0])
		}
	})
}

// Deploying lets somebody else begin to deploy a release, which does not end in the story.
func (s *story) Deploying(at time.Duration, name string) {
	s.At(at, func() {
		s.world.mu.Lock()
		defer s.world.mu.Unlock()
		s.world.line.deploy(name, "", noon.Add(at), "")
		begun := &s.world.line.history[0]
		begun.Running, begun.Finished = true, time.Time{}
	})
}

// Undeclares lets somebody take a parameter off the job.
func (s *story) Undeclares(at time.Duration, name string) {
	s.At(at, func() {
		s.world.mu.Lock()
		defer s.world.mu.Unlock()
		s.world.line.undeclared = append(s.world.line.undeclared, name)
	})
}

func (l *line) deploy(name, key string, at time.Time, result release.Result) int {
	number := l.history[0].Build + 1
	l.history = append([]release.Deployment{{
		Release: name, Build: number, Result: result, Here: true, Started: at, Finished: at, Incident: key, URL: buildURL(number),
	}}, l.history...)
	return number
}

// jenkins is the world as the one who deploys.
type jenkins world

func (j *jenkins) Survey(context.Context, incident.Deployments, *incident.RollbackPlan) (s release.Survey, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	err = j.Jenkins.call("read deploy/checkout", func() { s.History, s.Undeclared = j.line.history, j.line.undeclared })
	return s, err
}

func (j *jenkins) Find(_ context.Context, o release.Order) (r run, found bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	err = j.Jenkins.call("look for "+o.Key, func() {
		for _, there := range j.line.orders {
			if there.order.Key == o.Key && !there.Lost {
				r, found = run{Queue: there.queue}, true
			}
		}
	})
	return r, found, err
}

func (j *jenkins) Trigger(_ context.Context, o release.Order) (r run, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.line.refusal != "" {
		return run{}, &rest.Error{Vendor: "jenkins", Attempted: "order " + o.Release, Status: http.StatusForbidden, Code: j.line.refusal}
	}
	err = j.Jenkins.call("order "+o.Release, func() {
		next := &order{build: build{Queued: second, Takes: minute, Result: release.Success}, at: (*world)(j).since(), order: o}
		if len(j.line.next) > 0 {
			next.build, j.line.next = j.line.next[0].filled(), j.line.next[1:]
		}
		next.queue = int64(len(j.line.orders) + 1)
		j.line.orders = append(j.line.orders, next)
		r = run{Queue: next.queue}
	})
	return r, err
}

func (b build) filled() build {
	if b.Queued == 0 {
		b.Queued = second
	}
	if b.Takes == 0 {
		b.Takes = minute
	}
	if b.Result == "" {
		b.Result = release.Success
	}
	return b
}

func (j *jenkins) Look(context.Context, release.Order, run) (run, error) {
	panic("runs are followed by world.follow, on the clock of the story")
}

func (j *jenkins) Stop(_ context.Context, _ release.Order, r run) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.Jenkins.call("stop", func() {
		o := (*world)(j).ordered(r)
		o.stopped, o.halted = (*world)(j).since(), true
	})
}

// trigger is the deployer's, which remembers that an order is repeated.
func (w *world) trigger(d *activities.Deployer) func(context.Context, activities.TriggerOrder) (run, error) {
	return func(ctx context.Context, o activities.TriggerOrder) (run, error) {
		r, err := d.TriggerRollback(ctx, o)
		w.mu.Lock()
		defer w.mu.Unlock()
		if err == nil && r.Queue > 0 {
			w.ordered(r).again = o.Again
		}
		return r, err
	}
}

func (w *world) ordered(r run) *order { return w.line.orders[r.Queue-1] }

// queued is how long the latest order waits, takes how long it is built.
func (w *world) queued() time.Duration {
	return w.latest(func(b build) time.Duration { return b.Queued })
}

func (w *world) takes() time.Duration {
	return w.latest(func(b build) time.Duration { return b.Takes })
}

func (w *world) latest(takes func(build) time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.line.orders[len(w.line.orders)-1]
	if o.halted {
		return second
	}
	return min(takes(o.build), w.deadline(o)-w.since())
}

// deadline is when an order is given up: its first one counts.
func (w *world) deadline(o *order) time.Duration {
	first := slices.IndexFunc(w.line.orders, func(there *order) bool { return there.order.Key == o.order.Key })
	return w.line.orders[first].at + checkout().Rollback.Timeout
}

// follow says what has become of a run after the time that it takes.
func (w *world) follow(_ context.Context, f activities.FollowOrder) (run, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o, r := w.ordered(f.Run), f.Run
	switch {
	case !o.halted && w.since() >= w.deadline(o):
		return r, temporal.NewTimeoutError(enums.TIMEOUT_TYPE_START_TO_CLOSE, nil)
	case o.Lost && !o.halted:
		r.Lost = true
		return r, nil
	case o.Cancelled || (o.halted && o.number == 0):
		r.Cancelled = true
		return r, nil
	case !f.ToEnd:
		o.number = w.line.history[0].Build + 1
		r.Build, r.URL, r.Building = o.number, buildURL(o.number), true
		r.Parameters = maps.Clone(o.order.All())
		delete(r.Parameters, o.Drops)
		return r, nil
	}
	r.Building, r.Result = false, o.Result
	if o.halted {
		r.Result = release.Aborted
	}
	if !o.over {
		o.over, o.ended = true, w.since()
		w.line.deploy(o.order.Release, o.order.Key, w.now(), r.Result)
	}
	return r, nil
}
