package incident

import "time"

// RollbackState is where a rollback stands.
type RollbackState string

// The states of a rollback. The empty state is none.
const (
	RollbackRequested RollbackState = "requested"
	RollbackRunning   RollbackState = "running"
	RollbackVerifying RollbackState = "verifying"
	RollbackSucceeded RollbackState = "succeeded"
	RollbackFailed    RollbackState = "failed"
	RollbackAborted   RollbackState = "aborted"
	// RollbackWithdrawn was rejected, or lapsed before it was approved.
	RollbackWithdrawn RollbackState = "withdrawn"
)

// Rollback is a deployment of an earlier, known-good release.
type Rollback struct {
	// Attempt counts the incident's rollbacks from 1; it is part of the key of
	// the build, so that no attempt is ever taken for another.
	Attempt int           `json:"attempt,omitempty"`
	State   RollbackState `json:"state,omitempty"`
	// Key is what the build carries: IncidentId/attempt. It is another incident's
	// when this one follows a rollback that was running already.
	Key     string `json:"key,omitempty"`
	Release string `json:"release,omitempty"`
	// Bad is the release that was in service when it was decided.
	Bad string `json:"bad,omitempty"`
	// Unwatched is true when nothing fired as it was decided: no monitor can prove it.
	Unwatched bool `json:"unwatched,omitempty"`
	// By is who decided it; Approved who agreed.
	By       string    `json:"by,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Approved string    `json:"approved,omitempty"`
	// Due is when an unanswered request lapses, or an unproved restore counts as failed.
	Due time.Time `json:"due,omitzero"`
	// Lapsed is true when nobody approved in time: the requester may override.
	Lapsed bool   `json:"lapsed,omitempty"`
	Build  int    `json:"build,omitempty"`
	URL    string `json:"url,omitempty"`
	// AbortBy is who asked to stop it.
	AbortBy string `json:"abort_by,omitempty"`
	// Reason says why it failed.
	Reason string    `json:"reason,omitempty"`
	Ended  time.Time `json:"ended,omitzero"`
}

// UnderWay says whether a rollback waits, runs or is verified.
func (r Rollback) UnderWay() bool {
	return r.State == RollbackRequested || r.State == RollbackRunning || r.State == RollbackVerifying
}

// Phase is what the rollback workflow tells its incidents.
type Phase string

// The phases that are told.
const (
	PhaseJoined    Phase = "joined"
	PhaseQueued    Phase = "queued"
	PhaseLost      Phase = "lost"
	PhaseBuilding  Phase = "building"
	PhaseSucceeded Phase = "succeeded"
	PhaseFailed    Phase = "failed"
	PhaseAborted   Phase = "aborted"
)

// Kind is the event that a phase stands for.
func (p Phase) Kind() Kind {
	switch p {
	case PhaseJoined:
		return RollbackJoined
	case PhaseQueued:
		return RollbackQueued
	case PhaseLost:
		return BuildLost
	case PhaseBuilding:
		return BuildStarted
	case PhaseSucceeded:
		return RolledBack
	case PhaseAborted:
		return RollbackStopped
	default:
		return RollbackBroke
	}
}

// Progress is one message of the rollback workflow, by the signal rollback-update.
type Progress struct {
	// Key names the rollback: IncidentId/attempt of the incident that began it.
	Key     string    `json:"key"`
	Phase   Phase     `json:"phase"`
	Release string    `json:"release"`
	Build   int       `json:"build,omitempty"`
	URL     string    `json:"url,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	By      string    `json:"by,omitempty"`
	At      time.Time `json:"at,omitzero"`
}
