package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const modal = `{"type":"modal","callback_id":"choose","private_metadata":"INC-1","title":{"type":"plain_text","text":"Roll back"},
 "submit":{"type":"plain_text","text":"Go"},"blocks":[{"type":"input","block_id":"release","label":{"type":"plain_text","text":"Release"},
 "element":{"type":"static_select","action_id":"pick","options":[{"text":{"type":"plain_text","text":"2026.11.3"},"value":"2026.11.3"}]}}]}`

func TestATriggerOpensOneModalWithinThreeSeconds(t *testing.T) {
	w := newWorld(t)
	ts := w.post("channel", "C1", "text", "card", "blocks", ackButton)
	trigger := w.press("C1", ts, "acknowledge")["trigger_id"].(string)
	require.Equal(t, true, w.slack("views.open", "trigger_id", trigger, "view", modal)["ok"])
	require.Equal(t, "exchanged_trigger_id", w.slack("views.open", "trigger_id", trigger, "view", modal)["error"])
	require.Equal(t, "invalid_trigger_id", w.slack("views.open", "trigger_id", "1.2", "view", modal)["error"])
	trigger = w.press("C1", ts, "acknowledge")["trigger_id"].(string)
	w.clock.pass(4 * time.Second)
	require.Equal(t, "expired_trigger_id", w.slack("views.open", "trigger_id", trigger, "view", modal)["error"])
}

func TestASubmittedModalCarriesItsStateAndCloses(t *testing.T) {
	w := newWorld(t)
	ts := w.post("channel", "C1", "text", "card", "blocks", ackButton)
	trigger := w.press("C1", ts, "acknowledge")["trigger_id"].(string)
	w.slack("views.open", "trigger_id", trigger, "view", modal)
	w.control("submit", `{"user":"U0SRE1","values":{"release":{"pick":"2026.11.3"}}}`)
	payload := payloadOf(t, w.inbox()[1])
	require.Equal(t, "view_submission", payload["type"])
	require.Equal(t, "INC-1", at(payload, "view", "private_metadata"))
	require.Equal(t, "2026.11.3", at(payload, "view", "state", "values", "release", "pick", "selected_option", "value"))
	again := w.send(http.MethodPost, "/control/submit", "application/json", `{"user":"U0SRE1"}`, nil)
	require.Equal(t, http.StatusNotFound, again.status)
}

// modalOpen opens the modal for U0SRE1 and returns its view.
func (w *world) modalOpen() map[string]any {
	w.t.Helper()
	got := w.slack("views.open", "trigger_id", w.freshTrigger(), "view", modal)
	require.Equal(w.t, true, got["ok"], got)
	return got["view"].(map[string]any)
}

// freshTrigger clicks and returns the trigger ID of that.
func (w *world) freshTrigger() string {
	w.t.Helper()
	ts := w.post("channel", "C1", "text", "card", "blocks", ackButton)
	return w.press("C1", ts, "acknowledge")["trigger_id"].(string)
}

func (w *world) submit(values string) map[string]any {
	w.t.Helper()
	return w.control("submit", `{"user":"U0SRE1","values":`+values+`}`)
}

func TestAnUpdateOfAModalLosesARace(t *testing.T) {
	w := newWorld(t)
	first := w.modalOpen()
	id, hash := first["id"].(string), first["hash"].(string)
	named := strings.Replace(modal, `"choose"`, `"choose","external_id":"mine"`, 1)
	second := w.slack("views.update", "view_id", id, "hash", hash, "view", named)
	require.Equal(t, true, second["ok"], second)
	require.NotEqual(t, hash, at(second, "view", "hash"))
	require.Equal(t, "hash_conflict", w.slack("views.update", "view_id", id, "hash", hash, "view", modal)["error"])
	require.Equal(t, true, w.slack("views.update", "external_id", "mine", "view", named)["ok"], "without a hash the last one wins")
	require.Equal(t, "not_found", w.slack("views.update", "view_id", "V1", "view", modal)["error"])
	require.Equal(t, "duplicate_external_id", w.slack("views.open", "trigger_id", w.freshTrigger(), "view", named)["error"])
	w.submit(`{"release":{"pick":"2026.11.3"}}`)
	require.Equal(t, "not_found", w.slack("views.update", "view_id", id, "view", modal)["error"], "it is closed")
}

func TestAModalBeyondSlacksLimitsIsRefused(t *testing.T) {
	w := newWorld(t)
	text := func(n int) string { return fmt.Sprintf(`{"type":"plain_text","text":%q}`, strings.Repeat("x", n)) }
	blocks := func(n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`{"type":"divider"},`, n), ",") + "]"
	}
	cases := map[string]struct{ view, want string }{
		"100 blocks":               {`{"type":"modal","title":` + text(24) + `,"blocks":` + blocks(100) + `}`, ""},
		"101 blocks":               {`{"type":"modal","title":` + text(24) + `,"blocks":` + blocks(101) + `}`, "invalid_blocks"},
		"title of 25":              {`{"type":"modal","title":` + text(25) + `,"blocks":[]}`, "invalid_arguments"},
		"submit of 25":             {`{"type":"modal","title":` + text(1) + `,"submit":` + text(25) + `,"blocks":[]}`, "invalid_arguments"},
		"private metadata of 3001": {`{"type":"modal","title":` + text(1) + `,"private_metadata":"` + strings.Repeat("x", 3001) + `","blocks":[]}`, "invalid_arguments"},
		"250 kB":                   {`{"type":"modal","title":` + text(1) + `,"callback_id":"` + strings.Repeat("x", 250_000) + `","blocks":[]}`, "view_too_large"},
		"no modal":                 {`{"type":"message"}`, "invalid_arguments"},
	}
	for name, c := range cases {
		w.clock.pass(time.Minute)
		got := w.slack("views.open", "trigger_id", w.freshTrigger(), "view", c.view)
		if c.want == "" {
			require.Equal(t, true, got["ok"], name)
			continue
		}
		require.Equal(t, c.want, got["error"], name)
	}
}

func TestTheAnswerToASubmissionDecidesOnTheModal(t *testing.T) {
	w := newWorld(t)
	w.modalOpen()
	values := `{"release":{"pick":"2026.11.3"}}`
	w.answers(http.StatusOK, `{"response_action":"errors","errors":{"release":"no longer there"}}`)
	require.Nil(t, w.submit(values)["error"])
	w.answers(http.StatusOK, `{"response_action":"errors","errors":{"other":"which block?"}}`)
	require.Equal(t, "no input block other", w.submit(values)["error"])
	w.answers(http.StatusServiceUnavailable)
	w.submit(values)
	w.answers(http.StatusOK, `{"response_action":"update","view":`+strings.Replace(modal, `"choose"`, `"chosen"`, 1)+`}`)
	w.submit(values)
	w.answers(http.StatusOK, `{"response_action":"push","view":`+strings.Replace(modal, `"choose"`, `"sure"`, 1)+`}`)
	w.submit(values)
	w.answers(http.StatusOK)
	w.submit(values)
	w.answers(http.StatusOK, `{"response_action":"clear"}`)
	w.submit(values)

	var asked []any
	for _, got := range w.inbox()[1:] {
		asked = append(asked, at(payloadOf(t, got), "view", "callback_id"))
	}
	require.Equal(t, []any{"choose", "choose", "choose", "choose", "chosen", "sure", "chosen"}, asked)
	pushed := payloadOf(t, w.inbox()[6])
	require.Equal(t, at(pushed, "view", "root_view_id"), at(pushed, "view", "previous_view_id"))
	require.Equal(t, http.StatusNotFound, w.send(http.MethodPost, "/control/submit", "application/json", `{"user":"U0SRE1"}`, nil).status)
}

func TestASubmissionHasEveryFieldOfAView(t *testing.T) {
	w := newWorld(t)
	w.modalOpen()
	w.submit(`{"release":{"pick":"2026.11.3"}}`)
	raw, err := json.Marshal(payloadOf(t, w.inbox()[1])["view"])
	require.NoError(t, err)
	for _, name := range []string{
		"id", "team_id", "app_id", "bot_id", "type", "title", "close", "submit", "blocks", "state", "hash", "callback_id",
		"private_metadata", "root_view_id", "previous_view_id", "clear_on_close", "notify_on_close", "external_id",
	} {
		require.Contains(t, string(raw), `"`+name+`":`)
	}
}
