package incident

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/release"
)

// silence is how much longer than its own timeout a rollback may go unheard of:
// after it, the workflow still stops the build and waits for its end.
const silence = 15 * time.Minute

func abortAsked(in *Incident, ev Event) error {
	switch {
	case in.Rollback.State == RollbackRequested:
		in.withdraw(ev)
		in.log(ev, AbortAsked, "The request to roll back is withdrawn by %s%s", who(ev), said(ev))
		return nil
	case in.Rollback.State == RollbackVerifying:
		in.unverified(ev)
		in.log(ev, AbortAsked, "%s no longer waits for the proof of the rollback to %s%s", who(ev), in.Rollback.Release, said(ev))
		return nil
	case in.Rollback.State != RollbackRunning:
		return refuse("No rollback of %s can be stopped now.", in.ID)
	case in.Rollback.AbortBy != "":
		return refuse("%s has asked to stop the rollback already.", in.Rollback.AbortBy)
	}
	in.Rollback.AbortBy = who(ev)
	in.log(ev, AbortAsked, "%s asks to stop the rollback%s", who(ev), said(ev))
	return nil
}

// unverified ends a rollback whose build is done and that nobody waits for to be proved.
func (in *Incident) unverified(ev Event) {
	in.Rollback.State, in.Rollback.Due, in.Rollback.Ended = RollbackAborted, time.Time{}, ev.At
	in.Rollback.Reason = "deployed, but never proved: " + who(ev) + " did not wait for it"
	in.doubtFacts()
}

// follows says whether the progress is of the rollback that runs.
func (in *Incident) follows(ev Event) bool {
	return in.Rollback.State == RollbackRunning && ev.Progress.Key == in.Rollback.Key
}

// rollbackJoined follows a rollback that another incident of the service began.
func rollbackJoined(in *Incident, ev Event) error {
	if in.Rollback.State != RollbackRunning {
		return errNothing
	}
	in.Rollback.Key, in.Rollback.Release = ev.Progress.Key, ev.Progress.Release
	decided := ""
	if by := ev.Progress.By; by != "" {
		in.Rollback.By, in.Rollback.Approved, decided = by, "", ", decided by "+by
	}
	in.log(ev, RollbackJoined, "A rollback of %s to %s runs already (%s%s); this incident follows it",
		in.Service.ID, ev.Progress.Release, ev.Progress.Key, decided)
	return nil
}

func rollbackQueued(in *Incident, ev Event) error {
	if !in.follows(ev) {
		return errNothing
	}
	in.log(ev, RollbackQueued, "Jenkins has queued the rollback to %s", in.Rollback.Release)
	return nil
}

func buildLost(in *Incident, ev Event) error {
	if !in.follows(ev) {
		return errNothing
	}
	in.log(ev, BuildLost, "Jenkins lost the queued rollback; it is triggered again")
	return nil
}

func buildStarted(in *Incident, ev Event) error {
	if !in.follows(ev) {
		return errNothing
	}
	in.Rollback.Build, in.Rollback.URL = ev.Progress.Build, ev.Progress.URL
	in.log(ev, BuildStarted, "Build %d deploys %s", in.Rollback.Build, in.Rollback.Release)
	return nil
}

// rolledBack begins the verification: a finished build proves nothing yet.
func rolledBack(in *Incident, ev Event) error {
	if !in.follows(ev) {
		return errNothing
	}
	in.Rollback.Build, in.Rollback.URL = ev.Progress.Build, ev.Progress.URL
	in.Rollback.State, in.Rollback.Due = RollbackVerifying, ev.At.Add(in.Service.VerifyWithin)
	in.log(ev, RolledBack, "Build %d has deployed %s; %s", in.Rollback.Build, in.Rollback.Release, in.proofDue())
	if in.quiet() && !in.Rollback.Unwatched {
		in.prove(ev, everyAlert)
	}
	return nil
}

// everyAlert is the proof that monitors give.
const everyAlert = "every alert has resolved"

// proofDue says what proves the rollback that is verified, and by when.
func (in *Incident) proofDue() string {
	if in.Unending() > 0 || in.provedByWord() {
		return "somebody has to resolve the incident by " + clock(in.Rollback.Due) + ", as " + in.wordless()
	}
	return "the alerts must resolve by " + clock(in.Rollback.Due)
}

// provedByWord says whether a person's word is all the proof of a rollback that there
// can be: nothing fires but what no monitor will say resolved of, or nothing did
// already when it was decided.
func (in *Incident) provedByWord() bool {
	if in.Unending() > 0 {
		return in.Unending() == in.Firing()
	}
	return in.Rollback.Unwatched && in.quiet()
}

// wordless says why no monitor proves the rollback.
func (in *Incident) wordless() string {
	if in.Unending() > 0 {
		return in.endless()
	}
	return "nothing fired when the rollback was decided"
}

// prove ends a verified rollback, and the incident with it.
func (in *Incident) prove(ev Event, proof string) {
	in.Facts.Choice = in.afterRollback()
	in.Rollback.State, in.Rollback.Due, in.Rollback.Ended = RollbackSucceeded, time.Time{}, ev.At
	in.Restored = in.Rollback.Release
	in.log(ev, WasRestored, "Restored with %s: %s", in.Rollback.Release, proof)
	in.resolve(ev, "rolled back to "+in.Rollback.Release)
}

// afterRollback is what is in service once a rollback is verified: what it has deployed,
// since its build ended, unless another deployment is known to have come after it. While
// one was running it is not known.
func (in *Incident) afterRollback() release.Choice {
	rb, known := in.Rollback, in.Facts.Choice
	built := rb.Due.Add(-in.Service.VerifyWithin)
	if d := in.deploysElse(); d != nil {
		return release.Choice{Running: d}
	}
	if d := known.Suspect; d != nil && d.Incident != rb.Key && d.Finished.After(built) {
		return known
	}
	return release.Choice{Suspect: &release.Deployment{
		Release: rb.Release, Job: in.Service.rollbackJob(), Build: rb.Build, URL: rb.URL, Result: release.Success,
		Finished: built, By: rb.By, Incident: rb.Key, Here: true,
	}}
}

func rollbackBroke(in *Incident, ev Event) error {
	if ev.Progress.Key == "" && in.Rollback.State == RollbackRunning && !ev.At.Before(in.Rollback.Due) {
		ev.Progress = Progress{
			Key: in.Rollback.Key, Build: in.Rollback.Build, URL: in.Rollback.URL,
			Reason: "the rollback workflow has not reported its end: the state of the service is unknown",
		}
	}
	if !in.follows(ev) {
		return errNothing
	}
	in.Rollback.Build, in.Rollback.URL = ev.Progress.Build, ev.Progress.URL
	if ev.Progress.URL != "" {
		ev.Progress.URL = strings.TrimRight(ev.Progress.URL, "/") + "/console"
	}
	in.log(ev, RollbackBroke, "The rollback to %s failed: %s", in.Rollback.Release, ev.Progress.Reason)
	in.fail(ev, ev.Progress.Reason)
	return nil
}

func notProved(in *Incident, ev Event) error {
	if in.Rollback.State != RollbackVerifying || ev.At.Before(in.Rollback.Due) {
		return errNothing
	}
	reason := fmt.Sprintf("the alerts still fire %s after the build", oncall.Written(in.Service.VerifyWithin))
	if in.provedByWord() {
		reason = fmt.Sprintf("nobody has resolved the incident %s after the build, and %s", oncall.Written(in.Service.VerifyWithin), in.wordless())
		in.log(ev, NotProved, "The rollback to %s is not proved: %s", in.Rollback.Release, reason)
	} else {
		in.log(ev, NotProved, "The rollback to %s did not help: %s", in.Rollback.Release, reason)
	}
	in.fail(ev, reason)
	return nil
}

// fail pages again from the current step. The next older release is offered, or
// the same one when nothing of it was built.
func (in *Incident) fail(ev Event, reason string) {
	in.Rollback.State, in.Rollback.Due, in.Rollback.Ended = RollbackFailed, time.Time{}, ev.At
	in.Rollback.Reason = oneLine(reason, 300)
	if in.Rollback.Build > 0 {
		in.Tried = append(in.Tried, in.Rollback.Release)
	}
	in.doubtFacts()
	in.Withheld = Withheld{}
	in.trigger(in.here(), ev)
}

// rollbackStopped ends an aborted rollback. Before a build nothing has happened
// to the service; after its start nobody knows.
func rollbackStopped(in *Incident, ev Event) error {
	if !in.follows(ev) {
		return errNothing
	}
	in.Rollback.State, in.Rollback.Due, in.Rollback.Ended = RollbackAborted, time.Time{}, ev.At
	in.Rollback.Build, in.Rollback.URL = ev.Progress.Build, ev.Progress.URL
	in.doubtFacts()
	switch {
	case ev.Progress.Build == 0 && ev.Progress.Reason != "":
		in.Rollback.Reason = "stopped: " + ev.Progress.Reason
		in.log(ev, RollbackStopped, "The rollback was stopped: %s", ev.Progress.Reason)
	case ev.Progress.Reason != "":
		in.Rollback.Reason = oneLine("given up: "+ev.Progress.Reason, 300)
		in.log(ev, RollbackStopped, "The rollback was given up: %s", ev.Progress.Reason)
	case ev.Progress.Build == 0:
		in.log(ev, RollbackStopped, "The rollback was stopped before it was built")
	default:
		in.Rollback.Reason = "stopped while it was building: the state of the service is unknown"
		in.log(ev, RollbackStopped, "Build %d was stopped: the state of the service is unknown", ev.Progress.Build)
	}
	if in.quiet() && ev.Progress.Build == 0 {
		in.resolve(ev, "all alerts are resolved")
	}
	return nil
}

// Due is the next moment at which something happens by itself, and what.
// It is zero when nothing is to come.
func (in Incident) Due() (time.Time, Kind) {
	var at time.Time
	var kind Kind
	consider := func(t time.Time, k Kind) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at, kind = t, k
		}
	}
	if in.Open() {
		consider(in.AckDue, AckTimedOut)
		consider(in.SnoozedUntil, SnoozeEnded)
		consider(in.Withheld.Until, PagesDue)
		if in.Rollback.State == RollbackRequested {
			consider(in.Rollback.Due, RollbackLapsed)
		}
		if in.Rollback.State == RollbackRunning {
			consider(in.Rollback.Due, RollbackBroke)
		}
		if in.Rollback.State == RollbackVerifying {
			consider(in.Rollback.Due, NotProved)
		}
	}
	return at, kind
}
