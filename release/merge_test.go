package release_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/release"
)

// apart is a build of the job that only rolls back, at the hour of its place and
// with the number that it has there.
func apart(number int, edits ...edit) edit {
	return func(d *release.Deployment) {
		d.Job, d.Build, d.Commits = "roll-back", number, nil
		for _, e := range edits {
			e(d)
		}
	}
}

func named(d release.Deployment) string { return fmt.Sprintf("%s %s#%d", d.Release, d.Job, d.Build) }

func names(history []release.Deployment) (list []string) {
	for _, d := range history {
		list = append(list, named(d))
	}
	return list
}

func TestWhatTheJobThatRollsBackHasBroughtCounts(t *testing.T) {
	tests := map[string]struct {
		deploys, rollbacks []release.Deployment
		suspect            string
		running            string
		targets, rejected  []string
		commits            []string
	}{
		"a rollback brought what is in service": {
			deploys:   newest(build(1, "7.0"), build(2, "7.1"), build(3, "7.2")),
			rollbacks: newest(build(4, "7.1", rollback, apart(1))),
			suspect:   "7.1 roll-back#1",
			targets:   []string{"7.0 #1"},
			rejected:  []string{"7.2 #3 was rolled back by an earlier incident"},
			commits:   []string{"c2"},
		},
		"what it replaced is blamed, though a newer one is in service": {
			deploys:   newest(build(1, "7.1"), build(2, "7.2"), build(4, "7.3")),
			rollbacks: newest(build(3, "7.1", rollback, apart(1))),
			suspect:   "7.3 #4",
			targets:   []string{"7.1 roll-back#1"},
			rejected:  []string{"7.2 #2 was rolled back by an earlier incident"},
			commits:   []string{"c4", "c2"},
		},
		"both have a build of the number": {
			deploys:   newest(build(1, "7.1"), build(2, "7.2"), build(5, "7.3")),
			rollbacks: newest(build(3, "7.0", elsewhere, rollback, apart(1)), build(4, "7.1", rollback, apart(2))),
			suspect:   "7.3 #5",
			targets:   []string{"7.1 roll-back#2"},
			rejected:  []string{"7.2 #2 was rolled back by an earlier incident"},
			commits:   []string{"c5", "c2"},
		},
		"it went elsewhere": {
			deploys:   newest(build(1, "7.1"), build(2, "7.2")),
			rollbacks: newest(build(3, "7.1", rollback, apart(9, elsewhere))),
			suspect:   "7.2 #2",
			targets:   []string{"7.1 #1"},
			commits:   []string{"c2"},
		},
		"it rolls back now": {
			deploys:   newest(build(1, "7.1"), build(2, "7.2")),
			rollbacks: newest(build(3, "7.1", rollback, apart(1, building))),
			suspect:   "7.2 #2",
			running:   "7.1 roll-back#1",
			targets:   []string{"7.1 #1"},
			commits:   []string{"c2"},
		},
		"it has the other job do the work": {
			deploys:   newest(build(1, "7.1"), build(2, "7.2"), build(3, "7.1", rebuilt)),
			rollbacks: newest(build(3, "7.1", rollback, apart(1, lasting(2*time.Minute)))),
			suspect:   "7.1 roll-back#1",
			rejected:  []string{"7.2 #2 was rolled back by an earlier incident"},
			commits:   nil,
		},
		"a deployment ended after it, though it began before": {
			deploys:   newest(build(1, "7.1"), build(2, "7.2"), build(3, "7.3", lasting(3*time.Hour))),
			rollbacks: newest(build(4, "7.1", rollback, apart(1))),
			suspect:   "7.3 #3",
			targets:   []string{"7.1 roll-back#1"},
			rejected:  []string{"7.2 #2 was rolled back by an earlier incident"},
			commits:   []string{"c3", "c2"},
		},
		"the release that it brought is too old to be known": {
			deploys:   newest(build(2, "7.2"), build(4, "7.3")),
			rollbacks: newest(build(3, "7.1", rollback, apart(1))),
			suspect:   "7.3 #4",
			targets:   []string{"7.1 roll-back#1"},
			rejected:  []string{"7.2 #2 was rolled back by an earlier incident"},
			commits:   []string{"c4"},
		},
		"nothing but a rollback is known": {
			rollbacks: newest(build(1, "7.1", rollback, apart(1))),
			suspect:   "7.1 roll-back#1",
		},
		"it has never built": {
			deploys: newest(build(1, "7.1"), build(2, "7.2")),
			suspect: "7.2 #2",
			targets: []string{"7.1 #1"},
			commits: []string{"c2"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := release.Choose(release.Merge(test.deploys, test.rollbacks), release.Rules{})

			var rejected []string
			for _, r := range got.Rejected {
				rejected = append(rejected, fmt.Sprintf("%s #%d %s", r.Release, r.Build, r.Why))
			}
			require.Equal(t, test.suspect, named(*got.Suspect))
			require.Equal(t, test.targets, names(got.Candidates))
			require.Equal(t, test.rejected, rejected)
			require.Equal(t, test.commits, ids(got.Commits))
			require.Equal(t, test.running != "", got.Running != nil)
			if got.Running != nil {
				require.Equal(t, test.running, named(*got.Running))
			}
		})
	}
}

func TestAnotherJobForRollbacksChangesNoChoice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var one, deploys, rollbacks []release.Deployment
		for n := range rapid.IntRange(0, 12).Draw(t, "builds") {
			d := build(n+1, rapid.SampledFrom([]string{"r1", "r2", "r3", "r4"}).Draw(t, "release"))
			d.Result = rapid.SampledFrom([]release.Result{release.Success, release.Unstable, release.Failure}).Draw(t, "result")
			if rapid.Bool().Draw(t, "rollback") {
				rollback(&d)
				one = append(one, d)
				apart(len(rollbacks) + 1)(&d)
				rollbacks = append(rollbacks, d)
				continue
			}
			one = append(one, d)
			d.Build = len(deploys) + 1
			deploys = append(deploys, d)
		}
		rules := release.Rules{MinimumInService: rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "minimum")}

		want := release.Choose(newest(one...), rules)
		got := release.Choose(release.Merge(newest(deploys...), newest(rollbacks...)), rules)

		require.Equal(t, chosen(want), chosen(got))
	})
}

// chosen is a choice without what tells builds apart.
func chosen(c release.Choice) (list []string) {
	if c.Suspect != nil {
		list = append(list, "in service "+c.Suspect.Release)
	}
	for _, d := range c.Candidates {
		list = append(list, fmt.Sprintf("%s of %s", d.Release, d.Started))
	}
	for _, r := range c.Rejected {
		list = append(list, r.Release+" "+r.Why)
	}
	return list
}
