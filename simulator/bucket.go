package simulator

import "time"

// bucket is a token bucket. The zero bucket is full.
type bucket struct {
	used float64
	at   time.Time
}

// take uses one token, or says how long until there is one. A rate below or
// at zero is no limit.
func (b *bucket) take(now time.Time, perSecond float64, burst int) (wait time.Duration, ok bool) {
	if perSecond <= 0 {
		return 0, true
	}
	b.used = max(0, b.used-now.Sub(b.at).Seconds()*perSecond)
	b.at = now
	if b.used+1 > float64(burst) {
		missing := b.used + 1 - float64(burst)
		return time.Duration(missing / perSecond * float64(time.Second)), false
	}
	b.used++
	return 0, true
}
