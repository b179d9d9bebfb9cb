package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/test/e2e"
)

// What a page by another method may take: at once when the one before it was
// refused for good, and after 20 s when it does not get through.
const (
	atOnce = 4 * time.Second
	stuck  = 20 * time.Second
)

// breaksFirst tells what happens when the first contact method is broken, the
// second of which is not due for minutes.
func breaksFirst(t *testing.T, contact string, fault map[string]any) (h *e2e.Harness, alert *e2e.Alert, fired time.Time) {
	t.Helper()
	t.Parallel()
	h = e2e.Start(t, e2e.Setting{Plain: true, Contact: contact})
	h.Break(fault)
	fired = time.Now()
	return h, h.Fire("checkout"), fired
}

const (
	mailThenText = "[{via: email}, {via: sms, after: 5m}]"
	textThenMail = "[{via: sms}, {via: email, after: 5m}]"
)

func TestAMailThatIsRefusedIsATextAtOnce(t *testing.T) {
	h, alert, fired := breaksFirst(t, mailThenText, map[string]any{"vendor": "smtp", "match": "RCPT", "status": 500})
	text := h.ExpectText(e2e.Phone, "SEV1", "checkout")
	require.WithinRange(t, text.At, fired, fired.Add(atOnce))
	alert.ExpectEntries(incident.PageFailed, 1)
	alert.Resolve()
	alert.ExpectClosed()
}

func TestAMailServerThatHangsIsATextAfter20Seconds(t *testing.T) {
	h, alert, fired := breaksFirst(t, mailThenText, map[string]any{"vendor": "smtp", "match": "MAIL", "hang": "10m"})
	text := h.ExpectText(e2e.Phone, "SEV1", "checkout")
	require.WithinRange(t, text.At, fired.Add(stuck), fired.Add(stuck+atOnce))
	alert.Resolve()
	alert.ExpectClosed()
}

func TestATwilioThatAnswers500IsAMailAfter20Seconds(t *testing.T) {
	h, alert, fired := breaksFirst(t, textThenMail, map[string]any{"vendor": "twilio", "status": 500})
	mail := h.ExpectMail(e2e.Mailbox, "[SEV1] checkout", "INC-")
	require.WithinRange(t, mail.At, fired.Add(stuck), fired.Add(stuck+atOnce))

	h.Mend() // It was tried all the while.
	h.ExpectText(e2e.Phone, "checkout")
	alert.ExpectEntries(incident.Paged, 2)
	alert.Resolve()
	alert.ExpectClosed()
}

func TestATwilioThatHangsIsAMailAfter20Seconds(t *testing.T) {
	h, alert, fired := breaksFirst(t, textThenMail, map[string]any{"vendor": "twilio", "hang": "10m"})
	mail := h.ExpectMail(e2e.Mailbox, "[SEV1] checkout")
	require.WithinRange(t, mail.At, fired.Add(stuck), fired.Add(stuck+atOnce))
	alert.Resolve()
	alert.ExpectClosed()
}

func TestATextThatIsLostOnItsWayIsAMailAtOnce(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, Contact: textThenMail})
	h.LoseTexts(e2e.Phone, 30003)
	alert := h.Fire("checkout")
	text := h.ExpectText(e2e.Phone, "checkout")
	mail := h.ExpectMail(e2e.Mailbox, "checkout")
	require.WithinRange(t, mail.At, text.At, text.At.Add(atOnce))
	alert.ExpectEntries(incident.PageFailed, 1)
	require.Contains(t, alert.Told(), "The sms to First responder was not delivered: twilio says undelivered (30003: the phone is off or away)")
	alert.Resolve()
	alert.ExpectClosed()
}

func TestATextWhoseAnswerIsLostIsNotSentTwice(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, Contact: "[{via: sms}]"})
	h.Break(map[string]any{"vendor": "twilio", "match": "POST", "drop_response": true, "times": 1})
	alert := h.Fire("checkout")
	text := h.ExpectText(e2e.Phone, "checkout")
	alert.ExpectEntries(incident.PageReported, 1)
	alert.ExpectEntries(incident.Paged, 1)
	require.Contains(t, alert.Told(), "Paged First responder by sms: accepted as "+text.Detail.SID)
	alert.Resolve()
	alert.ExpectClosed()
}

func TestAnAnswerBySMSAcknowledges(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, Contact: "[{via: sms}]"})
	alert := h.Fire("checkout")
	text := h.ExpectText(e2e.Phone, "SEV1", "checkout")

	status, said := h.Forge(e2e.Phone, "OK "+text.Code())
	require.Equal(t, http.StatusUnauthorized, status, said)
	strange, _ := h.Answer("+449999999999", "OK "+text.Code(), "")
	require.Contains(t, strange, "Nothing was done")
	unclear, _ := h.Answer(e2e.Phone, "on my way", "")
	require.Contains(t, unclear, "Reply OK and the code")
	require.Equal(t, incident.Triggered, alert.ExpectStatus(incident.Triggered).Status)

	sent, sid := h.Answer(e2e.Phone, "ok "+text.Code(), "")
	require.Contains(t, sent, "Acknowledgement of INC-")
	in := alert.ExpectStatus(incident.Acknowledged)
	require.Equal(t, "sre-1", in.AcknowledgedBy)
	h.Answer(e2e.Phone, "ok "+text.Code(), sid) // Twilio delivers it again.
	alert.Resolve()
	require.Equal(t, 1, e2e.Count(alert.ExpectClosed(), incident.WasAcknowledged))
}

func TestABareAnswerIsTakenForTheIncidentThatThePhoneWasPagedForAndForNoOther(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true, Contact: "[{via: sms}]"})
	alert := h.Fire("checkout")
	h.ExpectText(e2e.Phone, "SEV1", "checkout")
	alert.ExpectEntries(incident.PageReported, 1)
	said, _ := h.Answer(e2e.Phone, "OK", "")
	require.Contains(t, said, "Acknowledgement of INC-")
	alert.ExpectStatus(incident.Acknowledged)
	alert.Resolve()
	alert.ExpectClosed()

	h.Break(map[string]any{"vendor": "twilio", "match": "POST", "hang": "10m"})
	other := h.Fire("checkout")
	other.ExpectStatus(incident.Triggered)
	said, _ = h.Answer(e2e.Phone, "OK", "") // The phone knows of the first one only.
	require.Contains(t, said, "Which one? Reply with a code: ")
	require.Equal(t, incident.Triggered, other.ExpectStatus(incident.Triggered).Status)
	other.Resolve()
	other.ExpectClosed()
}

func TestAnAcknowledgementStopsAMailOnItsWay(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, Contact: "[{via: slack}, {via: email, after: 1s}, {via: sms, after: 2m}]"})
	h.Break(map[string]any{"vendor": "smtp", "match": "RCPT", "hang": "3s"})
	alert := h.Fire("checkout")
	page := h.Slack(e2e.FirstResponder).ExpectMessage("checkout")
	alert.ExpectUnderWay(1)
	page.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged by sre-1")
	h.Pass(5 * time.Second) // A mail would arrive within that.
	alert.Resolve()
	alert.ExpectClosed()
}
