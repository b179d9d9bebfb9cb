// Package browser looks at the demo as a person does: it runs bin/lastgood demo, opens
// what it prints in a headless Chromium, clicks, and reads what is on the screen. It
// is a module of its own, so that the product does not depend on a browser.
package browser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// demoWithin bounds the start of the demo, its processes included.
const demoWithin = time.Minute

// Demo is a running `lastgood demo`.
type Demo struct {
	// Simulator and Temporal are the pages that it invites to open.
	Simulator, Temporal string
	cmd                 *exec.Cmd
	copied              chan struct{}

	mu     sync.Mutex
	output strings.Builder
}

var link = regexp.MustCompile(`^\s+([12])  .*(http://\S+)$`)

// StartDemo runs the demo and waits until it has printed its links. Interrupt ends it.
func StartDemo(ctx context.Context, binary string) (*Demo, error) {
	d := &Demo{cmd: exec.CommandContext(context.WithoutCancel(ctx), binary, "demo"), copied: make(chan struct{})}
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("read what the demo prints: %w", err)
	}
	d.cmd.Stderr = d.cmd.Stdout
	if err := d.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w; run `make build` first", binary, err)
	}
	invited := make(chan struct{})
	go d.read(out, invited)
	timeout := time.NewTimer(demoWithin)
	defer timeout.Stop()
	select {
	case <-invited:
		return d, nil
	case <-d.copied:
		return nil, fmt.Errorf("the demo ended before it was ready:\n%s", d.Output())
	case <-timeout.C:
		return nil, errors.Join(fmt.Errorf("the demo was not ready within %s:\n%s", demoWithin, d.Output()), d.cmd.Process.Kill())
	}
}

// read keeps the output and closes invited once both links were printed.
func (d *Demo) read(out io.Reader, invited chan<- struct{}) {
	defer close(d.copied)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		d.mu.Lock()
		d.output.WriteString(lines.Text() + "\n")
		d.mu.Unlock()
		found := link.FindStringSubmatch(lines.Text())
		switch {
		case found == nil:
		case found[1] == "1":
			d.Simulator = found[2]
		case found[1] == "2":
			d.Temporal = found[2]
			close(invited)
		}
	}
}

// Output is what the demo has printed so far.
func (d *Demo) Output() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.output.String()
}

// Interrupt ends the demo as Ctrl-C does and says how long that took.
func (d *Demo) Interrupt() (time.Duration, error) {
	began := time.Now()
	if err := d.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return 0, fmt.Errorf("interrupt the demo: %w", err)
	}
	<-d.copied
	if err := d.cmd.Wait(); err != nil {
		return 0, fmt.Errorf("the demo ended: %w:\n%s", err, d.Output())
	}
	return time.Since(began), nil
}
