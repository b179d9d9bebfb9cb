package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

// mailboxes are all that the mail server has taken.
type mailboxes struct {
	mails []object
}

// ServeMail takes mails on l until ctx ends. Faults of the vendor smtp match "MAIL
// from", "RCPT to" and "DATA"; their status is the server's reply code.
func (s *Simulator) ServeMail(ctx context.Context, l net.Listener) error {
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) {
		return &mailSession{world: s, ctx: ctx, conn: c}, nil
	}))
	server.Domain, server.MaxMessageBytes, server.ErrorLog = "simulator", maxBody, noLog{}
	ended := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer ended()
	if err := server.Serve(l); err != nil && !errors.Is(err, gosmtp.ErrServerClosed) && ctx.Err() == nil {
		return fmt.Errorf("take mails on %s: %w", l.Addr(), err)
	}
	return nil
}

// noLog is for broken connections, which faults make.
type noLog struct{}

func (noLog) Printf(string, ...any) {}
func (noLog) Println(...any)        {}

type mailSession struct {
	world *Simulator
	ctx   context.Context
	conn  *gosmtp.Conn
	from  string
	to    []string
}

func (m *mailSession) Reset()        { m.from, m.to = "", nil }
func (m *mailSession) Logout() error { return nil }

func (m *mailSession) Mail(from string, _ *gosmtp.MailOptions) error {
	m.from = from
	_, err := m.suffer("MAIL " + from)
	return err
}

func (m *mailSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	m.to = append(m.to, to)
	_, err := m.suffer("RCPT " + to)
	return err
}

func (m *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	set, err := m.suffer("DATA")
	if err != nil {
		return err
	}
	m.world.do(func(st *state, now time.Time) { st.mail.take(m.world.ledger, m.to, string(raw), now) })
	if set.DropResponse {
		_ = m.conn.Close()
	}
	return nil
}

// suffer lets a fault have its say at a command.
func (m *mailSession) suffer(command string) (fault, error) {
	m.world.mu.Lock()
	set := m.world.state.faults.take("smtp", command, m.world.cfg.Now())
	m.world.mu.Unlock()
	pause(m.ctx, time.Duration(set.Hang))
	if set.Status == 0 {
		return set, nil
	}
	return set, &gosmtp.SMTPError{
		Code: set.Status, EnhancedCode: gosmtp.EnhancedCode{set.Status / 100, 0, 0}, Message: or(set.Body, "simulated fault"),
	}
}

// take keeps a mail, once for each of those whom it is for.
func (m *mailboxes) take(l *ledger, to []string, raw string, now time.Time) {
	read, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		read = &mail.Message{Header: mail.Header{}, Body: strings.NewReader(raw)}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	if err != nil {
		subject = read.Header.Get("Subject")
	}
	text := mailText(read)
	for _, address := range to {
		detail := map[string]any{
			"to": address, "from": read.Header.Get("From"), "subject": subject, "text": text,
			"id": read.Header.Get("Message-Id"), "references": read.Header.Get("References"),
		}
		l.record(now, "smtp", "mail", detail)
		m.mails = append(m.mails, object{"at": now.UTC(), "to": address, "subject": subject, "text": text, "id": detail["id"]})
	}
}

// mailText is a mail's text in plain words.
func mailText(m *mail.Message) string {
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return decodedText(m.Header.Get("Content-Transfer-Encoding"), m.Body)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return ""
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
			return decodedText(part.Header.Get("Content-Transfer-Encoding"), part)
		}
	}
}

func decodedText(encoding string, from io.Reader) string {
	if strings.EqualFold(encoding, "quoted-printable") {
		from = quotedprintable.NewReader(from)
	}
	text, err := io.ReadAll(from)
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}
