package slack_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/integrations/rest/resttest"
	"github.com/seed-44180607/lastgood/integrations/slack"
)

const token = "xoxb-hush-hush"

func TestEveryCallConforms(t *testing.T) {
	m := incident.Message{Notice: "hello", Marker: "INC-1/page/1"}
	calls := map[string]func(context.Context, *slack.Client) error{
		"post": func(ctx context.Context, c *slack.Client) error {
			_, err := c.Post(ctx, "C1", m)
			return err
		},
		"edit": func(ctx context.Context, c *slack.Client) error {
			return c.Edit(ctx, incident.Receipt{Channel: "C1", TS: "1.2"}, m)
		},
		"whisper": func(ctx context.Context, c *slack.Client) error {
			return c.Whisper(ctx, incident.Reply{Channel: "C1", User: "U1"}, "no")
		},
		"find": func(ctx context.Context, c *slack.Client) error {
			_, _, err := c.Find(ctx, "C1", m)
			return err
		},
		"find in a direct message": func(ctx context.Context, c *slack.Client) error {
			_, _, err := c.Find(ctx, "U1", m)
			return err
		},
		"ask": func(ctx context.Context, c *slack.Client) error {
			return c.Ask(ctx, incident.Form{Trigger: "1.2", Services: []string{"checkout"}})
		},
		"members": func(ctx context.Context, c *slack.Client) error {
			_, err := c.Members(ctx, "S1")
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			resttest.Conformance(t, "slack", func(ctx context.Context, baseURL string) error {
				client := rest.NewClient(400 * time.Millisecond)
				defer client.CloseIdleConnections()
				return call(ctx, slack.New(slack.Config{Token: token, APIURL: baseURL + "/api", HTTP: client}))
			}, token)
		})
	}
}

func TestAPostIsOneCallWithTextBlocksAndMarker(t *testing.T) {
	vendor := fake(t, `{"ok":true,"channel":"D1","ts":"1503435956.000247","message":{"text":"x"}}`)
	c := card()
	got, err := vendor.client().Post(t.Context(), "U0SRE1", incident.Message{
		Card: &c, Page: true, Marker: "INC-261122-K7Q2ZD/page/1/1/0",
	})
	require.NoError(t, err)
	require.Equal(t, incident.Receipt{Channel: "D1", TS: "1503435956.000247"}, got)
	require.Equal(t, []string{"/api/chat.postMessage"}, vendor.paths())
	form := vendor.calls[0].form
	require.Equal(t, "U0SRE1", form.Get("channel"))
	require.Equal(t, "SEV1 · checkout · 5xx ratio above 5% · INC-261122-K7Q2ZD", form.Get("text"))
	require.Equal(t, "none", form.Get("parse"))
	require.True(t, json.Valid([]byte(form.Get("blocks"))))
	require.JSONEq(t, `{"event_type":"lastgood","event_payload":{"marker":"INC-261122-K7Q2ZD/page/1/1/0","incident":"INC-261122-K7Q2ZD"}}`,
		form.Get("metadata"))
	require.False(t, form.Has("thread_ts"))
}

func TestAReplyGoesIntoTheThread(t *testing.T) {
	vendor := fake(t, `{"ok":true,"channel":"C1","ts":"1.3"}`)
	_, err := vendor.client().Post(t.Context(), "C1", incident.Message{
		Entries: []incident.Entry{{At: night, Text: "Opened"}}, Thread: "1.2",
	})
	require.NoError(t, err)
	require.Equal(t, "1.2", vendor.calls[0].form.Get("thread_ts"))
	require.False(t, vendor.calls[0].form.Has("metadata"))
}

func TestAnEditSendsEverythingThatIsShownAgain(t *testing.T) {
	vendor := fake(t, `{"ok":true,"channel":"C1","ts":"1.2","text":"x"}`)
	c := card()
	err := vendor.client().Edit(t.Context(), incident.Receipt{Channel: "C1", TS: "1.2"}, incident.Message{Card: &c, Marker: "m"})
	require.NoError(t, err)
	require.Equal(t, []string{"/api/chat.update"}, vendor.paths())
	form := vendor.calls[0].form
	require.Equal(t, "1.2", form.Get("ts"))
	require.NotEmpty(t, form.Get("text"))
	require.NotEmpty(t, form.Get("blocks"))
	require.False(t, form.Has("metadata"), "what is left out is kept")
}

func TestAWhisperIsSeenByOnePersonAndMentionsNobody(t *testing.T) {
	vendor := fake(t, `{"ok":true,"message_ts":"1502210682.580145"}`)
	err := vendor.client().Whisper(t.Context(), incident.Reply{Channel: "C1", Thread: "1.2", User: "U1"}, "Acknowledged by <@U2> & co")
	require.NoError(t, err)
	require.Equal(t, []string{"/api/chat.postEphemeral"}, vendor.paths())
	form := vendor.calls[0].form
	require.Equal(t, "U1", form.Get("user"))
	require.Equal(t, "1.2", form.Get("thread_ts"))
	require.Equal(t, "Acknowledged by &lt;@U2&gt; &amp; co", form.Get("text"))
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	vendor := fake(t, `{"ok":true,"channel":"C1","ts":"1.2"}`)
	client := vendor.client()
	for range 20 {
		_, err := client.Post(t.Context(), "C1", incident.Message{Notice: "hello"})
		require.NoError(t, err)
	}
	require.Equal(t, 1, vendor.connections)
}

func TestSlacksErrorCodesBecomeStatuses(t *testing.T) {
	tests := map[string]int{
		"invalid_auth": 401, "not_authed": 401, "account_inactive": 401, "token_revoked": 401,
		"missing_scope": 403, "not_in_channel": 403, "restricted_action": 403, "restricted_action_read_only_channel": 403, "is_archived": 403,
		"channel_not_found": 404, "user_not_found": 404, "message_not_found": 404, "cant_update_message": 404,
		"invalid_blocks": 400, "msg_too_long": 400, "something_new": 400,
		"ratelimited": 429, "internal_error": 503, "fatal_error": 503, "service_unavailable": 503,
	}
	for code, status := range tests {
		t.Run(code, func(t *testing.T) {
			vendor := fake(t, `{"ok":false,"error":"`+code+`"}`)
			_, posted := vendor.client().Post(t.Context(), "C1", incident.Message{Notice: "hello"})
			_, listed := vendor.client().Members(t.Context(), "S1")
			for _, err := range []error{posted, listed} {
				var got *rest.Error
				require.ErrorAs(t, err, &got)
				require.Equal(t, status, got.Status)
				require.Equal(t, code, got.Code)
				require.Equal(t, status < 500 && status != 429, got.Refused())
				require.Equal(t, status >= 500, got.Maybe)
			}
		})
	}
}

func TestAMissingScopeIsNamed(t *testing.T) {
	vendor := fake(t, `{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"identify"}`)
	_, err := vendor.client().Post(t.Context(), "C1", incident.Message{Notice: "hello"})
	require.EqualError(t, err, "slack: post to C1: 403 Forbidden (missing_scope): the bot token lacks the scope chat:write")
}

func TestWhatIsWrongWithTheBlocksIsNamed(t *testing.T) {
	vendor := fake(t, `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] must be less than 3001 characters"]}}`)
	_, err := vendor.client().Post(t.Context(), "C1", incident.Message{Notice: "hello"})
	require.ErrorContains(t, err, "(invalid_blocks): [ERROR] must be less than 3001 characters")
}

func TestAnAnswerWithoutAMessageIsNoSuccess(t *testing.T) {
	for _, answer := range []string{`{"ok":false}`, `{"ok":true}`, `{}`} {
		client := fake(t, answer).client()
		_, posted := client.Post(t.Context(), "C1", incident.Message{Notice: "hello"})
		edited := client.Edit(t.Context(), incident.Receipt{Channel: "C1", TS: "1.2"}, incident.Message{Notice: "hello"})
		whispered := client.Whisper(t.Context(), incident.Reply{Channel: "C1", User: "U1"}, "no")
		for _, err := range []error{posted, edited, whispered} {
			var got *rest.Error
			require.ErrorAs(t, err, &got)
			require.Equal(t, http.StatusBadGateway, got.Status)
			require.True(t, got.Maybe)
		}
	}
}

func TestAnAnswerThatIsNotJSONMayHaveBeenCarriedOut(t *testing.T) {
	for _, answer := range []string{"<html>maintenance</html>", "", `{"ok":tr`} {
		_, err := fake(t, answer).client().Post(t.Context(), "C1", incident.Message{Notice: "hello"})
		var got *rest.Error
		require.ErrorAs(t, err, &got)
		require.True(t, got.Maybe)
		require.False(t, got.Refused())
	}
}

func TestARetryAfterThatIsADateIsStillALimit(t *testing.T) {
	vendor := fake(t, "")
	vendor.status, vendor.retryAfter = http.StatusTooManyRequests, "Sun, 22 Nov 2099 02:05:30 GMT"
	_, err := vendor.client().Post(t.Context(), "C1", incident.Message{Notice: "hello"})
	var got *rest.Error
	require.ErrorAs(t, err, &got)
	require.Equal(t, http.StatusTooManyRequests, got.Status)
	require.Equal(t, time.Hour, got.RetryAfter)
}

// slackFake answers each call with the next of its answers, the last one for ever.
type slackFake struct {
	*httptest.Server
	answers     []string
	status      int
	retryAfter  string
	mu          sync.Mutex
	calls       []call
	connections int
}

type call struct {
	path string
	form url.Values
	auth string
}

func fake(t *testing.T, answers ...string) *slackFake {
	t.Helper()
	f := &slackFake{answers: answers, status: http.StatusOK}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if state == http.StateNew {
			f.connections++
		}
	}
	f.Start()
	t.Cleanup(f.Close)
	return f
}

func (f *slackFake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := r.ParseForm(); err != nil {
		http.Error(w, "no form", http.StatusBadRequest)
		return
	}
	answer := f.answers[min(len(f.calls), len(f.answers)-1)]
	f.calls = append(f.calls, call{r.URL.Path, r.PostForm, r.Header.Get("Authorization")})
	if f.retryAfter != "" {
		w.Header().Set("Retry-After", f.retryAfter)
	}
	w.WriteHeader(f.status)
	_, _ = w.Write([]byte(answer))
}

func (f *slackFake) client() *slack.Client {
	return slack.New(slack.Config{Token: token, APIURL: f.URL + "/api/"})
}

func (f *slackFake) paths() []string {
	var out []string
	for _, c := range f.calls {
		out = append(out, c.path)
	}
	return out
}
