package oncall

import (
	"fmt"
	"slices"
	"time"
)

// rota is a schedule whose zone and clocks have been read. Of its sources the last that has somebody wins.
type rota struct {
	sources []source
	zone    *time.Location
}

// source is a layer or an override.
type source interface {
	// who is on call at t, as far as this source knows; empty: nobody.
	who(t time.Time) string
	// before is the latest moment up to and including t at which the answer may have changed; zero: there is none.
	before(t time.Time) time.Time
	// after is the earliest moment after t at which the answer may change; zero: there is none.
	after(t time.Time) time.Time
}

// horizon is how far a shift is followed through moments at which the answer might have changed and did not.
const horizon = 366 * 24 * time.Hour

func (r rota) who(t time.Time) string {
	for _, s := range slices.Backward(r.sources) {
		if person := s.who(t); person != "" {
			return person
		}
	}
	return ""
}

func (r rota) shift(t time.Time) Shift {
	same := func(last, edge time.Time) bool { return r.who(last) == r.who(edge) }
	return Shift{Person: r.who(t), Since: r.since(t, same), Until: r.until(t, same)}
}

// turn is the shift at t as people exchange it: from hand-off to hand-off, and one override by itself. Whoever has the
// next one, too, does not give both away.
func (r rota) turn(t time.Time) Shift {
	same := func(last, edge time.Time) bool { return r.who(last) == r.who(edge) && !r.handsOver(last, edge) }
	return Shift{Person: r.who(t), Since: r.since(t, same), Until: r.until(t, same)}
}

// handsOver reports whether a turn of a layer or an override ends between two moments. From one layer to the other a
// turn goes on.
func (r rota) handsOver(last, edge time.Time) bool {
	before, after := r.winner(last), r.winner(edge)
	if before < 0 || after < 0 {
		return before != after
	}
	one, rotates := r.sources[before].(rotation)
	_, other := r.sources[after].(rotation)
	if before == after {
		return rotates && one.turn(last) != one.turn(edge)
	}
	return !rotates || !other
}

// winner is the source that answers at t; -1: none.
func (r rota) winner(t time.Time) int {
	for i, s := range slices.Backward(r.sources) {
		if s.who(t) != "" {
			return i
		}
	}
	return -1
}

// since is the latest edge up to t at which the answer does not stay the same.
func (r rota) since(t time.Time, same func(last, edge time.Time) bool) time.Time {
	for edge := r.before(t); !edge.IsZero(); {
		last := edge.Add(-time.Nanosecond)
		if !same(last, edge) {
			return edge.In(r.zone)
		}
		if t.Sub(edge) > horizon {
			break
		}
		edge = r.before(last)
	}
	return time.Time{}
}

func (r rota) until(t time.Time, same func(last, edge time.Time) bool) time.Time {
	for edge := r.after(t); !edge.IsZero(); edge = r.after(edge) {
		if !same(edge.Add(-time.Nanosecond), edge) {
			return edge.In(r.zone)
		}
		if edge.Sub(t) > horizon {
			break
		}
	}
	return time.Time{}
}

// before is the latest moment up to and including t at which the answer may have changed. What lies under the source
// that answers does not matter.
func (r rota) before(t time.Time) time.Time {
	var latest time.Time
	for _, s := range slices.Backward(r.sources) {
		latest = later(latest, s.before(t))
		if s.who(t) != "" {
			break
		}
	}
	return latest
}

// after is the earliest moment after t at which the answer may change.
func (r rota) after(t time.Time) time.Time {
	var earliest time.Time
	for _, s := range slices.Backward(r.sources) {
		earliest = sooner(earliest, s.after(t))
		if s.who(t) != "" {
			break
		}
	}
	return earliest
}

// rotation is a layer that has been read.
type rotation struct {
	people []string
	first  wall
	every  wall // 0: one person alone never hands over.
	only   []opening
	zone   *time.Location
}

func (l Layer) read(zone *time.Location) (rotation, error) {
	r := rotation{people: l.People, every: l.Every.length(), zone: zone}
	var err error
	if r.first, err = parseWall(l.Handoff); err != nil {
		return rotation{}, fmt.Errorf("handoff: %w", err)
	}
	if r.every == 0 {
		return rotation{}, fmt.Errorf("every: %w", errPeriod)
	}
	for i, w := range l.Only {
		o, err := w.read(zone)
		if err != nil {
			return rotation{}, fmt.Errorf("only[%d]: %w", i, err)
		}
		r.only = append(r.only, o)
	}
	if alone := len(slices.Compact(slices.Clone(l.People))) == 1; alone {
		r.every = 0
	}
	return r, nil
}

func (r rotation) who(t time.Time) string {
	n := r.turn(t)
	if n < 0 || len(r.people) == 0 || !r.open(t) {
		return ""
	}
	return r.people[n%int64(len(r.people))]
}

func (r rotation) open(t time.Time) bool {
	return len(r.only) == 0 || slices.ContainsFunc(r.only, func(o opening) bool { return o.covers(t) })
}

// setBack is more than any clock was ever set back at once.
const setBack = 25 * time.Hour

// turn is the latest period that has begun at t, counted from 0; -1 before the first.
func (r rotation) turn(t time.Time) int64 {
	var n int64
	if r.every > 0 {
		// Clocks set back may have begun a period that they do not show any more.
		shown := wallAt(t, r.zone)
		before := wallAt(t.Add(-setBack), r.zone) + wall(setBack/time.Second)
		n = int64((max(shown, before) - r.first) / r.every)
	}
	for n >= 0 && r.begins(n).After(t) {
		n--
	}
	return max(n, -1)
}

func (r rotation) begins(n int64) time.Time {
	return (r.first + wall(n)*r.every).in(r.zone)
}

func (r rotation) before(t time.Time) time.Time {
	var edge time.Time
	if n := r.turn(t); n >= 0 {
		edge = r.begins(n)
	}
	for _, o := range r.only {
		edge = later(edge, o.before(t))
	}
	return edge
}

func (r rotation) after(t time.Time) time.Time {
	var edge time.Time
	if n := r.turn(t); n < 0 || r.every > 0 {
		edge = r.begins(n + 1)
	}
	for _, o := range r.only {
		edge = sooner(edge, o.after(t))
	}
	return edge
}

// cover is an override that has been read.
type cover struct {
	person   string
	from, to time.Time
}

func (o Override) read(zone *time.Location) (cover, error) {
	from, err := parseMoment(o.From, zone)
	if err != nil {
		return cover{}, fmt.Errorf("from: %w", err)
	}
	to, err := parseMoment(o.To, zone)
	if err != nil {
		return cover{}, fmt.Errorf("to: %w", err)
	}
	return cover{person: o.Person, from: from, to: to}, nil
}

func (c cover) who(t time.Time) string {
	if t.Before(c.from) || !t.Before(c.to) {
		return ""
	}
	return c.person
}

func (c cover) before(t time.Time) time.Time {
	switch {
	case !c.to.After(t):
		return c.to
	case !c.from.After(t):
		return c.from
	default:
		return time.Time{}
	}
}

func (c cover) after(t time.Time) time.Time {
	switch {
	case c.from.After(t):
		return c.from
	case c.to.After(t):
		return c.to
	default:
		return time.Time{}
	}
}

// later is the later of two moments; a zero one does not count.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sooner is the earlier of two moments; a zero one does not count.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
