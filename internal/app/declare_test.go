package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/simulator"
)

// workspace is the simulated Slack with a starter behind it.
type workspace struct {
	t        *testing.T
	url      string
	temporal *declared
	door     *doorway
}

// declared is Temporal as far as it keeps what was declared.
type declared struct {
	client.Client
	deliveries []incident.Delivery
	ids        []string
	fails      error
}

func (d *declared) SignalWithStartWorkflow(_ context.Context, id, _ string, arg any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	if d.fails != nil {
		return nil, d.fails
	}
	delivery, _ := arg.(incident.Delivery)
	d.deliveries, d.ids = append(d.deliveries, delivery), append(d.ids, id)
	return nil, nil
}

func newWorkspace(t *testing.T) *workspace {
	t.Helper()
	w := &workspace{t: t, temporal: &declared{}}
	starter := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.door.api.ServeHTTP(rw, r) }))
	t.Cleanup(starter.Close)
	slack := httptest.NewServer(simulator.New(simulator.Config{InteractionsURL: starter.URL + "/slack/interactions"}))
	t.Cleanup(slack.Close)
	w.url = slack.URL
	w.door = newDoorwayOf(t, signals.Client{Temporal: w.temporal}, func(e *config.Env) {
		e.SlackAPIURL = slack.URL + "/slack/api/"
		e.SlackBotToken, e.SlackSigningSecret = config.NewSecret("xoxb-simulator"), config.NewSecret("simulator-signing-secret")
	})
	return w
}

// orders gives what the simulator answers: the status and the body of the starter.
func (w *workspace) orders(what, body string) (status int, answer string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+"/control/"+what, strings.NewReader(body))
	require.NoError(w.t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(w.t, err)
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, response.StatusCode, string(content))
	var got struct {
		Status int
		Body   string
		Error  string
	}
	require.NoError(w.t, json.Unmarshal(content, &got))
	if got.Status == http.StatusOK {
		require.Empty(w.t, got.Error, "Slack can use the answer")
	}
	return got.Status, got.Body
}

func (w *workspace) types(user, text string) string {
	w.t.Helper()
	status, answer := w.orders("slash", fmt.Sprintf(`{"command":"/lastgood","channel":"C1","user":%q,"text":%q}`, user, text))
	require.Equal(w.t, http.StatusOK, status, answer)
	return answer
}

// fillsIn sends the form off that is open, with some fields changed.
func (w *workspace) fillsIn(user string, fields map[string]string) (status int, answer string) {
	w.t.Helper()
	values := map[string]map[string]string{}
	for name, value := range fields {
		values[name] = map[string]string{name: value}
	}
	sent, err := json.Marshal(map[string]any{"user": user, "values": values})
	require.NoError(w.t, err)
	return w.orders("submit", string(sent))
}

func TestAnIncidentIsDeclaredInSlack(t *testing.T) {
	w := newWorkspace(t)
	require.Empty(t, w.types("U0A", "declare s the <shop> is down"))
	status, answer := w.fillsIn("U0A", map[string]string{"severity": "SEV1", "description": "since noon"})
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, answer, "Incident declared")

	require.Len(t, w.temporal.deliveries, 1)
	d := w.temporal.deliveries[0]
	require.Equal(t, signals.IncidentWorkflow("s", d.Group), w.temporal.ids[0])
	require.True(t, d.NeverResolves)
	require.Equal(t, []string{"slack", "a", "since noon"}, []string{d.Source, d.By, d.Note})
	require.Equal(t, "the <shop> is down", d.Alerts[0].Summary)
	require.Equal(t, incident.SEV1, d.Alerts[0].Severity)
}

func TestAFormThatIsWrongOrNotStoredIsSentAgainAsTheSame(t *testing.T) {
	w := newWorkspace(t)
	w.types("U0A", "declare")
	status, answer := w.fillsIn("U0A", map[string]string{"summary": ""})
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"response_action":"errors","errors":{"service":"Choose a service.","summary":"Say what is wrong."}}`, answer)

	filled := map[string]string{"service": "s", "summary": "it is down"}
	w.temporal.fails = serviceerror.NewPermissionDenied("no", "")
	status, _ = w.fillsIn("U0A", filled)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Empty(t, w.temporal.deliveries)

	w.temporal.fails = nil
	_, answer = w.fillsIn("U0A", filled)
	require.Contains(t, answer, "Incident declared")
	require.Len(t, w.temporal.deliveries, 1)
}

func TestTwoFormsAreTwoIncidents(t *testing.T) {
	w := newWorkspace(t)
	for range 2 {
		w.types("U0A", "declare s it is down")
		w.fillsIn("U0A", nil)
	}
	require.NotEqual(t, w.temporal.ids[0], w.temporal.ids[1])
}

func TestSomebodyWhoIsNotKnownDeclaresNothing(t *testing.T) {
	w := newWorkspace(t)
	require.Contains(t, w.types("U0NOBODY", "declare s it is down"), "Ask whoever runs lastgood to add you")
	require.Empty(t, w.temporal.deliveries)
}
