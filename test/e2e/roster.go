package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/local"
	"github.com/seed-44180607/lastgood/signals"
)

// Said is what the operator's command line said, and its exit code.
type Said struct {
	Code           int
	Output, Errors string
}

// Operator runs the operator's command line as somebody does who has the story's
// configuration.
func (h *Harness) Operator(args ...string) Said {
	h.t.Helper()
	command := exec.CommandContext(h.t.Context(), filepath.Join(h.stage.Bin, "lastgood"), args...)
	command.Env = append(os.Environ(),
		"TEMPORAL_ADDRESS="+h.stage.Temporal(), "LASTGOOD_CONFIG="+h.stage.Config, "TASK_QUEUE="+h.queue(), "USER=operator")
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err := command.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		require.NoError(h.t, err)
	}
	return Said{command.ProcessState.ExitCode(), out.String(), errs.String()}
}

// Does runs the operator's command line, which must do what it is told.
func (h *Harness) Does(args ...string) Said {
	h.t.Helper()
	said := h.Operator(args...)
	require.Zero(h.t, said.Code, said.Errors)
	return said
}

// Shift is who is on call in a schedule, as commands and HTTP tell it.
type Shift struct {
	Schedule string    `json:"schedule"`
	Person   string    `json:"person"`
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until"`
	Next     struct {
		Person string    `json:"person"`
		From   time.Time `json:"from"`
	} `json:"next"`
}

// OnCall is what `lastgood oncall now` says of a schedule.
func (h *Harness) OnCall(schedule string) Shift {
	h.t.Helper()
	var rows []Shift
	said := h.Does("oncall", "now", "--schedule", schedule, "--output", "json")
	require.NoError(h.t, json.Unmarshal([]byte(said.Output), &rows), said.Output)
	require.Len(h.t, rows, 1)
	return rows[0]
}

// AskOnCall asks a starter who is on call in a schedule.
func (h *Harness) AskOnCall(starter, schedule string) (Answer, Shift) {
	h.t.Helper()
	answer := h.send(http.MethodGet, starter+"/v1/oncall/"+schedule, nil, func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+local.OnCallToken)
	})
	var shift Shift
	require.NoError(h.t, json.Unmarshal([]byte(answer.Body), &shift), answer.Body)
	return answer, shift
}

// ExpectOnCall waits until command line and HTTP say who is on call.
func (h *Harness) ExpectOnCall(schedule, person string) {
	h.t.Helper()
	h.until(person+" to be on call in "+schedule, func() bool {
		_, told := h.AskOnCall(h.Starter(), schedule)
		return told.Person == person && h.OnCall(schedule).Person == person
	})
}

// Slash types a command after /lastgood. The starter must take it.
func (h *Harness) Slash(user, text string) *Click {
	h.t.Helper()
	answer, err := h.control.Slash(h.t.Context(), Leads, user, text)
	require.NoError(h.t, err)
	require.Equal(h.t, http.StatusOK, answer.Status, "/lastgood %s: %s", text, answer.Body)
	h.expect("slack", "slash", "the command "+text, func(e local.Effect) bool { return e.Detail.Text == text })
	return &Click{h, user}
}

// SignalRoster sends the roster a signal as somebody does from the Temporal UI.
func (h *Harness) SignalRoster(signal string, payload any) {
	h.t.Helper()
	require.NoError(h.t, h.temporal.SignalWorkflow(h.t.Context(), signals.RosterWorkflow, "", signal, payload))
}

// Kept is what the roster keeps.
func (h *Harness) Kept() signals.Kept {
	h.t.Helper()
	kept, err := signals.Client{Temporal: h.temporal}.Roster(h.t.Context())
	require.NoError(h.t, err)
	return kept
}

// ExpectKept waits until what the roster keeps is as it should be.
func (h *Harness) ExpectKept(what string, holds func(signals.Kept) bool) {
	h.t.Helper()
	h.until(what, func() bool { return holds(h.Kept()) })
}

// RosterRun is the ID of the roster's latest run.
func (h *Harness) RosterRun() string {
	h.t.Helper()
	described, err := h.temporal.DescribeWorkflowExecution(h.t.Context(), signals.RosterWorkflow, "")
	require.NoError(h.t, err)
	return described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// EndRoster ends the roster, which runs for good, so that its history is whole.
func (h *Harness) EndRoster() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	require.NoError(h.t, h.temporal.TerminateWorkflow(ctx, signals.RosterWorkflow, "", "the story has ended"))
}
