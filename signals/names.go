// Package signals is the front door of running workflows: their names and IDs,
// the names of signals and queries, what starts them, and a client that knows how
// to reach them. It runs no workflow and decides nothing.
package signals

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Task queues. The second one carries what must never delay a page.
const (
	TaskQueue           = "lastgood"
	BackgroundTaskQueue = "lastgood-background"
)

// Background gives the background queue that belongs to a task queue.
func Background(taskQueue string) string {
	return taskQueue + strings.TrimPrefix(BackgroundTaskQueue, TaskQueue)
}

// Workflow types. A running workflow remembers its type by this name.
const (
	IncidentType  = "Incident"
	RollbackType  = "Rollback"
	RecordType    = "Record"
	RosterType    = "Roster"
	HeartbeatType = "Heartbeat"
	SelfCheckType = "SelfCheck"
)

// Signals of an incident. All but the first and the last two carry an incident.Decision.
const (
	Alert           = "alert"
	Acknowledge     = "acknowledge"
	Escalate        = "escalate"
	RollBack        = "roll-back"
	ApproveRollback = "approve-rollback"
	RejectRollback  = "reject-rollback"
	AbortRollback   = "abort-rollback"
	Snooze          = "snooze"
	Assign          = "assign"
	AddResponder    = "add-responder"
	AddNote         = "add-note"
	SetSeverity     = "set-severity"
	PostUpdate      = "post-update"
	Resolve         = "resolve"
	Reopen          = "reopen"
	RollbackUpdate  = "rollback-update"
	PageReport      = "page-report"
)

// Decisions are the signals that a person sends.
var Decisions = []string{
	Acknowledge, Escalate, RollBack, ApproveRollback, RejectRollback, AbortRollback, Snooze, Assign,
	AddResponder, AddNote, SetSeverity, PostUpdate, Resolve, Reopen,
}

// Signals of a rollback.
const (
	Join  = "join"
	Abort = "abort"
)

// Queries of an incident.
const (
	QueryIncident   = "incident"
	QueryEscalation = "escalation"
)

// IncidentWorkflow is the workflow ID for one group of alerts on one service. The
// same group has the same ID, so that it has one incident at a time.
func IncidentWorkflow(service, group string) string {
	sum := sha256.Sum256([]byte(group))
	return "incident/" + service + "/" + hex.EncodeToString(sum[:8])
}

// RollbackWorkflow is the workflow ID of a service's rollback: a service has one
// at a time.
func RollbackWorkflow(service string) string { return "rollback/" + service }

// RecordWorkflow is the workflow ID for records that are delivered after the end.
func RecordWorkflow(incident string) string { return "record/" + incident }

// MintIncidentID makes the IncidentId of an incident that opens in a run: it
// never comes back, unlike the workflow ID.
func MintIncidentID(runID string, opened time.Time) string {
	sum := sha256.Sum256([]byte(runID))
	code := base32.StdEncoding.EncodeToString(sum[:])[:6]
	return fmt.Sprintf("INC-%s-%s", opened.UTC().Format("060102"), code)
}

// MintOverrideID makes the ID of an override, a swap or a maintenance out of what is its own: the
// same seed gives the same ID. It is short enough to be typed.
func MintOverrideID(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:8])
}

// HistoryURL is the address of a run in the Temporal UI, "" without a UI.
func HistoryURL(ui, namespace, workflowID, runID string) string {
	if ui == "" {
		return ""
	}
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s/%s/history", strings.TrimRight(ui, "/"),
		url.PathEscape(namespace), url.PathEscape(workflowID), url.PathEscape(runID))
}
