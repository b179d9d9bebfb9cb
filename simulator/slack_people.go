package simulator

import "time"

// speech is a user writing a message of their own.
type speech struct {
	Channel  string `json:"channel"`
	User     string `json:"user"`
	Text     string `json:"text"`
	ThreadTS string `json:"thread_ts"`
}

func (s *slack) say(said speech, now time.Time) (string, error) {
	where, refused := s.channel(said.Channel, false)
	if refused != nil {
		return "", notFound("channel %q: %s", said.Channel, refused.code)
	}
	thread, refused := where.thread(said.ThreadTS)
	if refused != nil {
		return "", notFound("thread %q: %s", said.ThreadTS, refused.code)
	}
	m := &message{ts: s.timestamp(now), threadTS: thread, user: said.User, text: said.Text}
	where.messages = append(where.messages, m)
	return m.ts, nil
}

// channelOrder changes how a channel, or the direct messages with a user, answer.
type channelOrder struct {
	Channel string `json:"channel"`
	State   string `json:"state"` // "", archived, not_joined or missing
}

func (s *slack) setChannel(asked channelOrder) error {
	switch asked.State {
	case "", "archived", "not_joined", "missing":
	default:
		return badRequest("unknown state %q", asked.State)
	}
	where := s.known(asked.Channel)
	if where == nil && isUserID(asked.Channel) {
		where, _ = s.directMessages(asked.Channel)
	}
	if where == nil {
		where = &conversation{id: asked.Channel}
		s.conversations[asked.Channel] = where
	}
	where.state = asked.State
	return nil
}

// known finds a conversation by its ID, or direct messages by their user's.
func (s *slack) known(id string) *conversation {
	if found := s.conversations[id]; found != nil {
		return found
	}
	for _, where := range s.conversations {
		if where.user == id && id != "" {
			return where
		}
	}
	return nil
}

func (s *slack) transcript(id string) map[string]any {
	where := s.known(id)
	if where == nil {
		where = &conversation{id: id}
	}
	return where.transcript()
}
