package simulator

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const ackButton = `[{"type":"actions","block_id":"b1","elements":[{"type":"button","action_id":"acknowledge","value":"INC-1","text":{"type":"plain_text","text":"Acknowledge"}}]}]`

func TestAMessageHasATimestampOfItsOwnThatGrows(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SlackPerChannelRate = -1 })
	last := ""
	for range 20 {
		ts := w.post("channel", "C1", "text", "hello")
		require.Regexp(t, `^\d{10}\.\d{6}$`, ts)
		require.Greater(t, ts, last)
		last = ts
	}
}

func TestSlackTakesTheTokenInAFormOrInAHeader(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, true, w.slack("auth.test")["ok"])
	asJSON := func(token string) map[string]any {
		return w.send(http.MethodPost, "/slack/api/chat.postMessage", "application/json; charset=utf-8",
			`{"channel":"C1","text":"hi","blocks":`+ackButton+`,"token":"ignored"}`, func(r *http.Request) {
				if token != "" {
					r.Header.Set("Authorization", "Bearer "+token)
				}
			}).json
	}
	require.Equal(t, true, asJSON(w.cfg.SlackToken)["ok"])
	require.Equal(t, "invalid_auth", asJSON("xoxb-other")["error"])
	require.Equal(t, "not_authed", asJSON("")["error"])
	require.Equal(t, "unknown_method", w.slack("chat.shout")["error"])
}

func TestAMissingScopeIsNamed(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SlackScopes = []string{"users:read"} })
	got := w.slack("chat.postMessage", "channel", "C1", "text", "hi")
	require.Equal(t, "missing_scope", got["error"])
	require.Equal(t, "chat:write", got["needed"])
}

func TestSlackRefusesPosts(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.StrictChannels, c.Channels, c.SlackUsers = true, []string{"C1", "C2", "C3"}, []string{"U1", "U2"}
	})
	w.control("slack/channel", `{"channel":"C2","state":"archived"}`)
	w.control("slack/channel", `{"channel":"U2","state":"missing"}`)
	w.control("slack/channel", `{"channel":"C3","state":"not_joined"}`)
	cases := map[string]struct {
		args []string
		want string
	}{
		"to an unknown channel":    {[]string{"channel", "C9", "text", "hi"}, "channel_not_found"},
		"to a channel name":        {[]string{"channel", "#checkout", "text", "hi"}, "channel_not_found"},
		"to an unknown user":       {[]string{"channel", "U9", "text", "hi"}, "channel_not_found"},
		"to a user who is gone":    {[]string{"channel", "U2", "text", "hi"}, "channel_not_found"},
		"to an archived channel":   {[]string{"channel", "C2", "text", "hi"}, "is_archived"},
		"where it is not a member": {[]string{"channel", "C3", "text", "hi"}, "not_in_channel"},
		"with nothing in it":       {[]string{"channel", "C1", "blocks", "[]"}, "no_text"},
		"with broken blocks":       {[]string{"channel", "C1", "blocks", "{"}, "invalid_blocks_format"},
		"with broken metadata":     {[]string{"channel", "C1", "text", "hi", "metadata", "{"}, "invalid_metadata_format"},
		"with untyped metadata":    {[]string{"channel", "C1", "text", "hi", "metadata", `{"event_payload":{}}`}, "invalid_metadata_schema"},
		"into no thread":           {[]string{"channel", "C1", "text", "hi", "thread_ts", "1.000001"}, "cannot_reply_to_message"},
	}
	for name, c := range cases {
		require.Equal(t, c.want, w.slack("chat.postMessage", c.args...)["error"], name)
	}
	require.Empty(t, w.ledger("slack", ""))
}

func TestBlocksBeyondSlacksLimitsAreInvalid(t *testing.T) {
	w := newWorld(t)
	long := func(n int) string { return strings.Repeat("x", n) }
	text := func(kind string, n int) string { return fmt.Sprintf(`{"type":%q,"text":%q}`, kind, long(n)) }
	button := func(label int, more string) string {
		return `{"type":"button","text":` + text("plain_text", label) + more + `}`
	}
	actions := func(elements string) string { return `[{"type":"actions","elements":[` + elements + `]}]` }
	many := func(n int, of string) string { return strings.TrimSuffix(strings.Repeat(of+",", n), ",") }
	cases := map[string]struct{ blocks, want string }{
		"50 blocks":             {"[" + many(50, `{"type":"divider"}`) + "]", ""},
		"51 blocks":             {"[" + many(51, `{"type":"divider"}`) + "]", "invalid_blocks"},
		"3000 of section":       {`[{"type":"section","text":` + text("mrkdwn", 3000) + `}]`, ""},
		"3001 of section":       {`[{"type":"section","text":` + text("mrkdwn", 3001) + `}]`, "invalid_blocks"},
		"empty section text":    {`[{"type":"section","text":` + text("mrkdwn", 0) + `}]`, "invalid_blocks"},
		"section of nothing":    {`[{"type":"section"}]`, "invalid_blocks"},
		"11 fields":             {`[{"type":"section","fields":[` + many(11, text("mrkdwn", 5)) + `]}]`, "invalid_blocks"},
		"field of 2001":         {`[{"type":"section","fields":[` + text("mrkdwn", 2001) + `]}]`, "invalid_blocks"},
		"header of 151":         {`[{"type":"header","text":` + text("plain_text", 151) + `}]`, "invalid_blocks"},
		"header of mrkdwn":      {`[{"type":"header","text":` + text("mrkdwn", 5) + `}]`, "invalid_blocks"},
		"11 in a context":       {`[{"type":"context","elements":[` + many(11, text("mrkdwn", 5)) + `]}]`, "invalid_blocks"},
		"25 buttons":            {actions(many(25, button(5, ""))), ""},
		"26 buttons":            {actions(many(26, button(5, ""))), "invalid_blocks"},
		"button text of 76":     {actions(button(76, "")), "invalid_blocks"},
		"value of 2000":         {actions(button(5, `,"value":"`+long(2000)+`"`)), ""},
		"value of 2001":         {actions(button(5, `,"value":"`+long(2001)+`"`)), "invalid_blocks"},
		"action_id of 256":      {actions(button(5, `,"action_id":"`+long(256)+`"`)), "invalid_blocks"},
		"same action_id twice":  {actions(many(2, button(5, `,"action_id":"a"`))), "invalid_blocks"},
		"unknown style":         {actions(button(5, `,"style":"warning"`)), "invalid_blocks"},
		"confirm title of 101":  {actions(button(5, `,"confirm":{"title":`+text("plain_text", 101)+`,"text":`+text("mrkdwn", 5)+`,"confirm":`+text("plain_text", 5)+`,"deny":`+text("plain_text", 5)+`}`)), "invalid_blocks"},
		"same block_id twice":   {`[` + many(2, `{"type":"divider","block_id":"b"}`) + `]`, "invalid_blocks"},
		"alert outside a modal": {`[{"type":"alert"}]`, "invalid_blocks"},
		"unknown block":         {`[{"type":"carousel"}]`, "invalid_blocks"},
		"13,200 in all":         {`[` + many(5, `{"type":"section","text":`+text("mrkdwn", 2700)+`}`) + `]`, "msg_blocks_too_long"},
	}
	for name, c := range cases {
		w.clock.pass(time.Minute)
		got := w.slack("chat.postMessage", "channel", "C1", "text", "hi", "blocks", c.blocks)
		if c.want == "" {
			require.Equal(t, true, got["ok"], name)
			continue
		}
		require.Equal(t, c.want, got["error"], name)
	}
}

func TestPostingToAUserOpensADirectMessage(t *testing.T) {
	w := newWorld(t)
	got := w.slack("chat.postMessage", "channel", "U0SRE1", "text", "page")
	require.Equal(t, "D0SRE1", got["channel"])
	require.Equal(t, "D0SRE1", at(w.slack("conversations.open", "users", "U0SRE1"), "channel", "id"))
	require.Equal(t, "U0SRE1", w.ledger("slack", "message")[0]["user"])
	require.Equal(t, "channel_not_found", w.slack("chat.update", "channel", "U0SRE1", "ts", got["ts"].(string), "text", "x")["error"])
	require.Equal(t, true, w.slack("chat.update", "channel", "D0SRE1", "ts", got["ts"].(string), "text", "x")["ok"])
}

func TestAnUpdateKeepsWhatItDoesNotName(t *testing.T) {
	w := newWorld(t)
	ts := w.post("channel", "C1", "text", "one", "blocks", ackButton, "metadata", `{"event_type":"page","event_payload":{"incident":"INC-1"}}`)
	got := w.slack("chat.update", "channel", "C1", "ts", ts, "text", "two")
	require.Equal(t, "two", at(got, "message", "text"))
	require.Equal(t, "b1", at(got, "message", "blocks", 0, "block_id"))
	require.Equal(t, "INC-1", at(got, "message", "metadata", "event_payload", "incident"))
	got = w.slack("chat.update", "channel", "C1", "ts", ts, "text", "three", "blocks", "[]")
	require.Nil(t, at(got, "message", "blocks"))
	require.Len(t, w.ledger("slack", "update"), 2)
}

func TestSlackRefusesUpdates(t *testing.T) {
	w := newWorld(t)
	own := w.post("channel", "C1", "text", "mine")
	other := w.control("say", `{"channel":"C1","user":"U1","text":"theirs"}`)["ts"].(string)
	whispered := w.slack("chat.postEphemeral", "channel", "C1", "user", "U1", "text", "psst")["message_ts"].(string)
	require.Equal(t, "message_not_found", w.slack("chat.update", "channel", "C1", "ts", "1.000001", "text", "x")["error"])
	require.Equal(t, "message_not_found", w.slack("chat.update", "channel", "C1", "ts", whispered, "text", "x")["error"])
	require.Equal(t, "cant_update_message", w.slack("chat.update", "channel", "C1", "ts", other, "text", "x")["error"])
	require.Equal(t, "msg_too_long", w.slack("chat.update", "channel", "C1", "ts", own, "text", strings.Repeat("x", 4001))["error"])
	require.Equal(t, "no_text", w.slack("chat.update", "channel", "C1", "ts", own)["error"])
}

func TestALongPostIsCutWithAWarning(t *testing.T) {
	w := newWorld(t)
	got := w.slack("chat.postMessage", "channel", "C1", "text", strings.Repeat("x", 40001))
	require.Equal(t, "message_truncated", got["warning"])
	require.Len(t, at(got, "message", "text"), 40000)
}

func TestAChannelTakesAMessageASecondAfterABurst(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SlackPerChannelBurst = 2 })
	w.post("channel", "C1", "text", "1")
	w.post("channel", "C1", "text", "2")
	form := "token=" + w.cfg.SlackToken + "&channel=C1&text=3"
	limited := w.send(http.MethodPost, "/slack/api/chat.postMessage", "application/x-www-form-urlencoded", form, nil)
	require.Equal(t, http.StatusTooManyRequests, limited.status)
	require.Equal(t, "1", limited.header.Get("Retry-After"))
	require.Equal(t, "ratelimited", limited.json["error"])
	w.post("channel", "C2", "text", "another channel")
	w.clock.pass(time.Second)
	w.post("channel", "C1", "text", "3")
}

func TestHistoryIsNewestFirstAndLeavesRepliesOut(t *testing.T) {
	w := newWorld(t)
	first := w.post("channel", "C1", "text", "card", "metadata", `{"event_type":"page","event_payload":{"seq":1}}`)
	reply := w.post("channel", "C1", "text", "reply", "thread_ts", first)
	w.post("channel", "C1", "text", "reply to the reply", "thread_ts", reply)
	second := w.post("channel", "C1", "text", "other card")

	plain := w.slack("conversations.history", "channel", "C1")
	require.Equal(t, second, at(plain, "messages", 0, "ts"))
	require.Equal(t, first, at(plain, "messages", 1, "ts"))
	require.Nil(t, at(plain, "messages", 2))
	require.Nil(t, at(plain, "messages", 1, "metadata"))
	require.EqualValues(t, 2, at(plain, "messages", 1, "reply_count"))

	full := w.slack("conversations.history", "channel", "C1", "include_all_metadata", "true", "oldest", first, "inclusive", "true")
	require.EqualValues(t, 1, at(full, "messages", 1, "metadata", "event_payload", "seq"))

	thread := w.slack("conversations.replies", "channel", "C1", "ts", first)
	require.Equal(t, first, at(thread, "messages", 0, "ts"))
	require.Equal(t, reply, at(thread, "messages", 1, "ts"))
	require.Equal(t, first, at(thread, "messages", 2, "thread_ts"))
	require.Equal(t, "thread_not_found", w.slack("conversations.replies", "channel", "C1", "ts", "1.000001")["error"])
}

func TestHistoryComesInPages(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SlackPerChannelRate = -1 })
	for i := range 5 {
		w.post("channel", "C1", "text", fmt.Sprint(i))
	}
	var texts []any
	cursor := ""
	for page := 0; page == 0 || cursor != ""; page++ {
		got := w.slack("conversations.history", "channel", "C1", "limit", "2", "cursor", cursor)
		for _, m := range got["messages"].([]any) {
			texts = append(texts, at(m, "text"))
		}
		cursor = at(got, "response_metadata", "next_cursor").(string)
		require.Equal(t, cursor != "", got["has_more"])
	}
	require.Equal(t, []any{"4", "3", "2", "1", "0"}, texts)
}

func TestPeopleAndGroupsAreKnown(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SlackGroups = map[string][]string{"S0SRE": {"U1", "U2"}} })
	require.Equal(t, "sre1", at(w.slack("users.info", "user", "U0SRE1"), "user", "name"))
	require.Equal(t, "user_not_found", w.slack("users.info", "user", "nobody")["error"])
	require.Equal(t, []any{"U1", "U2"}, w.slack("usergroups.users.list", "usergroup", "S0SRE")["users"])
	require.Equal(t, "no_such_subteam", w.slack("usergroups.users.list", "usergroup", "S1")["error"])
}

func TestTestsSeeThreadsAndWhispers(t *testing.T) {
	w := newWorld(t)
	card := w.post("channel", "C1", "text", "card")
	w.post("channel", "C1", "text", "reply", "thread_ts", card)
	w.slack("chat.postEphemeral", "channel", "C1", "user", "U1", "text", "psst")
	got := w.send(http.MethodGet, "/control/messages?channel=C1", "", "", nil).json
	require.Equal(t, "reply", at(got, "messages", 0, "replies", 0, "text"))
	require.Equal(t, "U1", at(got, "ephemerals", 0, "only_for"))
	all := w.send(http.MethodGet, "/control/messages", "", "", nil).json
	require.Equal(t, "card", at(all, "channels", "C1", "messages", 0, "text"))
}

func TestEachKindOfConversationNeedsAScopeToBeRead(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SlackScopes = []string{"chat:write", "channels:history", "channels:manage"} })
	direct := w.slack("chat.postMessage", "channel", "U0SRE1", "text", "hi")
	private := w.slack("conversations.create", "name", "inc-1", "is_private", "true")
	for _, method := range []string{"conversations.history", "conversations.replies"} {
		got := w.slack(method, "channel", direct["channel"].(string), "ts", direct["ts"].(string))
		require.Equal(t, "im:history", got["needed"], "%s: %v", method, got)
		got = w.slack(method, "channel", at(private, "channel", "id").(string), "ts", "1")
		require.Equal(t, "groups:history", got["needed"], "%s: %v", method, got)
	}
	require.Equal(t, true, w.slack("conversations.history", "channel", "C1")["ok"])
}
