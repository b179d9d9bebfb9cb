package api

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Of refusals of one kind the first are logged one by one, then one in a while. All of them are counted in the metrics.
const (
	loggedFirst = 20
	loggedEvery = 10 * time.Second
)

// quiet keeps a flood of refusals from flooding the log.
type quiet struct {
	mu    sync.Mutex
	kinds map[string]*kind
}

type kind struct {
	now  rate.Sometimes
	left int
}

// say logs, or lets it be for now. What is logged learns how many of its kind were not logged since the last time.
// There must be a bounded number of kinds: none is forgotten.
func (q *quiet) say(name string, log func(unlogged int)) {
	q.mu.Lock()
	if q.kinds == nil {
		q.kinds = map[string]*kind{}
	}
	k := q.kinds[name]
	if k == nil {
		k = &kind{now: rate.Sometimes{First: loggedFirst, Interval: loggedEvery}}
		q.kinds[name] = k
	}
	said := false
	k.now.Do(func() { said = true })
	unlogged := k.left
	if k.left++; said {
		k.left = 0
	}
	q.mu.Unlock()
	if said {
		log(unlogged)
	}
}
