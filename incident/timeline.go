package incident

import (
	"cmp"
	"fmt"
	"slices"
)

const (
	// maxTimeline is how many entries an incident keeps. When there are more it keeps
	// keptTimeline of them: an alert may come and go for weeks and page somebody each time,
	// and a run hands all of its timeline to the next.
	maxTimeline, keptTimeline = 2000, 1500
	// beginning is how many of the first are always kept.
	beginning = 100
)

// recurring are the entries that an incident makes by itself again and again.
var recurring = []Kind{
	AlertFired, AlertResolved, WasResolved, Reopened, SeverityChanged, Paged, PageDelayed, PageFailed, PageReported,
	StepPassed, NobodyReached, Exhausted, AckTimedOut, PagesWithheld, PagesDue, NobodyPaged, FellBehind, CaughtUp, Curtailed,
}

// Written is how many entries the timeline has had, those that are no longer kept included.
func (in Incident) Written() int { return lastOf(in.Timeline) }

func lastOf(timeline []Entry) int {
	if len(timeline) == 0 {
		return 0
	}
	return timeline[len(timeline)-1].N
}

// Since are the entries behind the n-th.
func (in Incident) Since(n int) []Entry { return in.Timeline[in.upTo(n):] }

// UpTo are the entries up to the n-th.
func (in Incident) UpTo(n int) []Entry { return in.Timeline[:in.upTo(n)] }

func (in Incident) upTo(n int) int {
	i, _ := slices.BinarySearchFunc(in.Timeline, n+1, func(e Entry, n int) int { return cmp.Compare(e.N, n) })
	return i
}

// curtail drops the oldest of what recurs from a timeline that has become too long. One
// entry in its place says how many are missing.
func (in *Incident) curtail() {
	if len(in.Timeline) <= maxTimeline {
		return
	}
	var last Entry
	surplus := len(in.Timeline) - keptTimeline
	for _, e := range in.Timeline {
		if surplus > 0 && in.spares(e) {
			last, surplus = e, surplus-1
		}
	}
	if last.N == 0 {
		return
	}
	kept, at := make([]Entry, 0, len(in.Timeline)), 0
	for _, e := range in.Timeline {
		if e.N == last.N {
			at = len(kept)
			kept = append(kept, Entry{N: e.N, At: e.At, Kind: Curtailed})
		} else if e.N > last.N || !in.spares(e) {
			kept = append(kept, e)
		}
	}
	kept[at].Text = fmt.Sprintf("%d entries up to here are kept no longer: alerts that came and went, and whom they paged", in.Written()-len(kept)+1)
	in.Timeline = kept
}

// spares says whether the timeline can do without an entry: neither how it began nor what
// a person did, and nothing that is being told just now, which is found by its words.
func (in *Incident) spares(e Entry) bool {
	c := in.Cursors
	telling := e.N > c.Thread && e.N <= c.Tried.Thread || e.N > c.TicketEntry && e.N <= c.Tried.Entry
	return e.N > beginning && e.By == "" && !telling && slices.Contains(recurring, e.Kind)
}
