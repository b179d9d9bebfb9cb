package smtp_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/smtp"
)

const password = "hunter2-secret"

// server is a mail server that answers as it is told and keeps what it took.
type server struct {
	// mail, rcpt and data are its answers; nil takes the mail.
	mail, rcpt, data error
	// hangs is the command that it never answers: MAIL, RCPT or DATA.
	hangs string
	// wants is true when it takes mails only from those who have logged in.
	wants bool

	mu    sync.Mutex
	taken []string
	named []string
	over  <-chan struct{}
}

// serve starts the server; encrypted says how it speaks: "", "starttls" or "tls".
func (s *server) serve(t *testing.T, encrypted string) smtp.Config {
	t.Helper()
	s.over = t.Context().Done()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	of := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &session{server: s}, nil }))
	of.AllowInsecureAuth, of.Domain, of.ErrorLog = true, "mail.test", silent{}
	config := smtp.Config{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, From: "lastgood <lastgood@example.com>", Security: smtp.None}
	if encrypted != "" {
		trusted := certificate(t)
		of.TLSConfig = &tls.Config{Certificates: trusted.TLS.Certificates}
		pool := x509.NewCertPool()
		pool.AddCert(trusted.Certificate())
		config.Trust, config.Security = &tls.Config{RootCAs: pool}, smtp.StartTLS
	}
	if encrypted == "tls" {
		listener, config.Security = tls.NewListener(listener, of.TLSConfig), smtp.TLS
	}
	t.Cleanup(func() { _ = of.Close() })
	go func() { _ = of.Serve(listener) }()
	return config
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

func certificate(t *testing.T) *httptest.Server {
	t.Helper()
	of := httptest.NewTLSServer(nil)
	t.Cleanup(of.Close)
	return of
}

// message is the only mail that was taken.
func (s *server) message(t *testing.T) *mail.Message {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Len(t, s.taken, 1)
	m, err := mail.ReadMessage(strings.NewReader(s.taken[0]))
	require.NoError(t, err)
	return m
}

type session struct {
	server *server
	known  bool
}

func (s *session) AuthMechanisms() []string {
	if !s.server.wants {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, given string) error {
		if user != "lastgood" || given != password {
			return &gosmtp.SMTPError{Code: 535, EnhancedCode: gosmtp.EnhancedCode{5, 7, 8}, Message: "you sent " + given}
		}
		s.known = true
		return nil
	}), nil
}

func (s *session) Mail(string, *gosmtp.MailOptions) error {
	if s.server.wants && !s.known {
		return errors.New("log in first")
	}
	return s.answer("MAIL", s.server.mail)
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.server.mu.Lock()
	s.server.named = append(s.server.named, to)
	s.server.mu.Unlock()
	return s.answer("RCPT", s.server.rcpt)
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.answer("DATA", s.server.data); err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.taken = append(s.server.taken, string(text))
	return nil
}

func (s *session) answer(command string, with error) error {
	if s.server.hangs == command {
		<-s.server.over
	}
	return with
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// mute accepts connections and says nothing.
func mute(t *testing.T) (port int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = bufio.NewReader(conn).ReadString('\n')
				_ = conn.Close()
			}()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}
