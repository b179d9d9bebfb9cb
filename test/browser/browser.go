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

// Demo is a running `lastgood demo`, or the simulator alone.
type Demo struct {
	// Simulator and Temporal are the pages that it invites to open.
	Simulator, Temporal string
	cmd                 *exec.Cmd
	copied              chan struct{}

	mu     sync.Mutex
	output strings.Builder
}

var (
	link    = regexp.MustCompile(`^ +[12]  .*(http://\S+)$`)
	serving = regexp.MustCompile(`^ready +simulator (http://\S+)$`)
)

// StartDemo runs the demo and waits until it has printed its links. Interrupt ends it.
func StartDemo(ctx context.Context, binary string) (*Demo, error) {
	return start(ctx, link, 2, binary, "demo")
}

// StartSimulator runs the simulator alone; clicks go to starter. Interrupt ends it.
func StartSimulator(ctx context.Context, binary, listen, starter string) (*Demo, error) {
	return start(ctx, serving, 1, binary, "simulator", "--listen", listen, "--starter", starter)
}

// start runs a command and waits until it has printed so many lines that invite.
func start(ctx context.Context, invitation *regexp.Regexp, lines int, binary string, args ...string) (*Demo, error) {
	d := &Demo{cmd: exec.CommandContext(context.WithoutCancel(ctx), binary, args...), copied: make(chan struct{})}
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("read what %s prints: %w", binary, err)
	}
	d.cmd.Stderr = d.cmd.Stdout
	if err := d.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w; run `make build` first", binary, err)
	}
	invited := make(chan []string, 1)
	go d.read(out, invitation, lines, invited)
	timeout := time.NewTimer(demoWithin)
	defer timeout.Stop()
	select {
	case links := <-invited:
		d.Simulator, d.Temporal = links[0], links[len(links)-1]
		return d, nil
	case <-d.copied:
		return nil, fmt.Errorf("%s %s ended before it was ready:\n%s", binary, args[0], d.Output())
	case <-timeout.C:
		return nil, errors.Join(fmt.Errorf("%s %s was not ready within %s:\n%s", binary, args[0], demoWithin, d.Output()), d.cmd.Process.Kill())
	}
}

// read keeps the output and hands the links over once all of them were printed.
func (d *Demo) read(out io.Reader, invitation *regexp.Regexp, lines int, invited chan<- []string) {
	defer close(d.copied)
	var links []string
	for text := bufio.NewScanner(out); text.Scan(); {
		d.mu.Lock()
		d.output.WriteString(text.Text() + "\n")
		d.mu.Unlock()
		if found := invitation.FindStringSubmatch(text.Text()); found != nil {
			links = append(links, found[1])
			if len(links) == lines {
				invited <- links
			}
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
