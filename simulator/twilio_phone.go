package simulator

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// phoneReply is a person texting to the account's number.
type phoneReply struct {
	From string `json:"from"`
	Body string `json:"body"`
	SID  string `json:"sid"` // of a text that Twilio delivers a second time
}

// phoneDelivery is what became of a reply, and what was texted back.
type phoneDelivery struct {
	delivery
	SID  string `json:"sid"`
	Said string `json:"said"`
}

// replyBySMS brings a person's text to the app, signed as Twilio does, and texts
// back what the app says. STOP and START are between the phone and Twilio.
func (s *Simulator) replyBySMS(r *http.Request, asked phoneReply) (any, error) {
	if s.cfg.SMSURL == "" {
		return nil, conflict("nobody takes replies: the simulator was started without an address for them")
	}
	if !e164.MatchString(asked.From) {
		return nil, badRequest("from %q is no number like +440000000001", asked.From)
	}
	form, forward := url.Values{}, true
	s.do(func(st *state, now time.Time) { form, forward = st.twilio.receive(asked, now) })
	got := phoneDelivery{SID: form.Get("MessageSid")}
	if !forward {
		return got, nil
	}
	got.delivery = s.postTwilio(r.Context(), callback{s.cfg.SMSURL, form})
	got.Said = messageIn(got.Body)
	if got.Said != "" {
		s.do(func(st *state, now time.Time) { st.twilio.answer(asked.From, got.Said, now) })
	}
	return got, nil
}

// receive notes a person's text and gives the form that the app is sent.
func (t *twilio) receive(asked phoneReply, now time.Time) (form url.Values, forward bool) {
	sid := asked.SID
	if sid == "" {
		made := t.add(&text{from: asked.From, to: t.cfg.TwilioNumber, body: asked.Body, status: "received", inbound: true, created: now})
		sid = made.sid
		t.ledger.record(now, "twilio", "reply", map[string]any{"from": asked.From, "to": t.cfg.TwilioNumber, "body": asked.Body, "sid": sid})
	}
	form = url.Values{
		"MessageSid": {sid}, "SmsMessageSid": {sid}, "SmsSid": {sid}, "AccountSid": {t.cfg.TwilioAccountSID}, "ApiVersion": {"2010-04-01"},
		"From": {asked.From}, "To": {t.cfg.TwilioNumber}, "Body": {asked.Body}, "NumMedia": {"0"}, "NumSegments": {"1"}, "SmsStatus": {"received"},
	}
	switch strings.ToUpper(strings.TrimSpace(asked.Body)) {
	case "STOP", "UNSUBSCRIBE", "CANCEL", "END", "QUIT":
		t.stopped[asked.From] = true
		return form, false
	case "START", "UNSTOP":
		delete(t.stopped, asked.From)
		return form, false
	}
	return form, true
}

// answer notes what was texted back.
func (t *twilio) answer(to, body string, now time.Time) {
	made := t.add(&text{to: to, from: t.cfg.TwilioNumber, body: body, status: "delivered", created: now})
	t.ledger.record(now, "twilio", "answer", map[string]any{"to": to, "body": body, "sid": made.sid})
}

// messageIn reads the first message out of TwiML; "" when there is none.
func messageIn(body string) string {
	var twiml struct {
		Messages []string `xml:"Message"`
	}
	if xml.Unmarshal([]byte(body), &twiml) != nil || len(twiml.Messages) == 0 {
		return ""
	}
	return twiml.Messages[0]
}

// keepReporting tells apps what became of their texts until ctx ends.
func (s *Simulator) keepReporting(ctx context.Context) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var due []callback
		s.do(func(st *state, now time.Time) { due = st.twilio.advance(now) })
		for _, one := range due {
			if got := s.postTwilio(ctx, one); got.Status != http.StatusOK {
				s.cfg.Logger.Warn("a report on a text was not taken", "status", got.Status, "error", got.Error)
			}
		}
	}
}

// twilioPatience is how long Twilio waits for the app's answer.
const twilioPatience = 15 * time.Second

func (s *Simulator) postTwilio(ctx context.Context, c callback) delivery {
	ctx, cancel := context.WithTimeout(ctx, twilioPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address, strings.NewReader(c.form.Encode()))
	if err != nil {
		return delivery{Error: fmt.Sprintf("make the request: %v", err)}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", "TwilioProxy/1.1")
	request.Header.Set("X-Twilio-Signature", signTwilio(s.cfg.TwilioAuthToken, c.address, c.form))
	response, err := s.client.Do(request)
	if err != nil {
		return delivery{Error: fmt.Sprintf("call the app: %v", err)}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return delivery{Error: fmt.Sprintf("read the app's answer: %v", err)}
	}
	return delivery{Status: response.StatusCode, Body: string(body)}
}
