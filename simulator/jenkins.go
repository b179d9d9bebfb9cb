package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The times that an item spends between the quiet period and its build, and
// that a freestyle build goes on after its result is known.
const (
	handOff     = 20 * time.Millisecond
	postBuild   = 150 * time.Millisecond
	leftItemFor = 5 * time.Minute // Queue.java keeps items that have left this long
)

// Jenkins' results.
const (
	resultSuccess  = "SUCCESS"
	resultUnstable = "UNSTABLE"
	resultFailure  = "FAILURE"
	resultAborted  = "ABORTED"
)

// jenkins is a controller with one job for each service. A job runs one build
// at a time.
type jenkins struct {
	cfg      Config
	ledger   *ledger
	shop     *shop
	jobs     map[string]*job
	names    []string
	queue    []*queueItem // those that have left included
	nextItem int
	scripts  map[scriptKey]script
	upAt     time.Time // before it, the controller is starting
	sessions int
}

// job is a parameterized job that deploys a service.
type job struct {
	name     string // full name: folder/job
	service  Service
	disabled bool
	builds   []*build // oldest first
	shipped  map[string]bool
}

// parameter is a parameter's value; a build has them in order of declaration.
type parameter struct {
	name, value string
}

// queueItem is a request for a build. Once left is set it is out of the queue.
type queueItem struct {
	id        int
	job       *job
	params    []parameter
	user      string
	commits   []Commit
	since     time.Time
	due       time.Time
	left      time.Time
	cancelled bool
	build     *build
}

// build is one run of a job.
type build struct {
	number   int
	queueID  int
	job      *job
	params   []parameter
	user     string
	commits  []Commit
	started  time.Time
	resultAt time.Time // zero: held until somebody finishes it
	result   string
	settled  bool   // its effects have happened
	question string // of an input step that it waits at
	planned  script
}

type scriptKey struct {
	job, release string
}

// script says how builds of a job with a release end; an empty release means
// any release that has no script of its own.
type script struct {
	Result   string
	Duration time.Duration
	Hold     bool
	Input    string // the question of an input step before the end
	Survives string // stop or term: what it does not end on
}

func newJenkins(cfg Config, ledger *ledger, shop *shop, now time.Time) *jenkins {
	j := &jenkins{cfg: cfg, ledger: ledger, shop: shop, jobs: map[string]*job{}, scripts: map[scriptKey]script{}, nextItem: 1}
	for _, service := range cfg.Services {
		added := &job{name: service.Job, service: service, shipped: map[string]bool{}}
		j.jobs[added.name] = added
		j.names = append(j.names, added.name)
		for _, past := range service.History {
			j.remember(added, past, now)
		}
	}
	return j
}

// remember adds a build that finished long ago.
func (j *jenkins) remember(in *job, past Deployment, now time.Time) {
	environment := or(past.Environment, "production")
	given := map[string][]string{in.service.ReleaseParameter: {past.Release}, "ENVIRONMENT": {environment}}
	params, err := in.read(given)
	if err != nil {
		params = nil
	}
	started := now.Add(-past.Ago).Truncate(time.Millisecond)
	b := &build{
		number: in.nextNumber(), queueID: j.nextItem, job: in, params: params, user: or(past.By, j.cfg.JenkinsUser),
		commits: past.Commits, started: started, resultAt: started.Add(j.cfg.BuildDuration),
		result: or(past.Result, resultSuccess), settled: true,
	}
	j.nextItem++
	in.builds = append(in.builds, b)
	in.shipped[past.Release] = true
	if service := j.shop.services[in.service.Name]; service != nil && b.deploys() {
		service.release, service.since = past.Release, b.resultAt
		service.note(b.resultAt)
	}
}

func (j *job) nextNumber() int {
	return len(j.builds) + 1
}

// read takes the declared parameters out of a request: others are dropped
// silently, missing ones get their default.
func (j *job) read(given map[string][]string) ([]parameter, error) {
	read := []parameter{}
	for _, declared := range j.service.Parameters {
		value := declared.Default
		if value == "" && len(declared.Choices) > 0 {
			value = declared.Choices[0]
		}
		if values := given[declared.Name]; len(values) > 1 {
			return nil, fmt.Errorf("parameter %s was given twice", declared.Name)
		} else if len(values) == 1 {
			value = values[0]
		}
		if len(declared.Choices) > 0 && !slices.Contains(declared.Choices, value) {
			return nil, fmt.Errorf("illegal choice for parameter %s: %s", declared.Name, value)
		}
		read = append(read, parameter{declared.Name, value})
	}
	return read, nil
}

// schedule queues a build, or finds the item that it folds into: one of the
// same job with equal parameters that has not left the queue.
func (j *jenkins) schedule(in *job, params []parameter, user string, quiet time.Duration, now time.Time) (item *queueItem, created bool) {
	for _, waiting := range j.queue {
		if waiting.job == in && waiting.left.IsZero() && slices.Equal(waiting.params, params) {
			j.ledger.record(now, "jenkins", "coalesce", waiting.detail())
			return waiting, false
		}
	}
	item = &queueItem{id: j.nextItem, job: in, params: params, user: user, since: now, due: now.Add(quiet)}
	j.nextItem++
	j.queue = append(j.queue, item)
	j.ledger.record(now, "jenkins", "queue", item.detail())
	return item, true
}

// advance lets everything happen that is due by now, in order of time within
// each job.
func (j *jenkins) advance(now time.Time) {
	for moved := true; moved; {
		moved = false
		for _, name := range j.names {
			moved = j.settle(j.jobs[name], now) || moved
		}
		for _, item := range j.queue {
			moved = j.move(item, now) || moved
		}
	}
	j.queue = slices.DeleteFunc(j.queue, func(item *queueItem) bool {
		return !item.left.IsZero() && now.Sub(item.left) > leftItemFor
	})
}

// settle has the effects of the newest build once it is over.
func (j *jenkins) settle(in *job, now time.Time) bool {
	b := in.last()
	if b == nil || b.settled || b.building(now) {
		return false
	}
	b.settled = true
	detail := b.detail()
	detail["result"] = b.result
	j.ledger.record(b.endAt(), "jenkins", "build-finished", detail)
	if b.deploys() {
		j.shop.deploy(in.service.Name, b.release(), b.resultAt)
	}
	return true
}

// move takes one item a step further: out of the queue, then into a build.
func (j *jenkins) move(item *queueItem, now time.Time) bool {
	switch {
	case item.cancelled || item.build != nil || now.Before(j.upAt):
		return false
	case item.left.IsZero():
		ready := latest(item.due, j.upAt, item.job.freeAt()).Add(handOff)
		if now.Before(ready) || item.job.busy(j.queue, now) {
			return false
		}
		item.left = ready
		return true
	case now.Before(item.left.Add(handOff)):
		return false
	}
	j.start(item, item.left.Add(handOff))
	return true
}

func (j *jenkins) start(item *queueItem, at time.Time) {
	b := &build{
		number: item.job.nextNumber(), queueID: item.id, job: item.job, params: item.params, user: item.user, started: at,
	}
	if !item.job.shipped[b.release()] {
		b.commits = item.commits
		item.job.shipped[b.release()] = true
	}
	planned, ok := j.scripts[scriptKey{item.job.name, b.release()}]
	if !ok {
		planned = j.scripts[scriptKey{item.job.name, ""}]
	}
	b.result, b.planned, b.question = or(planned.Result, resultSuccess), planned, planned.Input
	if !planned.Hold && planned.Input == "" {
		b.resultAt = at.Add(or(planned.Duration, j.cfg.BuildDuration))
	}
	item.build = b
	item.job.builds = append(item.job.builds, b)
	j.ledger.record(at, "jenkins", "build", b.detail())
}

func (j *job) last() *build {
	if len(j.builds) == 0 {
		return nil
	}
	return j.builds[len(j.builds)-1]
}

// busy says whether a build of the job runs or is about to.
func (j *job) busy(queue []*queueItem, now time.Time) bool {
	if b := j.last(); b != nil && b.building(now) {
		return true
	}
	return slices.ContainsFunc(queue, func(item *queueItem) bool {
		return item.job == j && !item.left.IsZero() && !item.cancelled && item.build == nil
	})
}

// freeAt is when the newest build ended or will end; busy must be asked too.
func (j *job) freeAt() time.Time {
	if b := j.last(); b != nil && !b.resultAt.IsZero() {
		return b.endAt()
	}
	return time.Time{}
}

// building stays true for a while after a freestyle build has its result.
func (b *build) building(now time.Time) bool {
	return b.resultAt.IsZero() || now.Before(b.endAt())
}

func (b *build) endAt() time.Time {
	if b.job.service.Freestyle {
		return b.resultAt.Add(postBuild)
	}
	return b.resultAt
}

// stop ends a build now with a result.
func (b *build) stop(result string, now time.Time) {
	b.result, b.resultAt, b.question = result, now, ""
}

func (b *build) param(name string) string {
	for _, p := range b.params {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

func (b *build) release() string {
	return b.param(b.job.service.ReleaseParameter)
}

// deploys says whether the build changes what production runs: an unstable
// one does.
func (b *build) deploys() bool {
	changed := b.result == resultSuccess || b.result == resultUnstable
	environment := or(b.param("ENVIRONMENT"), "production")
	return changed && environment == "production" && b.release() != ""
}

func (b *build) detail() map[string]any {
	return map[string]any{
		"job": b.job.name, "service": b.job.service.Name, "number": b.number, "queue_id": b.queueID,
		"parameters": asObject(b.params), "user": b.user,
	}
}

func (i *queueItem) detail() map[string]any {
	return map[string]any{
		"job": i.job.name, "service": i.job.service.Name, "id": i.id, "parameters": asObject(i.params), "user": i.user,
	}
}

func asObject(params []parameter) map[string]string {
	object := map[string]string{}
	for _, p := range params {
		object[p.name] = p.value
	}
	return object
}

func latest(times ...time.Time) time.Time {
	return slices.MaxFunc(times, time.Time.Compare)
}

// fullDisplayName is how Jenkins writes a job inside folders.
func (j *job) fullDisplayName() string {
	return strings.ReplaceAll(j.name, "/", " » ")
}
