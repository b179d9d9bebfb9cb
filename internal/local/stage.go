package local

import (
	"context"
	"path/filepath"
	"strconv"
	"time"
)

// stopWithin is how long the processes of a stage may take to end, all together.
const stopWithin = 4 * time.Second

// OnCallToken opens the starter's answers about who is on call.
const OnCallToken = "simulator-oncall-token"

// HeartbeatToken lets beat.
const HeartbeatToken = "simulator-heartbeat-token"

// Stage is one lastgood on this machine, with the simulator as its world.
type Stage struct {
	// Bin holds the binaries; Dir takes the database and the logs.
	Bin, Dir string
	// Config is the path of lastgood.yaml.
	Config string
	Ports  Ports
	// Simulator is the base URL of the simulator.
	Simulator string
	// Mail is the address of the simulated mail server; "" for none.
	Mail string
	// RealMonitor leaves the shop to Prometheus and Alertmanager: the simulator's own
	// monitor is off.
	RealMonitor bool
	// Env is added to the variables of worker and starter.
	Env []string
}

// Ports are the loopback ports of a stage.
type Ports struct {
	Temporal, UI, Starter, Simulator, WorkerMetrics, StarterMetrics int
	Prometheus, Alertmanager, Mail                                  int
}

// DefaultPorts are those of the documentation.
var DefaultPorts = Ports{
	Temporal: 7233, UI: 8233, Starter: 8080, Simulator: 8090, StarterMetrics: 9090, WorkerMetrics: 9091,
	Prometheus: 9092, Alertmanager: 9093, Mail: 2525,
}

// Moved is a port that was in use, and the one taken in its place.
type Moved struct {
	Of           string
	Wanted, Used int
}

// Moved lists what differs from the wanted ports, by what listens there. Where any
// port was wanted nothing has moved.
func (p Ports) Moved(wanted Ports) (moved []Moved) {
	for _, m := range []Moved{
		{"Temporal", wanted.Temporal, p.Temporal},
		{"the Temporal UI", wanted.UI, p.UI},
		{"the simulator", wanted.Simulator, p.Simulator},
		{"the simulated mail server", wanted.Mail, p.Mail},
		{"the starter", wanted.Starter, p.Starter},
		{"the starter's metrics", wanted.StarterMetrics, p.StarterMetrics},
		{"the worker's metrics", wanted.WorkerMetrics, p.WorkerMetrics},
		{"Prometheus", wanted.Prometheus, p.Prometheus},
		{"Alertmanager", wanted.Alertmanager, p.Alertmanager},
	} {
		if m.Wanted != 0 && m.Wanted != m.Used {
			moved = append(moved, m)
		}
	}
	return moved
}

// FreePorts gives ports that are free now: the wanted ones where they are.
func FreePorts(ctx context.Context, wanted Ports) (Ports, error) {
	free := wanted
	for _, port := range []*int{
		&free.Temporal, &free.UI, &free.Starter, &free.Simulator, &free.WorkerMetrics, &free.StarterMetrics,
		&free.Prometheus, &free.Alertmanager, &free.Mail,
	} {
		p, err := Port(ctx, *port)
		if err != nil {
			return Ports{}, err
		}
		*port = p
	}
	return free, nil
}

func loopback(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// Temporal is the address of the devserver.
func (s Stage) Temporal() string { return loopback(s.Ports.Temporal) }

// UI is the address of the Temporal UI.
func (s Stage) UI() string { return "http://" + loopback(s.Ports.UI) }

// Starter is the base URL of the starter.
func (s Stage) Starter() string { return "http://" + loopback(s.Ports.Starter) }

// StartDevserver runs Temporal. Its database is kept from one start to the next.
func (s Stage) StartDevserver(ctx context.Context) (*Process, error) {
	return Start(ctx, Command{
		Name: "devserver", Path: filepath.Join(s.Bin, "devserver"), Dir: s.Dir, Ready: "ready",
		Args: []string{
			"--fast", "--db", filepath.Join(s.Dir, "temporal.db"),
			"--port", strconv.Itoa(s.Ports.Temporal), "--ui-port", strconv.Itoa(s.Ports.UI),
		},
	})
}

// StartSimulator runs the simulated vendors.
func (s Stage) StartSimulator(ctx context.Context) (*Process, error) {
	return Start(ctx, Command{
		Name: "simulator", Path: filepath.Join(s.Bin, "lastgood"), Dir: s.Dir, Ready: "ready",
		Args: []string{
			"simulator", "--listen", loopback(s.Ports.Simulator), "--mail", s.Mail, "--starter", s.Starter(),
			"--monitor=" + strconv.FormatBool(!s.RealMonitor),
		},
	})
}

// StartWorker runs a worker; name tells several apart.
func (s Stage) StartWorker(ctx context.Context, name string, metrics int) (*Process, error) {
	return Start(ctx, Command{
		Name: name, Path: filepath.Join(s.Bin, "worker"), Dir: s.Dir, Ready: "msg=ready",
		Env: append(s.env(), "METRICS_ADDR="+loopback(metrics)),
	})
}

// StartStarter runs a starter.
func (s Stage) StartStarter(ctx context.Context) (*Process, error) {
	return Start(ctx, Command{
		Name: "starter", Path: filepath.Join(s.Bin, "starter"), Dir: s.Dir, Ready: "msg=ready",
		Env: append(s.env(), "LISTEN_ADDR="+loopback(s.Ports.Starter), "METRICS_ADDR="+loopback(s.Ports.StarterMetrics)),
	})
}

// env is what worker and starter need to stand in this stage. The tokens are the
// simulator's own defaults.
func (s Stage) env() []string {
	env := s.Env
	if s.Mail != "" {
		env = append([]string{"SMTP_URL=smtp://" + s.Mail + "?from=lastgood+%3Clastgood@example.com%3E"}, env...)
	}
	return append([]string{
		"LASTGOOD_CONFIG=" + s.Config, "PUBLIC_URL=" + s.Starter(),
		"TEMPORAL_ADDRESS=" + s.Temporal(), "TEMPORAL_NAMESPACE=default", "TEMPORAL_UI_URL=" + s.UI(),
		"ALERT_TOKENS=alertmanager:simulator-alert-token,grafana:simulator-alert-token,datadog:simulator-alert-token,oncall:" + OnCallToken + ",heartbeat:" + HeartbeatToken,
		"SLACK_API_URL=" + s.Simulator + "/slack/api/", "SLACK_BOT_TOKEN=xoxb-simulator", "SLACK_SIGNING_SECRET=simulator-signing-secret",
		"JENKINS_URL=" + s.Simulator + "/jenkins/", "JENKINS_USER=lastgood", "JENKINS_TOKEN=simulator-jenkins-token",
		"JIRA_URL=" + s.Simulator + "/jira/", "JIRA_USER=lastgood@example.com", "JIRA_TOKEN=simulator-jira-token",
		"TWILIO_API_URL=" + s.Simulator + "/twilio", "TWILIO_FROM=+15005550006",
		"TWILIO_ACCOUNT_SID=AC00000000000000000000000000000001", "TWILIO_AUTH_TOKEN=simulator-twilio-token",
	}, env...)
}

// StopAll ends processes in the order given, whatever was started of them. What
// has not ended by itself when the time is over is killed.
func StopAll(processes ...*Process) {
	deadline := time.Now().Add(stopWithin)
	for _, p := range processes {
		if p != nil {
			p.Stop(time.Until(deadline))
		}
	}
}
