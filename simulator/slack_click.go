package simulator

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ackWithin is how long Slack waits for an answer to an interaction. It never
// sends one twice.
const ackWithin = 3 * time.Second

// click is a user pressing a button that is there now.
type click struct {
	Channel  string  `json:"channel"` // or a user ID: the direct messages with that user
	TS       string  `json:"ts"`
	ActionID string  `json:"action_id"`
	User     string  `json:"user"`
	Value    *string `json:"value"` // sent instead of the button's own
}

// delivery is what became of an interaction. Status 0 is no answer in time.
type delivery struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
	Error  string `json:"error,omitempty"`
}

// press finds the button and makes the payload that Slack would send.
func (s *slack) press(c click, now time.Time) (map[string]any, error) {
	if !s.userExists(c.User) {
		return nil, badRequest("no user %q", c.User)
	}
	where, refused := s.channel(c.Channel, true)
	if refused != nil {
		return nil, notFound("channel %q: %s", c.Channel, refused.code)
	}
	m := where.visible(c.TS, c.User)
	if m == nil {
		return nil, notFound("%s sees no message %s in %s", c.User, c.TS, where.id)
	}
	action := m.button(c.ActionID)
	if action == nil {
		return nil, notFound("message %s has no button %q now, only %v", c.TS, c.ActionID, actionIDs(m.blocks))
	}
	action["action_ts"] = s.timestamp(now)
	if c.Value != nil {
		action["value"] = *c.Value
	}
	trigger := s.newTrigger(c.User, now)
	s.ledger.record(now, "slack", "click", map[string]any{
		"channel": where.id, "ts": c.TS, "action_id": c.ActionID, "user": c.User, "value": action["value"],
	})
	payload := map[string]any{
		"type": "block_actions", "user": interactiveUser(c.User), "api_app_id": slackApp, "token": "legacy",
		"container": map[string]any{
			"type": "message", "message_ts": m.ts, "channel_id": where.id, "is_ephemeral": m.onlyFor != "",
		},
		"trigger_id": trigger, "team": map[string]any{"id": slackTeam, "domain": "simulator"},
		"enterprise": nil, "is_enterprise_install": false,
		"channel":      map[string]any{"id": where.id, "name": where.name()},
		"state":        map[string]any{"values": map[string]any{}},
		"response_url": s.newResponseURL(where, m, c.User, now), "actions": []any{action},
	}
	if m.onlyFor == "" {
		payload["message"] = where.show(m, true) // an ephemeral message is named, not sent along
	}
	return payload, nil
}

func interactiveUser(id string) map[string]any {
	return map[string]any{"id": id, "username": userName(id), "name": userName(id), "team_id": slackTeam}
}

func (c *conversation) name() string {
	if c.user != "" {
		return "directmessage"
	}
	return strings.ToLower(strings.TrimPrefix(c.id, "C0"))
}

// visible finds a message that a user can see.
func (c *conversation) visible(ts, user string) *message {
	for _, m := range c.ephemerals {
		if m.ts == ts && m.onlyFor == user {
			return m
		}
	}
	return c.find(ts)
}

// button returns the action that pressing a button sends, or nil.
func (m *message) button(actionID string) map[string]any {
	for _, block := range m.blocks {
		for _, element := range elementsOf(block) {
			if element["type"] != "button" || element["action_id"] != actionID {
				continue
			}
			action := map[string]any{"type": "button", "action_id": actionID, "block_id": block["block_id"]}
			for _, name := range []string{"text", "value", "style"} {
				if element[name] != nil {
					action[name] = element[name]
				}
			}
			return action
		}
	}
	return nil
}

// interact posts a signed payload to the interactions endpoint, once.
func (s *Simulator) interact(ctx context.Context, payload map[string]any) delivery {
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	form := url.Values{"payload": {string(encode(payload))}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.InteractionsURL, strings.NewReader(form))
	if err != nil {
		return delivery{Error: fmt.Sprintf("make the request: %v", err)}
	}
	stamp := strconv.FormatInt(s.cfg.Now().Unix(), 10)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	request.Header.Set("X-Slack-Request-Timestamp", stamp)
	request.Header.Set("X-Slack-Signature", sign(s.cfg.SlackSigningSecret, stamp, form))
	response, err := s.client.Do(request)
	if err != nil {
		return delivery{Error: fmt.Sprintf("deliver the interaction: %v", err)}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return delivery{Error: fmt.Sprintf("read the answer to the interaction: %v", err)}
	}
	return delivery{Status: response.StatusCode, Body: string(body)}
}

// sign is version 0 of Slack's request signature.
func sign(secret, stamp, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}
