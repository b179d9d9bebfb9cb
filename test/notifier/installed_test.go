package notifier

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/types"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

// farAhead is when the alerts end that fire.
var farAhead = time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC)

// The Alertmanager that is installed, Debian's 0.25 as a rule, brings the same groups in
// the same states.
func TestWhatTheInstalledAlertmanagerSendsIsWhatWasCapturedAndIsTaken(t *testing.T) {
	program, version := installed(t)
	d := openDoor(t)
	a := start(t, program, d)
	all := map[string]group{}
	for _, g := range groups() {
		all[g.name] = g
	}

	a.tell(t, all["firing"].alerts[:1], all["bare"].alerts, all["hostile"].alerts)
	a.expect(t, version, "bare", "all", "Bare", 1)
	a.expect(t, version, "hostile", "all", "channel", 1)
	a.await(t, "all", "HighErrors", 1)
	a.await(t, "one", "HighErrors", 1)
	a.tell(t, all["firing"].alerts)
	a.expect(t, version, "firing", "all", "HighErrors", 2)
	a.expect(t, version, "truncated", "one", "HighErrors", 2)
	a.tell(t, all["mixed"].alerts)
	a.expect(t, version, "mixed", "all", "HighErrors", 3)
	a.tell(t, all["resolved"].alerts)
	a.expect(t, version, "resolved", "all", "HighErrors", 4)

	for _, code := range d.answered() {
		require.Equal(t, http.StatusAccepted, code)
	}
}

// installed finds the program, and its version as in 0.25.
func installed(t *testing.T) (program, version string) {
	t.Helper()
	for _, name := range []string{"prometheus-alertmanager", "alertmanager"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	require.NotEmpty(t, program, "install Debian's prometheus-alertmanager")
	said, err := exec.CommandContext(t.Context(), program, "--version").CombinedOutput()
	require.NoError(t, err)
	found := regexp.MustCompile(`version (\d+\.\d+)`).FindSubmatch(said)
	require.NotNil(t, found, "%s", said)
	return program, string(found[1])
}

const settings = `
route:
  receiver: lastgood
  group_by: [alertname, service]
  group_wait: 100ms
  group_interval: 100ms
  repeat_interval: 4h
receivers:
  - name: lastgood
    webhook_configs:
      - {url: "%[1]s/v1/alerts/alertmanager?all", send_resolved: true, http_config: &with {authorization: {credentials: %[2]s}}}
      - {url: "%[1]s/v1/alerts/alertmanager?one", send_resolved: true, max_alerts: 1, http_config: *with}
`

// running is an Alertmanager that sends to a door.
type running struct {
	door *door
	api  string
}

func start(t *testing.T, program string, d *door) running {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "alertmanager.yml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, settings, d.url, token), 0o600))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())

	var log bytes.Buffer
	process := exec.CommandContext(t.Context(), program, "--config.file="+file, "--storage.path="+dir,
		"--web.listen-address="+address, "--web.external-url=http://alertmanager.example.com", "--web.route-prefix=/",
		"--cluster.listen-address=")
	process.Stdout, process.Stderr = &log, &log
	process.Cancel = func() error { return process.Process.Signal(os.Interrupt) }
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		// It has been told to end with the test's context, and its status is that of a signal.
		_ = process.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	a := running{d, "http://" + address}
	require.Eventually(t, func() bool { return a.ready(t.Context()) }, 20*time.Second, 50*time.Millisecond, "Alertmanager does not start")
	return a
}

func (a running) ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.api+"/-/ready", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// tell hands alerts over as Prometheus does.
func (a running) tell(t *testing.T, groups ...[]*types.Alert) {
	t.Helper()
	var sent []map[string]any
	for _, alerts := range groups {
		for _, one := range alerts {
			ends := one.EndsAt
			if ends.IsZero() {
				ends = farAhead
			}
			sent = append(sent, map[string]any{
				"labels": one.Labels, "annotations": nonNil(one.Annotations), "startsAt": one.StartsAt, "endsAt": ends,
				"generatorURL": one.GeneratorURL,
			})
		}
	}
	body, err := json.Marshal(sent)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.api+"/api/v2/alerts", bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
}

func nonNil(set model.LabelSet) model.LabelSet {
	if set == nil {
		return model.LabelSet{}
	}
	return set
}

// expect holds the n-th body about an alert at an address to the captured one.
func (a running) expect(t *testing.T, version, name, query, alert string, n int) {
	t.Helper()
	requireSaved(t, version, name, a.await(t, query, alert, n))
}

// await waits for the n-th body about an alert at an address.
func (a running) await(t *testing.T, query, alert string, n int) []byte {
	t.Helper()
	var about [][]byte
	require.Eventually(t, func() bool {
		about = slices.DeleteFunc(a.door.came(query), func(body []byte) bool { return !bytes.Contains(body, []byte(alert)) })
		return len(about) >= n
	}, 20*time.Second, 20*time.Millisecond, "call %d about %s does not come", n, alert)
	return about[n-1]
}
