package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/local"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/test/e2e"
)

// gale is a small storm.
const gale = 50

// textsLimited lets Twilio take no text for a time; it can be asked what it took.
func textsLimited(h *e2e.Harness, d time.Duration) (until time.Time) {
	return h.BreakFor(d, map[string]any{"name": "texts", "vendor": "twilio", "match": "POST", "status": 429})
}

// allLimited lets the mail server take no mail for a time, either.
func allLimited(h *e2e.Harness, d time.Duration) (until time.Time) {
	h.BreakFor(d, map[string]any{"name": "mails", "vendor": "smtp", "match": "RCPT", "status": 451})
	return textsLimited(h, d)
}

func TestAStormOfMailsAndTextsOnOnePersonIsOneOfEachAndOneMore(t *testing.T) {
	h := e2e.Start(t, e2e.Setting{Crowd: 1, CrowdContact: "[{via: sms}, {via: email}]"})
	h.Allow("twilio", "sms")
	h.Allow("smtp", "mail")

	alerts := crowd(h, gale, 1, "Gale")
	fired := time.Now()
	alerts[0].Fire()
	text := h.ExpectText(e2e.PhoneOf(0), "SEV1", "Gale000")
	mail := h.ExpectMail(e2e.MailboxOf("crowd-00"), "[SEV1]", "Gale000")
	for _, first := range []local.Effect{text.Effect, mail} {
		require.Less(t, first.At.Sub(fired), atOnce, "the first page leaves at once")
	}
	allowed := strike(h, alerts[1:], allLimited)

	texts, mails := h.ExpectTexts(e2e.PhoneOf(0), gale), h.ExpectMails(e2e.MailboxOf("crowd-00"), gale)
	for _, named := range []map[string][]local.Effect{texts, mails} {
		require.Len(t, named, gale)
		for code, pages := range named {
			require.Len(t, pages, 1, "%s is named in one page", code)
			require.Less(t, pages[0].At, allowed.Add(stuck), "%s is paged before it counts as stuck", code)
		}
		t.Logf("%d %s", messages(named), pages(named)[0].Effect)
		// Two, but for pages that a busy machine brings back late.
		require.LessOrEqual(t, messages(named), gale/5, "what waits is merged")
	}
	for _, a := range alerts {
		a.ExpectEntries(incident.PageReported, 1)
	}
	answerEach(t, h, alerts[1:4])
}

// answerEach texts the codes of incidents, and sees that each answer meets the one named.
func answerEach(t *testing.T, h *e2e.Harness, alerts []*e2e.Alert) {
	t.Helper()
	said, _ := h.Answer(e2e.PhoneOf(0), "OK", "")
	require.Contains(t, said, "Which one? Reply with a code: ")
	for _, a := range alerts {
		in := a.ExpectStatus(incident.Triggered)
		said, _ := h.Answer(e2e.PhoneOf(0), "OK "+incident.Code(in.ID), "")
		require.Contains(t, said, "Acknowledgement of "+in.ID)
		require.Equal(t, "crowd-00", a.ExpectStatus(incident.Acknowledged).AcknowledgedBy)
	}
}

// pages are the messages that name incidents, in order, each once.
func pages(named map[string][]local.Effect) (all []local.Effect) {
	for _, of := range named {
		all = append(all, of...)
	}
	slices.SortFunc(all, func(a, b local.Effect) int { return a.N - b.N })
	return slices.CompactFunc(all, func(a, b local.Effect) bool { return a.N == b.N })
}

func messages(named map[string][]local.Effect) int { return len(pages(named)) }

// together lets alerts fire whose pages leave in one text, and says when.
func together(h *e2e.Harness, alerts ...*e2e.Alert) (at time.Time) {
	return strike(h, alerts, textsLimited)
}

func TestABareAnswerIsNotTakenForTheLastOneOfATextThatNamedSeveral(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, Contact: "[{via: sms}]"})
	one, other := h.Alert("checkout", "One"), h.Alert("checkout", "Other")
	together(h, one, other)
	h.ExpectText(e2e.Phone, "2 incidents, first SEV1 checkout")
	one.ExpectEntries(incident.PageReported, 1)
	require.Contains(t, one.Told()[len(one.Told())-2], "together with 1 other")
	one.Decide(signals.Acknowledge, incident.Decision{By: "sre-2"})
	one.ExpectStatus(incident.Acknowledged)

	left := other.ExpectStatus(incident.Triggered)
	said, _ := h.Answer(e2e.Phone, "OK", "")
	require.Contains(t, said, "Reply with a code: ")
	require.Contains(t, said, incident.Code(left.ID))
	h.Answer(e2e.Phone, "ok "+incident.Code(left.ID), "")
	other.ExpectStatus(incident.Acknowledged)
}

func TestAMergedTextWhoseAnswerIsLostIsNotSentTwice(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true, Contact: "[{via: sms}]"})
	alerts := []*e2e.Alert{h.Alert("checkout", "One"), h.Alert("checkout", "Other")}
	leaves := together(h, alerts...)
	h.Mend() // Nothing leaves before the time that Twilio has named.
	h.Break(map[string]any{"vendor": "twilio", "match": "POST", "drop_response": true, "times": 1})
	require.Less(t, time.Now(), leaves.Add(-time.Second), "the answer that is lost is that to the text")
	text := h.ExpectText(e2e.Phone, "2 incidents, first SEV1 checkout")
	for _, a := range alerts {
		a.ExpectEntries(incident.Paged, 1)
		a.ExpectEntries(incident.PageReported, 1)
		require.Contains(t, a.Told(), "Paged First responder by sms: accepted as "+text.Detail.SID+", together with 1 other")
	}
	h.Pass(late)
}
