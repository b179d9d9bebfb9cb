package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/internal/local"
	"github.com/seed-44180607/lastgood/simulator"
)

// field is everything that the bench runs: one devserver, worker and starter as
// processes, and the simulated vendors in this process.
type field struct {
	stage     local.Stage
	control   local.Control
	temporal  client.Client
	processes []*local.Process
	stop      context.CancelFunc
	// known is how many entries of the ledger have been looked at.
	known int
}

func newField(ctx context.Context, bin, dir string) (*field, error) {
	ports, err := local.FreePorts(ctx, local.Ports{})
	if err != nil {
		return nil, err
	}
	f := &field{stage: local.Stage{
		Bin: bin, Dir: dir, Config: filepath.Join(dir, "lastgood.yaml"), Ports: ports,
		Simulator: fmt.Sprintf("http://127.0.0.1:%d", ports.Simulator),
	}}
	f.control = local.Control{URL: f.stage.Simulator}
	if err := os.WriteFile(f.stage.Config, []byte(configuration()), 0o600); err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	if err := f.simulate(ctx); err != nil {
		return nil, err
	}
	for _, start := range []func() (*local.Process, error){
		func() (*local.Process, error) { return f.stage.StartDevserver(ctx) },
		func() (*local.Process, error) { return f.stage.StartWorker(ctx, "worker", ports.WorkerMetrics) },
		func() (*local.Process, error) { return f.stage.StartStarter(ctx) },
	} {
		p, err := start()
		if p != nil {
			f.processes = append([]*local.Process{p}, f.processes...)
		}
		if err != nil {
			f.end()
			return nil, err
		}
	}
	f.temporal, err = client.DialContext(ctx, client.Options{HostPort: f.stage.Temporal(), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		f.end()
		return nil, fmt.Errorf("reach Temporal: %w", err)
	}
	return f, nil
}

// simulate serves the vendors, with one job for each service. Slack limits every
// channel as it does by default.
func (f *field) simulate(ctx context.Context) error {
	world := simulator.Config{PublicURL: f.stage.Simulator, MonitorEvery: time.Hour}
	for i := range services {
		world.Services = append(world.Services, simulator.Service{Name: service(i)})
	}
	ctx, f.stop = context.WithCancel(ctx)
	failed := make(chan error, 1)
	addr := fmt.Sprintf("127.0.0.1:%d", f.stage.Ports.Simulator)
	go func() { failed <- simulator.ListenAndServe(ctx, addr, world) }()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case err := <-failed:
			return fmt.Errorf("serve the simulator: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (f *field) end() {
	if f.temporal != nil {
		f.temporal.Close()
	}
	local.StopAll(f.processes...)
	f.stop()
}

func service(i int) string { return fmt.Sprintf("service-%02d", i) }
func person(i int) string  { return fmt.Sprintf("%s%02d", personPrefix, i) }

// personPrefix begins the Slack ID of everyone who is on call here.
const personPrefix = "U0PERSON"

// configuration has a person, a policy and a channel for each service.
func configuration() string {
	var people, policies, list strings.Builder
	for i := range services {
		fmt.Fprintf(&people, "  - {id: person-%02d, name: Person %02d, time_zone: UTC, slack: %s}\n", i, i, person(i))
		fmt.Fprintf(&policies, "  - {id: policy-%02d, steps: [{page: [{person: person-%02d}], ack_within: 1h}]}\n", i, i)
		fmt.Fprintf(&list, `  - id: %[1]s
    match: [{service: %[1]s}]
    policy: policy-%02[2]d
    slack_channel: C0SERVICE%02[2]d
    rollback: {jenkins: {job: deploy/%[1]s, release_parameter: VERSION, incident_parameter: INCIDENT_ID, parameters: {ENVIRONMENT: production}}}
    ticket: {project: OPS, type: Incident, done: Done}
`, service(i), i)
	}
	return "version: 1\npeople:\n" + people.String() + "policies:\n" + policies.String() + "services:\n" + list.String()
}

// bare measures the workflow that does nothing but one empty activity.
func (f *field) bare(ctx context.Context, n int) ([]time.Duration, error) {
	w := worker.New(f.temporal, "bare", worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
		return workflow.ExecuteActivity(ctx, "Nothing").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "Bare"})
	w.RegisterActivityWithOptions(func(context.Context) error { return nil }, activity.RegisterOptions{Name: "Nothing"})
	if err := w.Start(); err != nil {
		return nil, fmt.Errorf("start the bare worker: %w", err)
	}
	defer w.Stop()
	var took []time.Duration
	for i := range n + warmUp {
		began := time.Now()
		run, err := f.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: "bare"}, "Bare")
		if err != nil {
			return nil, fmt.Errorf("start a bare workflow: %w", err)
		}
		if err := run.Get(ctx, nil); err != nil {
			return nil, fmt.Errorf("wait for a bare workflow: %w", err)
		}
		if i >= warmUp {
			took = append(took, time.Since(began))
		}
	}
	return took, nil
}

// warmUp is how many come before the ones that are measured.
const warmUp = 5
