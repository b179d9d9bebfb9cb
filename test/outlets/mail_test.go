package outlets

import (
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/smtp"
	"github.com/seed-44180607/lastgood/oncall"
)

// mailbox keeps what comes for it.
type mailbox struct{ content []string }

func (m *mailbox) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return m, nil }
func (*mailbox) Reset()                                            {}
func (*mailbox) Logout() error                                     { return nil }
func (*mailbox) Mail(string, *gosmtp.MailOptions) error            { return nil }
func (m *mailbox) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	m.content = append(m.content, "to "+to)
	return nil
}

func (m *mailbox) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	m.content = append(m.content, string(content))
	return err
}

// delivered is a page by mail as a server takes it: to one person, in one dialogue.
func delivered(t *testing.T, page incident.Message) *mail.Message {
	t.Helper()
	box := &mailbox{}
	server := gosmtp.NewServer(box)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	port := listener.Addr().(*net.TCPAddr).Port
	c, err := smtp.New(smtp.Config{Host: "127.0.0.1", Port: port, From: "lastgood@example.com", Security: smtp.None})
	require.NoError(t, err)
	_, err = c.Send(t.Context(), "sre-1@example.com", page)
	require.NoError(t, err)
	require.Len(t, box.content, 2)
	require.Equal(t, "to sre-1@example.com", box.content[0])
	message, err := mail.ReadMessage(strings.NewReader(box.content[1]))
	require.NoError(t, err)
	return message
}

// headers are a mail's: how many of each, and the subject in words.
func headers(page message) func(*testing.T, string) []string {
	return func(t *testing.T, text string) []string {
		t.Helper()
		taken := delivered(t, page(oncall.Email, text))
		subject, err := new(mime.WordDecoder).DecodeHeader(taken.Header.Get("Subject"))
		require.NoError(t, err)
		var names []string
		for name, values := range taken.Header {
			require.Len(t, values, 1, name)
			names = append(names, name)
		}
		slices.Sort(names)
		require.NotContains(t, names, "Bcc")
		return []string{subject, strings.Join(names, " ")}
	}
}

func mailed(mediaType string, page message) func(*testing.T, string) []string {
	return func(t *testing.T, text string) []string {
		t.Helper()
		taken := delivered(t, page(oncall.Email, text))
		_, parameters, err := mime.ParseMediaType(taken.Header.Get("Content-Type"))
		require.NoError(t, err)
		parts := multipart.NewReader(taken.Body, parameters["boundary"])
		for {
			part, err := parts.NextRawPart()
			require.NoError(t, err)
			if !strings.HasPrefix(part.Header.Get("Content-Type"), mediaType) {
				continue
			}
			content, err := io.ReadAll(quotedprintable.NewReader(part))
			require.NoError(t, err)
			return []string{strings.ReplaceAll(string(content), "\r\n", "\n")}
		}
	}
}

var tag = regexp.MustCompile(`<[^>]*>`)

// tags are the tags of a page in HTML, each once, without the addresses of links whose text a hostile one is.
func tags(text string) []string {
	found := tag.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}
