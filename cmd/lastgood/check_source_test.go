package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const mappings = "../../docs/examples/sources.yaml"

// tried runs `lastgood check` with a body on the documented mappings.
func tried(t *testing.T, source, body string, flags ...string) (code int, out, errs string) {
	t.Helper()
	return lastgood(t, append([]string{"check", mappings, "--source", source, "--body", body}, flags...)...)
}

func bodyOf(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "body.json")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestCheckShowsWhatAMappingMakesOfABody(t *testing.T) {
	code, out, errs := tried(t, "uptime-kuma", "testdata/uptime-kuma-down.json")
	require.Zero(t, code, errs)
	require.Equal(t, ``+
		`service       checkout`+"\n"+
		`state         fires`+"\n"+
		`severity      SEV2`+"\n"+
		`name          Testing`+"\n"+
		`summary       Testing is down. PING 10.13.13.13 (10.13.13.13) 56(84) bytes of data.  --- 10.13.13.13 ping statistics --- 10 packets transmitted, 0 received, 100% packet loss, time 400ms`+"\n"+
		`labels        {env="production", service="checkout"}`+"\n"+
		`group         uptime-kuma/10`+"\n"+
		`fingerprint   10`+"\n"+
		`starts at     when it arrives`+"\n", out)
}

func TestAMonitorThatIsUpAgainResolvesItsAlert(t *testing.T) {
	down, err := os.ReadFile("testdata/uptime-kuma-down.json")
	require.NoError(t, err)
	code, out, _ := tried(t, "uptime-kuma", bodyOf(t, strings.Replace(string(down), `"status": 0`, `"status": 1`, 1)), "--output", "json")
	require.Zero(t, code)
	var rows []map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &rows))
	require.Len(t, rows, 1)
	require.Equal(t, []any{"checkout", "uptime-kuma/10", "10", false}, []any{rows[0]["service"], rows[0]["group"], rows[0]["fingerprint"], rows[0]["firing"]})
	require.NotContains(t, rows[0], "starts_at")
}

func TestATestOfAMonitorIsNoAlert(t *testing.T) {
	code, out, _ := tried(t, "uptime-kuma", "testdata/uptime-kuma-test.json")
	require.Zero(t, code)
	require.Equal(t, "nothing is taken of this body\n", out)
}

func TestAPipelineThatFailsOnTheDefaultBranchIsAnAlert(t *testing.T) {
	code, out, errs := tried(t, "gitlab", "testdata/gitlab-pipeline.json")
	require.Zero(t, code, errs)
	require.Contains(t, out, "summary       The pipeline of Gitlab Test fails on master\n")
	require.Contains(t, out, "service       deployments\n")
	require.Contains(t, out, "severity      SEV3\n")
	require.Contains(t, out, "url           http://192.168.64.1:3005/gitlab-org/gitlab-test/-/pipelines/31\n")

	failed, err := os.ReadFile("testdata/gitlab-pipeline.json")
	require.NoError(t, err)
	for written, other := range map[string]string{`"ref": "master"`: `"ref": "feature"`, `"failed"`: `"running"`, `"object_kind": "pipeline"`: `"object_kind": "build"`} {
		_, out, _ = tried(t, "gitlab", bodyOf(t, strings.Replace(string(failed), written, other, 1)))
		require.Equal(t, "nothing is taken of this body\n", out)
	}
}

func TestCheckSaysHowABodyWouldBeRefused(t *testing.T) {
	code, _, errs := tried(t, "uptime-kuma", bodyOf(t, `{"heartbeat":{"status":0},"monitor":null}`))
	require.Equal(t, 1, code)
	require.Equal(t, `uptime-kuma would be answered 400: the body has no group by "alert.monitor.id": column 15: cannot fetch id from <nil>`, errs)

	code, out, errs := tried(t, "uptime-kuma", bodyOf(t, `{"heartbeat":{"status":0},"monitor":{"id":1,"name":"Shop"}}`))
	require.Equal(t, 1, code)
	require.Contains(t, out, "service       -\n")
	require.Equal(t, `no service matches the labels {env="production"}, and there is no service "default"`, errs)

	code, _, errs = tried(t, "uptimekuma", "testdata/uptime-kuma-test.json")
	require.Equal(t, 2, code)
	require.Equal(t, "sources has no uptimekuma; did you mean uptime-kuma?", errs)
	code, _, errs = lastgood(t, "check", mappings, "--source", "gitlab")
	require.Equal(t, 2, code)
	require.Equal(t, "--source and --body go together", errs)
}
