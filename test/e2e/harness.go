// Package e2e runs lastgood as it is shipped: devserver, worker and starter as
// processes, the simulated vendors beside them. It gives the words in which the
// stories of this folder are told. What a story does not expect fails it: every
// message, build and ticket must have been asked for. It tests no rule of the
// domain; those have tests of their own that take no processes.
package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/seed-44180607/lastgood/internal/local"
	"github.com/seed-44180607/lastgood/simulator"
)

const (
	// patience is how long a story waits for anything, on a machine that is busy
	// with other stories.
	patience = 60 * time.Second
	// look is how often a condition is looked at.
	look = 30 * time.Millisecond
	// StopWithin is WORKER_STOP_TIMEOUT: how long a process may take to end.
	StopWithin = 10 * time.Second
)

// Harness is one lastgood with a world of its own: a simulator, a worker and a
// starter. Stories share a Temporal unless they ask for one of their own; task
// queue and service IDs keep them apart.
type Harness struct {
	// Slack user IDs and the like are the simulator's; services go by the name
	// that the story gave them.
	t        *testing.T
	setting  Setting
	n        int
	stage    local.Stage
	own      *local.Process // Temporal, when it is the story's own
	worker   *local.Process
	starter  *local.Process
	others   []*local.Process
	control  local.Control
	temporal client.Client
	known    *known
	recorded string // A query for what is recorded besides what the story counts.
	// closeWorld ends the simulator.
	closeWorld func()
}

// worlds numbers the harnesses.
var worlds atomic.Int64

// Start brings a world up and takes it down when the test ends. Whatever happened
// in it that the story did not ask for fails the test then.
func Start(t *testing.T, s Setting) *Harness {
	t.Helper()
	h := &Harness{t: t, setting: s.withDefaults(), n: int(worlds.Add(1)), known: newKnown()}
	dir := t.TempDir()
	ports, err := local.FreePorts(t.Context(), portsOf(h.n))
	require.NoError(t, err)
	h.stage = local.Stage{
		Bin: shared.stage.Bin, Dir: dir, Config: filepath.Join(dir, "lastgood.yaml"), Ports: ports,
		Env: []string{
			"TASK_QUEUE=" + h.queue(), "TEMPORAL_UI_URL=https://temporal.example.com",
			"WORKER_STOP_TIMEOUT=" + StopWithin.String(),
		},
	}
	if len(s.Tokens) > 0 {
		h.stage.Env = append(h.stage.Env, "ALERT_TOKENS="+strings.Join(append([]string{"alertmanager:" + alertToken}, s.Tokens...), ","))
	}
	h.stage.Ports.UI = 0
	require.NoError(t, os.WriteFile(h.stage.Config, h.setting.yaml(h.n), 0o600))
	t.Cleanup(h.end)
	h.reachTemporal()
	h.openWorld()
	h.StartWorker()
	h.StartStarter()
	if h.setting.RealMonitor {
		h.startMonitor()
	}
	return h
}

// queue is the story's task queue: no other story's worker takes its work.
func (h *Harness) queue() string { return fmt.Sprintf("e2e-%d", h.n) }

// portsOf asks for ports below those that the kernel gives to outgoing
// connections: a process that is killed must find its own again, and one of those could
// take a free port before the process that is to have it listens.
func portsOf(n int) local.Ports {
	at, monitor := 10_000+os.Getpid()%200*100+n%20*5, monitorPort(n, 0)
	return local.Ports{
		Temporal: at, Starter: at + 1, WorkerMetrics: at + 2, StarterMetrics: at + 3, UI: at + 4,
		Prometheus: monitor, Alertmanager: monitor + 1,
	}
}

// monitorPort is such a port for the i-th, below 6, of what the monitors of world n listen on.
func monitorPort(n, i int) int { return 30_000 + os.Getpid()%20*120 + n%20*6 + i }

func (h *Harness) reachTemporal() {
	if h.setting.OwnTemporal {
		h.StartTemporal()
	} else {
		h.stage.Ports.Temporal = shared.stage.Ports.Temporal
	}
	var err error
	h.temporal, err = client.NewLazyClient(client.Options{HostPort: h.stage.Temporal(), Logger: silent{}})
	require.NoError(h.t, err)
}

// silent is for the client's retries while Temporal is away.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}

// openWorld serves the simulator, in this process, until the test ends.
func (h *Harness) openWorld() {
	server := httptest.NewUnstartedServer(nil)
	h.stage.Simulator = "http://" + server.Listener.Addr().String()
	h.control = local.Control{URL: h.stage.Simulator}
	world := simulator.New(h.setting.world(h.stage))
	server.Config.Handler = world
	server.Start()
	mails, err := (&net.ListenConfig{}).Listen(h.t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(h.t, err)
	h.stage.Mail = mails.Addr().String()
	ctx, stop := context.WithCancel(context.WithoutCancel(h.t.Context()))
	var running sync.WaitGroup
	running.Go(func() { world.Run(ctx) })
	running.Go(func() {
		if err := world.ServeMail(ctx, mails); err != nil {
			h.t.Errorf("the simulated mail server ended: %v", err)
		}
	})
	h.closeWorld = func() {
		stop()
		running.Wait()
		server.CloseClientConnections()
		server.Close()
	}
}

// until waits for a condition.
func (h *Harness) until(what string, holds func() bool) {
	h.t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-timeout.C:
			require.FailNow(h.t, "waited in vain", "%s", what)
		case <-h.t.Context().Done():
			require.FailNow(h.t, "the test has ended", "%s", what)
		}
	}
}

// Pass lets time go by: what must not happen has that long to happen.
func (h *Harness) Pass(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.t.Context().Done():
	}
}

// Break makes a vendor misbehave, as the simulator's POST /control/faults says.
func (h *Harness) Break(fault map[string]any) {
	h.t.Helper()
	require.NoError(h.t, h.control.Post(h.t.Context(), "/control/faults", fault))
}

// BreakFor makes a vendor misbehave for a time, and gives the moment when that ends.
func (h *Harness) BreakFor(d time.Duration, fault map[string]any) time.Time {
	h.t.Helper()
	fault["for"] = d.String()
	var set struct {
		Until time.Time `json:"until"`
	}
	require.NoError(h.t, h.control.Ask(h.t.Context(), "/control/faults", fault, &set))
	return set.Until
}

// Mend ends every fault.
func (h *Harness) Mend() {
	h.t.Helper()
	h.Break(map[string]any{"clear": true})
}

// end looks for what nobody expected and takes the world down.
func (h *Harness) end() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.t.Context()), patience)
	defer cancel()
	if !h.t.Failed() && h.control.URL != "" {
		h.refuseTheUnexpected(ctx)
	}
	if h.t.Failed() {
		h.tell(ctx)
	}
	local.StopAll(append(h.others, h.starter)...)
	if h.worker != nil {
		h.worker.Kill()
	}
	if h.own != nil {
		h.own.Kill()
	} else if h.temporal != nil {
		h.terminateAll(ctx)
	}
	if h.temporal != nil {
		h.temporal.Close()
	}
	if h.closeWorld != nil {
		h.closeWorld()
	}
}
