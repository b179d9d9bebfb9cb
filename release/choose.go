package release

import (
	"fmt"
	"slices"
	"time"
)

// Rules bound the choice of the release to go back to.
type Rules struct {
	// MinimumInService is how long a release must have been in service to count
	// as known-good.
	MinimumInService time.Duration
	// Tried are the releases that this incident has already gone back to in vain.
	Tried []string
}

// Choose chooses from what was read.
func (s Survey) Choose(rules Rules) Choice {
	c := Choose(s.History, rules)
	c.Newest = s.Newest
	return c
}

// Rejection is a deployment that was passed over, and why.
type Rejection struct {
	Release string `json:"release"`
	Build   int    `json:"build"`
	Why     string `json:"why"`
}

// Choice is what to go back to, with the reasons.
type Choice struct {
	// Suspect is the deployment in service; nil when the history has none.
	Suspect *Deployment `json:"suspect,omitempty"`
	// Unknown is true when the suspect failed or was aborted after its start:
	// the state of the service is then unknown.
	Unknown bool `json:"unknown,omitempty"`
	// Running is a deployment to this environment that has not ended.
	Running *Deployment `json:"running,omitempty"`
	// Candidates are the known-good deployments, newest first, one for each
	// release. Their commits are left out.
	Candidates []Deployment `json:"candidates,omitempty"`
	Rejected   []Rejection  `json:"rejected,omitempty"`
	// Commits are the changes between the first candidate and the suspect: the
	// union of the change sets of all builds in between.
	Commits []Commit `json:"commits,omitempty"`
	// Newest is how many builds were looked at when there may be older ones, else 0.
	Newest int `json:"newest,omitempty"`
}

// Target is the deployment to go back to, nil when there is none.
func (c Choice) Target() *Deployment {
	if len(c.Candidates) == 0 {
		return nil
	}
	return &c.Candidates[0]
}

// Why says in one sentence why there is no target. It is empty when there is one.
func (c Choice) Why() string {
	switch {
	case len(c.Candidates) > 0:
		return ""
	case c.Suspect == nil && c.Newest > 0:
		return fmt.Sprintf("the newest %d builds of the job hold no finished deployment to this environment", c.Newest)
	case c.Suspect == nil:
		return "the job has no finished deployment to this environment"
	case len(c.Rejected) == 0 && c.Newest > 0:
		return fmt.Sprintf("the newest %d builds of the job hold no deployment to this environment that is older than %s", c.Newest, c.Suspect.Release)
	case len(c.Rejected) == 0:
		return "no deployment to this environment is older than " + c.Suspect.Release
	default:
		last := c.Rejected[0]
		return fmt.Sprintf("no known-good release: %s (build %d) %s", last.Release, last.Build, last.Why)
	}
}

// Choose finds the suspect and the releases to go back to. A known-good release
// is a successful deployment to this environment, older than the suspect, of
// another release, that no rollback has replaced, that this incident has not
// tried, and that was in service for the minimum time. History is newest first.
func Choose(history []Deployment, rules Rules) Choice {
	var c Choice
	here := make([]Deployment, 0, len(history))
	for _, d := range history {
		switch {
		case d.deployed():
			here = append(here, d)
		case d.Here && d.Running && c.Running == nil:
			running := bare(d)
			c.Running = &running
		}
	}
	if len(here) == 0 {
		return c
	}
	suspect := bare(here[0])
	c.Suspect = &suspect
	c.Unknown = suspect.Result == Failure || suspect.Result == Aborted
	blamed := blamed(here)
	for i := 1; i < len(here); i++ {
		d := here[i]
		switch why := unfit(here, i, suspect, blamed, rules); {
		case why == sameRelease || c.has(d.Release):
		case why != "":
			c.Rejected = append(c.Rejected, Rejection{d.Release, d.Build, why})
		default:
			c.Candidates = append(c.Candidates, bare(d))
		}
	}
	c.Commits = between(history, c.Target(), suspect)
	return c
}

const sameRelease = "is the release in service"

// unfit says why the i-th deployment is no known-good one, "" when it is.
func unfit(here []Deployment, i int, suspect Deployment, blamed []string, rules Rules) string {
	d := here[i]
	switch {
	case d.Release == "":
		return "names no release"
	case d.Release == suspect.Release:
		return sameRelease
	case d.Result == Unstable:
		return "was unstable"
	case d.Result != Success:
		return "did not succeed"
	case slices.Contains(blamed, d.Release):
		return "was rolled back by an earlier incident"
	case slices.Contains(rules.Tried, d.Release):
		return "was tried by this incident"
	}
	if served := inService(here, i); served < rules.MinimumInService {
		return fmt.Sprintf("was in service for %s only, the minimum is %s",
			served.Round(time.Second), rules.MinimumInService)
	}
	return ""
}

// inService is the unbroken time for which the release of the i-th deployment
// was in service up to the next deployment: rebuilds of it do not break it. One
// that ended while the next was under way, in another job, was in service for 0.
func inService(here []Deployment, i int) time.Duration {
	first := i
	for first+1 < len(here) && here[first+1].Release == here[i].Release && here[first+1].Result == Success {
		first++
	}
	until := i - 1
	for until > 0 && here[until].Release == here[i].Release {
		until--
	}
	return max(0, here[until].Started.Sub(here[first].Finished))
}

// blamed lists the releases that were in service when a rollback began.
func blamed(here []Deployment) []string {
	var out []string
	for i, d := range here {
		if d.Incident == "" {
			continue
		}
		for _, before := range here[i+1:] {
			if before.Release != d.Release {
				out = append(out, before.Release)
				break
			}
		}
	}
	return out
}

// between is the union of the commits of all builds after the target, up to the
// suspect and with it, newest first. Jenkins counts a build's changes from the
// previous build of the job, so builds for other environments belong to it, and
// those of a job that only rolls back do not.
func between(history []Deployment, target *Deployment, suspect Deployment) []Commit {
	last := counterpart(history, suspect)
	first := last
	if target != nil {
		first = counterpart(history, *target) + 1
	}
	var out []Commit
	seen := map[string]bool{}
	for _, d := range history {
		if d.Job != "" || d.Build > last || d.Build < first {
			continue
		}
		for _, c := range d.Commits {
			if !seen[c.ID] {
				seen[c.ID] = true
				out = append(out, c)
			}
		}
	}
	return out
}

func (c Choice) has(name string) bool {
	return slices.ContainsFunc(c.Candidates, func(d Deployment) bool { return d.Release == name })
}

func bare(d Deployment) Deployment {
	d.Commits = nil
	return d
}
