package e2e

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// What the simulator and the stage agree on.
const (
	alertToken    = "simulator-alert-token"
	signingSecret = "simulator-signing-secret"
)

// Alert is one alert of a service, in a group of its own.
type Alert struct {
	h       *Harness
	Service string
	Name    string
	// Group is the key of its group where another monitor than Alertmanager tells of it.
	Group string
	// StartsAt is that of the latest firing.
	StartsAt time.Time
	// Owner is the service whose incidents the alert joins, when those are shared.
	Owner string
	// Direct hands what it says to Temporal as a starter of its own does.
	Direct bool
	// Patient has what was answered 503 sent again, as monitors do.
	Patient bool
}

// Alert gives an alert that does not fire yet.
func (h *Harness) Alert(service, name string) *Alert {
	return &Alert{h: h, Service: service, Name: name}
}

// Fire lets an alert of a service fire, in a group of its own.
func (h *Harness) Fire(service string) *Alert {
	h.t.Helper()
	a := h.Alert(service, "HighErrorRatio")
	a.Fire()
	return a
}

// Fire tells the starter that the alert fires, from now on.
func (a *Alert) Fire() {
	a.h.t.Helper()
	a.StartsAt = time.Now().UTC()
	a.Again()
}

// Again repeats the latest firing, as a monitor does.
func (a *Alert) Again() {
	a.h.t.Helper()
	a.say("firing", a.firing())
}

// Resolve tells the starter that the alert fires no more.
func (a *Alert) Resolve() {
	a.h.t.Helper()
	a.say("resolved", webhook(a.group(), a.row("resolved")))
}

func (a *Alert) say(status string, body []byte) {
	a.h.t.Helper()
	if !a.Direct {
		a.post(body)
		return
	}
	require.NoError(a.h.t, a.signal(false, incident.Alert{
		Fingerprint: a.Name, Name: a.Name, Firing: status == "firing", StartsAt: a.StartsAt, Severity: incident.SEV1,
	}))
}

func (a *Alert) post(body []byte) {
	a.h.t.Helper()
	answer := a.h.PostAlerts(body)
	if a.Patient && answer.Status == http.StatusServiceUnavailable {
		a.h.until("the starter to take what fires", func() bool {
			answer = a.h.PostAlerts(body)
			return answer.Status != http.StatusServiceUnavailable
		})
	}
	require.Equal(a.h.t, http.StatusAccepted, answer.Status, answer.Body)
}

func (a *Alert) group() string {
	if a.Group != "" {
		return a.Group
	}
	return fmt.Sprintf("{}:{alertname=%q, service=%q}", a.Name, a.Service)
}

// Workflow is the ID of the workflow that runs the alert's incidents.
func (a *Alert) Workflow() string {
	if a.Owner != "" {
		return signals.IncidentWorkflow(a.h.id(a.Owner), incident.JointGroup)
	}
	return signals.IncidentWorkflow(a.h.id(a.Service), a.group())
}

// ServiceID is the ID that a service has in lastgood.yaml.
func (h *Harness) ServiceID(service string) string { return h.id(service) }

// id is the ID of a service in this world.
func (h *Harness) id(service string) string { return fmt.Sprintf("%s-%d", service, h.n) }

// firing is the body of Alertmanager's webhook.
func (a *Alert) firing() []byte { return webhook(a.group(), a.row("firing")) }

func (a *Alert) row(status string) map[string]any {
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, a.Service+a.Name)
	row := map[string]any{
		"status":      status,
		"labels":      map[string]string{"alertname": a.Name, "service": a.Service, "env": "production", "severity": "critical"},
		"annotations": map[string]string{"summary": a.Name + " of " + a.Service},
		"startsAt":    a.StartsAt, "endsAt": time.Time{}, "fingerprint": fmt.Sprintf("%016x", hash.Sum64()),
		"generatorURL": "http://prometheus.example.com/graph",
	}
	if status == "resolved" {
		row["endsAt"] = time.Now().UTC()
	}
	return row
}

// webhook is one message of Alertmanager about a group, version 4.
func webhook(group string, alerts ...map[string]any) []byte {
	status := "resolved"
	for _, a := range alerts {
		if a["status"] == "firing" {
			status = "firing"
		}
	}
	body, err := json.Marshal(map[string]any{
		"version": "4", "groupKey": group, "status": status, "receiver": "lastgood", "truncatedAlerts": 0,
		"groupLabels": map[string]string{}, "commonLabels": map[string]string{}, "commonAnnotations": map[string]string{},
		"externalURL": "http://alertmanager.example.com", "alerts": alerts,
	})
	if err != nil {
		panic(fmt.Sprintf("write a webhook: %v", err)) // Maps of strings and times are always JSON.
	}
	return body
}

// Group is the body of one message about several alerts.
func Group(key string, alerts ...*Alert) []byte {
	var rows []map[string]any
	for _, a := range alerts {
		a.StartsAt = time.Now().UTC()
		rows = append(rows, a.row("firing"))
	}
	return webhook(key, rows...)
}

// Answer is what the starter answered.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	Took   time.Duration
}

// PostAlerts sends a body as Alertmanager does. What dress does to the request
// comes last.
func (h *Harness) PostAlerts(body []byte, dress ...func(*http.Request)) Answer {
	h.t.Helper()
	return h.PostAlertsTo(h.stage.Starter(), body, dress...)
}

// PostAlertsTo sends a body to one of several starters.
func (h *Harness) PostAlertsTo(base string, body []byte, dress ...func(*http.Request)) Answer {
	h.t.Helper()
	return h.send(http.MethodPost, base+"/v1/alerts/alertmanager", body, append([]func(*http.Request){func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+alertToken)
	}}, dress...)...)
}

// Post sends a JSON body to a path of the starter, with a token.
func (h *Harness) Post(path, token string, body any) Answer {
	h.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(h.t, err)
	return h.send(http.MethodPost, h.stage.Starter()+path, text, func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+token)
	})
}

// Interact sends a payload signed as Slack does at a moment.
func (h *Harness) Interact(payload []byte, at time.Time, dress ...func(*http.Request)) Answer {
	h.t.Helper()
	form := url.Values{"payload": {string(payload)}}.Encode()
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(signingSecret))
	mac.Write([]byte("v0:" + stamp + ":" + form))
	return h.send(http.MethodPost, h.stage.Starter()+"/slack/interactions", []byte(form), append([]func(*http.Request){func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Slack-Request-Timestamp", stamp)
		r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	}}, dress...)...)
}

// slackTime writes a moment as Slack does.
func slackTime(at time.Time) string { return fmt.Sprintf("%d.%06d", at.Unix(), at.Nanosecond()/1000) }

func (h *Harness) get(path string) Answer {
	h.t.Helper()
	return h.send(http.MethodGet, h.stage.Starter()+path, nil)
}

func (h *Harness) send(method, address string, body []byte, dress ...func(*http.Request)) Answer {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), method, address, bytes.NewReader(body))
	require.NoError(h.t, err)
	for _, d := range dress {
		d(request)
	}
	began := time.Now()
	response, err := http.DefaultClient.Do(request)
	require.NoError(h.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(h.t, err)
	return Answer{response.StatusCode, response.Header, string(text), time.Since(began)}
}
