package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/seed-44180607/lastgood/deploy"
)

// The programs of a real monitor, by the names that Debian and the Prometheus
// project give them.
var (
	prometheusNames   = []string{"prometheus"}
	alertmanagerNames = []string{"prometheus-alertmanager", "alertmanager"}
)

// ErrNoMonitor says that this machine has no Prometheus, or no Alertmanager, and
// how it gets them.
var ErrNoMonitor = errors.New("not installed")

// FindMonitor says whether Prometheus and Alertmanager can be run here: nil, or an
// ErrNoMonitor that names what is missing.
func FindMonitor() error {
	var programs, packages []string
	for _, wanted := range []struct {
		program, debian string
		names           []string
	}{
		{"Prometheus", "prometheus", prometheusNames},
		{"Alertmanager", "prometheus-alertmanager", alertmanagerNames},
	} {
		if _, err := find(wanted.names); err != nil {
			programs, packages = append(programs, wanted.program), append(packages, wanted.debian)
		}
	}
	if programs == nil {
		return nil
	}
	return fmt.Errorf("%w: %s; on Debian and Ubuntu: apt-get install %s; elsewhere put the binaries of https://prometheus.io/download on the PATH",
		ErrNoMonitor, strings.Join(programs, " and "), strings.Join(packages, " "))
}

// Alertmanager gives the path of the Alertmanager that is installed.
func Alertmanager() (string, error) { return find(alertmanagerNames) }

// find gives the path of the first program that there is.
func find(names []string) (string, error) {
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return filepath.Abs(found)
		}
	}
	return "", fmt.Errorf("%w: %s", ErrNoMonitor, strings.Join(names, " or "))
}

// Prometheus is the base URL of the stage's Prometheus.
func (s Stage) Prometheus() string { return "http://" + loopback(s.Ports.Prometheus) }

// Alertmanager is the base URL of the stage's Alertmanager.
func (s Stage) Alertmanager() string { return "http://" + loopback(s.Ports.Alertmanager) }

// StartPrometheus runs a Prometheus that scrapes the shop and sends its alerts to
// the stage's Alertmanager. When it is ready it still takes 5 s, always, until it
// looks for the two: nothing fires before.
func (s Stage) StartPrometheus(ctx context.Context) (*Process, error) {
	program, err := find(prometheusNames)
	if err != nil {
		return nil, err
	}
	config, err := s.configure("prometheus")
	if err != nil {
		return nil, err
	}
	return Start(ctx, Command{
		Name: "prometheus", Path: program, Dir: s.Dir, Health: s.Prometheus() + "/-/ready",
		Args: []string{
			"--config.file=" + config, "--storage.tsdb.path=" + filepath.Join(s.Dir, "prometheus", "data"),
			"--web.listen-address=" + loopback(s.Ports.Prometheus), "--web.external-url=" + s.Prometheus(),
		},
	})
}

// StartAlertmanager runs an Alertmanager, on its own and not in a cluster, that
// posts to the stage's starter.
func (s Stage) StartAlertmanager(ctx context.Context) (*Process, error) {
	program, err := find(alertmanagerNames)
	if err != nil {
		return nil, err
	}
	config, err := s.configure("alertmanager")
	if err != nil {
		return nil, err
	}
	return Start(ctx, Command{
		Name: "alertmanager", Path: program, Dir: s.Dir, Health: s.Alertmanager() + "/-/ready",
		Args: []string{
			"--config.file=" + config, "--storage.path=" + filepath.Join(s.Dir, "alertmanager", "data"),
			"--web.listen-address=" + loopback(s.Ports.Alertmanager), "--web.external-url=" + s.Alertmanager(),
			"--cluster.listen-address=",
		},
	})
}

// configure writes what deploy/ has for a program, with the addresses of this
// machine, and gives the path of its main file.
func (s Stage) configure(program string) (main string, err error) {
	addresses := strings.NewReplacer(
		"simulator:8090", strings.TrimPrefix(s.Simulator, "http://"),
		"alertmanager:9093", loopback(s.Ports.Alertmanager),
		"starter:8080", loopback(s.Ports.Starter),
	)
	dir := filepath.Join(s.Dir, program)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make a place for %s: %w", program, err)
	}
	files, err := fs.Glob(deploy.Monitoring, program+"/*.yml")
	if err != nil {
		return "", fmt.Errorf("find the configuration of %s: %w", program, err)
	}
	for _, name := range files {
		content, err := fs.ReadFile(deploy.Monitoring, name)
		if err != nil {
			return "", fmt.Errorf("read the configuration of %s: %w", program, err)
		}
		here := addresses.Replace(string(content))
		if err := os.WriteFile(filepath.Join(dir, path.Base(name)), []byte(here), 0o600); err != nil {
			return "", fmt.Errorf("write the configuration of %s: %w", program, err)
		}
	}
	return filepath.Join(dir, program+".yml"), nil
}
