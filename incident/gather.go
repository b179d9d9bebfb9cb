package incident

import "time"

const (
	// shownOfDelivery is how many alerts of one delivery have a line of their own.
	shownOfDelivery = 3
	// longTimeline is from how many entries on alerts that come and go are told once in
	// tellEvery: a group may change every second for days, and a run hands all of its
	// timeline to the next.
	longTimeline = 1000
	tellEvery    = time.Minute
)

// Untold counts what came and went since a long timeline was last told.
type Untold struct {
	Fired    int       `json:"fired,omitempty"`
	Resolved int       `json:"resolved,omitempty"`
	Told     time.Time `json:"told,omitzero"`
}

// gather makes one line of what a delivery has said more often than a few times: a
// group may have thousands of alerts. In a long timeline it may have to wait for a
// later delivery.
func (in *Incident) gather(before int, ev Event) {
	shown, long := shownOfDelivery, before >= longTimeline
	hushed := long && ev.At.Before(in.Untold.Told.Add(tellEvery))
	if hushed {
		shown = 0
	}
	said := map[Kind]int{}
	kept := in.Timeline[:before:before]
	for _, entry := range in.Timeline[before:] {
		if said[entry.Kind]++; said[entry.Kind] > shown && (entry.Kind == AlertFired || entry.Kind == AlertResolved) {
			continue
		}
		entry.N = lastOf(kept) + 1
		kept = append(kept, entry)
	}
	in.Timeline = kept
	in.Untold.Fired += max(0, said[AlertFired]-shown)
	in.Untold.Resolved += max(0, said[AlertResolved]-shown)
	if !hushed {
		in.tellRest(long, ev)
	}
}

// tellRest says how many alerts have come and gone that have no line of their own.
func (in *Incident) tellRest(long bool, ev Event) {
	if n := in.Untold.Fired; n > 0 {
		in.log(ev, AlertFired, "%d more alerts of the group fire", n)
	}
	if n := in.Untold.Resolved; n > 0 {
		in.log(ev, AlertResolved, "%d more alerts of the group resolved", n)
	}
	in.Untold = Untold{}
	if long {
		in.Untold.Told = ev.At
	}
}
