package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (w *world) slash(text string) (map[string]any, url.Values) {
	w.t.Helper()
	got := w.control("slash", fmt.Sprintf(`{"command":"/lastgood","text":%q,"channel":"C1","user":"U0SRE1"}`, text))
	inbox := w.inbox()
	form, err := url.ParseQuery(inbox[len(inbox)-1].body)
	require.NoError(w.t, err)
	return got, form
}

func TestASlashCommandIsDeliveredSignedAndComplete(t *testing.T) {
	w := newWorld(t)
	got, form := w.slash("who is on call")
	require.EqualValues(t, http.StatusOK, got["status"])
	delivered := w.inbox()[0]
	stamp := delivered.header.Get("X-Slack-Request-Timestamp")
	require.Equal(t, sign(w.cfg.SlackSigningSecret, stamp, delivered.body), delivered.header.Get("X-Slack-Signature"))
	require.Equal(t, "/slack/commands", delivered.path)
	for name, want := range map[string]string{
		"command": "/lastgood", "text": "who is on call", "channel_id": "C1", "channel_name": "c1", "user_id": "U0SRE1",
		"user_name": "sre1", "team_id": slackTeam, "team_domain": slackDomain, "api_app_id": slackApp, "is_enterprise_install": "false",
	} {
		require.Equal(t, want, form.Get(name), name)
	}
	require.NotEmpty(t, form.Get("token"))
	require.Equal(t, true, w.slack("views.open", "trigger_id", form.Get("trigger_id"), "view", modal)["ok"])
	require.Len(t, w.ledger("slack", "slash"), 1)
}

func TestTheAnswerToACommandIsShown(t *testing.T) {
	w := newWorld(t)
	w.answers(http.StatusOK, `{"response_type":"ephemeral","text":"sre-1 is"}`)
	w.slash("on call")
	w.answers(http.StatusOK, `{"response_type":"in_channel","text":"everybody knows now"}`)
	w.slash("announce")
	w.answers(http.StatusOK, "just text")
	w.slash("help")
	require.Equal(t, "sre-1 is", w.ledger("slack", "ephemeral")[0]["text"])
	require.Equal(t, "U0SRE1", w.ledger("slack", "ephemeral")[0]["user"])
	require.Equal(t, "just text", w.ledger("slack", "ephemeral")[1]["text"])
	require.Equal(t, "everybody knows now", w.ledger("slack", "message")[0]["text"])

	w.answers(http.StatusOK, `{"text":"x","blocks":[{"type":"carousel"}]}`)
	broken, _ := w.slash("help")
	require.Equal(t, "the answer: invalid_blocks", broken["error"])
	require.Len(t, w.ledger("slack", "ephemeral"), 2)
}

func TestACommandWithoutAnAnswerFailsOnce(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SlackAckWithin = 20 * time.Millisecond })
	w.answers(http.StatusServiceUnavailable)
	refused, _ := w.slash("help")
	require.Equal(t, "dispatch_failed", refused["error"])
	w.answers(0)
	late, _ := w.slash("help")
	require.Contains(t, late["error"], "operation_timeout")
	require.Len(t, w.inbox(), 2)
	require.Equal(t, http.StatusBadRequest, w.send(http.MethodPost, "/control/slash", "", `{"command":"lastgood","user":"U1","channel":"C1"}`, nil).status)
	require.Equal(t, http.StatusNotFound, w.send(http.MethodPost, "/control/slash", "", `{"command":"/lastgood","user":"U1","channel":"#c"}`, nil).status)
}

func TestACommandsResponseURLHasNoMessageToReplace(t *testing.T) {
	w := newWorld(t)
	_, form := w.slash("status")
	to := form.Get("response_url")[len(w.url):]
	for range 2 {
		got := w.send(http.MethodPost, to, "application/json", `{"text":"later","replace_original":true}`, nil)
		require.Equal(t, "ok", got.text)
	}
	require.Equal(t, "ok", w.send(http.MethodPost, to, "application/json", `{"delete_original":true}`, nil).text)
	require.Len(t, w.ledger("slack", "ephemeral"), 2)
	require.Empty(t, w.ledger("slack", "update"))
}

func TestAShortcutWorksOnAReplyInAThread(t *testing.T) {
	w := newWorld(t)
	card := w.post("channel", "C1", "text", "card")
	reply := w.post("channel", "C1", "text", "reply", "thread_ts", card)
	choose := func(ts string) result {
		body := fmt.Sprintf(`{"callback_id":"add-note","channel":"C1","ts":%q,"user":"U0SRE1"}`, ts)
		return w.send(http.MethodPost, "/control/shortcut", "application/json", body, nil)
	}
	require.Equal(t, http.StatusOK, choose(reply).status)
	payload := payloadOf(t, w.inbox()[0])
	require.Equal(t, "message_action", payload["type"])
	require.Equal(t, "add-note", payload["callback_id"])
	require.Equal(t, reply, payload["message_ts"])
	require.Equal(t, card, at(payload, "message", "thread_ts"))
	require.Equal(t, "sre1", at(payload, "user", "name"))
	require.Regexp(t, `^\d{10}\.\d{6}$`, payload["action_ts"])
	require.Contains(t, payload["response_url"], "/slack/actions/")
	require.Equal(t, true, w.slack("views.open", "trigger_id", payload["trigger_id"].(string), "view", modal)["ok"])
	require.Equal(t, http.StatusNotFound, choose("1.000001").status)
}
