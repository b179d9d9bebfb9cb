package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// press clicks and returns the payload that the starter got.
func (w *world) press(channel, ts, action string) map[string]any {
	w.t.Helper()
	got := w.control("click", fmt.Sprintf(`{"channel":%q,"ts":%q,"action_id":%q,"user":"U0SRE1"}`, channel, ts, action))
	require.EqualValues(w.t, http.StatusOK, got["status"], got)
	inbox := w.inbox()
	return payloadOf(w.t, inbox[len(inbox)-1])
}

func payloadOf(t *testing.T, got received) map[string]any {
	t.Helper()
	form, err := url.ParseQuery(got.body)
	require.NoError(t, err)
	require.Len(t, form, 1)
	var payload map[string]any
	require.NoError(t, json.Unmarshal([]byte(form.Get("payload")), &payload))
	return payload
}

func TestAClickIsDeliveredSignedAndComplete(t *testing.T) {
	w := newWorld(t)
	ts := w.post("channel", "C1", "text", "card", "blocks", ackButton)
	payload := w.press("C1", ts, "acknowledge")

	got := w.inbox()[0]
	mac := hmac.New(sha256.New, []byte(w.cfg.SlackSigningSecret))
	fmt.Fprintf(mac, "v0:%s:%s", got.header.Get("X-Slack-Request-Timestamp"), got.body)
	require.Equal(t, "v0="+hex.EncodeToString(mac.Sum(nil)), got.header.Get("X-Slack-Signature"))
	require.Equal(t, strconv.FormatInt(w.clock.Now().Unix(), 10), got.header.Get("X-Slack-Request-Timestamp"))
	require.Equal(t, "application/x-www-form-urlencoded", got.header.Get("Content-Type"))

	require.Equal(t, "block_actions", payload["type"])
	require.Equal(t, "U0SRE1", at(payload, "user", "id"))
	require.Equal(t, map[string]any{"type": "message", "message_ts": ts, "channel_id": "C1", "is_ephemeral": false}, payload["container"])
	require.Equal(t, "C1", at(payload, "channel", "id"))
	require.Equal(t, "b1", at(payload, "message", "blocks", 0, "block_id"))
	require.Equal(t, "acknowledge", at(payload, "actions", 0, "action_id"))
	require.Equal(t, "INC-1", at(payload, "actions", 0, "value"))
	require.Equal(t, "b1", at(payload, "actions", 0, "block_id"))
	require.Regexp(t, `^\d{10}\.\d{6}$`, at(payload, "actions", 0, "action_ts"))
	require.NotEmpty(t, payload["trigger_id"])
	require.Contains(t, payload["response_url"], w.url+"/slack/actions/")
}

func TestOnlyAButtonThatIsThereNowCanBeClicked(t *testing.T) {
	w := newWorld(t)
	ts := w.post("channel", "C1", "text", "card", "blocks", ackButton)
	click := func(ts, action string) int {
		body := fmt.Sprintf(`{"channel":"C1","ts":%q,"action_id":%q,"user":"U1"}`, ts, action)
		return w.send(http.MethodPost, "/control/click", "application/json", body, nil).status
	}
	require.Equal(t, http.StatusNotFound, click("1.000001", "acknowledge"))
	require.Equal(t, http.StatusNotFound, click(ts, "roll-back"))
	require.Equal(t, http.StatusOK, click(ts, "acknowledge"))
	w.slack("chat.update", "channel", "C1", "ts", ts, "text", "closed", "blocks", "[]")
	require.Equal(t, http.StatusNotFound, click(ts, "acknowledge"))
	require.Len(t, w.inbox(), 1)
}

func TestAClickIsNotDeliveredTwice(t *testing.T) {
	w := newWorld(t)
	w.answers(http.StatusServiceUnavailable)
	ts := w.post("channel", "U0SRE1", "text", "page", "blocks", ackButton)
	got := w.control("click", fmt.Sprintf(`{"channel":"U0SRE1","ts":%q,"action_id":"acknowledge","user":"U0SRE1","value":"other"}`, ts))
	require.EqualValues(t, http.StatusServiceUnavailable, got["status"])
	require.Len(t, w.inbox(), 1)
	require.Equal(t, "other", at(payloadOf(t, w.inbox()[0]), "actions", 0, "value"))
}

func TestAClickThatNobodyAnswersSaysSo(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.InteractionsURL = "http://127.0.0.1:1/" })
	ts := w.post("channel", "C1", "text", "card", "blocks", ackButton)
	got := w.control("click", fmt.Sprintf(`{"channel":"C1","ts":%q,"action_id":"acknowledge","user":"U1"}`, ts))
	require.EqualValues(t, 0, got["status"])
	require.NotEmpty(t, got["error"])
}

func TestAnAnswerAfterTheTimeIsNone(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SlackAckWithin = 20 * time.Millisecond })
	w.answers(0)
	ts := w.post("channel", "C1", "text", "card", "blocks", ackButton)
	got := w.control("click", fmt.Sprintf(`{"channel":"C1","ts":%q,"action_id":"acknowledge","user":"U1"}`, ts))
	require.EqualValues(t, 0, got["status"])
	require.Contains(t, got["error"], "deadline exceeded")
	require.Len(t, w.inbox(), 1, "and it is not sent again")
	require.Equal(t, 3*time.Second, Config{}.withDefaults().SlackAckWithin)
}

func TestAResponseURLWorksFiveTimesWithinHalfAnHour(t *testing.T) {
	w := newWorld(t)
	ts := w.post("channel", "C1", "text", "card", "blocks", ackButton)
	respond := func(to any, body string) result {
		return w.send(http.MethodPost, to.(string)[len(w.url):], "application/json", body, nil)
	}
	to := w.press("C1", ts, "acknowledge")["response_url"]
	require.Equal(t, "ok", respond(to, `{"text":"only you see this"}`).text)
	require.Equal(t, "ok", respond(to, `{"text":"all see this","response_type":"in_channel"}`).text)
	require.Equal(t, "ok", respond(to, `{"text":"new card","replace_original":true}`).text)
	require.Equal(t, "ok", respond(to, `{"text":"x"}`).text)
	require.Equal(t, "ok", respond(to, `{"delete_original":true}`).text)
	require.Equal(t, "used_url", respond(to, `{"text":"x"}`).json["error"])
	require.Equal(t, "U0SRE1", w.ledger("slack", "ephemeral")[0]["user"])
	require.Equal(t, "new card", w.ledger("slack", "update")[0]["text"])

	ts = w.post("channel", "C1", "text", "card", "blocks", ackButton)
	to = w.press("C1", ts, "acknowledge")["response_url"]
	w.clock.pass(31 * time.Minute)
	late := respond(to, `{"text":"late"}`)
	require.Equal(t, http.StatusNotFound, late.status)
	require.Equal(t, "expired_url", late.json["error"])
}
