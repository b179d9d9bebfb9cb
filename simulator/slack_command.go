package simulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// command is a user typing a slash command into a channel or into direct
// messages; threads have none.
type command struct {
	Command string `json:"command"`
	Text    string `json:"text"`
	Channel string `json:"channel"`
	User    string `json:"user"`
}

// shortcut is a user choosing a message shortcut from a message's menu, which
// works on replies in threads too.
type shortcut struct {
	CallbackID string `json:"callback_id"`
	Channel    string `json:"channel"`
	TS         string `json:"ts"`
	User       string `json:"user"`
}

// typed returns the fields that Slack sends for a command, and where it was typed.
func (s *slack) typed(c command, now time.Time) (map[string]string, *conversation, error) {
	if !strings.HasPrefix(c.Command, "/") || !s.userExists(c.User) {
		return nil, nil, badRequest("no user %q, or no command %q", c.User, c.Command)
	}
	where, refused := s.channel(c.Channel, true)
	if refused != nil {
		return nil, nil, notFound("channel %q: %s", c.Channel, refused.code)
	}
	s.ledger.record(now, "slack", "slash", map[string]any{
		"channel": where.id, "user": c.User, "command": c.Command, "text": c.Text,
	})
	return map[string]string{
		"token": "legacy", "team_id": slackTeam, "team_domain": slackDomain, "channel_id": where.id, "channel_name": where.name(),
		"user_id": c.User, "user_name": userName(c.User), "command": c.Command, "text": c.Text, "api_app_id": slackApp,
		"is_enterprise_install": "false", "trigger_id": s.newTrigger(c.User, now),
		"response_url": s.newResponseURL(where, nil, c.User, now),
	}, where, nil
}

// replied shows what the app answered to a command: to its user, or to the
// channel when the answer says so.
func (s *slack) replied(where *conversation, user string, got *delivery, now time.Time) {
	switch {
	case got.Status == 0:
		got.Error = "operation_timeout: " + got.Error
		return
	case got.Status != http.StatusOK:
		got.Error = "dispatch_failed"
		return
	}
	if strings.TrimSpace(got.Body) == "" {
		return
	}
	args := slackArgs{"text": got.Body}
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(got.Body), &fields) == nil {
		args = argsOf(fields)
	}
	written, refused := readContent(args)
	if refused != nil {
		got.Error = "the answer: " + refused.code
		return
	}
	if !written.empty() {
		s.apply(&responseURL{where: where, user: user}, args, written, now)
	}
}

// choose makes the payload of a message shortcut.
func (s *slack) choose(c shortcut, now time.Time) (map[string]any, error) {
	where, refused := s.channel(c.Channel, true)
	if refused != nil {
		return nil, notFound("channel %q: %s", c.Channel, refused.code)
	}
	m := where.find(c.TS) // an ephemeral message has no menu
	if m == nil || !s.userExists(c.User) {
		return nil, notFound("%s sees no message %s in %s", c.User, c.TS, where.id)
	}
	s.ledger.record(now, "slack", "shortcut", map[string]any{
		"channel": where.id, "ts": m.ts, "callback_id": c.CallbackID, "user": c.User,
	})
	payload := s.interaction("message_action", c.User, now)
	payload["callback_id"], payload["action_ts"] = c.CallbackID, s.timestamp(now)
	payload["channel"] = map[string]any{"id": where.id, "name": where.name()}
	payload["message"], payload["message_ts"] = where.show(m, true), m.ts
	payload["response_url"] = s.newResponseURL(where, m, c.User, now)
	return payload, nil
}

func (s *Simulator) slash(r *http.Request, asked command) (any, error) {
	var fields map[string]string
	var where *conversation
	var err error
	s.do(func(st *state, now time.Time) { fields, where, err = st.slack.typed(asked, now) })
	if err != nil {
		return nil, err
	}
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	got := s.deliver(r.Context(), s.cfg.CommandsURL, form, envelope{Type: "slash_commands", Payload: fields, Accepts: true})
	s.do(func(st *state, now time.Time) { st.slack.replied(where, asked.User, &got, now) })
	return got, nil
}

func (s *Simulator) shortcut(r *http.Request, asked shortcut) (any, error) {
	var payload map[string]any
	var err error
	s.do(func(st *state, now time.Time) { payload, err = st.slack.choose(asked, now) })
	if err != nil {
		return nil, err
	}
	return s.interact(r.Context(), payload), nil
}
