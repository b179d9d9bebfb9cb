package release_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/release"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// edit changes one deployment of a history.
type edit func(*release.Deployment)

// build is a successful deployment to this environment. It started at the hour of
// its number, took a minute, and took in one commit of its own.
func build(n int, name string, edits ...edit) release.Deployment {
	started := noon.Add(time.Duration(n) * time.Hour)
	d := release.Deployment{
		Release: name, Build: n, Result: release.Success, Here: true, Started: started, Finished: started.Add(time.Minute),
		Commits: []release.Commit{{ID: fmt.Sprint("c", n), Author: "Ada", Subject: fmt.Sprint("Change ", n)}},
	}
	for _, e := range edits {
		e(&d)
	}
	return d
}

func ended(r release.Result) edit { return func(d *release.Deployment) { d.Result = r } }

func elsewhere(d *release.Deployment) { d.Here = false }

func building(d *release.Deployment) { d.Running, d.Result, d.Finished = true, "", time.Time{} }

// stillRunning has its result already: a freestyle build has one before it ends.
func stillRunning(d *release.Deployment) { d.Running = true }

func rebuilt(d *release.Deployment) { d.Commits = nil }

func rollback(d *release.Deployment) {
	d.Incident, d.Commits = "INC-261101-AAAAAA/1", nil
}

func lasting(took time.Duration) edit {
	return func(d *release.Deployment) { d.Finished = d.Started.Add(took) }
}

// newest turns builds as they came about into a history, which is newest first.
func newest(builds ...release.Deployment) []release.Deployment {
	slices.Reverse(builds)
	return builds
}

func TestWhatIsSuspectAndWhatItGoesBackTo(t *testing.T) {
	hour := release.Rules{MinimumInService: time.Hour}
	tests := map[string]struct {
		history  []release.Deployment
		rules    release.Rules
		suspect  string
		targets  []string
		rejected []string
	}{
		"the last successful build is the bad one itself": {
			newest(build(1, "r1"), build(2, "r2")), release.Rules{}, "r2 #2", []string{"r1 #1"}, nil,
		},
		"candidates are newest first": {
			newest(build(1, "r1"), build(2, "r2"), build(3, "r3")), release.Rules{}, "r3 #3", []string{"r2 #2", "r1 #1"}, nil,
		},
		"staging is another environment": {
			newest(build(1, "r1"), build(2, "r2", elsewhere), build(3, "r3"), build(4, "r4", elsewhere)),
			release.Rules{},
			"r3 #3",
			[]string{"r1 #1"},
			nil,
		},
		"an unstable release is deployed and not known-good": {
			newest(build(1, "r1"), build(2, "r2", ended(release.Unstable)), build(3, "r3")),
			release.Rules{},
			"r3 #3",
			[]string{"r1 #1"},
			[]string{"r2 #2 was unstable"},
		},
		"an unstable release in service is the suspect": {
			newest(build(1, "r1"), build(2, "r2", ended(release.Unstable))), release.Rules{}, "r2 #2", []string{"r1 #1"}, nil,
		},
		"a failed or aborted release is not known-good": {
			newest(build(1, "r1"), build(2, "r2", ended(release.Failure)), build(3, "r3", ended(release.Aborted)), build(4, "r4")),
			release.Rules{},
			"r4 #4",
			[]string{"r1 #1"},
			[]string{"r3 #3 did not succeed", "r2 #2 did not succeed"},
		},
		"what was not built was not deployed": {
			newest(build(1, "r1"), build(2, "r2"), build(3, "r3", ended(release.NotBuilt))), release.Rules{}, "r2 #2", []string{"r1 #1"}, nil,
		},
		"a running deployment is not in service yet": {
			newest(build(1, "r1"), build(2, "r2"), build(3, "r3", building)), release.Rules{}, "r2 #2", []string{"r1 #1"}, nil,
		},
		"nor is one that has its result but has not ended": {
			newest(build(1, "r1"), build(2, "r2"), build(3, "r3", stillRunning)), release.Rules{}, "r2 #2", []string{"r1 #1"}, nil,
		},
		"a rebuild of the suspect is the suspect": {
			newest(build(1, "r1"), build(2, "r2"), build(3, "r2", rebuilt)), release.Rules{}, "r2 #3", []string{"r1 #1"}, nil,
		},
		"a release is a candidate once": {
			newest(build(1, "r1"), build(2, "r1", rebuilt), build(3, "r2")), release.Rules{}, "r2 #3", []string{"r1 #2"}, nil,
		},
		"a release that a rollback replaced is blamed": {
			newest(build(1, "r1"), build(2, "r2"), build(3, "r1", rollback), build(4, "r3")),
			release.Rules{},
			"r3 #4",
			[]string{"r1 #3"},
			[]string{"r2 #2 was rolled back by an earlier incident"},
		},
		"it is blamed wherever it was deployed before": {
			newest(build(1, "r1"), build(2, "r2"), build(3, "r1"), build(4, "r2"), build(5, "r1", rollback), build(6, "r3")),
			release.Rules{},
			"r3 #6",
			[]string{"r1 #5"},
			[]string{"r2 #4 was rolled back by an earlier incident", "r2 #2 was rolled back by an earlier incident"},
		},
		"the release that a rollback brought is the suspect after it": {
			newest(build(1, "r1"), build(2, "r2"), build(3, "r3"), build(4, "r2", rollback)),
			release.Rules{},
			"r2 #4",
			[]string{"r1 #1"},
			[]string{"r3 #3 was rolled back by an earlier incident"},
		},
		"a rollback in two builds blames what was in service before both": {
			newest(build(1, "r1"), build(2, "r2"), build(3, "r1", rollback, ended(release.Failure)), build(4, "r1", rollback), build(5, "r3")),
			release.Rules{},
			"r3 #5",
			[]string{"r1 #4"},
			[]string{"r2 #2 was rolled back by an earlier incident"},
		},
		"a rollback elsewhere blames nothing here": {
			newest(build(1, "r1"), build(2, "r2"), build(3, "r1", rollback, elsewhere), build(4, "r3")),
			release.Rules{},
			"r3 #4",
			[]string{"r2 #2", "r1 #1"},
			nil,
		},
		"what this incident has tried is left out": {
			newest(build(1, "r1"), build(2, "r2"), build(3, "r3")),
			release.Rules{Tried: []string{"r2"}},
			"r3 #3",
			[]string{"r1 #1"},
			[]string{"r2 #2 was tried by this incident"},
		},
		"a release must have been in service for the minimum": {
			newest(build(1, "r1"), build(3, "r2"), build(4, "r3")), hour,
			"r3 #4",
			[]string{"r1 #1"},
			[]string{"r2 #3 was in service for 59m0s only, the minimum is 1h0m0s"},
		},
		"the minimum itself is enough": {
			newest(build(1, "r1", lasting(0)), build(2, "r2")), hour, "r2 #2", []string{"r1 #1"}, nil,
		},
		"a rebuild does not break the time in service": {
			newest(build(1, "r1"), build(2, "r1", rebuilt), build(3, "r2")), hour, "r2 #3", []string{"r1 #2"}, nil,
		},
		"nor does a rebuild after it": {
			newest(build(1, "r1"), build(2, "r1", rebuilt, ended(release.Unstable)), build(3, "r2")), hour,
			"r2 #3",
			[]string{"r1 #1"},
			[]string{"r1 #2 was unstable"},
		},
		"another release in between does": {
			newest(build(1, "r1"), build(2, "r2"), build(3, "r1"), build(4, "r3")), hour, "r3 #4", nil,
			[]string{
				"r1 #3 was in service for 59m0s only, the minimum is 1h0m0s",
				"r2 #2 was in service for 59m0s only, the minimum is 1h0m0s",
				"r1 #1 was in service for 59m0s only, the minimum is 1h0m0s",
			},
		},
		"an older deployment of a release may serve where a newer one does not": {
			newest(build(1, "r1"), build(4, "r2"), build(5, "r1"), build(6, "r3")), hour,
			"r3 #6",
			[]string{"r1 #1"},
			[]string{"r1 #5 was in service for 59m0s only, the minimum is 1h0m0s", "r2 #4 was in service for 59m0s only, the minimum is 1h0m0s"},
		},
		"a build elsewhere does not end the time in service": {
			newest(build(1, "r1"), build(2, "r2", elsewhere), build(3, "r3")), hour, "r3 #3", []string{"r1 #1"}, nil,
		},
		"a build that names no release is none to go back to": {
			newest(build(1, "r1"), build(2, ""), build(3, "r3")), release.Rules{}, "r3 #3", []string{"r1 #1"}, []string{" #2 names no release"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := release.Choose(test.history, test.rules)

			var targets, rejected []string
			for _, d := range got.Candidates {
				targets = append(targets, fmt.Sprintf("%s #%d", d.Release, d.Build))
				require.Nil(t, d.Commits, "a candidate is kept without its commits")
			}
			for _, r := range got.Rejected {
				rejected = append(rejected, fmt.Sprintf("%s #%d %s", r.Release, r.Build, r.Why))
			}
			require.Equal(t, test.suspect, fmt.Sprintf("%s #%d", got.Suspect.Release, got.Suspect.Build))
			require.Equal(t, test.targets, targets)
			require.Equal(t, test.rejected, rejected)
			require.Equal(t, len(targets) > 0, got.Target() != nil)
		})
	}
}

func TestTheStateIsUnknownAfterADeploymentThatEndedHalfWay(t *testing.T) {
	for result, unknown := range map[release.Result]bool{
		release.Success: false, release.Unstable: false, release.Failure: true, release.Aborted: true,
	} {
		got := release.Choose(newest(build(1, "r1"), build(2, "r2", ended(result))), release.Rules{})
		require.Equal(t, unknown, got.Unknown, "%s", result)
		require.Equal(t, "r2", got.Suspect.Release)
		require.Equal(t, "r1", got.Target().Release)
	}
}

func TestTheNewestRunningDeploymentHereIsNamed(t *testing.T) {
	got := release.Choose(newest(build(1, "r1"), build(2, "r2", building), build(3, "r3", building), build(4, "r4", building, elsewhere)), release.Rules{})
	require.Equal(t, 3, got.Running.Build)
	require.Nil(t, got.Running.Commits)

	got = release.Choose(newest(build(1, "r1", building)), release.Rules{})
	require.Equal(t, "r1", got.Running.Release)
	require.Nil(t, got.Suspect)
}

// ids are the IDs of the commits, in order.
func ids(commits []release.Commit) (list []string) {
	for _, c := range commits {
		list = append(list, c.ID)
	}
	return list
}

func TestTheCommitsAreThoseOfAllBuildsSinceTheTarget(t *testing.T) {
	twice := func(d *release.Deployment) { d.Commits = append(d.Commits, release.Commit{ID: "c3"}) }
	tests := map[string]struct {
		history []release.Deployment
		want    []string
	}{
		"of the suspect and not of the target":     {newest(build(1, "r1"), build(2, "r2")), []string{"c2"}},
		"newest first":                             {newest(build(1, "r1"), build(2, "r2", ended(release.Failure)), build(3, "r3")), []string{"c3", "c2"}},
		"of builds for other environments as well": {newest(build(1, "r1"), build(2, "r2", elsewhere), build(3, "r2", rebuilt)), []string{"c2"}},
		"of builds that were not built to the end": {newest(build(1, "r1"), build(2, "r2", ended(release.NotBuilt)), build(3, "r3")), []string{"c3", "c2"}},
		"of a rebuild: those of the build before":  {newest(build(1, "r1"), build(2, "r2"), build(3, "r2", rebuilt)), []string{"c2"}},
		"each once":                                 {newest(build(1, "r1"), build(3, "r3"), build(4, "r4", twice)), []string{"c4", "c3"}},
		"nothing that came after the suspect":       {newest(build(1, "r1"), build(2, "r2"), build(3, "r3", elsewhere), build(4, "r4", building)), []string{"c2"}},
		"without a target those of the suspect":     {newest(build(1, "r1", elsewhere), build(2, "r2")), []string{"c2"}},
		"without a suspect none":                    {newest(build(1, "r1", elsewhere)), nil},
		"not those before an older build of target": {newest(build(1, "r1"), build(2, "r1", rebuilt), build(3, "r3")), []string{"c3"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, ids(release.Choose(test.history, release.Rules{}).Commits))
		})
	}
}

func TestWhyThereIsNothingToGoBackTo(t *testing.T) {
	tests := map[string]struct {
		history []release.Deployment
		why     string
	}{
		"there is":        {newest(build(1, "r1"), build(2, "r2")), ""},
		"no history":      {nil, "the job has no finished deployment to this environment"},
		"only elsewhere":  {newest(build(1, "r1", elsewhere)), "the job has no finished deployment to this environment"},
		"the first one":   {newest(build(1, "r1")), "no deployment to this environment is older than r1"},
		"only this one":   {newest(build(1, "r1"), build(2, "r1")), "no deployment to this environment is older than r1"},
		"none known-good": {newest(build(1, "r1", ended(release.Failure)), build(2, "r2", ended(release.Unstable)), build(3, "r3")), "no known-good release: r2 (build 2) was unstable"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := release.Choose(test.history, release.Rules{})
			require.Equal(t, test.why, got.Why())
			require.Equal(t, test.why == "", got.Target() != nil)
		})
	}
}

func TestNothingIsSaidOfBuildsThatWereNotLookedAt(t *testing.T) {
	for why, history := range map[string][]release.Deployment{
		"the newest 50 builds of the job hold no finished deployment to this environment":              newest(build(1, "r1", elsewhere)),
		"the newest 50 builds of the job hold no deployment to this environment that is older than r1": newest(build(1, "r1"), build(2, "r1")),
		"no known-good release: r1 (build 1) was unstable":                                             newest(build(1, "r1", ended(release.Unstable)), build(2, "r2")),
	} {
		require.Equal(t, why, release.Survey{History: history, Newest: 50}.Choose(release.Rules{}).Why())
	}
}

func TestEveryChoiceIsSafe(t *testing.T) {
	results := []release.Result{release.Success, release.Success, release.Unstable, release.Failure, release.Aborted, release.NotBuilt, ""}
	rapid.Check(t, func(t *rapid.T) {
		var builds []release.Deployment
		for n := range rapid.IntRange(0, 12).Draw(t, "builds") {
			d := build(n+1, rapid.SampledFrom([]string{"r1", "r2", "r3", "r4", ""}).Draw(t, "release"))
			d.Result, d.Here = rapid.SampledFrom(results).Draw(t, "result"), rapid.Float64().Draw(t, "here") > 0.2
			d.Running = rapid.Float64().Draw(t, "running") > 0.9
			if rapid.Float64().Draw(t, "rollback") > 0.8 {
				rollback(&d)
			}
			builds = append(builds, d)
		}
		rules := release.Rules{MinimumInService: rapid.SampledFrom([]time.Duration{0, time.Hour, 90 * time.Minute}).Draw(t, "minimum")}
		if rapid.Bool().Draw(t, "tried") {
			rules.Tried = []string{"r2"}
		}
		history := newest(builds...)
		before := slices.Clone(history)

		got := release.Choose(history, rules)

		require.Equal(t, before, history, "the history is only read")
		if got.Suspect == nil {
			require.Empty(t, got.Candidates)
			require.Empty(t, got.Commits)
		}
		seen := map[string]bool{}
		for i, d := range got.Candidates {
			require.True(t, d.Here && !d.Running && d.Result == release.Success)
			require.NotContains(t, rules.Tried, d.Release)
			require.NotEqual(t, got.Suspect.Release, d.Release)
			require.Less(t, d.Build, got.Suspect.Build)
			require.False(t, seen[d.Release], "each release once")
			require.True(t, i == 0 || d.Build < got.Candidates[i-1].Build, "newest first")
			seen[d.Release] = true
		}
		require.Equal(t, got.Why() == "", got.Target() != nil)
	})
}
