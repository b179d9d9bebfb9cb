package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/seed-44180607/lastgood/internal/local"
)

// StartWorker starts the worker again after it was killed or stopped.
func (h *Harness) StartWorker() {
	h.t.Helper()
	stage := h.stage
	stage.Env = append(slices.Clip(stage.Env), h.setting.WorkerEnv...)
	var err error
	h.worker, err = stage.StartWorker(h.t.Context(), "worker", h.stage.Ports.WorkerMetrics)
	require.NoError(h.t, err)
}

// StartStarter starts the starter again after it was stopped.
func (h *Harness) StartStarter() {
	h.t.Helper()
	var err error
	h.starter, err = h.stage.StartStarter(h.t.Context())
	require.NoError(h.t, err)
}

// StartTemporal starts the story's own Temporal, again after it was killed, on
// the same database.
func (h *Harness) StartTemporal() {
	h.t.Helper()
	require.True(h.t, h.setting.OwnTemporal, "the shared Temporal is not a story's to restart")
	var err error
	h.own, err = h.stage.StartDevserver(h.t.Context())
	require.NoError(h.t, err)
}

// KillWorker ends the worker as a crash does.
func (h *Harness) KillWorker() { h.worker.Kill() }

// KillTemporal ends the story's own Temporal as a crash does.
func (h *Harness) KillTemporal() { h.own.Kill() }

// StopWorker asks the worker to end and returns its exit code and the time taken.
func (h *Harness) StopWorker() (code int, took time.Duration) { return stop(h.worker) }

// StopStarter asks the starter to end and returns its exit code and the time taken.
func (h *Harness) StopStarter() (code int, took time.Duration) { return stop(h.starter) }

func stop(p *local.Process) (code int, took time.Duration) {
	began := time.Now()
	code = p.Stop(2 * StopWithin)
	return code, time.Since(began)
}

// Replica starts a second starter beside the first and gives its base URL.
func (h *Harness) Replica() string {
	h.t.Helper()
	stage, p, err := h.another("starter", nil)
	h.others = append(h.others, p)
	require.NoError(h.t, err)
	return stage.Starter()
}

// Starter is the base URL of the starter.
func (h *Harness) Starter() string { return h.stage.Starter() }

// Alive says whether the starter answers GET /healthz.
func (h *Harness) Alive() bool {
	h.t.Helper()
	return h.get("/healthz").Status == http.StatusOK
}

// WriteConfig puts another lastgood.yaml in the place of the story's. Processes
// that run already do not read it.
func (h *Harness) WriteConfig(content string) {
	h.t.Helper()
	require.NoError(h.t, os.WriteFile(h.stage.Config, []byte(content), 0o600))
}

// Refuses starts a process that is expected to end at once, with further variables,
// and gives its exit code and all that it said.
func (h *Harness) Refuses(process string, env ...string) (code int, said string) {
	h.t.Helper()
	_, p, err := h.another(process, env)
	require.Error(h.t, err, "%s was expected to refuse to start", process)
	code = p.Stop(StopWithin)
	content, err := os.ReadFile(p.LogPath)
	require.NoError(h.t, err)
	return code, string(content)
}

// Accepts starts a process with further variables and ends it when it is ready.
func (h *Harness) Accepts(process string, env ...string) {
	h.t.Helper()
	_, p, err := h.another(process, env)
	if p != nil {
		defer p.Kill()
	}
	require.NoError(h.t, err)
}

// another starts one more worker or starter, with a log and ports of its own.
func (h *Harness) another(process string, env []string) (stage local.Stage, p *local.Process, err error) {
	h.t.Helper()
	ports, err := local.FreePorts(h.t.Context(), local.Ports{})
	require.NoError(h.t, err)
	stage = h.stage
	stage.Dir = h.t.TempDir()
	stage.Ports.Starter, stage.Ports.StarterMetrics = ports.Starter, ports.StarterMetrics
	stage.Env = append(slices.Clip(stage.Env), env...)
	if process == "worker" {
		p, err = stage.StartWorker(h.t.Context(), process, ports.WorkerMetrics)
	} else {
		p, err = stage.StartStarter(h.t.Context())
	}
	return stage, p, err
}

// BareNamespace registers a namespace that nobody has set up.
func (h *Harness) BareNamespace() string {
	h.t.Helper()
	service, name := h.temporal.WorkflowService(), h.queue()+"-bare"
	like, err := service.DescribeNamespace(h.t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: client.DefaultNamespace})
	require.NoError(h.t, err)
	_, err = service.RegisterNamespace(h.t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: like.GetConfig().GetWorkflowExecutionRetentionTtl(),
	})
	require.NoError(h.t, err)
	return name
}

// Lastgood runs the operator's command line against the story's Temporal and gives
// what it printed.
func (h *Harness) Lastgood(env string, args ...string) string {
	h.t.Helper()
	command := exec.CommandContext(h.t.Context(), filepath.Join(h.stage.Bin, "lastgood"), args...)
	command.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+h.stage.Temporal(), env)
	said, err := command.CombinedOutput()
	require.NoError(h.t, err, "%s", said)
	return string(said)
}
