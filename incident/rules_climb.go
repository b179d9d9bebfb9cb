package incident

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
)

// stepOpened puts the pages of a step on the board. The plan's position must be
// where the climb stands: a plan that was overtaken is dropped. A page that is on its
// way already stays so.
func stepOpened(in *Incident, ev Event) error {
	if !in.Climb.Pending || ev.Plan.Position != in.Climb.At {
		return errNothing
	}
	in.beginPaging(ev)
	in.Climb.Pending, in.Climb.Left = false, nil
	in.Climb.PageAt, in.Climb.Until = time.Time{}, time.Time{}
	in.Climb.Following, in.Climb.ReachedBefore = ev.Following, in.Climb.Reached
	pages := make([]Page, 0, len(ev.Plan.Pages))
	for _, p := range ev.Plan.Pages {
		page := Page{Page: p, Marker: in.marker(p)}
		if i := in.pageIndex(page.Marker); i >= 0 {
			page.Started = in.Climb.Pages[i].Started
		}
		pages = append(pages, page)
	}
	in.Climb.Pages = pages
	in.warn(ev, StepOpened)
	for _, note := range ev.Plan.Notes {
		in.report(ev, StepOpened, "Step %d: %s", in.Climb.At.Step, note)
	}
	return nil
}

// stepPassed goes on at once from a step that has nobody to page. One that was
// asked for although the incident is acknowledged goes on to the round's end only,
// unless a step before it had somebody to page.
func stepPassed(in *Incident, ev Event) error {
	if !in.Climb.Pending || ev.Plan.Position != in.Climb.At {
		return errNothing
	}
	in.beginPaging(ev)
	in.warn(ev, StepPassed)
	for _, note := range ev.Plan.Notes {
		in.report(ev, StepPassed, "Step %d: %s", in.Climb.At.Step, note)
	}
	in.report(ev, StepPassed, "Step %d is passed: %s", in.Climb.At.Step, ev.Plan.Passed)
	in.Climb.Pending = false
	if in.Status == Triggered || in.Climb.At.Step < len(in.Policy().Steps) || in.Climb.Left != nil {
		in.next(ev)
	} else {
		in.Climb.Wanted = false
	}
	return nil
}

func pageStarted(in *Incident, ev Event) error {
	if in.pageIndex(ev.Marker) < 0 {
		return errNothing
	}
	in.each(ev.Marker, func(p *Page) { p.Started = ev.At })
	return nil
}

// paged notes a delivered page. The step's time runs from its first one. A message
// that was told of before, and is found again, is no news.
func paged(in *Incident, ev Event) error {
	if !slices.ContainsFunc(in.Cursors.Pages, func(s Sent) bool { return s.Receipt == ev.Receipt }) {
		in.log(ev, Paged, "Paged %s by %s%s%s", nameOf(ev.Page), ev.Page.Via, accepted(ev), together(ev.Receipt))
		if ev.Receipt.TS != "" && ev.Receipt.With == 0 {
			in.keepCurrent(Sent{Receipt: ev.Receipt, To: ev.Page.Address, Shown: ev.Shown, Why: ev.Reason})
		}
	}
	i := in.pageIndex(ev.Marker)
	if i < 0 || in.Climb.Pages[i].Lost {
		return nil // The report that it was lost was faster than the vendor's answer.
	}
	in.arrive(i, ev.At)
	return nil
}

// maxCurrent is how many delivered pages are kept current, the latest: each change of the
// incident edits them all.
const maxCurrent = 100

func (in *Incident) keepCurrent(page Sent) {
	in.Cursors.Pages = append(in.Cursors.Pages, page)
	in.Cursors.Pages = in.Cursors.Pages[max(0, len(in.Cursors.Pages)-maxCurrent):]
}

// arrive counts a page as delivered. One of a step that was left brings the climb
// back there, unless that was the last one: it is said already that nobody answered, and
// the step is paged again when the rest is over.
func (in *Incident) arrive(i int, at time.Time) {
	in.each(in.Climb.Pages[i].Marker, func(p *Page) { p.Delivered, p.Failed = at, "" })
	left := in.Climb.Left
	if left != nil && in.Status == Triggered && in.Climb.At.Exhausted() && !left.At.Exhausted() {
		return
	}
	if left != nil && in.Climb.Pending {
		in.Climb.At, in.Climb.Following = left.At, left.Following
		in.Climb.Pending, in.Climb.PageAt, in.Climb.Left = false, time.Time{}, nil
	}
	in.Climb.Met = in.Climb.Met || in.Climb.Wanted
	in.Climb.Reached, in.Climb.Unreached, in.Climb.Wanted = true, false, false
	if in.Climb.Until.IsZero() && in.Status == Triggered {
		in.Climb.Until = at.Add(in.Policy().Within(in.Climb.At))
	}
}

// together says that a page came in one message with those of other incidents.
func together(r Receipt) string {
	switch r.With {
	case 0:
		return ""
	case 1:
		return ", together with 1 other"
	default:
		return fmt.Sprintf(", together with %d others", r.With)
	}
}

// pageDelayed tells of a page that does not get through. It is tried on, so that
// nothing has failed yet.
func pageDelayed(in *Incident, ev Event) error {
	in.report(ev, PageDelayed, "Could not page %s by %s for %s; still trying", nameOf(ev.Page), ev.Page.Via, ev.For)
	return nil
}

func pageFailed(in *Incident, ev Event) error {
	in.report(ev, PageFailed, "Could not page %s by %s: %s", nameOf(ev.Page), ev.Page.Via, firstLine(ev.Reason, 300))
	in.each(ev.Marker, func(p *Page) { p.Failed = firstLine(ev.Reason, 300) })
	return nil
}

// each changes the pages on the board with a marker: one message is the page of
// everybody who shares a mailbox.
func (in *Incident) each(marker string, change func(*Page)) {
	for i := range in.Climb.Pages {
		if in.Climb.Pages[i].Marker == marker {
			change(&in.Climb.Pages[i])
		}
	}
}

// pageIndex finds a page among those of the step, -1 when the climb has moved on
// since it was sent.
func (in *Incident) pageIndex(marker string) int {
	return slices.IndexFunc(in.Climb.Pages, func(p Page) bool { return p.Marker == marker })
}

// accepted is the vendor's own word for a page that it took.
func accepted(ev Event) string {
	if ev.Receipt.Said == "" {
		return ""
	}
	return ": " + oneLine(ev.Receipt.Said, 150)
}

// stepRanOut goes on when nobody answered, or when nobody could be reached.
func stepRanOut(in *Incident, ev Event) error {
	if in.Climb.Pending || (in.Status != Triggered && !in.Climb.Wanted) {
		return errNothing
	}
	if !in.Climb.Until.IsZero() && !in.Climb.At.Exhausted() {
		in.log(ev, StepRanOut, "Nobody answered step %d of round %d", in.Climb.At.Step, in.Climb.At.Round)
	}
	in.next(ev)
	return nil
}

// next moves the climb on. A round that ends without one delivered page does not
// count: it is climbed again after a pause.
func (in *Incident) next(ev Event) {
	at, rest := oncall.Next(in.Policy(), in.Climb.At)
	ends := oncall.RoundEnds(in.Climb.At, at)
	in.leave()
	if ends {
		if !in.Climb.Reached {
			at, rest = in.anew()
			in.report(ev, NobodyReached, "Nobody could be reached in round %d; it is climbed again every %s", in.Climb.At.Round, rest)
			in.Climb.Unreached = true
		} else if at.Again == 1 {
			in.log(ev, Exhausted, "Exhausted: nobody answered in %d rounds; step %d is paged again every %s",
				at.Round, at.Step, oncall.AgainEvery)
			in.announce(true, "Nobody has answered %s (%s, %s): %s. Every step of the escalation policy was paged. Please take it.",
				in.ID, in.Service.ID, in.Severity, in.Summary)
		}
		in.Climb.Reached = false
	}
	in.Climb.At, in.Climb.Pending, in.Climb.PageAt = at, true, ev.At.Add(rest)
}

// leave takes the step off the board, unless it has reached nobody: its pages then stay
// on their way until another step is opened, however long the climb rests, waits for a
// window, or passes steps with nobody on call.
func (in *Incident) leave() {
	switch {
	case in.Climb.delivered():
		in.Climb.Pages, in.Climb.Left = nil, nil
	case in.Climb.Left == nil && len(in.Climb.Pages) > 0:
		in.Climb.Left = &Left{At: in.Climb.At, Following: in.Climb.Following}
	}
	in.Climb.Until, in.Climb.Following = time.Time{}, nil
}

// delivered says whether a page of the step has arrived.
func (c Climb) delivered() bool {
	return slices.ContainsFunc(c.Pages, func(p Page) bool { return !p.Delivered.IsZero() })
}

// report logs what keeps a page from somebody. A round that is climbed again and
// again has nothing new to say: the timeline would grow without end.
func (in *Incident) report(ev Event, kind Kind, format string, args ...any) {
	if !in.Climb.Unreached {
		in.log(ev, kind, format, args...)
	}
}

// warn logs the warnings of a plan, each once in an incident: all steps and rounds rest on the same calendars.
func (in *Incident) warn(ev Event, kind Kind) {
	for _, warning := range ev.Plan.Warnings {
		if !slices.ContainsFunc(in.Timeline, func(e Entry) bool { return e.Text == oneLine(warning, maxText) }) {
			in.log(ev, kind, "%s", warning)
		}
	}
}

// anew is where a round that reached nobody is climbed again from.
func (in *Incident) anew() (oncall.Position, time.Duration) {
	at, rest := oncall.Anew(in.Policy(), in.Climb.At)
	if in.Climb.From > 0 && !at.Exhausted() {
		at.Step = in.Climb.From
	}
	return at, rest
}

func calledOut(in *Incident, ev Event) error {
	if ev.Index <= in.Cursors.Calls {
		return errNothing
	}
	in.Cursors.Calls = ev.Index
	in.warn(ev, CalledOut)
	for _, note := range ev.Plan.Notes {
		in.log(ev, CalledOut, "%s", note)
	}
	return nil
}

// marker is written on a page, so that it can be found again. A step that is
// climbed again because nobody could be reached has the same markers: a page that
// arrived although its answer was lost is then found, not doubled.
func (in *Incident) marker(p oncall.Page) string {
	at := in.Climb.At
	return fmt.Sprintf("%s/page/%d.%d.%d.%d/%s/%s", in.ID, in.Climb.Lap, at.Round, at.Step, at.Again, p.Via, p.Address)
}

func nameOf(p oncall.Page) string {
	switch {
	case p.Name != "":
		return p.Name
	case p.Person != "":
		return p.Person
	default:
		return p.Address
	}
}
