package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
)

// Withheld is what keeps the first page of an incident back. It is in force from
// the opening, or from the moment at which an alert reopens the incident, up to
// the first step that is paged, or to a person who asks for a page.
type Withheld struct {
	// Fresh is true while nobody was paged since the opening.
	Fresh bool `json:"fresh,omitempty"`
	// Until is when hold_page is over; zero when nothing is left of it.
	Until time.Time `json:"until,omitzero"`
	// Short is true until as many alerts have fired as the threshold wants.
	Short bool `json:"short,omitempty"`
	// Maintenance is the window in which the first step was reached.
	Maintenance *oncall.Maintenance `json:"maintenance,omitempty"`
	// Told is true once the timeline says what the first page waits for.
	Told bool `json:"told,omitempty"`
}

// atSecond writes a moment that seconds matter of.
const atSecond = "15:04:05 UTC"

// holds says whether the climb may not begin, whatever is on the board.
func (w Withheld) holds() bool { return w.Short || !w.Until.IsZero() }

// yet says whether something keeps, or has kept, the first page back.
func (w Withheld) yet() bool { return w.holds() || w.Maintenance != nil }

// over is when a maintenance or hold_page ends; zero when neither keeps a page back.
func (w Withheld) over() time.Time {
	switch {
	case !w.Until.IsZero():
		return w.Until
	case w.Maintenance != nil:
		_, to, _ := w.Maintenance.Span()
		return to
	default:
		return time.Time{}
	}
}

// WithheldUntil is the moment up to which nobody is paged, when that is known and
// so; zero otherwise.
func (in Incident) WithheldUntil() time.Time {
	if in.Status != Triggered || in.Withheld.Short {
		return time.Time{}
	}
	return in.Withheld.over()
}

// withhold lets the first page wait as the service wants it. Whether there is a
// maintenance is found out when the step is looked up.
func (in *Incident) withhold(ev Event) {
	in.Withheld = Withheld{Fresh: true, Short: in.short(ev.At)}
	if hold := in.Service.HoldPage; hold > 0 {
		in.Withheld.Until = ev.At.Add(hold)
	}
}

// firesAgain reopens a resolved incident. An alert that comes back may go by itself
// again, so the page is withheld as that of an opening is; a rollback that did not
// hold is told at once.
func (in *Incident) firesAgain(ev Event) {
	heldGood := in.Restored != ""
	in.reopen(ev, "an alert fires again", "an alert fires again")
	if !heldGood {
		in.withhold(ev)
	}
}

// tally counts one more firing towards the threshold. Those count that came within
// its time up to now, by the clock of their arrival: one alert that flaps counts
// each time.
func (in *Incident) tally(ev Event) {
	t := in.Service.Threshold
	if t == nil {
		return
	}
	counted := append(in.counting(ev.At), ev.At)
	in.Firings = counted[max(0, len(counted)-t.Alerts):]
	if !in.Withheld.Short || in.short(ev.At) {
		return
	}
	in.Withheld.Short = false
	if in.Withheld.Told {
		in.log(ev, PagesDue, "%d alerts have fired within %s (threshold)", t.Alerts, oncall.Written(t.Within))
	}
}

// counting are the firings that count towards the threshold at a moment, as a new list.
func (in *Incident) counting(at time.Time) []time.Time {
	return slices.DeleteFunc(slices.Clone(in.Firings), func(t time.Time) bool {
		return t.Before(at.Add(-in.Service.Threshold.Within))
	})
}

// short says whether fewer alerts have fired than the threshold wants.
func (in *Incident) short(at time.Time) bool {
	return in.Service.Threshold != nil && len(in.counting(at)) < in.Service.Threshold.Alerts
}

// tellWithheld says once what the first page waits for.
func (in *Incident) tellWithheld(ev Event) {
	w := &in.Withheld
	if w.Told || in.Status != Triggered || !w.holds() {
		return
	}
	w.Told = true
	var why []string
	if !w.Until.IsZero() {
		why = append(why, "hold_page lets it wait until "+w.Until.UTC().Format(atSecond))
	}
	if w.Short {
		why = append(why, in.tallied()+" (threshold)")
	}
	in.log(ev, PagesWithheld, "Nobody is paged yet: %s", strings.Join(why, "; "))
}

// tallied says how far the alerts are from the threshold.
func (in Incident) tallied() string {
	t := in.Service.Threshold
	return fmt.Sprintf("%d of %d alerts within %s", len(in.Firings), t.Alerts, oncall.Written(t.Within))
}

// pagesDue ends hold_page.
func pagesDue(in *Incident, ev Event) error {
	if !in.Open() || in.Withheld.Until.IsZero() || ev.At.Before(in.Withheld.Until) {
		return errNothing
	}
	in.Withheld.Until = time.Time{}
	in.log(ev, PagesDue, "Not resolved within %s (hold_page)", oncall.Written(in.Service.HoldPage))
	return nil
}

// pagesWithheld notes that the first step was reached in a maintenance.
func pagesWithheld(in *Incident, ev Event) error {
	w := &in.Withheld
	if !w.Fresh || !in.Paging() || !in.Climb.Pending {
		return errNothing
	}
	if w.Maintenance != nil && *w.Maintenance == ev.Maintenance {
		return errNothing
	}
	w.Maintenance = &ev.Maintenance
	_, to, _ := w.Maintenance.Span()
	in.log(ev, PagesWithheld, "Nobody is paged until %s: %s", to.UTC().Format("Mon 2 Jan 15:04:05 UTC"), in.maintained())
	return nil
}

// maintained says of a maintenance who entered it and why.
func (in Incident) maintained() string {
	m := in.Withheld.Maintenance
	line := in.excused() + " is in maintenance"
	if m.By != "" {
		line += ", entered by " + m.By
	}
	if m.Reason != "" {
		line += ": " + oneLine(m.Reason, 200)
	}
	return line
}

// excused is the service whose maintenance keeps the page back.
func (in Incident) excused() string {
	if service := in.Withheld.Maintenance.Service; service != oncall.Everywhere {
		return service
	}
	return in.Service.ID
}

func (in Incident) excusedNoLonger() string {
	if service := in.excused(); service != in.Service.ID {
		return "The maintenance of " + service + " covers no longer all that fires"
	}
	return in.Service.ID + " is in maintenance no longer"
}

// beginPaging ends what kept the first page back: the first step is on the board.
func (in *Incident) beginPaging(ev Event) {
	if in.Withheld.Maintenance != nil {
		in.log(ev, PagesDue, "%s", in.excusedNoLonger())
	}
	in.Withheld = Withheld{}
}

// nobodyPaged says of an incident that resolves why nobody was paged for it. While
// its firings count towards the threshold the run stays open: they are not to be
// forgotten.
func (in *Incident) nobodyPaged(ev Event) {
	var why string
	switch w := in.Withheld; {
	case w.Maintenance != nil:
		why = in.excused() + " is in maintenance"
	case w.Short:
		why = in.tallied() + " (threshold)"
	case !w.Until.IsZero():
		why = fmt.Sprintf("resolved within %s (hold_page)", oncall.Written(in.Service.HoldPage))
	}
	if why != "" {
		in.log(ev, NobodyPaged, "Nobody was paged: %s", why)
	}
	if n := len(in.Firings); n > 0 && in.Withheld.Short {
		if until := in.Firings[n-1].Add(in.Service.Threshold.Within); until.After(in.QuietUntil) {
			in.QuietUntil = until
		}
	}
	in.Withheld = Withheld{}
}

// withheldLine says when the first page comes. The moment is zero when it depends on
// alerts that have not fired.
func (in Incident) withheldLine() (string, time.Time) {
	switch w := in.Withheld; {
	case w.Short:
		return "the first page, once there are enough alerts: " + in.tallied() + " (threshold)", time.Time{}
	case !w.Until.IsZero():
		return "the first page, if it still fires then (hold_page)", w.Until
	default:
		return "the first page, if it still fires then (" + in.maintained() + ")", w.over()
	}
}
