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

	// atOnce is how many builds one reading brings, and mostBuilds how many are read.
	atOnce     = 50
	mostBuilds = 200
	// olderWithin bounds the reading of older builds, for which somebody waits to be paged.
	olderWithin = 1500 * time.Millisecond
	// mostCommits is how many commits are kept before those of older builds are left out:
	// a survey has to fit into Temporal.
	mostCommits = 1000

	definitionsTree = "property[parameterDefinitions[name]]"
	// A change set has at most 50 changes here, so that 50 builds with long ones
	// stay under the bound of an answer, 1 MiB.
	changesTree = "[items[commitId,msg,author[fullName]]{0,50}]"
	buildTree   = "number,url,building,result,timestamp,duration," +
		"actions[parameters[name,value],causes[userName,userId,shortDescription]]"
	// A freestyle build has one change set, a Pipeline has one for each repository.
	deploysTree = "[" + buildTree + ",changeSet" + changesTree + ",changeSets" + changesTree + "]"
	// rollbacksTree has no changes: those of a job that only rolls back are counted
	// from its previous rollback, and say nothing of what lies between two releases.
	rollbacksTree = "[" + buildTree + "]"
)

// Survey reads the newest 50 builds of the job that deploys, those of the job that
// rolls back where that is another, and whether the latter declares every parameter
// that it is to be given. A plan of nil means that the service has no rollback. Both
// jobs are read at the same time, so that it takes one round trip. Where these builds
// name nothing to go back to, up to 200 of the job that deploys are read, as far as the
// time allows.
func (c *Client) Survey(ctx context.Context, d incident.Deployments, plan *incident.RollbackPlan) (release.Survey, error) {
	var deploys, rolls job
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		return c.read(both, "read the builds of "+d.Job, pathOf(d.Job), "builds"+deploysTree+"{0,50},"+definitionsTree, &deploys)
	})
	apart := plan.Apart(d)
	if apart {
		group.Go(func() error {
			return c.read(both, "read the builds of "+plan.Job, pathOf(plan.Job), "builds"+rollbacksTree+"{0,50},"+definitionsTree, &rolls)
		})
	}
	if err := group.Wait(); err != nil {
		return release.Survey{}, err
	}
	past, rolled, newest := history(deploys.Builds, d, plan), []release.Deployment(nil), 0
	if apart {
		rolled = rollbacks(rolls.Builds, plan)
	} else {
		rolls = deploys
	}
	if len(deploys.Builds) >= atOnce {
		past, newest = c.older(ctx, past, rolled, d, plan)
	}
	return release.Survey{History: release.Merge(past, rolled), Newest: newest, Undeclared: undeclared(rolls, plan)}, nil
}

// older reads on behind a history, while it has nothing to go back to by the loosest
// rules. It says how many builds are read when there may be older ones. A reading that
// fails or takes too long costs nothing but what it would have brought.
func (c *Client) older(
	ctx context.Context, past, rolled []release.Deployment, d incident.Deployments, plan *incident.RollbackPlan,
) ([]release.Deployment, int) {
	ctx, cancel := context.WithTimeout(ctx, spare(ctx))
	defer cancel()
	for from := atOnce; from < mostBuilds && release.Choose(release.Merge(past, rolled), release.Rules{}).Target() == nil; from += atOnce {
		var older job
		tree := fmt.Sprintf("allBuilds%s{%d,%d}", deploysTree, from, from+atOnce)
		if err := c.read(ctx, "read the older builds of "+d.Job, pathOf(d.Job), tree, &older); err != nil {
			break
		}
		past = behind(past, history(older.AllBuilds, d, plan))
		if len(older.AllBuilds) < atOnce {
			return past, 0
		}
	}
	return past, len(past)
}

// spare is how long older builds may be read: half of what is left to the caller, so
// that what is known already arrives in any case.
func spare(ctx context.Context) time.Duration {
	if deadline, bound := ctx.Deadline(); bound {
		return min(olderWithin, time.Until(deadline)/2)
	}
	return olderWithin
}

// behind adds older builds to a history. Each build that began between two readings
// moved one of those that are known into the second.
func behind(past, older []release.Deployment) []release.Deployment {
	total := 0
	for _, d := range past {
		total += len(d.Commits)
	}
	last := past[len(past)-1].Build
	for _, d := range older {
		if d.Build >= last {
			continue
		}
		if total += len(d.Commits); total > mostCommits {
			d.Commits = nil
		}
		past = append(past, d)
	}
	return past
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
