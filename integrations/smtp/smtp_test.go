package smtp_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/integrations/rest/resttest"
	"github.com/seed-44180607/lastgood/integrations/smtp"
	"github.com/seed-44180607/lastgood/release"
)

var opened = time.Date(2026, 11, 28, 2, 56, 0, 0, time.UTC)

func page() incident.Message {
	return incident.Message{Page: true, Marker: "INC-261128-7QXM2A/page/0.1.1.0/email/sre-1@example.com", Card: &incident.Card{
		Incident: "INC-261128-7QXM2A", Workflow: "incident/checkout/00", Service: "checkout", Environment: "production",
		Severity: incident.SEV1, Status: incident.Triggered, Summary: "More than 5% of the requests fail", OpenedAt: opened, FiresSince: opened.Add(-40 * time.Minute),
		State:     "Nobody has acknowledged it yet",
		InService: &release.Deployment{Release: "2026.11.4", Finished: opened.Add(-5 * time.Minute), By: "maria"},
		Target:    &release.Deployment{Release: "2026.11.3", URL: "https://jenkins.example.com/112"},
		Commits:   []release.Commit{{Subject: "Ask the bank twice", Author: "Maria"}}, MoreCommits: 2,
		Next: "Second responder", NextAt: opened.Add(5 * time.Minute),
		Links: []incident.Link{{Text: "Runbook", URL: "https://wiki.example.com/checkout"}},
	}}
}

func send(t *testing.T, c smtp.Config, m incident.Message) (incident.Receipt, error) {
	t.Helper()
	client, err := smtp.New(c)
	require.NoError(t, err)
	return client.Send(t.Context(), "sre-1@example.com", m)
}

func TestAPageIsOneMailInWords(t *testing.T) {
	s := &server{}
	receipt, err := send(t, s.serve(t, ""), page())

	require.NoError(t, err)
	require.Equal(t, "250 2.0.0 OK: queued", receipt.Said)
	require.Equal(t, []string{"sre-1@example.com"}, s.named)
	m := s.message(t)
	for header, want := range map[string]string{
		"From": `"lastgood" <lastgood@example.com>`, "To": "<sre-1@example.com>", "Auto-Submitted": "auto-generated",
		"Subject":     "[SEV1] checkout: More than 5% of the requests fail (INC-261128-7QXM2A)",
		"References":  "<inc-261128-7qxm2a@example.com>",
		"In-Reply-To": "<inc-261128-7qxm2a@example.com>",
	} {
		require.Equal(t, want, m.Header.Get(header), header)
	}
	parts := partsOf(t, m)
	for _, want := range []string{
		"[SEV1] checkout: More than 5% of the requests fail", "Nobody has acknowledged it yet", "Since: 28 Nov 02:16 UTC",
		"In service: 2026.11.4, since 28 Nov 02:51 UTC, by maria", "Go back to: 2026.11.3 <https://jenkins.example.com/112>",
		"Next: Second responder at 28 Nov 03:01 UTC, unless acknowledged",
		"- Ask the bank twice (Maria)", "- and 2 more", "Runbook: https://wiki.example.com/checkout", "INC-261128-7QXM2A",
	} {
		require.Contains(t, parts["text/plain"], want)
	}
	require.Contains(t, parts["text/html"], `<a href="https://wiki.example.com/checkout"`)
	require.Contains(t, parts["text/html"], "More than 5% of the requests fail</h1>")
}

func TestTheSamePageHasTheSameMessageID(t *testing.T) {
	id := func(m incident.Message) string {
		s := &server{}
		_, err := send(t, s.serve(t, ""), m)
		require.NoError(t, err)
		return s.message(t).Header.Get("Message-Id")
	}
	other := page()
	other.Marker += "/2"
	once, again := id(page()), id(page())
	require.Equal(t, once, again)
	require.NotEqual(t, once, id(other))
	require.Regexp(t, `^<[a-z2-7]{32}@example\.com>$`, once)
}

func TestATextFromOutsideStaysText(t *testing.T) {
	m := page()
	m.Card.Summary = "boom\r\nBcc: everyone@example.com\r\n\r\n<script>alert(1)</script> é"
	m.Card.Links = []incident.Link{{Text: "<b>Runbook</b>", URL: "javascript:alert(1)"}}
	s := &server{}
	_, err := send(t, s.serve(t, ""), m)
	require.NoError(t, err)

	got := s.message(t)
	require.Empty(t, got.Header.Get("Bcc"))
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	require.NoError(t, err)
	require.Equal(t, "[SEV1] checkout: boom Bcc: everyone@example.com <script>alert(1)</script> é (INC-261128-7QXM2A)", subject)
	html := partsOf(t, got)["text/html"]
	require.NotContains(t, html, "<script>")
	require.NotContains(t, html, "javascript:")
	require.NotContains(t, html, "<b>")
	require.Contains(t, html, "&lt;script&gt;alert(1)&lt;/script&gt; é")
}

func TestTheDialogueIsEncryptedAsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		speaks   string
		security smtp.Security
	}{
		"from the first byte":             {"tls", smtp.TLS},
		"by STARTTLS":                     {"starttls", smtp.StartTLS},
		"by STARTTLS where it is offered": {"starttls", smtp.Opportunistic},
		"not where nobody asks for it":    {"starttls", smtp.None},
		"not where nobody offers it":      {"", smtp.Opportunistic},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{wants: true}
			config := s.serve(t, c.speaks)
			config.Security, config.User, config.Password = c.security, "lastgood", password
			_, err := send(t, config, page())
			require.NoError(t, err)
			s.message(t)
		})
	}
}

func refused(code int, text string) error {
	return &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.EnhancedCode{code / 100, 1, 1}, Message: text}
}

func TestWhatAServerRefusesForGoodIsToldFromWhatMayPass(t *testing.T) {
	for name, c := range map[string]struct {
		server  *server
		refused bool
		says    string
	}{
		"no such mailbox":     {&server{rcpt: refused(550, "no such user")}, true, "404 Not Found (550): 5.1.1 no such user"},
		"greylisted":          {&server{rcpt: refused(451, "come back later")}, false, "429 Too Many Requests (451): 4.1.1 come back later"},
		"sender not allowed":  {&server{mail: refused(553, "not your address")}, true, "404 Not Found (553): 5.1.1 not your address"},
		"text refused":        {&server{data: refused(554, "looks like spam")}, true, "403 Forbidden (554): 5.1.1 looks like spam"},
		"disk full":           {&server{data: refused(452, "no space")}, false, "503 Service Unavailable (452): 4.1.1 no space"},
		"too busy for a mail": {&server{mail: refused(421, "closing")}, false, "429 Too Many Requests (421): 4.1.1 closing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := send(t, c.server.serve(t, ""), page())
			got := failure(t, err)
			require.Equal(t, c.refused, got.Refused())
			require.False(t, got.Maybe)
			require.EqualError(t, got, "smtp: mail sre-1@example.com: "+c.says)
		})
	}
}

func TestAWrongPasswordIsRefusedAndNotRepeated(t *testing.T) {
	s := &server{wants: true}
	config := s.serve(t, "starttls")
	config.User, config.Password = "lastgood", password+"!"
	_, err := send(t, config, page())
	require.True(t, failure(t, err).Refused())
	require.EqualError(t, err, "smtp: mail sre-1@example.com: 401 Unauthorized (535): the server refuses user and password")
	resttest.KeepsSecrets(t, err, password, base64.StdEncoding.EncodeToString([]byte(password)))
}

func TestAServerWithoutTheEncryptionThatIsAskedForIsRefused(t *testing.T) {
	s := &server{}
	config := s.serve(t, "")
	config.Security = smtp.StartTLS
	_, err := send(t, config, page())
	require.True(t, failure(t, err).Refused())
	require.ErrorContains(t, err, "the server offers no STARTTLS, and SMTP_URL asks for it")
}

func TestAServerThatOffersNoLoginIsRefused(t *testing.T) {
	config := (&server{}).serve(t, "")
	config.User, config.Password = "lastgood", password
	_, err := send(t, config, page())
	require.True(t, failure(t, err).Refused())
	require.ErrorContains(t, err, "no way to log in")
}

func TestACertificateThatNobodyTrustsIsNamed(t *testing.T) {
	for _, speaks := range []string{"tls", "starttls"} {
		config := (&server{}).serve(t, speaks)
		config.Trust = nil
		_, err := send(t, config, page())
		got := failure(t, err)
		require.False(t, got.Maybe)
		require.False(t, got.Refused())
		require.ErrorContains(t, err, "certificate")
	}
}

func TestAHangingServerIsLeftInTime(t *testing.T) {
	for command, maybe := range map[string]bool{"greeting": false, "MAIL": false, "RCPT": false, "DATA": true} {
		t.Run(command, func(t *testing.T) {
			s := &server{hangs: command}
			config := s.serve(t, "")
			if command == "greeting" {
				config.Port = mute(t)
			}
			config.Timeout = 300 * time.Millisecond
			began := time.Now()
			_, err := send(t, config, page())
			require.Less(t, time.Since(began), 3*time.Second)
			got := failure(t, err)
			require.ErrorIs(t, got, context.DeadlineExceeded)
			require.ErrorContains(t, got, "the server did not answer in time")
			require.Equal(t, maybe, got.Maybe)
			require.False(t, got.Refused())
		})
	}
}

func TestACancelledContextEndsTheDialogueAtOnce(t *testing.T) {
	s := &server{hangs: "RCPT"}
	client, err := smtp.New(s.serve(t, ""))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	began := time.Now()
	time.AfterFunc(100*time.Millisecond, cancel)
	_, err = client.Send(ctx, "sre-1@example.com", page())
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, time.Since(began), 3*time.Second)
}

func TestAServerThatIsNotThereTookNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	config := smtp.Config{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, From: "lastgood@example.com"}
	require.NoError(t, listener.Close())
	_, err = send(t, config, page())
	got := failure(t, err)
	require.False(t, got.Maybe)
	require.ErrorContains(t, got, "connection refused")
}

func TestAMailThatNobodyCouldTakeIsRefusedUnsent(t *testing.T) {
	s := &server{}
	client, err := smtp.New(s.serve(t, ""))
	require.NoError(t, err)
	_, err = client.Send(t.Context(), "nobody\r\nBcc: all@example.com", page())
	require.Equal(t, http.StatusBadRequest, failure(t, err).Status)
	require.Empty(t, s.named)
}

func failure(t *testing.T, err error) *rest.Error {
	t.Helper()
	var got *rest.Error
	require.ErrorAs(t, err, &got)
	require.Equal(t, "smtp", got.Vendor)
	resttest.KeepsSecrets(t, err, password)
	return got
}

// partsOf reads the text of each part of a mail.
func partsOf(t *testing.T, m *mail.Message) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(kind, "multipart/"), kind)
	found := map[string]string{}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return found
		}
		require.NoError(t, err)
		var body io.Reader = part
		if part.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(part)
		}
		text, err := io.ReadAll(body)
		require.NoError(t, err)
		kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		require.NoError(t, err)
		found[kind] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
}
