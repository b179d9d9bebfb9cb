package local

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAMonitorIsMissingUntilBothProgramsAreThere(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	install := func(name string) {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"), 0o700))
	}
	err := FindMonitor()
	require.ErrorIs(t, err, ErrNoMonitor)
	require.ErrorContains(t, err, "not installed: Prometheus and Alertmanager;")
	require.ErrorContains(t, err, "apt-get install prometheus prometheus-alertmanager;")

	install("prometheus")
	err = FindMonitor()
	require.ErrorContains(t, err, "not installed: Alertmanager;")
	require.ErrorContains(t, err, "apt-get install prometheus-alertmanager;")
	_, err = Stage{Dir: t.TempDir()}.StartAlertmanager(t.Context())
	require.ErrorIs(t, err, ErrNoMonitor)

	install("alertmanager") // as the Prometheus project names it
	require.NoError(t, FindMonitor())
}

func TestTheMonitorGetsTheAddressesOfThisMachine(t *testing.T) {
	t.Parallel()
	stage := Stage{
		Dir: t.TempDir(), Simulator: "http://127.0.0.1:1001", Ports: Ports{Alertmanager: 1002, Starter: 1003},
	}
	addresses := map[string]string{}
	for _, program := range []string{"prometheus", "alertmanager"} {
		file, err := stage.configure(program)
		require.NoError(t, err)
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`(?m)(targets|url): .*?([a-z0-9.]+:\d+)`).FindAllStringSubmatch(string(content), -1) {
			addresses[m[2]] = program
		}
	}
	require.Equal(t, map[string]string{
		"127.0.0.1:1001": "prometheus", "127.0.0.1:1002": "prometheus", "127.0.0.1:1003": "alertmanager",
	}, addresses)
	require.FileExists(t, filepath.Join(stage.Dir, "prometheus", "rules.yml"))
}
