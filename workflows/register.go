package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/signals"
)

// Registry is the part of a worker, or of a replayer, that takes workflows.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// Register gives every workflow its name: a Go rename must not break what runs.
func Register(to Registry) {
	to.RegisterWorkflowWithOptions(Incident, workflow.RegisterOptions{Name: signals.IncidentType})
	to.RegisterWorkflowWithOptions(Rollback, workflow.RegisterOptions{Name: signals.RollbackType})
	to.RegisterWorkflowWithOptions(Record, workflow.RegisterOptions{Name: signals.RecordType})
	to.RegisterWorkflowWithOptions(Roster, workflow.RegisterOptions{Name: signals.RosterType})
	to.RegisterWorkflowWithOptions(Heartbeat, workflow.RegisterOptions{Name: signals.HeartbeatType})
	to.RegisterWorkflowWithOptions(SelfCheck, workflow.RegisterOptions{Name: signals.SelfCheckType})
}
