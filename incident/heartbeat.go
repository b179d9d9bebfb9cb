package incident

import (
	"fmt"
	"time"
)

// HeartbeatSource is the source of what heartbeats say: nobody but lastgood itself watches them.
const HeartbeatSource = "heartbeat"

// Heartbeat is a dead-man's switch: something that says at least once in Every that it is alive, and is called silent
// when it has said nothing for Every and Grace.
type Heartbeat struct {
	Name     string        `json:"name"`
	Service  string        `json:"service"`
	Every    time.Duration `json:"every"`
	Grace    time.Duration `json:"grace,omitempty"`
	Severity Severity      `json:"severity"`
}

// patience is how long the heartbeat may be silent.
func (h Heartbeat) patience() time.Duration { return h.Every + h.Grace }

// Watch is a heartbeat that is watched: what was heard of it, and what its incident knows. Its zero value with a
// Heartbeat is one that was never heard.
type Watch struct {
	Heartbeat Heartbeat `json:"heartbeat"`
	// Configured is when the process read its configuration that this heartbeat is from: the latest counts.
	Configured time.Time `json:"configured,omitzero"`
	// Since is when the watch began, or when the heartbeat was last asked to beat more often.
	Since time.Time `json:"since,omitzero"`
	// Last is the latest beat; zero when there was none.
	Last time.Time `json:"last,omitzero"`
	// Silent is the moment up to which it could have beaten; zero while it is not silent.
	Silent time.Time `json:"silent,omitzero"`
	// Retired is true when it stands in the configuration no more.
	Retired bool `json:"retired,omitempty"`
	// Told is what an incident knows of it.
	Told Silence `json:"told,omitzero"`
}

// Silence is one that a service's incident knows of; zero when none does.
type Silence struct {
	Service string    `json:"service,omitempty"`
	From    time.Time `json:"from,omitzero"`
}

// none says whether no incident knows of a silence.
func (s Silence) none() bool { return s.Service == "" }

// same says whether both are one silence.
func (s Silence) same(other Silence) bool {
	return s.Service == other.Service && s.From.Equal(other.From)
}

// Due is the moment at which the heartbeat is silent unless it beats before; zero when it is not waited for.
func (w Watch) Due() time.Time {
	if w.Retired {
		return time.Time{}
	}
	return w.heardOf().Add(w.Heartbeat.patience())
}

// heardOf is the moment since which nothing was heard.
func (w Watch) heardOf() time.Time {
	if w.Last.After(w.Since) {
		return w.Last
	}
	return w.Since
}

// Begin is the watch that has begun at a moment, maybe unnoticed until now; one that goes on has begun before.
func (w Watch) Begin(began, now time.Time) Watch {
	if w.Since.IsZero() {
		w.Since = began
	}
	return w.At(now)
}

// Beat is the watch after a beat of a moment has come. One without a moment, and one from a clock that is ahead, counts
// as of now; one that is older than the latest changes nothing.
func (w Watch) Beat(at, now time.Time) Watch {
	if at.IsZero() || at.After(now) {
		at = now
	}
	if at.After(w.Last) {
		w.Last = at
	}
	return w.At(now)
}

// Configure is the watch with other settings, read at a moment by some process. Settings that are older than those in
// force change nothing. Who is asked to beat more often has all of the new time for it.
func (w Watch) Configure(h Heartbeat, read, now time.Time) Watch {
	if read.Before(w.Configured) {
		return w
	}
	if w.Retired {
		w = Watch{Since: now, Told: w.Told}
	}
	if h.patience() < w.Heartbeat.patience() && w.Silent.IsZero() {
		w.Since = now
	}
	w.Heartbeat, w.Configured = h, read
	return w.At(now)
}

// Retire is the watch when a process whose configuration was read at a moment does not have the heartbeat.
func (w Watch) Retire(read, now time.Time) Watch {
	if read.Before(w.Configured) {
		return w
	}
	w.Retired, w.Configured = true, read
	return w.At(now)
}

// At is the watch at a moment: silent or not.
func (w Watch) At(now time.Time) Watch {
	due := w.Due()
	switch {
	case due.IsZero() || now.Before(due):
		w.Silent = time.Time{}
	case w.Silent.IsZero():
		w.Silent = due
	}
	return w
}

// Over says whether there is nothing left to do: it is retired, and no incident takes it for silent.
func (w Watch) Over() bool { return w.Retired && w.Told.none() }

// News is what an incident is to be told of a heartbeat.
type News struct {
	Service  string   `json:"service"`
	Delivery Delivery `json:"delivery"`
	// Told is what an incident knows once it has the news.
	Told Silence `json:"told,omitzero"`
}

// Owed is what some incident does not know yet, the next one of it; false when all is told.
func (w Watch) Owed(now time.Time) (n News, owed bool) {
	var should Silence
	if !w.Silent.IsZero() {
		should = Silence{w.Heartbeat.Service, w.Silent}
	}
	switch {
	case w.Told.same(should):
		return News{}, false
	case w.Told.none():
		return w.news(should, w.silent(should.From, now), should), true
	default:
		return w.news(w.Told, w.heard(w.Told.From, now), Silence{}), true
	}
}

// Delivered is the watch once news has got through.
func (w Watch) Delivered(n News) Watch {
	w.Told = n.Told
	return w
}

func (w Watch) news(about Silence, alert Alert, told Silence) News {
	return News{
		Service:  about.Service,
		Delivery: Delivery{Source: HeartbeatSource, Group: alert.Fingerprint, Alerts: []Alert{alert}},
		Told:     told,
	}
}

// silent is the alert of a heartbeat that is silent.
func (w Watch) silent(from, now time.Time) Alert {
	a := w.alert(from)
	a.Firing = true
	waited := span(now.Sub(w.heardOf()).Truncate(time.Second))
	if w.Last.IsZero() {
		a.Summary = fmt.Sprintf("%s has never been heard of in the %s that it is watched", w.Heartbeat.Name, waited)
	} else {
		a.Summary = fmt.Sprintf("%s has not been heard of for %s; its last beat was at %s",
			w.Heartbeat.Name, waited, w.Last.UTC().Format("Mon 2 Jan 15:04:05 UTC"))
	}
	return a
}

// heard is the same alert when the silence is over.
func (w Watch) heard(from, now time.Time) Alert {
	a := w.alert(from)
	a.EndsAt = now
	if w.Last.After(from) {
		a.EndsAt = w.Last
	}
	return a
}

func (w Watch) alert(from time.Time) Alert {
	return Alert{
		Fingerprint: "heartbeat/" + w.Heartbeat.Name, StartsAt: from, Severity: w.Heartbeat.Severity, Name: "Silent: " + w.Heartbeat.Name,
		Labels: map[string]string{"heartbeat": w.Heartbeat.Name, "service": w.Heartbeat.Service},
	}
}
