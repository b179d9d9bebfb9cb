package simulator

import "time"

// click is a user pressing a button that is there now.
type click struct {
	Channel  string  `json:"channel"` // or a user ID: the direct messages with that user
	TS       string  `json:"ts"`
	ActionID string  `json:"action_id"`
	User     string  `json:"user"`
	Value    *string `json:"value"` // sent instead of the button's own
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
	s.ledger.record(now, "slack", "click", map[string]any{
		"channel": where.id, "ts": c.TS, "action_id": c.ActionID, "user": c.User, "value": action["value"],
	})
	payload := s.interaction("block_actions", c.User, now)
	payload["container"] = map[string]any{
		"type": "message", "message_ts": m.ts, "channel_id": where.id, "is_ephemeral": m.onlyFor != "",
	}
	payload["channel"] = map[string]any{"id": where.id, "name": where.name()}
	payload["state"] = map[string]any{"values": map[string]any{}}
	payload["response_url"] = s.newResponseURL(where, m, c.User, now)
	payload["actions"] = []any{action}
	if m.onlyFor == "" {
		payload["message"] = where.show(m, true) // an ephemeral message is named, not sent along
	}
	return payload, nil
}

// interaction is what all interactions of a user have in common.
func (s *slack) interaction(kind, user string, now time.Time) map[string]any {
	return map[string]any{
		"type": kind, "user": interactiveUser(user), "api_app_id": slackApp, "token": "legacy",
		"trigger_id": s.newTrigger(user, now), "team": map[string]any{"id": slackTeam, "domain": slackDomain},
		"enterprise": nil, "is_enterprise_install": false,
	}
}

func interactiveUser(id string) map[string]any {
	return map[string]any{"id": id, "username": userName(id), "name": userName(id), "team_id": slackTeam}
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
