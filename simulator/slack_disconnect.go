package simulator

import (
	"fmt"
	"net/http"
	"slices"
)

// disconnectOrder ends or announces the end of all Socket Mode connections.
type disconnectOrder struct {
	Reason string `json:"reason"` // warning, refresh_requested or link_disabled; empty: without a word
}

func envelopeID(number int) string {
	return fmt.Sprintf("5ec0de00-0000-4000-8000-%012d", number)
}

// disconnect tells every connection the reason. A warning leaves it open, for
// the client to make a new one first; any other reason closes it.
func (s *Simulator) disconnect(_ *http.Request, asked disconnectOrder) (any, error) {
	if !slices.Contains([]string{"", "warning", "refresh_requested", "link_disabled"}, asked.Reason) {
		return nil, badRequest("unknown reason %q", asked.Reason)
	}
	told := s.sockets.all()
	for _, on := range told {
		if asked.Reason != "" {
			on.write(disconnection(asked.Reason))
		}
		if asked.Reason != "warning" {
			_ = on.conn.Close()
		}
	}
	return map[string]any{"connections": len(told)}, nil
}

func (all *sockets) all() []*socket {
	all.mu.Lock()
	defer all.mu.Unlock()
	return slices.Clone(all.open)
}

func (all *sockets) closeAll() {
	for _, on := range all.all() {
		_ = on.conn.Close()
	}
}
