package simulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// world is a simulator whose clock stands still until the test moves it, and
// the starter that its clicks and alerts reach.
type world struct {
	t     *testing.T
	sim   *Simulator
	url   string
	cfg   Config
	clock *clock

	mu       sync.Mutex
	received []received
	answer   int    // of the starter; 0 none at all
	says     string // the body of its answer
	reached  chan struct{}
}

// received is one request that the starter got.
type received struct {
	path   string
	header http.Header
	body   string
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	w := &world{
		t: t, answer: http.StatusOK, reached: make(chan struct{}, 100),
		clock: &clock{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)},
	}
	starter := httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(starter.Close)
	server := httptest.NewUnstartedServer(nil)
	w.url = "http://" + server.Listener.Addr().String()
	w.cfg = Config{
		PublicURL: w.url, Now: w.clock.Now,
		InteractionsURL: starter.URL + "/slack/interactions", AlertURL: starter.URL + "/v1/alerts/alertmanager",
	}
	for _, c := range change {
		c(&w.cfg)
	}
	w.sim = New(w.cfg)
	w.cfg = w.sim.cfg
	server.Config.Handler = w.sim
	server.Start()
	t.Cleanup(server.Close)
	return w
}

func (w *world) receive(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	w.received = append(w.received, received{r.URL.Path, r.Header, string(body)})
	status, says := w.answer, w.says
	w.mu.Unlock()
	w.reached <- struct{}{}
	if status == 0 {
		<-r.Context().Done()
		return
	}
	rw.WriteHeader(status)
	_, _ = rw.Write([]byte(says))
}

func (w *world) answers(status int, body ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer, w.says = status, strings.Join(body, "")
}

func (w *world) inbox() []received {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]received{}, w.received...)
}

// result is an answer, with its body as text and, if it is JSON, decoded.
type result struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

// send makes a request without following redirects.
func (w *world) send(method, path, contentType, body string, dress func(*http.Request)) result {
	w.t.Helper()
	got, err := w.try(method, path, contentType, body, dress)
	require.NoError(w.t, err)
	return got
}

func (w *world) try(method, path, contentType, body string, dress func(*http.Request)) (result, error) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	require.NoError(w.t, err)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if dress != nil {
		dress(request)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return result{}, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return result{}, err
	}
	got := result{status: response.StatusCode, header: response.Header, text: string(raw)}
	if json.Unmarshal(raw, &got.json) != nil {
		got.json = nil
	}
	return got, nil
}

// slack calls a method as slack-go does: a form with the token in it.
func (w *world) slack(method string, args ...string) map[string]any {
	w.t.Helper()
	form := url.Values{"token": {w.cfg.SlackToken}}
	for i := 0; i+1 < len(args); i += 2 {
		form.Set(args[i], args[i+1])
	}
	got := w.send(http.MethodPost, "/slack/api/"+method, "application/x-www-form-urlencoded", form.Encode(), nil)
	require.NotNil(w.t, got.json, got.text)
	return got.json
}

// post posts a message and returns its ts.
func (w *world) post(args ...string) string {
	w.t.Helper()
	got := w.slack("chat.postMessage", args...)
	require.Equal(w.t, true, got["ok"], got)
	return got["ts"].(string)
}

func (w *world) jenkins(method, path string, form ...string) result {
	w.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		values.Add(form[i], form[i+1])
	}
	return w.send(method, "/jenkins/"+path, "application/x-www-form-urlencoded", values.Encode(), func(r *http.Request) {
		r.SetBasicAuth(w.cfg.JenkinsUser, w.cfg.JenkinsToken)
	})
}

func (w *world) jira(method, path, body string) result {
	w.t.Helper()
	return w.send(method, "/jira/rest/api/2/"+path, "application/json", body, func(r *http.Request) {
		if w.cfg.JiraMode == jiraDataCenter {
			r.Header.Set("Authorization", "Bearer "+w.cfg.JiraToken)
			return
		}
		r.SetBasicAuth(w.cfg.JiraUser, w.cfg.JiraToken)
	})
}

// control posts an order and requires that it is carried out.
func (w *world) control(path, body string) map[string]any {
	w.t.Helper()
	got := w.send(http.MethodPost, "/control/"+path, "application/json", body, nil)
	require.Less(w.t, got.status, 300, got.text)
	return got.json
}

// ledger returns the details of all effects of a kind.
func (w *world) ledger(vendor, effect string) []map[string]any {
	w.t.Helper()
	got := w.send(http.MethodGet, "/control/ledger?vendor="+vendor+"&effect="+effect, "", "", nil)
	var entries []struct {
		Detail map[string]any `json:"detail"`
	}
	require.NoError(w.t, json.Unmarshal([]byte(got.text), &entries), got.text)
	var details []map[string]any
	for _, e := range entries {
		details = append(details, e.Detail)
	}
	return details
}

// at walks down decoded JSON: a string names a field, a number an element.
func at(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			fields, _ := value.(map[string]any)
			value = fields[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}
