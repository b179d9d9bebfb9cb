// Package release knows what was deployed to a service and which release to go
// back to. It is arithmetic on a history that somebody else has read: it talks
// to no vendor, reads no clock and decides nothing about who may roll back.
package release

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Result is how a deployment's build ended, in Jenkins' words
// (hudson.model.Result). The empty Result is a build that has not ended.
type Result string

// The results of a build.
const (
	Success  Result = "SUCCESS"
	Unstable Result = "UNSTABLE"
	Failure  Result = "FAILURE"
	NotBuilt Result = "NOT_BUILT"
	Aborted  Result = "ABORTED"
)

// Commit is one change that a build took in.
type Commit struct {
	ID     string `json:"id"`
	Author string `json:"author"`
	// Subject is the first line of the message.
	Subject string `json:"subject"`
}

// Deployment is one build of a job that deploys a service.
type Deployment struct {
	Release string `json:"release"`
	// Job is the job of the build where that is not the one that deploys but
	// another, which rolls back. It is empty otherwise.
	Job    string `json:"job,omitempty"`
	Build  int    `json:"build"`
	URL    string `json:"url,omitempty"`
	Result Result `json:"result,omitempty"`
	// Running is true until the build has really ended: a freestyle build has a
	// result some time before.
	Running  bool      `json:"running,omitempty"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished,omitzero"`
	By       string    `json:"by,omitempty"`
	// Incident is the value of the incident parameter: not empty when the
	// deployment is a rollback.
	Incident string `json:"incident,omitempty"`
	// Here is true when the deployment went to the service's own environment.
	// Builds for other environments are kept for their commits only.
	Here bool `json:"here"`
	// Commits are the changes since the previous build of the job, whatever
	// environment that one went to. A rebuild has none.
	Commits []Commit `json:"commits,omitempty"`
}

// deployed says whether the build may have changed what is in service. A build
// that failed or was aborted may have done so half-way.
func (d Deployment) deployed() bool {
	return d.Here && !d.Running && d.Result != NotBuilt && d.Result != ""
}

// Survey is what one reading of the job that deploys said, and of the one that
// rolls back where that is another.
type Survey struct {
	// History is the builds of both, newest first.
	History []Deployment `json:"history"`
	// Newest is how many builds were read when the job has, or may have, older ones; 0
	// when the history is whole.
	Newest int `json:"newest,omitempty"`
	// Undeclared names the parameters that a rollback must set and the job that
	// rolls back does not declare: Jenkins drops such a parameter silently.
	Undeclared []string `json:"undeclared,omitempty"`
}

// Order asks Jenkins for one deployment, to be made once.
type Order struct {
	Job              string `json:"job"`
	Release          string `json:"release"`
	ReleaseParameter string `json:"release_parameter"`
	// Key marks the build, so that it can be found again: IncidentId/attempt.
	Key               string            `json:"key"`
	IncidentParameter string            `json:"incident_parameter"`
	Parameters        map[string]string `json:"parameters,omitempty"`
}

// All gives every parameter of the order, the release and the key included.
func (o Order) All() map[string]string {
	all := make(map[string]string, len(o.Parameters)+2)
	maps.Copy(all, o.Parameters)
	all[o.ReleaseParameter] = o.Release
	all[o.IncidentParameter] = o.Key
	return all
}

// Run is where an order has got to: in the queue, building, or ended.
type Run struct {
	// Queue is the number of the queue item, 0 when unknown.
	Queue int64 `json:"queue,omitempty"`
	// Build is the number of the build, 0 while it waits in the queue.
	Build    int    `json:"build,omitempty"`
	URL      string `json:"url,omitempty"`
	Building bool   `json:"building,omitempty"`
	Result   Result `json:"result,omitempty"`
	// Cancelled is true when the queue item was cancelled before it was built.
	Cancelled bool `json:"cancelled,omitempty"`
	// Lost is true when Jenkins no longer knows the queue item and no build
	// carries the order's key: nothing was built.
	Lost bool `json:"lost,omitempty"`
	// Why says what a queued item waits for, in Jenkins' words.
	Why string `json:"why,omitempty"`
	// Parameters are the ones that the build really got.
	Parameters map[string]string `json:"parameters,omitempty"`
}

// Ended says whether nothing more will happen to the run.
func (r Run) Ended() bool {
	return r.Cancelled || r.Lost || (r.Build > 0 && !r.Building && r.Result != "")
}

// Mismatch says which parameter of a build is not the one that was ordered, ""
// when all are. Jenkins drops parameters that a job does not declare.
func (o Order) Mismatch(got map[string]string) string {
	want := o.All()
	names := make([]string, 0, len(want))
	for name := range want {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if got[name] != want[name] {
			return fmt.Sprintf("the build has %s=%q, not %q as ordered", name, got[name], want[name])
		}
	}
	return ""
}
