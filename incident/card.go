package incident

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/release"
)

const (
	shownAlerts  = 5
	shownCommits = 8
)

// Places are the outside addresses that a card links to.
type Places struct {
	// TemporalUI is the address of this run in the Temporal UI, "" when unknown.
	TemporalUI string `json:"temporal_ui,omitempty"`
}

// CardOf draws the incident as it stands.
func CardOf(in Incident, places Places) Card {
	c := Card{
		Incident: in.ID, Workflow: in.Workflow, Service: in.Service.ID, Environment: in.Service.Environment,
		Severity: in.Severity, Status: in.Status, Summary: in.Summary, OpenedAt: in.OpenedAt,
		State: in.stateLine(), InService: in.Facts.Choice.Suspect, Target: in.shownTarget(),
		Notes: in.notes(), Links: in.links(places), Buttons: in.Buttons(),
	}
	c.StateAt = in.stateAt()
	c.FiresSince = in.firesSince()
	c.Alerts, c.More = in.firingLines()
	c.Affected = in.affectedLine()
	c.Commits = in.Facts.Choice.Commits
	if len(c.Commits) > shownCommits {
		c.Commits, c.MoreCommits = c.Commits[:shownCommits], len(c.Commits)-shownCommits
	}
	c.Next, c.NextAt = in.nextLine()
	if in.Climb.Following != nil {
		c.NextChannels = in.Climb.Following.Channels
	}
	c.Rollback, c.Failure = in.rollbackLines()
	c.RollbackURL = in.Rollback.URL
	return c
}

// Face is what of a card a page shows of the incident's course: when it has not
// changed, the page need not be edited.
func (c Card) Face() string {
	face := []string{string(c.Status), c.State, c.Rollback, c.Failure}
	for _, b := range c.Buttons {
		face = append(face, b.Action+" "+b.Release)
	}
	return strings.Join(face, "|")
}

func (in Incident) stateLine() string {
	switch in.Status {
	case Acknowledged:
		line := "Acknowledged by " + in.AcknowledgedBy + " at " + clock(in.AcknowledgedAt)
		if in.Assigned != "" {
			line += ", assigned to " + in.Assigned
		}
		return line
	case Resolved:
		return "Resolved at " + clock(in.ResolvedAt) + " after " + span(in.ResolvedAt.Sub(in.OpenedAt))
	default:
		return "Nobody has acknowledged it yet"
	}
}

// stateAt is the moment that the state line names.
func (in Incident) stateAt() time.Time {
	switch in.Status {
	case Acknowledged:
		return in.AcknowledgedAt
	case Resolved:
		return in.ResolvedAt
	default:
		return time.Time{}
	}
}

// firesSince is when the earliest of the alerts that fire began, of a resolved incident
// the earliest of all; zero when that was not before the opening.
func (in Incident) firesSince() time.Time {
	first := in.OpenedAt
	for _, a := range in.Alerts {
		if since := a.FiresSince(); (a.Firing || !in.Open()) && !since.IsZero() && since.Before(first) {
			first = since
		}
	}
	if first.Equal(in.OpenedAt) {
		return time.Time{}
	}
	return first
}

// span writes a duration for people: 42 s, 7 min, 3 h 05 min.
func span(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	default:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	}
}

func (in Incident) shownTarget() *release.Deployment {
	if offer := in.Offer(); offer != nil {
		return offer
	}
	for i, d := range in.Facts.Choice.Candidates {
		if d.Release == in.Rollback.Release {
			return &in.Facts.Choice.Candidates[i]
		}
	}
	return nil
}

func (in Incident) nextLine() (string, time.Time) {
	switch {
	case !in.Open():
		return "", time.Time{}
	case !in.SnoozedUntil.IsZero():
		return "Snoozed: paging goes on", in.SnoozedUntil
	case in.Status == Triggered && in.Withheld.yet():
		return in.withheldLine()
	case in.Status == Acknowledged && !in.AckDue.IsZero():
		return "Pages again unless something is decided", in.AckDue
	case in.Status == Acknowledged:
		return "", time.Time{}
	case in.Climb.Following == nil:
		return "", time.Time{}
	case in.Climb.Until.IsZero():
		return names(in.Climb.Following.Names), time.Time{}
	default:
		return names(in.Climb.Following.Names), in.Climb.Until.Add(in.Climb.Following.After)
	}
}

func (in Incident) rollbackLines() (line, failure string) {
	rb := in.Rollback
	switch rb.State {
	case RollbackRequested:
		return fmt.Sprintf("Rollback to %s requested by %s: waits for approval until %s", rb.Release, rb.By, clock(rb.Due)), ""
	case RollbackRunning:
		switch {
		case rb.AbortBy != "":
			return fmt.Sprintf("Rollback to %s is being stopped, as %s asked", rb.Release, rb.AbortBy), ""
		case rb.Build > 0:
			return fmt.Sprintf("Rolling back to %s: build %d is running, decided by %s", rb.Release, rb.Build, rb.By), ""
		}
		return fmt.Sprintf("Rolling back to %s, decided by %s", rb.Release, rb.By), ""
	case RollbackVerifying:
		return fmt.Sprintf("Build %d has deployed %s: %s", rb.Build, rb.Release, in.proofDue()), ""
	case RollbackSucceeded:
		return fmt.Sprintf("Rolled back to %s by build %d: restored", rb.Release, rb.Build), ""
	case RollbackFailed:
		return "", fmt.Sprintf("The rollback to %s failed: %s", rb.Release, rb.Reason)
	case RollbackAborted:
		if rb.Reason != "" {
			return "", fmt.Sprintf("The rollback to %s was %s", rb.Release, rb.Reason)
		}
		return fmt.Sprintf("The rollback to %s was stopped before it was built", rb.Release), ""
	case RollbackWithdrawn:
		if rb.Lapsed {
			return "", fmt.Sprintf("Nobody approved the rollback to %s in time", rb.Release)
		}
		if rb.Reason != "" {
			return "", fmt.Sprintf("The request to roll back to %s has lapsed: %s", rb.Release, rb.Reason)
		}
		return fmt.Sprintf("The request to roll back to %s was withdrawn", rb.Release), ""
	}
	return "", ""
}

// notes say why something is missing from the card.
func (in Incident) notes() []string {
	var notes []string
	if in.DeclaredBy != "" {
		notes = append(notes, "Declared by "+in.DeclaredBy)
	}
	switch choice := in.Facts.Choice; {
	case in.Service.Rollback == nil || !in.Open() || in.Rollback.UnderWay():
	case !in.Facts.Asked:
		notes = append(notes, "Reading the deployments of "+in.Service.ID+"…")
	case in.Facts.Obstacle != "":
		notes = append(notes, "No rollback can be offered: "+in.Facts.Obstacle)
	case in.candidate() == nil:
		notes = append(notes, "Nothing to go back to: "+in.whyNone())
	case in.Blind():
		notes = append(notes, "No rollback is offered. "+whyBlind)
	case choice.Unknown:
		notes = append(notes, fmt.Sprintf("Build %d of %s ended %s: the state of the service is unknown",
			choice.Suspect.Build, choice.Suspect.Release, strings.ToLower(string(choice.Suspect.Result))))
	}
	if note := in.runningNote(); note != "" {
		notes = append(notes, note)
	}
	if line := in.lastTime(); line != "" {
		notes = append(notes, line)
	}
	if in.LeftOut > 0 {
		note := fmt.Sprintf("The monitor leaves %s of the group out of its messages", count(in.LeftOut, "alert"))
		if in.Open() && in.Firing() == 0 {
			note += ": whether they fire is not known, somebody has to resolve " + in.ID
		}
		notes = append(notes, note)
	}
	if in.Unending() > 0 {
		notes = append(notes, "Somebody has to resolve "+in.ID+": "+in.endless())
	}
	if in.Countless {
		notes = append(notes, "More alerts fire than can be told apart: somebody has to resolve "+in.ID)
	}
	for _, vendor := range in.Cursors.Late {
		notes = append(notes, vendor+" is behind and will catch up")
	}
	return notes
}

// runningNote names a deployment that runs, "" when none is known to. While a rollback is
// under way that is one which may outlast it.
func (in Incident) runningNote() string {
	d := in.deploysElse()
	switch {
	case d == nil || !in.Open():
		return ""
	case in.Rollback.UnderWay():
		return fmt.Sprintf("A deployment of %s was running when the rollback was decided (build %d): see which of the two is in service",
			releaseOf(d), d.Build)
	default:
		return fmt.Sprintf("A deployment of %s is running (build %d)", releaseOf(d), d.Build)
	}
}

func (in Incident) links(places Places) []Link {
	var links []Link
	add := func(text, url string) {
		if url != "" {
			links = append(links, Link{text, url})
		}
	}
	runbook := in.Service.Runbook
	source := in.MonitorURL
	for _, a := range in.Alerts {
		if runbook == "" {
			runbook = a.Runbook
		}
		if a.URL != "" {
			source = a.URL
			break
		}
	}
	add("Runbook", runbook)
	add("Alert", source)
	add(in.Cursors.Ticket.Key, in.Cursors.Ticket.URL)
	add(historyLink, places.TemporalUI)
	add(in.Before.ID, in.Before.link())
	return links
}

// Buttons are the decisions that make sense now.
func (in Incident) Buttons() []Button {
	var list []Button
	if !in.Open() {
		if in.Cancelled || in.Closed {
			return nil
		}
		return []Button{{Action: "reopen", Text: "Reopen", Confirm: fmt.Sprintf("Page for %s again?", in.ID)}}
	}
	if in.Status == Triggered {
		list = append(list, Button{Action: "acknowledge", Text: "Acknowledge", Style: "primary"})
	}
	if offer := in.Offer(); offer != nil {
		list = append(list, Button{
			Action: "roll-back", Text: "Roll back to " + offer.Release, Release: offer.Release, Style: "danger",
			Confirm: fmt.Sprintf("Roll %s back from %s to %s?", in.Service.ID, releaseOf(in.Facts.Choice.Suspect), offer.Release),
		})
	}
	switch in.Rollback.State {
	case RollbackRequested:
		list = append(list,
			Button{
				Action: "approve-rollback", Text: "Approve rollback", Release: in.Rollback.Release, Style: "primary",
				Confirm: fmt.Sprintf("Roll %s back from %s to %s?", in.Service.ID, in.Rollback.Bad, in.Rollback.Release),
			},
			Button{Action: "reject-rollback", Text: "Reject rollback", Release: in.Rollback.Release})
	case RollbackRunning:
		if in.Rollback.AbortBy == "" {
			list = append(list, Button{
				Action: "abort-rollback", Text: "Stop rollback", Style: "danger",
				Confirm: fmt.Sprintf("Stop the rollback of %s to %s? The state of the service may then be unknown.", in.Service.ID, in.Rollback.Release),
			})
		}
	default:
	}
	list = append(list, Button{Action: "escalate", Text: "Escalate"})
	if in.Rollback.State != RollbackRunning {
		list = append(list, Button{Action: "resolve", Text: "Resolve", Confirm: in.confirmResolve()})
	}
	return list
}

func (in Incident) confirmResolve() string {
	if n := in.Firing() - in.Unending(); n == 1 {
		return "An alert still fires. Resolve " + in.ID + " all the same?"
	} else if n > 1 {
		return fmt.Sprintf("%d alerts still fire. Resolve %s all the same?", n, in.ID)
	}
	return "Resolve " + in.ID + "?"
}
