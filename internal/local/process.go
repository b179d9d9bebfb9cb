// Package local runs lastgood on one machine: the binaries as child processes, on
// loopback, against the simulator. The demo, the end-to-end tests and the bench
// stand on it. It is no way to run lastgood for real.
package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// readyWithin bounds the start of a process. On a busy machine the devserver takes its time.
	readyWithin = 2 * time.Minute
	// probeEvery is how often a process is asked whether it serves.
	probeEvery = 50 * time.Millisecond
)

// Process is a child process. Its output goes to a file.
type Process struct {
	Name    string
	LogPath string
	cmd     *exec.Cmd
	ended   chan struct{}
	ready   chan string
	once    sync.Once
}

// Command says what to run and how to know that it serves.
type Command struct {
	Name string
	Path string
	Args []string
	// Env is added to the variables of this process.
	Env []string
	// Ready is a piece of the line that it prints when it serves.
	Ready string
	// Health, in place of Ready, is a URL that answers 200 when it serves.
	Health string
	// Dir takes the log.
	Dir string
}

// Start runs a command and waits until it says that it serves.
func Start(ctx context.Context, c Command) (*Process, error) {
	path := filepath.Join(c.Dir, c.Name+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep the log of %s: %w", c.Name, err)
	}
	p := &Process{
		Name: c.Name, LogPath: path, cmd: exec.CommandContext(context.WithoutCancel(ctx), c.Path, c.Args...), // Stop or Kill ends it.
		ended: make(chan struct{}), ready: make(chan string, 1),
	}
	p.cmd.Env = append(os.Environ(), c.Env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, in := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = in, in
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w; run `make build` first", c.Path, err), log.Close())
	}
	var copying sync.WaitGroup
	copying.Go(func() { p.copy(out, log, c.Ready) })
	if c.Health != "" {
		go p.probe(context.WithoutCancel(ctx), c.Health)
	}
	go func() {
		_ = p.cmd.Wait() // How says what came of it.
		_ = in.Close()
		copying.Wait() // The log is complete when the process has ended.
		close(p.ended)
	}()
	return p, p.await(ctx)
}

// copy writes the output to the log and looks for the line that says ready.
func (p *Process) copy(out io.Reader, log io.WriteCloser, ready string) {
	defer func() { _ = log.Close() }()
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		_, _ = io.WriteString(log, line)
		if ready != "" && strings.Contains(line, ready) {
			p.once.Do(func() { p.ready <- line })
		}
		if err != nil {
			return
		}
	}
}

// probe asks for health again and again, until it is good or nobody waits any more.
func (p *Process) probe(ctx context.Context, health string) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for !healthy(ctx, health) {
		select {
		case <-tick.C:
		case <-p.ended:
			return
		case <-ctx.Done():
			return
		}
	}
	p.once.Do(func() { p.ready <- health })
}

func healthy(ctx context.Context, health string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, health, http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

func (p *Process) await(ctx context.Context) error {
	timeout := time.NewTimer(readyWithin)
	defer timeout.Stop()
	select {
	case <-p.ready:
		return nil
	case <-p.ended:
		return fmt.Errorf("%s ended before it was ready (%s):\n%s", p.Name, p.How(), p.Tail())
	case <-timeout.C:
		return fmt.Errorf("%s was not ready within %s:\n%s", p.Name, readyWithin, p.Tail())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Tail gives the last lines that the process printed.
func (p *Process) Tail() string {
	content, err := os.ReadFile(p.LogPath)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// How says in which way the process has ended: "exit status 2", "signal: killed". It is
// asked after Ended only.
func (p *Process) How() string { return p.cmd.ProcessState.String() }

// PID is the number that the system knows the process by.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends the process as a crash would, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// Stop asks the process to end, and kills it when it does not within the time.
// It returns the exit code.
func (p *Process) Stop(within time.Duration) int {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	select {
	case <-p.ended:
	case <-timeout.C:
		p.Kill()
	}
	return p.cmd.ProcessState.ExitCode()
}

// Port gives the wanted port when it is free on loopback, and any free one
// otherwise; 0 wants any.
func Port(ctx context.Context, wanted int) (int, error) {
	var config net.ListenConfig
	for _, port := range []int{wanted, 0} {
		l, err := config.Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		port = l.Addr().(*net.TCPAddr).Port
		return port, l.Close()
	}
	return 0, errors.New("no port is free on 127.0.0.1")
}
