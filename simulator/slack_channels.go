package simulator

import (
	"strings"
	"time"
	"unicode/utf8"
)

// conversation is a channel, or the direct messages with one user.
type conversation struct {
	id         string
	user       string // of a direct message
	state      string // "", archived, not_joined or missing
	title      string // a channel's name, when it was given one
	private    bool
	created    time.Time
	members    map[string]bool // nil: everybody is in it
	messages   []*message
	ephemerals []*message
	posts      bucket
}

// lookup finds a conversation by its ID, whatever its state. A channel that
// the configuration does not forbid exists once it is asked for.
func (s *slack) lookup(id string) *conversation {
	found := s.conversations[id]
	if found == nil && !s.cfg.StrictChannels && looksLikeID(id, "CG") {
		found = &conversation{id: id}
		s.conversations[id] = found
	}
	return found
}

// channel finds the conversation that an ID names; with users allowed, a user
// ID means the direct messages with that user, opened if need be.
func (s *slack) channel(id string, users bool) (*conversation, *refusal) {
	if users && isUserID(id) {
		return s.directMessages(id)
	}
	found := s.lookup(id)
	switch {
	case found == nil || found.state == "missing":
		return nil, refuse("channel_not_found")
	case found.state == "archived":
		return nil, refuse("is_archived")
	case found.state == "not_joined":
		return nil, refuse("not_in_channel")
	}
	return found, nil
}

func (s *slack) directMessages(user string) (*conversation, *refusal) {
	if !s.userExists(user) {
		return nil, refuse("channel_not_found")
	}
	id := "D" + strings.TrimPrefix(user, "U")
	found := s.conversations[id]
	if found == nil {
		found = &conversation{id: id, user: user}
		s.conversations[id] = found
	}
	if found.state == "missing" {
		return nil, refuse("channel_not_found")
	}
	return found, nil
}

func (s *slack) openConversation(args slackArgs, _ time.Time) (map[string]any, *refusal) {
	user, more, _ := strings.Cut(args["users"], ",")
	switch {
	case user == "":
		return nil, refuse("users_list_not_supplied")
	case more != "":
		return nil, refuse("method_not_supported_for_channel_type")
	case !s.userExists(user):
		return nil, refuse("user_not_found")
	}
	where, refused := s.directMessages(user)
	if refused != nil {
		return nil, refused
	}
	return map[string]any{"channel": map[string]any{"id": where.id, "is_im": true, "user": user}}, nil
}

func (c *conversation) name() string {
	if c.user != "" {
		return "directmessage"
	}
	return or(c.title, strings.ToLower(strings.TrimPrefix(c.id, "C0")))
}

// has says whether a user is in the conversation.
func (c *conversation) has(user string) bool {
	if c.user != "" {
		return c.user == user
	}
	return c.members == nil || c.members[user]
}

// showChannel is a channel as the Web API shows it.
func (c *conversation) showChannel() map[string]any {
	unset := map[string]any{"value": "", "creator": "", "last_set": 0}
	created := int64(0)
	if !c.created.IsZero() {
		created = c.created.Unix()
	}
	return map[string]any{
		"id": c.id, "name": c.name(), "name_normalized": c.name(), "is_channel": !c.private, "is_group": c.private, "is_im": false,
		"is_mpim": false, "is_private": c.private, "is_archived": c.state == "archived", "is_member": c.state == "", "is_general": false,
		"is_shared": false, "is_ext_shared": false, "is_org_shared": false, "pending_shared": []string{}, "is_pending_ext_shared": false,
		"created": created, "creator": slackBotUser, "unlinked": 0, "topic": unset, "purpose": unset, "previous_names": []string{},
	}
}

func (s *slack) channelInfo(args slackArgs, _ time.Time) (map[string]any, *refusal) {
	found := s.lookup(args["channel"])
	if found == nil || found.state == "missing" {
		return nil, refuse("channel_not_found")
	}
	return map[string]any{"channel": found.showChannel()}, nil
}

func (s *slack) createChannel(args slackArgs, now time.Time) (map[string]any, *refusal) {
	name := args["name"]
	if code := badChannelName(name); code != "" {
		return nil, refuse(code)
	}
	for _, other := range s.conversations {
		if other.user == "" && other.name() == name {
			return nil, refuse("name_taken") // an archived channel keeps its name
		}
	}
	added := &conversation{
		id: s.secret("C0"), title: name, private: args["is_private"] == "true", created: now,
		members: map[string]bool{slackBotUser: true},
	}
	s.conversations[added.id] = added
	s.ledger.record(now, "slack", "channel", map[string]any{"channel": added.id, "name": name, "private": added.private})
	return map[string]any{"channel": added.showChannel()}, nil
}

// badChannelName returns Slack's word for what is wrong with a name, or nothing.
func badChannelName(name string) string {
	const letters, marks = "abcdefghijklmnopqrstuvwxyz0123456789", "-_"
	switch {
	case name == "":
		return "invalid_name_required"
	case utf8.RuneCountInString(name) > 80:
		return "invalid_name_maxlength"
	case strings.Trim(name, letters+marks) != "":
		return "invalid_name_specials"
	case strings.Trim(name, marks) == "":
		return "invalid_name_punctuation"
	}
	return ""
}

// inviteUsers takes nobody when anybody cannot be invited, unless it is forced.
func (s *slack) inviteUsers(args slackArgs, now time.Time) (map[string]any, *refusal) {
	where, refused := s.channel(args["channel"], false)
	switch {
	case refused != nil:
		return nil, refused
	case where.user != "":
		return nil, refuse("method_not_supported_for_channel_type")
	case args["users"] == "":
		return nil, refuse("no_user")
	}
	var welcome []string
	failed := []map[string]any{}
	for user := range strings.SplitSeq(args["users"], ",") {
		if code := s.whyNot(where, user); code != "" {
			failed = append(failed, map[string]any{"user": user, "ok": false, "error": code})
			continue
		}
		welcome = append(welcome, user)
	}
	if len(failed) > 0 && (args["force"] != "true" || len(welcome) == 0) {
		code, _ := failed[0]["error"].(string)
		return nil, &refusal{code: code, each: failed}
	}
	for _, user := range welcome {
		where.members[user] = true
	}
	s.ledger.record(now, "slack", "invite", map[string]any{"channel": where.id, "users": welcome})
	result := map[string]any{"channel": where.showChannel()}
	if len(failed) > 0 {
		result["errors"] = failed
	}
	return result, nil
}

// whyNot is why a user cannot be invited; a client may take the first two as done.
func (s *slack) whyNot(where *conversation, user string) string {
	switch {
	case user == slackBotUser:
		return "cant_invite_self"
	case s.userExists(user) && where.has(user):
		return "already_in_channel"
	case !s.userExists(user):
		return "user_not_found"
	}
	return ""
}

func (s *slack) archiveChannel(args slackArgs, now time.Time) (map[string]any, *refusal) {
	where, refused := s.channel(args["channel"], false)
	switch {
	case refused != nil && refused.code == "is_archived":
		return nil, refuse("already_archived")
	case refused != nil:
		return nil, refused
	case where.user != "":
		return nil, refuse("method_not_supported_for_channel_type")
	}
	where.state = "archived"
	s.ledger.record(now, "slack", "archive", map[string]any{"channel": where.id})
	return map[string]any{}, nil
}
