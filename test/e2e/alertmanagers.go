package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/local"
)

// alertmanagerConfig posts every group at once, and again soon when that failed.
const alertmanagerConfig = `
route:
  receiver: lastgood
  group_by: [alertname, service]
  group_wait: 0s
  group_interval: 5s
  repeat_interval: 4h
receivers:
  - name: lastgood
    webhook_configs:
      - url: %s/v1/alerts/alertmanager
        http_config: {authorization: {credentials: %s}}
`

// Alertmanagers are real ones that post to the starter.
type Alertmanagers struct {
	h    *Harness
	urls []string
}

// StartAlertmanagers runs n real Alertmanagers. In a cluster they tell each other what
// they have posted; apart they know nothing of each other, as when their network is
// partitioned, and each posts everything.
func (h *Harness) StartAlertmanagers(n int, cluster bool) Alertmanagers {
	h.t.Helper()
	program, err := local.Alertmanager()
	require.NoError(h.t, err)
	config := filepath.Join(h.t.TempDir(), "alertmanager.yml")
	require.NoError(h.t, os.WriteFile(config, fmt.Appendf(nil, alertmanagerConfig, h.Starter(), alertToken), 0o600))
	all := Alertmanagers{h: h}
	var peers []string
	for i := range n {
		web, err := local.Port(h.t.Context(), monitorPort(h.n, 2*i))
		require.NoError(h.t, err)
		gossip, err := local.Port(h.t.Context(), monitorPort(h.n, 2*i+1))
		require.NoError(h.t, err)
		url, name := fmt.Sprintf("http://127.0.0.1:%d", web), fmt.Sprintf("alertmanager-%d", i)
		args := []string{
			"--config.file=" + config, "--storage.path=" + filepath.Join(h.t.TempDir(), name),
			fmt.Sprintf("--web.listen-address=127.0.0.1:%d", web), "--web.external-url=" + url,
		}
		if cluster {
			self := fmt.Sprintf("127.0.0.1:%d", gossip)
			args = append(append(args, "--cluster.listen-address="+self, "--cluster.peer-timeout=2s", "--cluster.settle-timeout=5s"), peers...)
			peers = append(peers, "--cluster.peer="+self)
		} else {
			args = append(args, "--cluster.listen-address=")
		}
		p, err := local.Start(h.t.Context(), local.Command{
			Name: name, Path: program, Dir: h.stage.Dir, Health: url + "/-/ready", Args: args,
		})
		if p != nil {
			h.others = append(h.others, p)
		}
		require.NoError(h.t, err)
		all.urls = append(all.urls, url)
	}
	return all
}

// Fire lets an alert fire, as Prometheus tells all of them.
func (m Alertmanagers) Fire(a *Alert) {
	m.h.t.Helper()
	a.StartsAt = time.Now().UTC()
	row := a.row("firing")
	content, err := json.Marshal([]map[string]any{{
		"labels": row["labels"], "annotations": row["annotations"], "startsAt": a.StartsAt,
		"endsAt": a.StartsAt.Add(time.Hour), "generatorURL": row["generatorURL"],
	}})
	require.NoError(m.h.t, err)
	for _, url := range m.urls {
		answer := m.h.send(http.MethodPost, url+"/api/v2/alerts", content, func(r *http.Request) {
			r.Header.Set("Content-Type", "application/json")
		})
		require.Equal(m.h.t, http.StatusOK, answer.Status, answer.Body)
	}
}

// Posts are the calls of the starter that all of them count.
func (m Alertmanagers) Posts() (sum Posts) {
	m.h.t.Helper()
	for _, url := range m.urls {
		one := m.h.postsOf(url)
		sum.All, sum.Failed = sum.All+one.All, sum.Failed+one.Failed
	}
	return sum
}
