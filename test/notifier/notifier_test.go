// Package notifier has Alertmanagers send to the door of the starter: the webhook
// notifier of a release newer than any Debian ships, in this process, and the program
// that is installed. It is a module of its own, because the product does without the
// 300 packages that the notifier needs.
package notifier

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/config/common"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/notify/webhook"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/types"
	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

func TestWhatTheNotifierSendsIsWhatWasCapturedAndIsTaken(t *testing.T) {
	d := openDoor(t)
	for _, g := range groups() {
		t.Run(g.name, func(t *testing.T) {
			retry, err := notifier(t, d, g.most, token, "/v1/alerts/alertmanager?"+g.name).Notify(contextOf(t, g), g.alerts...)
			require.NoError(t, err)
			require.False(t, retry)
			bodies := d.came(g.name)
			require.Len(t, bodies, 1)
			requireSaved(t, "0.34", g.name, bodies[0])
		})
	}
	require.Len(t, d.stored, len(groups()))
	for _, code := range d.answered() {
		require.Equal(t, http.StatusAccepted, code)
	}
}

func TestTheNotifierComesAgainWhenTemporalIsAwayAndForNoOtherReason(t *testing.T) {
	unrouted, huge := ratio("a", "critical"), ratio("a", "critical")
	unrouted.Labels["env"] = "nowhere"
	huge.Annotations["description"] = model.LabelValue(strings.Repeat("x", 2<<20))
	const path = "/v1/alerts/alertmanager"
	for name, c := range map[string]struct {
		alert  *types.Alert
		away   error
		token  string
		path   string
		status int
		retry  bool
	}{
		"stored":              {ratio("a", "critical"), nil, token, path, http.StatusAccepted, false},
		"Temporal away":       {ratio("a", "critical"), errors.New("connection refused"), token, path, http.StatusServiceUnavailable, true},
		"another token":       {ratio("a", "critical"), nil, "guess", path, http.StatusUnauthorized, false},
		"no service":          {unrouted, nil, token, path, http.StatusUnprocessableEntity, false},
		"too large":           {huge, nil, token, path, http.StatusRequestEntityTooLarge, false},
		"nothing at the path": {ratio("a", "critical"), nil, token, "/v1/alerts/nobody", http.StatusNotFound, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDoor(t)
			d.away = c.away
			one := group{alerts: []*types.Alert{c.alert}}
			retry, err := notifier(t, d, 0, c.token, c.path).Notify(contextOf(t, one), c.alert)
			require.Equal(t, c.status != http.StatusAccepted, err != nil, "%v", err)
			require.Equal(t, c.retry, retry)
			require.Equal(t, []int{c.status}, d.answered())
			require.NotContains(t, d.answered(), http.StatusTooManyRequests, "which it takes as a reason to give up")
		})
	}
}

// A body that cannot be read is a 400; the notifier can be made to send one by a
// payload of one's own.
func TestTheNotifierGivesUpOnABodyThatCannotBeRead(t *testing.T) {
	d := openDoor(t)
	firing := groups()[0]
	conf := configOf(d, 0, token, "/v1/alerts/alertmanager")
	conf.Payload = map[string]any{"text": "{{ .Status }}"}
	retry, err := newNotifier(t, conf).Notify(contextOf(t, firing), firing.alerts...)
	require.Error(t, err)
	require.False(t, retry)
	require.Equal(t, []int{http.StatusBadRequest}, d.answered())
	require.Equal(t, []string{`{"text":"firing"}`}, trimmed(d.came("")))
}

func notifier(t *testing.T, d *door, most uint64, shown, path string) *webhook.Notifier {
	t.Helper()
	return newNotifier(t, configOf(d, most, shown, path))
}

func configOf(d *door, most uint64, shown, path string) *webhook.WebhookConfig {
	return &webhook.WebhookConfig{
		URL:       common.SecretTemplateURL(d.url + path),
		MaxAlerts: most,
		HTTPConfig: &config.HTTPClientConfig{
			Authorization: &config.Authorization{Type: "Bearer", Credentials: config.Secret(shown)},
		},
	}
}

func newNotifier(t *testing.T, conf *webhook.WebhookConfig) *webhook.Notifier {
	t.Helper()
	tmpl, err := template.FromGlobs(nil)
	require.NoError(t, err)
	tmpl.ExternalURL, err = url.Parse("http://alertmanager.example.com")
	require.NoError(t, err)
	n, err := webhook.New(conf, tmpl, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return n
}

// contextOf is what the dispatcher hands to a notifier along with a group.
func contextOf(t *testing.T, g group) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	ctx = notify.WithGroupKey(ctx, g.key())
	ctx = notify.WithGroupLabels(ctx, g.labels())
	ctx = notify.WithReceiverName(ctx, "lastgood")
	return notify.WithNotificationReason(ctx, notify.ReasonFirstNotification)
}

func trimmed(bodies [][]byte) []string {
	var texts []string
	for _, body := range bodies {
		texts = append(texts, strings.TrimSpace(string(body)))
	}
	return texts
}
