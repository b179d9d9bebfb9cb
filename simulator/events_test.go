package simulator

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shown is what the tests read of a scene.
type shown struct {
	Effects int `json:"effects"`
	Slack   struct {
		People        []struct{ ID, Name string }
		Conversations []struct {
			ID, Name string
			Messages []struct{ Text string }
		}
	}
	Jenkins struct {
		Jobs []struct {
			Name   string
			Builds []struct{ Release, Result string }
		}
	}
	Jira struct {
		Issues []struct{ Key, Status string }
	}
	Shop []struct {
		Service, Release string
		History          []struct{ Release string }
	}
	Faults []struct{ Vendor string }
	Ledger []struct{ Vendor, Effect string }
}

// stream reads server-sent events.
type stream struct {
	t     *testing.T
	lines *bufio.Scanner
}

func (w *world) events(ctx context.Context) *stream {
	w.t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/control/events", nil)
	require.NoError(w.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = response.Body.Close() })
	require.Equal(w.t, "text/event-stream", response.Header.Get("Content-Type"))
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return &stream{w.t, lines}
}

func (s *stream) next() (got shown) {
	s.t.Helper()
	for s.lines.Scan() {
		if data, ok := strings.CutPrefix(s.lines.Text(), "data: "); ok {
			require.NoError(s.t, json.Unmarshal([]byte(data), &got))
			return got
		}
	}
	require.Fail(s.t, "the stream has ended", "%v", s.lines.Err())
	return got
}

func TestThePageHearsOfEveryEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	events := w.events(t.Context())
	first := events.next()
	require.Equal(t, "deploy/checkout", first.Jenkins.Jobs[0].Name)
	require.Equal(t, "2026.11.3", first.Shop[0].Release)
	require.Equal(t, "2026.11.3", first.Shop[0].History[len(first.Shop[0].History)-1].Release)
	require.Equal(t, "First responder", first.Slack.People[0].Name)
	require.Empty(t, first.Slack.Conversations)

	w.send(http.MethodPost, "/slack/api/chat.postMessage", "application/x-www-form-urlencoded", "token=xoxb-simulator&channel=C0CHECKOUT&text=hello", nil)
	w.send(http.MethodPost, "/control/faults", "application/json", `{"vendor":"jenkins","status":503}`, nil)
	got := events.next()
	for len(got.Slack.Conversations) == 0 || len(got.Faults) == 0 {
		got = events.next()
	}
	require.Equal(t, "checkout", got.Slack.Conversations[0].Name)
	require.Equal(t, "hello", got.Slack.Conversations[0].Messages[0].Text)
	require.Equal(t, "message", got.Ledger[len(got.Ledger)-1].Effect)
	require.Equal(t, 1, got.Effects)
	w.ticket("INC-1")
	for len(got.Jira.Issues) == 0 {
		got = events.next()
	}
	require.Equal(t, "OPS-1", got.Jira.Issues[0].Key)
	require.Equal(t, "To Do", got.Jira.Issues[0].Status)
}

func TestThePageHearsOfFaultsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, change := range []func(){
		func() { w.control("faults", `{"name":"lost","vendor":"jira","status":503,"times":1}`) },
		func() { w.jira(http.MethodGet, "myself", "") }, // uses it up
		func() { w.control("faults", `{"name":"down","vendor":"jira","status":503}`) },
		func() { w.send(http.MethodDelete, "/control/faults?name=down", "", "", nil) },
	} {
		_, changed := w.sim.scene()
		change()
		select {
		case <-changed:
		default:
			require.Fail(t, "the page waits for its next second")
		}
	}
}

func TestTheStreamEndsWithTheSimulator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.sim.Run(ctx)
	}()
	events := w.events(t.Context())
	events.next()
	stop()
	timeout := time.NewTimer(5 * time.Second)
	defer timeout.Stop()
	over := make(chan struct{})
	go func() {
		defer close(over)
		for events.lines.Scan() {
		}
	}()
	select {
	case <-over:
	case <-timeout.C:
		t.Fatal("the stream goes on although the simulator has stopped")
	}
	<-ended
}

func TestThePageSeesTheShopFailAndRecover(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ship("2026.11.4", true)
	w.clock.pass(10 * time.Second)
	failing := w.send(http.MethodGet, "/control/scene", "", "", nil).text
	require.Contains(t, failing, `"error_ratio":0.25`)
	w.ship("2026.11.5", false)
	w.clock.pass(10 * time.Second)
	var got shown
	well := w.send(http.MethodGet, "/control/scene", "", "", nil).text
	require.NoError(t, json.Unmarshal([]byte(well), &got))
	require.Contains(t, well, `"error_ratio":0.002`)
	require.Equal(t, "2026.11.5", got.Shop[0].Release)
	builds := got.Jenkins.Jobs[0].Builds
	require.Equal(t, "SUCCESS", builds[len(builds)-1].Result)
}

// Another program may watch the shop: what it finds the simulator cannot know.
func TestWithoutAMonitorThePageSaysNothingOfAlerts(t *testing.T) {
	t.Parallel()
	scene := func(w *world) string { return w.send(http.MethodGet, "/control/scene", "", "", nil).text }
	require.Contains(t, scene(newWorld(t)), `"firing":false`)
	without := scene(newWorld(t, func(c *Config) { c.AlertURL = "" }))
	require.Contains(t, without, `"error_ratio"`)
	require.NotContains(t, without, `"firing"`)
}
