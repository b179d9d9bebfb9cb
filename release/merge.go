package release

import (
	"cmp"
	"slices"
)

// Merge makes one history, newest first, of what the job that deploys has built
// and what another job that only rolls back has. The order is that of their ends,
// then of their starts; what has not ended comes first. One job alone is in order.
func Merge(deploys, rollbacks []Deployment) []Deployment {
	if len(rollbacks) == 0 {
		return deploys
	}
	all := slices.Concat(rollbacks, deploys)
	slices.SortStableFunc(all, func(a, b Deployment) int {
		switch {
		case a.Finished.IsZero() && !b.Finished.IsZero():
			return -1
		case b.Finished.IsZero() && !a.Finished.IsZero():
			return 1
		}
		return cmp.Or(b.Finished.Compare(a.Finished), b.Started.Compare(a.Started))
	})
	return all
}

// Is says whether both are the same build: jobs number theirs apart.
func (d Deployment) Is(other Deployment) bool {
	return d.Job == other.Job && d.Build == other.Build
}

// counterpart is the number, among the builds of the job that deploys, to which
// the commits of a deployment are counted: its own, and for a build of the job that
// rolls back the newest earlier one of its release. Where that is not known any
// more, it is the newest earlier one.
func counterpart(history []Deployment, d Deployment) int {
	if d.Job == "" {
		return d.Build
	}
	newest := 0
	for _, earlier := range history[slices.IndexFunc(history, d.Is)+1:] {
		switch {
		case earlier.Job != "":
		case earlier.Here && earlier.Release == d.Release:
			return earlier.Build
		case newest == 0:
			newest = earlier.Build
		}
	}
	return newest
}
