package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/internal/local"
)

//go:embed demo.yaml
var demoConfig []byte

// badRelease is the one that the demo ships: it tests fine and breaks production.
const badRelease = "2026.11.4"

func demoCommand() *cobra.Command {
	var script, realMonitor bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "One incident from alert to restore, on this machine",
		Args:  usageOf(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), cmd.OutOrStdout(), script, realMonitor)
		},
	}
	cmd.Flags().BoolVar(&script, "script", false, "make the clicks by itself and end when the incident is closed")
	cmd.Flags().BoolVar(&realMonitor, "real", false, "have the Prometheus and the Alertmanager of this machine watch the shop")
	return cmd
}

// demo runs everything and ships a bad release. Without script it waits for Ctrl-C.
func demo(ctx context.Context, out io.Writer, script, realMonitor bool) (err error) {
	if realMonitor {
		if err := local.FindMonitor(); err != nil {
			return usageError{fmt.Errorf("run the demo with --real: %w", err)}
		}
	}
	d, err := newDemo(ctx, out, realMonitor)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.end()) }()
	if err := d.start(ctx); err != nil {
		return err
	}
	if script {
		return d.play(ctx)
	}
	if err := d.ship(ctx); err != nil {
		return err
	}
	d.invite()
	select {
	case <-ctx.Done():
		d.say("end", "ending everything")
		return nil
	case <-d.failed():
		return errors.New("a process has ended; its log was printed above")
	}
}

// invite says what to open and what to click there.
func (d *demonstration) invite() {
	fmt.Fprintf(d.out, `
  1  Slack, Jenkins, Jira, the shop   %s
  2  the incident's history           %s
  3  how the services fare            %s

  In Slack, #checkout gets a card within seconds. Press "Roll back" on it, confirm, and
  watch Jenkins build, the shop recover and the ticket close. Ctrl-C ends everything.
%s
`, d.stage.Simulator, d.stage.UI()+"/namespaces/default/workflows", d.stage.Simulator+"/shop/metrics", d.monitors())
}

// monitors says where the real ones are watched at work, if there are any. Debian's
// packages, which lack most of the pages, answer at these addresses, too.
func (d *demonstration) monitors() string {
	if !d.stage.RealMonitor {
		return ""
	}
	return fmt.Sprintf(`
  What fires in Prometheus      %s/graph?g0.expr=ALERTS&g0.tab=1
  what Alertmanager was told    %s/api/v2/alerts
`, d.stage.Prometheus(), d.stage.Alertmanager())
}

// demonstration is a stage with its processes, and the line that each step prints.
type demonstration struct {
	stage     local.Stage
	control   local.Control
	out       io.Writer
	began     time.Time
	processes []*local.Process // in the order in which they are ended
}

func newDemo(ctx context.Context, out io.Writer, realMonitor bool) (*demonstration, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the binaries beside this one: %w", err)
	}
	wanted := local.DefaultPorts
	if !realMonitor {
		wanted.Prometheus, wanted.Alertmanager = 0, 0
	}
	ports, err := local.FreePorts(ctx, wanted)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "lastgood-demo-")
	if err != nil {
		return nil, fmt.Errorf("make a place for the demo's database: %w", err)
	}
	config := filepath.Join(dir, "lastgood.yaml")
	if err := os.WriteFile(config, demoConfig, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write the demo's configuration: %w", err), os.RemoveAll(dir))
	}
	stage := local.Stage{
		Bin: filepath.Dir(self), Dir: dir, Config: config, Ports: ports,
		Simulator: fmt.Sprintf("http://127.0.0.1:%d", ports.Simulator), RealMonitor: realMonitor,
		Mail: fmt.Sprintf("127.0.0.1:%d", ports.Mail),
		Env:  []string{"WORKER_STOP_TIMEOUT=2s"}, // Ctrl-C ends everything within 5 s.
	}
	d := &demonstration{stage: stage, control: local.Control{URL: stage.Simulator}, out: out, began: time.Now()}
	d.sayMoved(ports.Moved(wanted))
	return d, nil
}

// sayMoved names the ports that were in use, and the way out.
func (d *demonstration) sayMoved(moved []local.Moved) {
	for _, m := range moved {
		d.say("port", "%d is in use, so %s listens on %d; `ss -ltnp 'sport = :%d'` shows who holds it", m.Wanted, m.Of, m.Used, m.Wanted)
	}
}

// part is one process of the demo.
type part struct {
	name  string
	start func(context.Context) (*local.Process, error)
	at    string
}

// parts are in the order in which they start: Temporal and the world first.
func (d *demonstration) parts() []part {
	s := d.stage
	parts := []part{
		{"temporal", s.StartDevserver, s.UI()},
		{"simulator", s.StartSimulator, s.Simulator},
		{"worker", func(ctx context.Context) (*local.Process, error) {
			return s.StartWorker(ctx, "worker", s.Ports.WorkerMetrics)
		}, ""},
		{"starter", s.StartStarter, s.Starter()},
	}
	if s.RealMonitor {
		parts = append(parts, part{"alertmanager", s.StartAlertmanager, s.Alertmanager()}, part{"prometheus", s.StartPrometheus, s.Prometheus()})
	}
	return parts
}

// start brings everything up.
func (d *demonstration) start(ctx context.Context) error {
	for _, part := range d.parts() {
		p, err := part.start(ctx)
		if p != nil {
			d.processes = append([]*local.Process{p}, d.processes...)
		}
		if err != nil {
			return err
		}
		d.say("ready", "%-12s %s", part.name, part.at)
	}
	return nil
}

// end stops every process and leaves nothing behind.
func (d *demonstration) end() error {
	for _, p := range d.processes {
		select {
		case <-p.Ended():
			d.say("ended", "%s ended by itself (%s):\n%s", p.Name, p.How(), p.Tail())
		default:
		}
	}
	local.StopAll(d.processes...)
	if err := os.RemoveAll(d.stage.Dir); err != nil {
		return fmt.Errorf("clear up after the demo: %w", err)
	}
	return nil
}

// failed says once when any process has ended.
func (d *demonstration) failed() <-chan struct{} {
	ended := make(chan struct{}, len(d.processes))
	for _, p := range d.processes {
		go func() {
			<-p.Ended()
			ended <- struct{}{}
		}()
	}
	return ended
}

// say prints one step: when, what kind, what.
func (d *demonstration) say(kind, format string, args ...any) {
	fmt.Fprintf(d.out, "%6.1f s  %-7s %s\n", time.Since(d.began).Seconds(), kind, fmt.Sprintf(format, args...))
}

// ship deploys a release that tests fine and breaks the shop.
func (d *demonstration) ship(ctx context.Context) error {
	err := d.control.Post(ctx, "/shop/ship", map[string]any{
		"service": "checkout", "release": badRelease, "bad": true, "user": "maria",
		"commits": []map[string]any{
			{"author": "Maria Lopez", "message": "Charge the card before the basket is locked", "paths": []string{"services/checkout/pay.go"}},
			{"author": "Jonas Weber", "message": "Retry the payment gateway three times", "paths": []string{"services/checkout/gateway.go"}},
		},
	})
	if err != nil {
		return err
	}
	d.say("ship", "release %s goes to production; it tests fine", badRelease)
	return nil
}
