package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// A response URL works five times within half an hour.
const (
	responseUses   = 5
	responseWithin = 30 * time.Minute
)

// responseURL lets whoever holds it answer an interaction without a token.
type responseURL struct {
	where   *conversation
	message *message // nil after a slash command
	user    string
	made    time.Time
	used    int
}

func (s *slack) newResponseURL(where *conversation, m *message, user string, now time.Time) string {
	id := s.secret("resp")
	s.responses[id] = &responseURL{where: where, message: m, user: user, made: now}
	return s.cfg.PublicURL + "/slack/actions/" + slackTeam + "/" + id
}

// respond serves a POST to a response URL.
func (s *slack) respond(c call, id string) reply {
	used := s.responses[id]
	switch {
	case used == nil:
		return jsonReply(http.StatusNotFound, map[string]any{"ok": false, "error": "invalid_url"})
	case c.now.Sub(used.made) > responseWithin:
		return jsonReply(http.StatusNotFound, map[string]any{"ok": false, "error": "expired_url"})
	case used.used >= responseUses:
		return jsonReply(http.StatusNotFound, map[string]any{"ok": false, "error": "used_url"})
	}
	var body map[string]json.RawMessage
	if json.Unmarshal(c.body, &body) != nil {
		return jsonReply(http.StatusBadRequest, map[string]any{"ok": false, "error": "invalid_payload"})
	}
	args, refused := readSlackArgs(c)
	if refused != nil {
		return slackError(refused)
	}
	delete(args, "metadata") // slack-go sends an empty one
	written, refused := readContent(args)
	if refused == nil && written.empty() && args["delete_original"] != "true" {
		refused = refuse("no_text")
	}
	if refused != nil {
		return slackError(refused)
	}
	used.used++
	s.apply(used, args, written, c.now)
	return textReply(http.StatusOK, "ok")
}

func (s *slack) apply(used *responseURL, args slackArgs, written content, now time.Time) {
	where, m, thread := used.where, used.message, ""
	if m != nil {
		thread = m.threadTS
	}
	switch {
	case m == nil && args["delete_original"] == "true":
	case args["delete_original"] == "true":
		same := func(other *message) bool { return other == m }
		where.messages = slices.DeleteFunc(where.messages, same)
		where.ephemerals = slices.DeleteFunc(where.ephemerals, same)
		s.ledger.record(now, "slack", "delete", where.effect(m))
	case m != nil && args["replace_original"] == "true":
		m.fill(written)
		m.edited = s.timestamp(now)
		s.ledger.record(now, "slack", "update", where.effect(m))
	case args["response_type"] == "in_channel":
		posted := &message{ts: s.timestamp(now), threadTS: thread, user: slackBotUser}
		posted.fill(written)
		where.messages = append(where.messages, posted)
		s.ledger.record(now, "slack", "message", where.effect(posted))
	default:
		s.whisper(where, used.user, thread, written, now)
	}
}
