package incident

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxDetailed is how many alerts keep their labels and texts; the others keep
// what identifies them.
const maxDetailed = 20

// maxCommits is how many commits of a choice are kept; the card shows fewer.
const maxCommits = 50

func opened(in *Incident, ev Event) error {
	if len(in.Timeline) > 0 {
		return errNothing
	}
	in.Status, in.OpenedAt = Triggered, ev.At
	in.restart(firstStep, ev)
	in.log(ev, Opened, "Opened for %s as %s", in.Service.ID, in.Severity)
	in.withhold(ev)
	return nil
}

// delivered takes all that one call of a monitor says, as one change: what fires
// first, so that an incident does not resolve between two alerts of one message.
func delivered(in *Incident, ev Event) error {
	defer in.indexed(ev.Delivery)()
	result, before, over := errNothing, len(in.Timeline), false
	take := func(firing bool, rule func(Event) error) {
		for _, ev.Alert = range ev.Delivery.Alerts {
			if ev.Alert.Firing == firing {
				ev.Alert.NeverResolves = ev.Alert.NeverResolves || ev.Delivery.NeverResolves
				ev.Alert = in.dated(ev.Alert, ev.At)
				result = tellingMost(result, rule(ev))
			}
		}
	}
	take(true, func(ev Event) error { return alertFired(in, ev) })
	take(false, func(ev Event) error {
		ended, err := in.quench(ev)
		over = over || ended
		return err
	})
	all, told := in.leaveOut(ev)
	result = tellingMost(result, told)
	switch {
	case !over && !all || in.Firing() > 0:
	case in.quiet():
		in.allQuiet(ev)
	default:
		in.unknownQuiet(ev)
	}
	if result == nil && ev.Delivery.By != "" {
		in.declare(ev)
	}
	if in.Open() {
		in.ease(Event{At: ev.At})
	}
	in.gather(before, ev)
	in.tellWithheld(ev)
	in.settle()
	return result
}

// alertFired takes one firing alert, which is news, a repetition, or known already.
func alertFired(in *Incident, ev Event) error {
	i, others := in.find(ev.Alert.Fingerprint), len(in.Alerts)
	if i >= 0 && in.Alerts[i].isDetailed() {
		others = 0 // It is one of those that keep their details.
	}
	a := trim(ev.Alert, others)
	switch {
	case i < 0:
		in.add(a)
	case in.Alerts[i].knows(a):
		return in.restate(&in.Alerts[i], a, ev)
	case in.Alerts[i].repeatedBy(a):
		return in.repeat(&in.Alerts[i], a, ev)
	default:
		// What had data once is no mere lack of it.
		a.Blind = a.Blind && in.Alerts[i].Blind
		in.replace(i, a)
	}
	if in.Summary == "" {
		in.Summary = a.Headline(in.Service.ID)
	}
	in.log(ev, AlertFired, "Alert fires: %s", firstLine(a.Title(), 200))
	in.tally(ev)
	switch {
	case !in.Open():
		in.ease(ev)
		in.Summary = cmp.Or(a.Headline(in.Service.ID), in.Summary) // What a page says is what fires now.
		in.firesAgain(ev)
	case in.Rollback.State == RollbackVerifying:
		in.log(ev, NotProved, "Not good yet: an alert fires while the rollback is verified")
	}
	in.heed(a, ev)
	return nil
}

func alertResolved(in *Incident, ev Event) error {
	ended, err := in.quench(ev)
	if ended && in.quiet() {
		in.allQuiet(ev)
	}
	return err
}

// quench takes one resolved alert, and says whether it has fired until now.
func (in *Incident) quench(ev Event) (ended bool, err error) {
	i := in.find(ev.Alert.Fingerprint)
	switch {
	case i < 0 && ev.Alert.StartsAt.IsZero():
		return false, errNothing
	case i < 0:
		// Its firing was never seen. It is kept, so that a late one is not news.
		in.add(trim(ev.Alert, len(in.Alerts)))
		in.Alerts[len(in.Alerts)-1].Firing = false
		return false, nil
	case in.Alerts[i].outlives(ev.Alert):
		return false, errNothing
	}
	known := &in.Alerts[i]
	fired, news := known.Firing, ev.Alert.StartsAt.After(known.StartsAt)
	known.Firing, known.EndsAt = false, ev.Alert.EndsAt
	if news {
		known.StartsAt = ev.Alert.StartsAt
	}
	switch {
	case !fired && !news:
		return false, errNothing
	case !fired:
		// Its later firing was never seen; a late one is not news either.
		return false, nil
	}
	title := known.Title()
	if title == "" {
		title = trim(ev.Alert, 0).Title() // It is one of the crowd.
	}
	in.log(ev, AlertResolved, "Alert resolved: %s", firstLine(title, 200))
	return true, nil
}

// allQuiet says what it means that the last alert resolved.
func (in *Incident) allQuiet(ev Event) {
	switch {
	case !in.Open():
	case in.Rollback.State == RollbackRunning:
		in.log(ev, AlertResolved, "All alerts are resolved; the rollback goes on and is verified")
	case in.Rollback.State == RollbackVerifying:
		in.prove(ev, everyAlert)
	case in.Rollback.State == RollbackRequested:
		in.withdraw(ev)
		in.log(ev, RollbackLapsed, "The request to roll back lapses: all alerts are resolved")
		in.resolve(ev, "all alerts are resolved")
	default:
		in.resolve(ev, "all alerts are resolved")
	}
}

// resolve ends the responding, and what no monitor says resolved of. The run stays
// open for a while.
func (in *Incident) resolve(ev Event, why string) {
	if in.Unending() > 0 {
		in.Alerts = slices.Clone(in.Alerts)
	}
	for i, a := range in.Alerts {
		if a.Firing && a.NeverResolves {
			in.Alerts[i].Firing, in.Alerts[i].EndsAt = false, ev.At
		}
	}
	in.Countless, in.LeftOut = false, 0
	in.Status, in.ResolvedAt, in.ResolvedBy = Resolved, ev.At, ev.Decision.By
	in.QuietUntil = ev.At.Add(in.Service.ReopenWithin)
	in.SnoozedAt, in.SnoozedUntil = time.Time{}, time.Time{}
	in.Climb.Pending, in.Climb.Wanted, in.Climb.Until, in.Climb.Following = false, false, time.Time{}, nil
	in.nobodyPaged(ev)
	in.log(ev, WasResolved, "Resolved: %s", why)
}

// reopen makes a resolved incident one that is responded to again.
func (in *Incident) reopen(ev Event, why string) {
	if in.Restored != "" {
		in.log(ev, Reopened, "Reopened: %s; the rollback to %s did not hold", why, in.Restored)
		in.Tried = append(in.Tried, in.Restored)
		in.Restored = ""
		in.Rollback.State, in.Rollback.Reason = RollbackFailed, "it did not hold: "+why
	} else {
		in.log(ev, Reopened, "Reopened: %s", why)
	}
	in.Closed, in.Cursors.TicketClosed = false, false
	in.doubtFacts()
	in.trigger(firstStep, ev)
}

func enriched(in *Incident, ev Event) error {
	in.Facts = ev.Facts
	in.Facts.Asked = true
	if c := in.Facts.Choice.Commits; len(c) > maxCommits {
		in.Facts.Choice.Commits = slices.Clone(c[:maxCommits])
	}
	in.overtaken(ev)
	if in.Rollback.State == RollbackRequested && in.Facts.Obstacle == "" {
		return nil // What is offered was said; it waits for its answer.
	}
	text := in.factsLine()
	if text != "" && !slices.ContainsFunc(in.Timeline, func(e Entry) bool { return e.Kind == Enriched && e.Text == text }) {
		in.log(ev, Enriched, "%s", text)
	}
	return nil
}

// factsLine says what is known of the deployments, "" when nothing is.
func (in *Incident) factsLine() string {
	choice := in.Facts.Choice
	switch offer := in.Offer(); {
	case in.Facts.Obstacle != "":
		return "No rollback can be offered: " + in.Facts.Obstacle
	case choice.Suspect == nil:
		return ""
	case offer == nil:
		return fmt.Sprintf("In service: %s since %s", releaseOf(choice.Suspect), clock(choice.Suspect.Finished))
	default:
		return fmt.Sprintf("In service: %s since %s; last good: %s",
			releaseOf(choice.Suspect), clock(choice.Suspect.Finished), offer.Release)
	}
}

func factsDoubted(in *Incident, _ Event) error {
	in.doubtFacts()
	return nil
}

// doubtFacts asks for another look at what is deployed, where there is one.
func (in *Incident) doubtFacts() { in.Facts.Asked = in.Service.Deployments == nil }

// trim bounds what an alert takes up in the state.
func trim(a Alert, known int) Alert {
	a.Summary = firstLine(a.Summary, 300)
	a.Name = firstLine(a.Name, 200)
	a = a.brief(known)
	a.Labels = foremost(a.Labels)
	return a
}

// labelBytes is what the labels of an alert take up at the most, as JSON. A monitor may
// send a hundred of them, each with a long text.
const labelBytes = 8 << 10

// foremost are as many labels as have room, the first by name.
func foremost(labels map[string]string) map[string]string {
	kept, room := map[string]string{}, labelBytes
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if room -= labelSize(name, labels[name]); room < 0 {
			return kept
		}
		kept[name] = labels[name]
	}
	return labels
}

// names joins a few names into a list for a sentence.
func names(list []string) string {
	switch len(list) {
	case 0:
		return "nobody"
	case 1:
		return list[0]
	default:
		return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
	}
}
