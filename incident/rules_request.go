package incident

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/release"
)

// rollbackAsked takes the decision to roll back. The release named must be the
// one that is offered now, unless it was chosen from the list.
func rollbackAsked(in *Incident, ev Event) error {
	if err := in.mustBeOpen(); err != nil {
		return err
	}
	if in.Rollback.UnderWay() {
		return refuse("A rollback to %s is under way already: decided by %s at %s.",
			in.Rollback.Release, in.Rollback.By, clock(in.Rollback.At))
	}
	target, err := in.target(ev.Decision)
	if err != nil {
		return err
	}
	alone := in.Rollback.Lapsed && in.Rollback.Release == target.Release && in.Rollback.By == who(ev) &&
		ev.Decision.Comment != "" && in.Service.Rollback.Approval != nil && in.Service.Rollback.Approval.Override
	attempt := in.Rollback.Attempt + 1
	in.Rollback = Rollback{
		Attempt: attempt, Key: fmt.Sprintf("%s/%d", in.ID, attempt), Release: target.Release,
		Bad: releaseOf(in.Facts.Choice.Suspect), By: who(ev), At: ev.At, Unwatched: in.quiet(),
	}
	if in.Status == Triggered || in.Climb.Pending {
		in.takeOver(ev)
	}
	switch approval := in.Service.Rollback.Approval; {
	case approval == nil:
		in.start(ev, "Rollback from %s to %s decided by %s%s%s", in.Rollback.Bad, target.Release, who(ev), in.beside(), said(ev))
	case alone:
		in.Rollback.Approved = who(ev)
		in.start(ev, "Rollback from %s to %s decided by %s alone, nobody having approved in time%s%s",
			in.Rollback.Bad, target.Release, who(ev), in.beside(), said(ev))
	default:
		in.Rollback.State, in.Rollback.Due = RollbackRequested, ev.At.Add(approval.Within)
		in.log(ev, RollbackAsked, "Rollback from %s to %s requested by %s; a second person must approve by %s%s%s",
			in.Rollback.Bad, target.Release, who(ev), clock(in.Rollback.Due), in.beside(), said(ev))
		in.Calls = append(in.Calls, Call{
			Why:     fmt.Sprintf("%s asks to roll %s back to %s: approve or reject", who(ev), in.Service.ID, target.Release),
			Targets: in.Service.Rollback.Allowed, Except: who(ev), Attempt: attempt,
		})
	}
	return nil
}

// target finds the deployment that the decision names, or says what is offered now.
func (in *Incident) target(d Decision) (*release.Deployment, error) {
	offer := in.candidate()
	switch {
	case in.Service.Rollback == nil:
		return nil, refuse("No rollback is configured for %s.", in.Service.ID)
	case in.Facts.Obstacle != "":
		return nil, refuse("No rollback can be offered: %s.", in.Facts.Obstacle)
	case offer == nil:
		return nil, refuse("There is nothing to go back to: %s.", in.whyNone())
	case d.Release == "" && in.Blind():
		return nil, refuse("%s. To roll back all the same, name the release: %s.", whyBlind, offer.Release)
	case d.Release == "" || d.Release == offer.Release:
		return offer, nil
	}
	for i, c := range in.Facts.Choice.Candidates {
		if c.Release == d.Release && !slices.Contains(in.Tried, c.Release) && (d.Chosen || d.Via != "slack") {
			return &in.Facts.Choice.Candidates[i], nil
		}
	}
	return nil, refuse("The target has changed: %s is not the release to go back to any more, %s is.", d.Release, offer.Release)
}

// deploysElse is the deployment that runs and is not the rollback itself, nil when none is known.
func (in Incident) deploysElse() *release.Deployment {
	if d := in.Facts.Choice.Running; d != nil && (d.Incident == "" || d.Incident != in.Rollback.Key) {
		return d
	}
	return nil
}

// beside says in a decision's sentence that a deployment runs already, "" when none is known to.
func (in *Incident) beside() string {
	if d := in.deploysElse(); d != nil {
		return fmt.Sprintf(", while build %d deploys %s", d.Build, releaseOf(d))
	}
	return ""
}

// whyBlind says why no rollback is offered although there is one.
const whyBlind = "The monitor has no data, which is no sign of a bad release"

func (in *Incident) whyNone() string {
	if why := in.Facts.Choice.Why(); why != "" {
		return why
	}
	return "every known-good release was tried"
}

// takeOver makes the one who decides to roll back the one who responds.
func (in *Incident) takeOver(ev Event) {
	if in.Status == Triggered {
		in.log(ev, WasAcknowledged, "Acknowledged by %s, who decides to roll back", who(ev))
		in.take(ev)
		return
	}
	in.Climb.Pending, in.Climb.Wanted = false, false
}

// withdraw ends a request that nobody has approved.
func (in *Incident) withdraw(ev Event) {
	in.Rollback.State, in.Rollback.Due, in.Rollback.Ended = RollbackWithdrawn, time.Time{}, ev.At
}

// start lets the rollback run. It is given up for lost when its workflow says
// nothing for longer than it may take.
func (in *Incident) start(ev Event, format string, args ...any) {
	in.Rollback.State, in.Rollback.Due = RollbackRunning, ev.At.Add(in.Service.Rollback.Timeout+silence)
	in.log(ev, ev.Kind, format, args...)
}

// mustWait refuses the answer to a request that does not wait, or not any more.
func (in *Incident) mustWait(d Decision) error {
	switch {
	case in.Rollback.State == RollbackWithdrawn && in.Rollback.Reason != "":
		return refuse("The request to roll back to %s has lapsed: %s.", in.Rollback.Release, in.Rollback.Reason)
	case in.Rollback.State != RollbackRequested:
		return refuse("No rollback of %s waits for approval.", in.ID)
	case d.Release != "" && d.Release != in.Rollback.Release:
		return refuse("The target has changed: not %s but %s waits for approval.", d.Release, in.Rollback.Release)
	}
	return nil
}

func rollbackApproved(in *Incident, ev Event) error {
	if err := in.mustWait(ev.Decision); err != nil {
		return err
	}
	if who(ev) == in.Rollback.By {
		return refuse("You asked for this rollback: somebody else must approve it.")
	}
	if in.Facts.Obstacle != "" {
		return refuse("The rollback to %s cannot be ordered: %s.", in.Rollback.Release, in.Facts.Obstacle)
	}
	in.Rollback.Approved = who(ev)
	in.start(ev, "Rollback to %s approved by %s%s%s", in.Rollback.Release, who(ev), in.beside(), said(ev))
	return nil
}

func rollbackRejected(in *Incident, ev Event) error {
	if err := in.mustWait(ev.Decision); err != nil {
		return err
	}
	in.withdraw(ev)
	in.log(ev, RollbackRejected, "Rollback to %s rejected by %s%s", in.Rollback.Release, who(ev), said(ev))
	return nil
}

func rollbackLapsed(in *Incident, ev Event) error {
	if in.Rollback.State != RollbackRequested || ev.At.Before(in.Rollback.Due) {
		return errNothing
	}
	in.withdraw(ev)
	in.Rollback.Lapsed = true
	in.log(ev, RollbackLapsed, "Nobody approved the rollback to %s within %s", in.Rollback.Release, oncall.Written(in.Service.Rollback.Approval.Within))
	text := "Nobody has approved the rollback of %s to %s that %s asked for (%s)."
	if in.Service.Rollback.Approval.Override {
		text += " %[3]s may now go on alone, with a reason."
	}
	in.announce(true, text, in.Service.ID, in.Rollback.Release, in.Rollback.By, in.ID)
	return nil
}

// overtaken lets a request lapse that no longer fits what is deployed, loudly: whoever
// approved it would roll back something else than was asked for.
func (in *Incident) overtaken(ev Event) {
	suspect, asked := in.Facts.Choice.Suspect, in.Rollback
	fits := func(d release.Deployment) bool { return d.Release == asked.Release }
	switch {
	case asked.State != RollbackRequested:
		return
	case releaseOf(suspect) != asked.Bad:
		in.Rollback.Reason = fmt.Sprintf("%s is in service now, not %s", releaseOf(suspect), asked.Bad)
	case !slices.ContainsFunc(in.Facts.Choice.Candidates, fits):
		in.Rollback.Reason = fmt.Sprintf("%s is not a release to go back to any more", asked.Release)
	default:
		return
	}
	in.withdraw(ev)
	if offer := in.Offer(); offer != nil {
		in.Rollback.Reason += "; the release to go back to is " + offer.Release
	}
	in.log(ev, RollbackLapsed, "The request to roll back from %s to %s lapses: %s", asked.Bad, asked.Release, in.Rollback.Reason)
	in.announce(true, "The rollback of %s to %s that %s asked for (%s) is not carried out: %s.",
		in.Service.ID, asked.Release, asked.By, in.ID, in.Rollback.Reason)
}
