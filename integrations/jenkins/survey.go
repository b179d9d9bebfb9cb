package jenkins

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bndr/gojenkins"
	"golang.org/x/sync/errgroup"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
)

const (
	// maxText bounds what is kept of a commit's subject and of a name, in runes.
	maxText = 120
	// maxCommits bounds what is kept of the changes of one build.
	maxCommits = 100

	definitionsTree = "property[parameterDefinitions[name]]"
	// A change set has at most 50 changes here, so that 50 builds with long ones
	// stay under the bound of an answer, 1 MiB.
	changesTree = "[items[commitId,msg,author[fullName]]{0,50}]"
	// historyTree asks for the newest 50 builds. A freestyle build has one change
	// set, a Pipeline has one for each repository.
	historyTree = "builds[" + buildTree + ",changeSet" + changesTree + ",changeSets" + changesTree + "]{0,50}"
	// rollbacksTree has no changes: those of a job that only rolls back are counted
	// from its previous rollback, and say nothing of what lies between two releases.
	rollbacksTree = "builds[" + buildTree + "]{0,50}"
	buildTree     = "number,url,building,result,timestamp,duration," +
		"actions[parameters[name,value],causes[userName,userId,shortDescription]]"
)

// Survey reads the newest 50 builds of the job that deploys, those of the job that
// rolls back where that is another, and whether the latter declares every parameter
// that it is to be given. A plan of nil means that the service has no rollback. Both
// jobs are read at the same time, so that it takes one round trip.
func (c *Client) Survey(ctx context.Context, d incident.Deployments, plan *incident.RollbackPlan) (release.Survey, error) {
	var deploys, rolls job
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return c.read(ctx, "read the builds of "+d.Job, pathOf(d.Job), historyTree+","+definitionsTree, &deploys)
	})
	apart := plan.Apart(d)
	if apart {
		group.Go(func() error {
			return c.read(ctx, "read the builds of "+plan.Job, pathOf(plan.Job), rollbacksTree+","+definitionsTree, &rolls)
		})
	}
	if err := group.Wait(); err != nil {
		return release.Survey{}, err
	}
	past := history(deploys.Builds, d, plan)
	if !apart {
		return release.Survey{History: past, Undeclared: undeclared(deploys, plan)}, nil
	}
	return release.Survey{History: release.Merge(past, rollbacks(rolls.Builds, plan)), Undeclared: undeclared(rolls, plan)}, nil
}

// undeclared names the parameters that Jenkins would drop without a word.
func undeclared(j job, plan *incident.RollbackPlan) []string {
	if plan == nil {
		return nil
	}
	needed := map[string]bool{plan.ReleaseParameter: true, plan.IncidentParameter: true}
	for name := range plan.Parameters {
		needed[name] = true
	}
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		if !j.declares(name) {
			missing = append(missing, name)
		}
	}
	return missing
}

func history(builds []gojenkins.BuildResponse, d incident.Deployments, plan *incident.RollbackPlan) []release.Deployment {
	past := make([]release.Deployment, 0, len(builds))
	for _, b := range builds {
		past = append(past, deployment(b, d, plan))
	}
	return past
}

// rollbacks are the builds of a job that only rolls back. Its own parameters tell
// which release they brought, and whether to this environment.
func rollbacks(builds []gojenkins.BuildResponse, plan *incident.RollbackPlan) []release.Deployment {
	own := incident.Deployments{Job: plan.Job, ReleaseParameter: plan.ReleaseParameter, Where: plan.Parameters}
	past := history(builds, own, plan)
	for i := range past {
		past[i].Job = plan.Job
	}
	return past
}

func deployment(b gojenkins.BuildResponse, d incident.Deployments, plan *incident.RollbackPlan) release.Deployment {
	parameters := parametersOf(b)
	made := release.Deployment{
		Release: parameters[d.ReleaseParameter],
		Build:   int(b.Number),
		URL:     b.URL,
		Result:  release.Result(b.Result),
		Running: b.Building || b.Result == "",
		Started: time.UnixMilli(b.Timestamp).UTC(),
		By:      startedBy(b),
		Here:    here(parameters, d.Where),
		Commits: commits(b),
	}
	if !made.Running {
		made.Finished = made.Started.Add(time.Duration(b.Duration) * time.Millisecond)
	}
	if plan != nil {
		made.Incident = parameters[plan.IncidentParameter]
	}
	return made
}

func here(parameters, where map[string]string) bool {
	for name, value := range where {
		if got, found := parameters[name]; !found || got != value {
			return false
		}
	}
	return true
}

// startedBy is the person behind a build, or what else caused it.
func startedBy(b gojenkins.BuildResponse) string {
	for _, field := range []string{"userName", "userId", "shortDescription"} {
		for _, action := range b.Actions {
			for _, cause := range action.Causes {
				if who, ok := cause[field].(string); ok && who != "" {
					return bounded(who)
				}
			}
		}
	}
	return ""
}

// commits are the changes of all change sets of a build. One with no commit ID, as
// older version control has them, is told apart by its place.
func commits(b gojenkins.BuildResponse) []release.Commit {
	var all []release.Commit
	seen := map[string]bool{}
	sets := append(slices.Clip(b.ChangeSets), b.ChangeSet)
	for _, set := range sets {
		for _, change := range set.Items {
			id := cmp.Or(change.CommitID, fmt.Sprintf("%d/%d", b.Number, len(all)))
			if seen[id] || len(all) == maxCommits {
				continue
			}
			seen[id] = true
			all = append(all, release.Commit{
				ID:      id,
				Author:  bounded(change.Author.FullName),
				Subject: bounded(change.Msg),
			})
		}
	}
	return all
}

// bounded is the first line of a text, cut where it is too long to be shown.
func bounded(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	line = strings.TrimSpace(line)
	if runes := []rune(line); len(runes) > maxText {
		return string(runes[:maxText-1]) + "…"
	}
	return line
}
