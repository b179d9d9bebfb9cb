package simulator

import (
	"context"
	"net"
	"net/smtp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// mailServer is the world's, with an address of its own.
func (w *world) mailServer() string {
	w.t.Helper()
	l, err := (&net.ListenConfig{}).Listen(w.t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.sim.ServeMail(ctx, l) }()
	w.t.Cleanup(func() {
		stop()
		require.NoError(w.t, <-ended)
	})
	return l.Addr().String()
}

const letter = "From: lastgood <lastgood@example.com>\r\nTo: sre-1@example.com\r\nSubject: =?utf-8?q?caf=C3=A9_is_down?=\r\n" +
	"Message-ID: <1@example.com>\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nover 5=25\r\n" +
	"--b\r\nContent-Type: text/html\r\n\r\n<p>over 5%</p>\r\n--b--\r\n"

func TestAMailIsTakenApart(t *testing.T) {
	w := newWorld(t)
	server := w.mailServer()
	require.NoError(t, smtp.SendMail(server, nil, "lastgood@example.com", []string{"sre-1@example.com"}, []byte(letter)))
	require.Equal(t, []map[string]any{{
		"to": "sre-1@example.com", "from": "lastgood <lastgood@example.com>", "subject": "café is down", "text": "over 5%",
		"id": "<1@example.com>", "references": "",
	}}, w.ledger("smtp", "mail"))
}

func TestTheFaultsOfAMailServer(t *testing.T) {
	w := newWorld(t)
	server := w.mailServer()
	send := func() error {
		return smtp.SendMail(server, nil, "lastgood@example.com", []string{"sre-1@example.com"}, []byte(letter))
	}
	w.control("faults", `{"vendor":"smtp","match":"RCPT sre-1@","status":550,"body":"no such user","times":1}`)
	require.ErrorContains(t, send(), "no such user")
	w.control("faults", `{"vendor":"smtp","match":"DATA","status":451,"times":1}`)
	require.ErrorContains(t, send(), "451")
	require.Empty(t, w.ledger("smtp", "mail"))

	w.control("faults", `{"vendor":"smtp","match":"DATA","drop_response":true,"times":1}`)
	require.Error(t, send())
	require.Len(t, w.ledger("smtp", "mail"), 1, "it was taken, and the answer was lost")

	w.control("faults", `{"vendor":"smtp","match":"MAIL","hang":"200ms","times":1}`)
	began := time.Now()
	require.NoError(t, send())
	require.GreaterOrEqual(t, time.Since(began), 200*time.Millisecond)
}
