package simulator

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Socket Mode, as Slack has it.
const (
	connectionsWrite = "connections:write" // of the app's token, not of the bot's
	mostSockets      = 10
	largestAck       = 20 << 10 // bytes; a larger acknowledgement is dropped without a word
	ticketWithin     = 30 * time.Second
	pingEvery        = 5 * time.Second
	writeWithin      = 2 * time.Second
)

// envelope is what goes to an app over Socket Mode.
type envelope struct {
	ID      string `json:"envelope_id"`
	Type    string `json:"type"` // interactive or slash_commands
	Accepts bool   `json:"accepts_response_payload"`
	Payload any    `json:"payload"`
}

// acknowledgement is what an app sends back for an envelope.
type acknowledgement struct {
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload"`
}

// sockets are the connections that are open. Each delivery goes to one of
// them, in turn.
type sockets struct {
	mu      sync.Mutex
	open    []*socket
	sent    int
	waiting map[string]chan acknowledgement // by envelope ID
}

// socket is one connection; writing to it is guarded.
type socket struct {
	conn   *websocket.Conn
	mu     sync.Mutex
	closed chan struct{}
}

func (s *slack) openConnection(_ slackArgs, now time.Time) (map[string]any, *refusal) {
	ticket := s.secret("ticket")
	s.tickets[ticket] = now
	address := "ws" + strings.TrimPrefix(s.cfg.PublicURL, "http") + "/slack/link/?ticket=" + ticket + "&app_id=" + slackApp
	return map[string]any{"url": address}, nil
}

// redeem says whether a ticket opens a connection; each does so once.
func (s *slack) redeem(ticket string, now time.Time) bool {
	made, ok := s.tickets[ticket]
	delete(s.tickets, ticket)
	return ok && now.Sub(made) <= ticketWithin
}

// slackRoot serves the workspace: all of it is requests and answers but the
// connections of Socket Mode.
func (s *Simulator) slackRoot() http.Handler {
	answers := s.vendor("slack", func(st *state, c call) reply { return st.slack.serve(c) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/slack/link") {
			s.serveLink(w, r)
			return
		}
		answers.ServeHTTP(w, r)
	})
}

func (s *Simulator) serveLink(w http.ResponseWriter, r *http.Request) {
	fault := s.fault("slack", r)
	if !pause(r.Context(), time.Duration(fault.Hang)) {
		return
	}
	if fault.Status != 0 {
		fault.reply("slack").write(w)
		return
	}
	var ok bool
	s.do(func(st *state, now time.Time) { ok = st.slack.redeem(r.URL.Query().Get("ticket"), now) })
	if !ok {
		http.Error(w, "no such ticket", http.StatusNotFound)
		return
	}
	// A client that is no browser may name any origin.
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	s.sockets.serve(&socket{conn: conn, closed: make(chan struct{})})
}

// serve greets a connection and reads what it acknowledges until it ends.
func (all *sockets) serve(on *socket) {
	defer func() { _ = on.conn.Close() }()
	if !all.greet(on) {
		return
	}
	defer all.remove(on)
	go on.ping()
	for {
		var got acknowledgement
		_, raw, err := on.conn.ReadMessage()
		if err != nil {
			return
		}
		if len(raw) < largestAck && json.Unmarshal(raw, &got) == nil {
			all.acknowledged(got)
		}
	}
}

// greet makes a connection one of those that deliveries go to; its first frame
// is the greeting all the same. One too many is sent away.
func (all *sockets) greet(on *socket) bool {
	on.mu.Lock()
	defer on.mu.Unlock()
	number, ok := all.add(on)
	if !ok {
		on.send(disconnection("too_many_websockets"))
		return false
	}
	on.send(map[string]any{
		"type": "hello", "num_connections": number, "connection_info": map[string]any{"app_id": slackApp},
		"debug_info": map[string]any{"host": "applink-simulator", "build_number": 1, "approximate_connection_time": 18060},
	})
	return true
}

func disconnection(reason string) map[string]any {
	return map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "applink-simulator"}}
}

func (all *sockets) add(on *socket) (number int, ok bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(all.open) >= mostSockets {
		return 0, false
	}
	all.open = append(all.open, on)
	return len(all.open), true
}

func (all *sockets) remove(on *socket) {
	all.mu.Lock()
	defer all.mu.Unlock()
	close(on.closed)
	all.open = slices.DeleteFunc(all.open, func(other *socket) bool { return other == on })
}

// ping goes on until the connection ends: clients take silence for its end.
func (on *socket) ping() {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		_ = on.conn.WriteControl(websocket.PingMessage, []byte("Ping from applink-simulator"), time.Now().Add(writeWithin))
		select {
		case <-on.closed:
			return
		case <-tick.C:
		}
	}
}

func (on *socket) write(frame any) {
	on.mu.Lock()
	defer on.mu.Unlock()
	on.send(frame)
}

// send needs the lock. A connection that takes no frame is over, which its
// reader finds out.
func (on *socket) send(frame any) {
	_ = on.conn.SetWriteDeadline(time.Now().Add(writeWithin))
	_ = on.conn.WriteMessage(websocket.TextMessage, encode(frame))
}

// send hands an envelope to the connection whose turn it is and waits for the
// acknowledgement. Without a connection it does nothing and says so.
func (all *sockets) send(ctx context.Context, frame envelope) (got delivery, ok bool) {
	on, answer := all.next(&frame)
	if on == nil {
		return delivery{}, false
	}
	defer all.forget(frame.ID)
	on.write(frame)
	select {
	case <-ctx.Done():
		return delivery{Error: "no acknowledgement over Socket Mode in time"}, true
	case acknowledged := <-answer:
		got = delivery{Status: http.StatusOK}
		if frame.Accepts {
			got.Body = string(acknowledged.Payload)
		}
		return got, true
	}
}

// next numbers an envelope and picks the connection for it, or none.
func (all *sockets) next(frame *envelope) (*socket, <-chan acknowledgement) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(all.open) == 0 {
		return nil, nil
	}
	all.sent++
	frame.ID = envelopeID(all.sent)
	answer := make(chan acknowledgement, 1)
	if all.waiting == nil {
		all.waiting = map[string]chan acknowledgement{}
	}
	all.waiting[frame.ID] = answer
	return all.open[all.sent%len(all.open)], answer
}

func (all *sockets) acknowledged(got acknowledgement) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if answer := all.waiting[got.ID]; answer != nil {
		answer <- got
		delete(all.waiting, got.ID)
	}
}

func (all *sockets) forget(id string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.waiting, id)
}
