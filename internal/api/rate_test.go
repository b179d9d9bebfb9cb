package api

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCallsThatCrowdInAtOnceUseUpNothingOfEachOther(t *testing.T) {
	d := newDoor(Source{}, nil, 10) // 100 at once, and then 10 a second.
	const crowd = time.Second
	var let atomic.Int64
	var callers sync.WaitGroup
	began := time.Now()
	for range 8 {
		callers.Go(func() {
			for time.Since(began) < crowd {
				if no := d.known(true); no == nil {
					let.Add(1)
				}
			}
		})
	}
	callers.Wait()
	require.InDelta(t, 100+10*time.Since(began).Seconds(), let.Load(), 4)
}
