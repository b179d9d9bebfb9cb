package simulator

import (
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"
)

// Lengths in characters, from Slack's documentation of the chat methods.
const (
	longestPost   = 40000 // longer texts are cut, with a warning
	longestUpdate = 4000
)

// largestMetadata is in bytes of JSON. Slack has a limit and does not say which.
const largestMetadata = 8000

// message is a message in a conversation, or an ephemeral one.
type message struct {
	ts          string
	threadTS    string // of its parent; empty outside of threads
	broadcast   bool   // a reply that the channel sees too
	user        string // who wrote it
	onlyFor     string // the one user who sees an ephemeral message
	text        string
	blocks      []map[string]any
	attachments json.RawMessage
	metadata    json.RawMessage
	edited      string
}

// content is what a post or an update may carry.
type content struct {
	text        string
	blocks      []map[string]any
	attachments json.RawMessage
	metadata    json.RawMessage
}

func readContent(args slackArgs) (content, *refusal) {
	blocks, refused := readBlocks(args["blocks"], 50)
	if refused != nil {
		return content{}, refused
	}
	metadata, refused := readMetadata(args["metadata"])
	if refused != nil {
		return content{}, refused
	}
	var attachments []json.RawMessage
	if raw := args["attachments"]; raw != "" && json.Unmarshal([]byte(raw), &attachments) != nil {
		return content{}, refuse("invalid_attachments")
	}
	if len(attachments) > 100 {
		return content{}, refuse("too_many_attachments")
	}
	read := content{text: args["text"], blocks: blocks, metadata: metadata}
	if attachments != nil {
		read.attachments = json.RawMessage(args["attachments"])
	}
	return read, nil
}

func (c content) empty() bool {
	return c.text == "" && len(c.blocks) == 0 && len(c.attachments) <= len("[]")
}

func readMetadata(raw string) (json.RawMessage, *refusal) {
	if raw == "" {
		return nil, nil
	}
	if len(raw) > largestMetadata {
		return nil, refuse("metadata_too_large")
	}
	var read struct {
		EventType    string          `json:"event_type"`
		EventPayload json.RawMessage `json:"event_payload"`
	}
	if json.Unmarshal([]byte(raw), &read) != nil {
		return nil, refuse("invalid_metadata_format")
	}
	var payload map[string]any
	if read.EventType == "" || json.Unmarshal(read.EventPayload, &payload) != nil || payload == nil {
		return nil, refuse("invalid_metadata_schema")
	}
	return json.RawMessage(raw), nil
}

func (s *slack) postMessage(args slackArgs, now time.Time) (map[string]any, *refusal) {
	where, refused := s.channel(args["channel"], true)
	if refused != nil {
		return nil, refused
	}
	written, refused := readContent(args)
	if refused != nil {
		return nil, refused
	}
	if written.empty() {
		return nil, refuse("no_text")
	}
	thread, refused := where.thread(args["thread_ts"])
	if refused != nil {
		return nil, refused
	}
	wait, ok := where.posts.take(now, s.cfg.SlackPerChannelRate, s.cfg.SlackPerChannelBurst)
	if !ok {
		return nil, &refusal{code: "ratelimited", retryAfter: wait}
	}
	posted := &message{ts: s.timestamp(now), threadTS: thread, broadcast: args["reply_broadcast"] == "true", user: slackBotUser}
	posted.fill(written)
	result := map[string]any{"channel": where.id, "ts": posted.ts}
	if utf8.RuneCountInString(posted.text) > longestPost {
		posted.text = string([]rune(posted.text)[:longestPost])
		result["warning"] = "message_truncated"
		result["response_metadata"] = map[string]any{"warnings": []string{"message_truncated"}}
	}
	where.messages = append(where.messages, posted)
	result["message"] = where.show(posted, true)
	s.ledger.record(now, "slack", "message", where.effect(posted))
	return result, nil
}

func (s *slack) updateMessage(args slackArgs, now time.Time) (map[string]any, *refusal) {
	where, refused := s.channel(args["channel"], false)
	if refused != nil {
		return nil, refused
	}
	written, refused := readContent(args)
	if refused != nil {
		return nil, refused
	}
	edited := where.find(args["ts"])
	switch {
	case edited == nil:
		return nil, refuse("message_not_found")
	case edited.user != slackBotUser:
		return nil, refuse("cant_update_message")
	case args["blocks"] == "" && written.empty():
		return nil, refuse("no_text")
	case utf8.RuneCountInString(written.text) > longestUpdate:
		return nil, refuse("msg_too_long")
	}
	edited.fill(written)
	edited.edited = s.timestamp(now)
	s.ledger.record(now, "slack", "update", where.effect(edited))
	shown := where.show(edited, true)
	delete(shown, "ts") // it stands beside the message only
	return map[string]any{"channel": where.id, "ts": edited.ts, "text": edited.text, "message": shown}, nil
}

func (s *slack) postEphemeral(args slackArgs, now time.Time) (map[string]any, *refusal) {
	where, refused := s.channel(args["channel"], false)
	if refused != nil {
		return nil, refused
	}
	written, refused := readContent(args)
	switch {
	case refused != nil:
		return nil, refused
	case written.empty():
		return nil, refuse("no_text")
	case !s.userExists(args["user"]) || !where.has(args["user"]):
		return nil, refuse("user_not_in_channel")
	}
	said := s.whisper(where, args["user"], args["thread_ts"], written, now)
	return map[string]any{"message_ts": said.ts}, nil
}

// whisper shows a message to one user only.
func (s *slack) whisper(where *conversation, user, thread string, written content, now time.Time) *message {
	said := &message{ts: s.timestamp(now), threadTS: thread, user: slackBotUser, onlyFor: user}
	said.fill(written)
	where.ephemerals = append(where.ephemerals, said)
	s.ledger.record(now, "slack", "ephemeral", where.effect(said))
	return said
}

// fill overwrites what was given and keeps the rest; an empty list of blocks
// takes the blocks away.
func (m *message) fill(written content) {
	m.text = written.text
	if written.blocks != nil {
		m.blocks = written.blocks
	}
	if written.attachments != nil {
		m.attachments = written.attachments
	}
	if written.metadata != nil {
		m.metadata = written.metadata
	}
}

func (c *conversation) find(ts string) *message {
	i := slices.IndexFunc(c.messages, func(m *message) bool { return m.ts == ts })
	if i < 0 {
		return nil
	}
	return c.messages[i]
}

// thread returns the parent of a reply: a reply to a reply joins its thread.
func (c *conversation) thread(ts string) (string, *refusal) {
	if ts == "" {
		return "", nil
	}
	parent := c.find(ts)
	if parent == nil {
		return "", refuse("cannot_reply_to_message")
	}
	return or(parent.threadTS, parent.ts), nil
}

// repliesTo lists the replies of a thread, oldest first.
func (c *conversation) repliesTo(ts string) []*message {
	var found []*message
	for _, m := range c.messages {
		if m.threadTS == ts {
			found = append(found, m)
		}
	}
	return found
}

// show returns a message as the Web API does.
func (c *conversation) show(m *message, metadata bool) map[string]any {
	shown := map[string]any{"type": "message", "ts": m.ts, "user": m.user, "text": m.text, "team": slackTeam}
	if m.user == slackBotUser {
		shown["bot_id"], shown["app_id"] = slackBot, slackApp
	}
	if len(m.blocks) > 0 {
		shown["blocks"] = m.blocks
	}
	if m.attachments != nil {
		shown["attachments"] = m.attachments
	}
	if metadata && m.metadata != nil {
		shown["metadata"] = m.metadata
	}
	if m.edited != "" {
		shown["edited"] = map[string]any{"user": m.user, "ts": m.edited}
	}
	if m.onlyFor != "" {
		shown["is_ephemeral"] = true
	}
	if m.threadTS != "" {
		shown["thread_ts"] = m.threadTS
	} else if replies := c.repliesTo(m.ts); len(replies) > 0 {
		shown["thread_ts"], shown["reply_count"] = m.ts, len(replies)
		shown["latest_reply"] = replies[len(replies)-1].ts
	}
	return shown
}

// effect is a message as the ledger keeps it.
func (c *conversation) effect(m *message) map[string]any {
	return map[string]any{
		"channel": c.id, "user": or(m.onlyFor, c.user), "ts": m.ts, "thread_ts": m.threadTS, "text": m.text,
		"blocks": m.blocks, "metadata": m.metadata, "actions": actionIDs(m.blocks),
	}
}
