package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/seed-44180607/lastgood/internal/local"
)

// atOnce is how many stories run side by side. They wait more than they compute.
const atOnce = 5

// shared is the Temporal that stories stand on unless they need to kill it.
var shared struct {
	stage local.Stage
}

// Main runs the stories of a package over one Temporal.
func Main(m *testing.M) int {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(atOnce)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code, err := onTemporal(ctx, m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// onTemporal starts the shared Temporal and ends it when run is done, or when the
// tests are interrupted.
func onTemporal(ctx context.Context, run func() int) (code int, err error) {
	bin, err := binaries()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "lastgood-e2e-")
	if err != nil {
		return 0, fmt.Errorf("make a place for the shared database: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ports, err := local.FreePorts(ctx, portsOf(0))
	if err != nil {
		return 0, err
	}
	ports.UI = 0
	shared.stage = local.Stage{Bin: bin, Dir: dir, Ports: ports}
	temporal, err := shared.stage.StartDevserver(ctx)
	if temporal != nil {
		defer temporal.Kill()
	}
	if err != nil {
		return 0, err
	}
	return run(), nil
}

// binaries finds bin/ of the project.
func binaries() (string, error) {
	bin, err := filepath.Abs("../../bin")
	if err != nil {
		return "", fmt.Errorf("find bin/: %w", err)
	}
	for _, name := range []string{"devserver", "worker", "starter", "lastgood"} {
		if _, err := os.Stat(filepath.Join(bin, name)); err != nil {
			return "", fmt.Errorf("%w: run `make build` first", err)
		}
	}
	return bin, nil
}
