package simulator

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"github.com/stretchr/testify/require"
)

// link is an app's end of a Socket Mode connection.
type link struct {
	t    *testing.T
	conn *websocket.Conn
}

// connect opens a connection and returns it with its greeting.
func (w *world) connect() (*link, map[string]any) {
	w.t.Helper()
	conn, response, err := websocket.DefaultDialer.DialContext(w.t.Context(), w.ticketURL(), nil)
	require.NoError(w.t, err)
	_ = response.Body.Close()
	w.t.Cleanup(func() { _ = conn.Close() })
	made := &link{w.t, conn}
	return made, made.frame()
}

func (w *world) ticketURL() string {
	w.t.Helper()
	got := w.send(http.MethodPost, "/slack/api/apps.connections.open", "", "", func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+w.cfg.SlackAppToken)
	})
	require.Equal(w.t, true, got.json["ok"], got.text)
	return got.json["url"].(string)
}

func (l *link) frame() map[string]any {
	l.t.Helper()
	require.NoError(l.t, l.conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	var got map[string]any
	require.NoError(l.t, l.conn.ReadJSON(&got))
	return got
}

// clicked has U0SRE1 press Acknowledge and sends what the control API says.
func (w *world) clicked() <-chan map[string]any {
	w.t.Helper()
	ts := w.post("channel", "C1", "text", "card", "blocks", ackButton)
	done := make(chan map[string]any, 1)
	go func() {
		got := w.send(http.MethodPost, "/control/click", "application/json",
			fmt.Sprintf(`{"channel":"C1","ts":%q,"action_id":"acknowledge","user":"U0SRE1"}`, ts), nil)
		done <- got.json
	}()
	return done
}

func TestAClickGoesOverSocketModeWhileThereIsAConnection(t *testing.T) {
	w := newWorld(t)
	app, hello := w.connect()
	require.Equal(t, "hello", hello["type"])
	require.EqualValues(t, 1, hello["num_connections"])
	require.Equal(t, slackApp, at(hello, "connection_info", "app_id"))

	done := w.clicked()
	sent := app.frame()
	require.Equal(t, "interactive", sent["type"])
	require.Equal(t, false, sent["accepts_response_payload"])
	require.Equal(t, "acknowledge", at(sent, "payload", "actions", 0, "action_id"))
	require.NoError(t, app.conn.WriteJSON(map[string]any{"envelope_id": sent["envelope_id"]}))
	require.EqualValues(t, http.StatusOK, (<-done)["status"])
	require.Empty(t, w.inbox(), "nothing is posted")
}

func TestAnAcknowledgementOverSocketModeMayCarryAnAnswer(t *testing.T) {
	w := newWorld(t)
	app, _ := w.connect()
	done := make(chan map[string]any, 1)
	go func() {
		done <- w.send(http.MethodPost, "/control/slash", "", `{"command":"/lastgood","text":"help","channel":"C1","user":"U1"}`, nil).json
	}()
	sent := app.frame()
	require.Equal(t, "slash_commands", sent["type"])
	require.Equal(t, true, sent["accepts_response_payload"])
	require.Equal(t, "help", at(sent, "payload", "text"))
	require.NoError(t, app.conn.WriteJSON(map[string]any{
		"envelope_id": sent["envelope_id"], "payload": map[string]any{"text": "this may help"},
	}))
	require.EqualValues(t, http.StatusOK, (<-done)["status"])
	require.Equal(t, "this may help", w.ledger("slack", "ephemeral")[0]["text"])
}

func TestWhatIsNotAcknowledgedOverSocketModeIsLost(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SlackAckWithin = 50 * time.Millisecond })
	app, _ := w.connect()
	done := w.clicked()
	sent := app.frame()
	large := strings.Repeat("x", largestAck)
	require.NoError(t, app.conn.WriteJSON(map[string]any{"envelope_id": sent["envelope_id"], "payload": large}), "dropped without a word")
	require.NoError(t, app.conn.WriteJSON(map[string]any{"envelope_id": "another"}))
	got := <-done
	require.EqualValues(t, 0, got["status"])
	require.Contains(t, got["error"], "no acknowledgement")
	require.Empty(t, w.inbox())
}

func TestATicketOpensOneConnectionInHalfAMinute(t *testing.T) {
	w := newWorld(t)
	dial := func(address string) int {
		conn, response, err := websocket.DefaultDialer.DialContext(t.Context(), address, nil)
		if err == nil {
			require.NoError(t, conn.Close())
		}
		return response.StatusCode
	}
	address := w.ticketURL()
	require.Equal(t, http.StatusSwitchingProtocols, dial(address))
	require.Equal(t, http.StatusNotFound, dial(address))
	old := w.ticketURL()
	w.clock.pass(time.Minute)
	require.Equal(t, http.StatusNotFound, dial(old))
	w.control("faults", `{"vendor":"slack","match":"/slack/link","status":503,"times":1}`)
	require.Equal(t, http.StatusServiceUnavailable, dial(w.ticketURL()))
}

func TestOneConnectionTooManyIsSentAway(t *testing.T) {
	w := newWorld(t)
	for range mostSockets {
		w.connect()
	}
	last, told := w.connect()
	require.Equal(t, "disconnect", told["type"])
	require.Equal(t, "too_many_websockets", told["reason"])
	_, _, err := last.conn.ReadMessage()
	require.Error(t, err)
}

func TestConnectionsAreTakenDown(t *testing.T) {
	w := newWorld(t)
	app, _ := w.connect()
	require.EqualValues(t, 1, w.control("slack/disconnect", `{"reason":"warning"}`)["connections"])
	require.Equal(t, "warning", app.frame()["reason"])
	done := w.clicked()
	require.NoError(t, app.conn.WriteJSON(map[string]any{"envelope_id": app.frame()["envelope_id"]}), "a warned connection still works")
	require.EqualValues(t, http.StatusOK, (<-done)["status"])
	w.control("slack/disconnect", `{"reason":"refresh_requested"}`)
	require.Equal(t, "refresh_requested", app.frame()["reason"])
	_, _, err := app.conn.ReadMessage()
	require.Error(t, err)
	require.Equal(t, http.StatusBadRequest, w.send(http.MethodPost, "/control/slack/disconnect", "", `{"reason":"boredom"}`, nil).status)
}

func TestTheEndOfARunEndsConnections(t *testing.T) {
	w := newWorld(t)
	app, _ := w.connect()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	w.sim.Run(ctx)
	_, _, err := app.conn.ReadMessage()
	require.Error(t, err)
}

// The client of slack-go wants a greeting, pings, and its own reading of every
// frame: it judges the connection, and comes back after it was closed.
func TestSlackGosOwnClientIsSatisfied(t *testing.T) {
	w := newWorld(t)
	api := slackgo.New(w.cfg.SlackToken, slackgo.OptionAppLevelToken(w.cfg.SlackAppToken), slackgo.OptionAPIURL(w.url+"/slack/api/"))
	client := socketmode.New(api)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	await := func(kind socketmode.EventType) socketmode.Event {
		t.Helper()
		for {
			select {
			case got := <-client.Events:
				if got.Type == kind {
					return got
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("no %s", kind)
			}
		}
	}
	await(socketmode.EventTypeHello)
	w.control("slack/disconnect", `{"reason":"refresh_requested"}`)
	await(socketmode.EventTypeHello)
	done := w.clicked()
	got := await(socketmode.EventTypeInteractive)
	callback, ok := got.Data.(slackgo.InteractionCallback)
	require.True(t, ok)
	require.Equal(t, "acknowledge", callback.ActionCallback.BlockActions[0].ActionID)
	require.NoError(t, client.Ack(*got.Request))
	require.EqualValues(t, http.StatusOK, (<-done)["status"])
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
}

func TestAPayloadIsTheSameOverSocketModeAndHTTP(t *testing.T) {
	w := newWorld(t)
	ts := w.post("channel", "C1", "text", "card", "blocks", ackButton)
	posted := w.press("C1", ts, "acknowledge")
	app, _ := w.connect()
	done := w.clicked()
	sent := app.frame()
	require.NoError(t, app.conn.WriteJSON(map[string]any{"envelope_id": sent["envelope_id"]}))
	<-done
	var framed map[string]any
	raw, err := json.Marshal(sent["payload"])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &framed))
	require.ElementsMatch(t, keysOf(posted), keysOf(framed))
}

func keysOf(object map[string]any) []string {
	var names []string
	for name := range object {
		names = append(names, name)
	}
	return names
}
