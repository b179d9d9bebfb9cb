package e2e

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/local"
)

// ExpectMail waits for the next mail to an address whose subject and text hold all
// of the texts.
func (h *Harness) ExpectMail(to string, texts ...string) local.Effect {
	h.t.Helper()
	return h.expect("smtp", "mail", "a mail to "+to+" with "+strings.Join(texts, ", "), func(e local.Effect) bool {
		return e.Detail.To == to && hasAll(e.Detail.Subject+"\n"+e.Detail.Text, texts)
	})
}

// Text is a page that went to a phone.
type Text struct {
	h *Harness
	local.Effect
}

// ExpectText waits for the next text to a phone that holds all of the texts.
func (h *Harness) ExpectText(to string, texts ...string) *Text {
	h.t.Helper()
	return &Text{h, h.expect("twilio", "sms", "a text to "+to+" with "+strings.Join(texts, ", "), func(e local.Effect) bool {
		return e.Detail.To == to && hasAll(e.Detail.Body, texts)
	})}
}

var replyCode = regexp.MustCompile(`Reply OK ([A-Z2-7]{6}) to acknowledge`)

// Code is what the text asks to be answered with.
func (m *Text) Code() string {
	m.h.t.Helper()
	found := replyCode.FindStringSubmatch(m.Detail.Body)
	require.NotNil(m.h.t, found, "the text names no code: %s", m.Detail.Body)
	return found[1]
}

// Answer texts to lastgood from a phone, and gives what was texted back. One with
// the SID of an earlier answer is that answer, delivered again.
func (h *Harness) Answer(from, body, sid string) (said, of string) {
	h.t.Helper()
	var got struct {
		Status int    `json:"status"`
		SID    string `json:"sid"`
		Said   string `json:"said"`
	}
	require.NoError(h.t, h.control.Ask(h.t.Context(), "/control/sms", map[string]string{"from": from, "body": body, "sid": sid}, &got))
	require.Equal(h.t, http.StatusOK, got.Status)
	return got.Said, got.SID
}

// Forge calls POST /twilio/sms with a signature that is not Twilio's.
func (h *Harness) Forge(from, body string) (status int, said string) {
	h.t.Helper()
	form := url.Values{"MessageSid": {"SMforged"}, "From": {from}, "Body": {body}}
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.stage.Starter()+"/twilio/sms", strings.NewReader(form.Encode()))
	require.NoError(h.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Twilio-Signature", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")
	response, err := http.DefaultClient.Do(request)
	require.NoError(h.t, err)
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	require.NoError(h.t, err)
	return response.StatusCode, string(content)
}

// LoseTexts lets the phone network lose the texts to a phone after it took them.
func (h *Harness) LoseTexts(to string, code int) {
	h.t.Helper()
	require.NoError(h.t, h.control.Post(h.t.Context(), "/control/twilio/script",
		map[string]any{"to": to, "status": "undelivered", "error_code": code}))
}
