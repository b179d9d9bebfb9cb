package simulator

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const phone = "+440000000001"

// text sends one as an app does.
func (w *world) text(args ...string) result {
	w.t.Helper()
	form := url.Values{"To": {phone}, "From": {w.cfg.TwilioNumber}, "Body": {"SEV1 checkout: down"}}
	for i := 0; i+1 < len(args); i += 2 {
		form.Set(args[i], args[i+1])
	}
	return w.twilio(http.MethodPost, form.Encode())
}

func (w *world) twilio(method, body string) result {
	w.t.Helper()
	path := "/twilio/2010-04-01/Accounts/" + w.cfg.TwilioAccountSID + "/Messages.json"
	if method == http.MethodGet {
		path, body = path+"?"+body, ""
	}
	return w.send(method, path, "application/x-www-form-urlencoded", body, func(r *http.Request) {
		r.SetBasicAuth(w.cfg.TwilioAccountSID, w.cfg.TwilioAuthToken)
	})
}

// codeOf is Twilio's own code in an answer.
func codeOf(got result) int {
	code, _ := got.json["code"].(float64)
	return int(code)
}

func TestATextIsTakenAndListed(t *testing.T) {
	w := newWorld(t)
	made := w.text()
	require.Equal(t, http.StatusCreated, made.status)
	require.Equal(t, "queued", made.json["status"])
	require.Regexp(t, `^SM[0-9a-f]{32}$`, made.json["sid"])
	require.Equal(t, "Mon, 23 Nov 2026 09:00:00 +0000", made.json["date_created"])
	w.text("To", "+440000000002", "MessagingServiceSid", "MG1", "From", "")
	second := w.text("Body", "again")

	listed := w.twilio(http.MethodGet, url.Values{"To": {phone}, "PageSize": {"1"}}.Encode())
	require.Equal(t, []any{second.json["sid"]}, []any{at(listed.json, "messages", 0, "sid")})
	require.Nil(t, at(listed.json, "messages", 1))
	require.Equal(t, []map[string]any{
		{"to": phone, "from": "+15005550006", "body": "SEV1 checkout: down", "sid": made.json["sid"]},
	}, w.ledger("twilio", "sms")[:1])
}

func TestWhatTwilioRefusesHasItsCode(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		args   []string
		status int
		code   int
	}{
		"no recipient":    {[]string{"To", ""}, 400, 21604},
		"no body":         {[]string{"Body", ""}, 400, 21602},
		"too long a body": {[]string{"Body", strings.Repeat("x", 1601)}, 400, 21617},
		"foreign sender":  {[]string{"From", "+15005550009"}, 400, 21606},
		"no number":       {[]string{"To", "0123"}, 400, 21211},
	} {
		t.Run(name, func(t *testing.T) {
			got := w.text(c.args...)
			require.Equal(t, c.status, got.status)
			require.Equal(t, c.code, codeOf(got), got.text)
		})
	}
	require.Equal(t, 20003, codeOf(w.send(http.MethodPost, "/twilio/2010-04-01/Accounts/AC1/Messages.json", "", "", nil)))
	require.Empty(t, w.ledger("twilio", "sms"))
}

func TestTheFaultsOfTwilioLookLikeIts(t *testing.T) {
	w := newWorld(t)
	w.control("faults", `{"vendor":"twilio","match":"Messages.json","status":429,"retry_after":2,"times":1}`)
	got := w.text()
	require.Equal(t, http.StatusTooManyRequests, got.status)
	require.Equal(t, 20429, codeOf(got))
	require.Equal(t, "2", got.header.Get("Retry-After"))
	require.Equal(t, http.StatusCreated, w.text().status)
}

func TestAPhoneThatAnswersSTOPIsTextedNoMore(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SMSURL = c.InteractionsURL })
	w.control("sms", `{"from":"+440000000001","body":"stop"}`)
	require.Equal(t, 21610, codeOf(w.text()))
	require.Empty(t, w.inbox(), "that is between the phone and Twilio")
	w.control("sms", `{"from":"+440000000001","body":"START"}`)
	require.Equal(t, http.StatusCreated, w.text().status)
}

func TestAReplyIsSignedAndItsAnswerTextedBack(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SMSURL = c.InteractionsURL })
	w.answers(http.StatusOK, `<?xml version="1.0" encoding="UTF-8"?><Response><Message>sent &amp; done</Message></Response>`)
	got := w.control("sms", `{"from":"+440000000001","body":"OK 7QXM2A"}`)

	require.Equal(t, "sent & done", got["said"])
	require.Len(t, w.inbox(), 1)
	form, err := url.ParseQuery(w.inbox()[0].body)
	require.NoError(t, err)
	require.Equal(t, "OK 7QXM2A", form.Get("Body"))
	require.Equal(t, got["sid"], form.Get("MessageSid"))
	require.Equal(t, signTwilio(w.cfg.TwilioAuthToken, w.cfg.SMSURL, form), w.inbox()[0].header.Get("X-Twilio-Signature"))
	require.Equal(t, "sent & done", w.ledger("twilio", "answer")[0]["body"])

	again := w.control("sms", `{"from":"+440000000001","body":"OK 7QXM2A","sid":"`+got["sid"].(string)+`"}`)
	require.Equal(t, got["sid"], again["sid"])
	require.Len(t, w.ledger("twilio", "reply"), 1, "Twilio delivers it twice, the person texts once")
}

// The examples of https://www.twilio.com/docs/usage/webhooks/webhooks-security.
func TestTheSignatureIsTwiliosOwn(t *testing.T) {
	form := url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "From": {"+12349013030"}, "Caller": {"+12349013030"}, "To": {"+18005551212"}, "Digits": {"1234"},
	}
	require.Equal(t, "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", signTwilio("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form))
}

func TestWhatBecomesOfATextIsReported(t *testing.T) {
	w := newWorld(t)
	w.control("twilio/script", `{"to":"+440000000001","status":"undelivered","error_code":30003}`)
	w.text("StatusCallback", "http://app/status?marker=m")
	w.text("To", "+440000000002")
	var reports []string
	for range 4 {
		w.clock.pass(time.Second)
		w.sim.do(func(st *state, now time.Time) {
			for _, c := range st.twilio.advance(now) {
				require.Equal(t, "http://app/status?marker=m", c.address)
				reports = append(reports, c.form.Get("MessageStatus")+" "+c.form.Get("ErrorCode"))
			}
		})
	}
	require.Equal(t, []string{"sent ", "undelivered 30003"}, reports)
	refused := w.send(http.MethodPost, "/control/twilio/script", "application/json", `{"status":"eaten"}`, nil)
	require.Equal(t, http.StatusBadRequest, refused.status)
}
