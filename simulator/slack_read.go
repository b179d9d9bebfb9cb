package simulator

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

// readable is a conversation that may be read: each kind of them needs a scope of its own.
func (s *slack) readable(id string) (*conversation, *refusal) {
	where, refused := s.channel(id, false)
	if refused != nil {
		return nil, refused
	}
	scope := "channels:history"
	switch {
	case where.user != "":
		scope = "im:history"
	case where.private:
		scope = "groups:history"
	}
	return where, s.allow(scope)
}

// history lists a conversation newest first; replies are left out unless they
// were broadcast.
func (s *slack) history(args slackArgs, _ time.Time) (map[string]any, *refusal) {
	where, refused := s.readable(args["channel"])
	if refused != nil {
		return nil, refused
	}
	var found []*message
	for _, m := range slices.Backward(where.messages) {
		if m.threadTS == "" || m.broadcast {
			found = append(found, m)
		}
	}
	page, refused := s.page(where, found, args, true)
	if refused != nil {
		return nil, refused
	}
	page["pin_count"] = 0
	return page, nil
}

// replies lists a thread oldest first, its parent at the head.
func (s *slack) replies(args slackArgs, _ time.Time) (map[string]any, *refusal) {
	where, refused := s.readable(args["channel"])
	if refused != nil {
		return nil, refused
	}
	asked := where.find(args["ts"])
	if asked == nil {
		return nil, refuse("thread_not_found")
	}
	parent := where.find(or(asked.threadTS, asked.ts))
	return s.page(where, append([]*message{parent}, where.repliesTo(parent.ts)...), args, false)
}

// page cuts messages to what oldest, latest, cursor and limit ask for.
func (s *slack) page(where *conversation, all []*message, args slackArgs, backward bool) (map[string]any, *refusal) {
	limit := intOr(args["limit"], 100)
	if limit < 1 || limit > 999 {
		return nil, refuse("invalid_limit")
	}
	after, refused := readCursor(args["cursor"])
	if refused != nil {
		return nil, refused
	}
	found, next := []map[string]any{}, ""
	for _, m := range all {
		passed := after != "" && (backward && m.ts >= after || !backward && m.ts <= after)
		if passed || !within(m.ts, args) {
			continue
		}
		if len(found) == limit {
			next = base64.StdEncoding.EncodeToString([]byte("ts:" + found[limit-1]["ts"].(string)))
			break
		}
		found = append(found, where.show(m, args["include_all_metadata"] == "true" || args["include_all_metadata"] == "1"))
	}
	return map[string]any{
		"messages": found, "has_more": next != "",
		"response_metadata": map[string]any{"next_cursor": next},
	}, nil
}

// within compares timestamps as strings: all have the same number of digits.
func within(ts string, args slackArgs) bool {
	oldest, latest := args["oldest"], args["latest"]
	if args["inclusive"] == "true" || args["inclusive"] == "1" {
		return (oldest == "" || ts >= oldest) && (latest == "" || ts <= latest)
	}
	return (oldest == "" || ts > oldest) && (latest == "" || ts < latest)
}

func readCursor(cursor string) (string, *refusal) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.StdEncoding.DecodeString(cursor)
	ts, ok := strings.CutPrefix(string(raw), "ts:")
	if err != nil || !ok {
		return "", refuse("invalid_cursor")
	}
	return ts, nil
}

// transcript is a conversation as the tests read it: parents oldest first,
// each with its replies, and what was said to single users.
func (c *conversation) transcript() map[string]any {
	messages, ephemerals := []map[string]any{}, []map[string]any{}
	for _, m := range c.messages {
		if m.threadTS != "" {
			continue
		}
		replies := []map[string]any{}
		for _, reply := range c.repliesTo(m.ts) {
			replies = append(replies, c.show(reply, true))
		}
		shown := c.show(m, true)
		shown["replies"] = replies
		messages = append(messages, shown)
	}
	for _, m := range c.ephemerals {
		shown := c.show(m, true)
		shown["only_for"] = m.onlyFor
		ephemerals = append(ephemerals, shown)
	}
	return map[string]any{"channel": c.id, "user": c.user, "messages": messages, "ephemerals": ephemerals}
}
