package main

import (
	"bufio"
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

// asCommand in the environment makes the test binary be the devserver, so that the tests can kill it.
const asCommand = "DEVSERVER_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// process is a running devserver.
type process struct {
	cmd    *exec.Cmd
	ready  string // The line it printed.
	stdout *bufio.Reader
	stderr *bytes.Buffer
}

func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

// launch returns once the devserver says that it is ready. It is killed when the test ends.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: command(t.Context(), args...), stderr: &bytes.Buffer{}}
	p.cmd.Stderr = p.stderr
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { p.kill() })
	p.stdout = bufio.NewReader(out)
	p.ready, err = p.stdout.ReadString('\n')
	require.NoError(t, err, "devserver said: %s", p.stderr)
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// address is the one of the frontend, as the ready line names it.
func (p *process) address() string { return strings.Fields(p.ready)[2] }

func (p *process) dial(t *testing.T) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{HostPort: p.address(), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(t, err, "devserver said: %s", p.stderr)
	t.Cleanup(c.Close)
	return c
}

func database(t *testing.T) string { return filepath.Join(t.TempDir(), "made", "temporal.db") }

// freePort is one that nobody listened on a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", address(0))
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// runToEnd returns the exit code and what was written to stderr.
func runToEnd(t *testing.T, args ...string) (code int, stderr string) {
	t.Helper()
	cmd := command(t.Context(), args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), said.String()
}

// work runs lateEcho for the task queue until the test ends.
func work(t *testing.T, c client.Client, taskQueue string) {
	t.Helper()
	w := worker.New(c, taskQueue, worker.Options{})
	w.RegisterWorkflow(lateEcho)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}
