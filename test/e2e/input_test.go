package e2e_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/test/e2e"
)

func TestAlertsThatCannotBeTakenStartNothing(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true})
	good := e2e.Group("web", h.Alert("checkout", "HighErrorRatio"))
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}

	for _, c := range []struct {
		name   string
		body   []byte
		dress  func(*http.Request)
		status int
		says   string
	}{
		{"broken JSON", good[:len(good)/2], nil, http.StatusBadRequest, "JSON"},
		{"something after the JSON", append(bytes.Clone(good), "{}"...), nil, http.StatusBadRequest, "after"},
		{"no alerts", e2e.Group("web"), nil, http.StatusBadRequest, "alerts"},
		{"an unknown service", e2e.Group("web", h.Alert("nosuch", "HighErrorRatio")), nil, http.StatusUnprocessableEntity, `service=\"nosuch\"`},
		{"a wrong token", good, header("Authorization", "Bearer wrong"), http.StatusUnauthorized, "token"},
		{"no token", good, func(r *http.Request) { r.Header.Del("Authorization") }, http.StatusUnauthorized, "token"},
		{"2 MiB", append(bytes.Repeat([]byte(" "), 2<<20), good...), nil, http.StatusRequestEntityTooLarge, ""},
	} {
		dress := c.dress
		if dress == nil {
			dress = func(*http.Request) {}
		}
		got := h.PostAlerts(c.body, dress)
		require.Equal(t, c.status, got.Status, "%s: %s", c.name, got.Body)
		require.Contains(t, got.Header.Get("Content-Type"), "application/problem+json", c.name)
		require.Contains(t, got.Body, c.says, c.name)
	}
	h.ExpectRuns("", 0)
	require.Equal(t, http.StatusAccepted, h.PostAlerts(good).Status)
	h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
}

func TestClicksThatSlackDidNotSignDoNothing(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true})
	h.Fire("checkout")
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
	now := time.Now()
	payload := page.Payload("acknowledge", e2e.FirstResponder, now)

	for _, c := range []struct {
		name  string
		at    time.Time
		dress func(*http.Request)
	}{
		{"stale", now.Add(-6 * time.Minute), func(*http.Request) {}},
		{"tampered", now, func(r *http.Request) {
			r.Header.Set("X-Slack-Signature", "v0="+strings.Repeat("0", 64))
		}},
		{"another time", now, func(r *http.Request) { r.Header.Set("X-Slack-Request-Timestamp", "1") }},
		{"unsigned", now, func(r *http.Request) { r.Header.Del("X-Slack-Signature") }},
	} {
		got := h.Interact(payload, c.at, c.dress)
		require.Equal(t, http.StatusUnauthorized, got.Status, "%s: %s", c.name, got.Body)
	}
	page.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged by sre-1")
}

func TestAProcessNamesEveryFaultOfItsConfigurationAndExitsWith2(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true})
	h.WriteConfig("version: 1\nservces: []\npeople:\n  - {id: sre-1, nme: Nobody}\n")
	for process, variables := range map[string][]string{
		"worker":  {"JENKINS_TOKEN", "LOG_LEVEL"},
		"starter": {"SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN", "ALERT_TOKENS", "LOG_LEVEL"},
	} {
		code, said := h.Refuses(process, "SLACK_SIGNING_SECRET=", "SLACK_BOT_TOKEN=", "ALERT_TOKENS=", "JENKINS_TOKEN=", "LOG_LEVEL=loud")
		require.Equal(t, 2, code, said)
		for _, fault := range append(variables, "lastgood.yaml:2", "servces", "lastgood.yaml:4", "nme") {
			require.Contains(t, said, fault, process)
		}
	}
}

func TestProcessesAskForSearchAttributesAndSetupRegistersThem(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true})
	namespace := h.BareNamespace()
	for _, process := range []string{"worker", "starter"} {
		code, said := h.Refuses(process, "TEMPORAL_NAMESPACE="+namespace)
		require.Equal(t, 2, code, said)
		require.Contains(t, said, "lastgood setup")
		for _, name := range []string{"IncidentId", "IncidentService", "IncidentOpenedAt", "IncidentEscalationStep"} {
			require.Contains(t, said, name)
		}
	}
	require.Contains(t, h.Lastgood("TEMPORAL_NAMESPACE="+namespace, "setup"), "registered")
	require.Contains(t, h.Lastgood("TEMPORAL_NAMESPACE="+namespace, "setup"), "has every search attribute")
	h.Accepts("worker", "TEMPORAL_NAMESPACE="+namespace)
	h.Accepts("starter", "TEMPORAL_NAMESPACE="+namespace)
}
