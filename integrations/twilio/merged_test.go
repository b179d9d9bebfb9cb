package twilio_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest/resttest"
	"github.com/seed-44180607/lastgood/integrations/twilio"
)

// pageOf is the page of the n-th incident of a storm.
func pageOf(n int) incident.Message {
	letters := "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	id := fmt.Sprintf("INC-261128-STRM%c%c", letters[n/32], letters[n%32])
	return incident.Message{
		Page: true, Marker: id + "/page/0.1.1.0/sms/" + phone, Since: opened,
		Card: &incident.Card{
			Incident: id, Workflow: "incident/checkout/" + fmt.Sprint(n), Service: "checkout", Severity: incident.SEV2,
			Summary: "More than 5% of the requests fail", OpenedAt: opened.Add(time.Duration(n) * time.Second),
		},
	}
}

func storm(n int) []incident.Message {
	pages := make([]incident.Message, n)
	for i := range pages {
		pages[i] = pageOf(i)
	}
	return pages
}

func text(pages ...incident.Message) string { return twilio.Draw(incident.Merge(pages)) }

var code = regexp.MustCompile(`STRM[A-Z2-7]{2}`)

func TestAMergedTextSaysWhatIsWorstAndNamesEveryIncident(t *testing.T) {
	pages := storm(4)
	pages[2].Card.Severity, pages[2].Card.Summary = incident.SEV1, "It is down."
	pages[3].Card.Service = "basket"
	require.Equal(t, "4 incidents, first SEV1 checkout: It is down. Reply OK (acknowledge) or ESC (escalate) and a code: "+
		"SEV1 checkout STRMAC, SEV2 checkout STRMAA STRMAB, SEV2 basket STRMAD. #b5ru", text(pages...))
}

func TestTheFirstTwentyAreSaidInFullAndTheRestCounted(t *testing.T) {
	got := text(storm(49)...)
	require.Contains(t, got, "SEV2 checkout STRMAA STRMAB ")
	require.Contains(t, got, "STRMAT, and 29 more: STRMAU ")
	require.Len(t, code.FindAllString(got, -1), 49)
}

func TestAnIncidentThatNoTextCanAnswerSaysSo(t *testing.T) {
	pages := storm(2)
	pages[1].Card.Buttons = []incident.Button{{Action: "approve-rollback"}}
	require.Contains(t, text(pages...), "SEV2 checkout STRMAA, SEV2 checkout (in Slack) STRMAB. #")
}

func TestEveryMergedTextIsShortAndNamesEachIncidentOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pages := storm(rapid.IntRange(2, incident.TextAtMost).Draw(t, "n"))
		for i := range pages {
			c := pages[i].Card
			c.Service = rapid.OneOf(rapid.Just("checkout"), rapid.StringMatching(`[a-z0-9-]{1,60}`)).Draw(t, "service")
			c.Severity = rapid.SampledFrom([]incident.Severity{incident.SEV1, incident.SEV2}).Draw(t, "severity")
			c.Summary = rapid.OneOf(rapid.String(), rapid.StringMatching(`[決済が失敗😀]{0,300}`)).Draw(t, "summary")
		}
		got := text(pages...)
		perSegment := 153
		if strings.ContainsAny(got, "決済が失敗😀") {
			perSegment = 67
		}
		require.LessOrEqual(t, len(utf16.Encode([]rune(got))), 4*perSegment, got)
		named := code.FindAllString(got[strings.LastIndex(got, "and a code: "):], -1)
		require.Len(t, named, len(pages))
		for _, p := range pages {
			require.Contains(t, named, incident.Code(p.Card.Incident))
			require.Equal(t, incident.Code(p.Card.Incident), incident.ReadText("ok "+incident.Code(p.Card.Incident)).Code)
		}
	})
}

func TestTheLongestTextIsOneThatTwilioTakes(t *testing.T) {
	pages := storm(incident.TextAtMost)
	for i := range pages {
		pages[i].Marker += fmt.Sprintf("/%d", i) // Each has a tag of its own.
		pages[i].Card.Service = fmt.Sprintf("%060d", i)
		pages[i].Card.Buttons = []incident.Button{{Action: "approve-rollback"}}
	}
	got := text(pages...)
	require.LessOrEqual(t, len(got), 1600)
	require.Len(t, code.FindAllString(got, -1), incident.TextAtMost)
}

func TestEachPageOfAMergedTextIsFoundAgain(t *testing.T) {
	pages := storm(30)
	pages[5].Card.Service = "ORDERS" // It looks like a code.
	pages[7].Marker = strings.Replace(pages[7].Marker, "0.1.1.0", "0.2.1.0", 1)
	body := "Sent from your Twilio trial account - " + text(pages...)
	a := &api{status: http.StatusOK, answer: `{"messages":[{"sid":"SM9","body":"` + body + `","status":"sent","direction":"outbound-api","date_created":"Sat, 28 Nov 2026 02:57:00 +0000"}]}`}
	to := client(t, a.serve(t))
	for _, p := range pages {
		receipt, found, err := to.Find(t.Context(), phone, p)
		require.NoError(t, err)
		require.True(t, found, p.Marker)
		require.Equal(t, incident.Receipt{Said: "accepted as SM9", With: 29}, receipt)

		next := p
		next.Marker += "/again"
		_, found, err = to.Find(t.Context(), phone, next)
		require.NoError(t, err)
		require.False(t, found, "the next page of an incident is another one")
	}
}

func TestAnAnswerWithoutACodeIsMeantForTheLatestPageAlone(t *testing.T) {
	there := func(body, status string) string {
		return `{"sid":"SM9","body":"` + body + `","status":"` + status + `","direction":"outbound-api","date_created":"Sat, 28 Nov 2026 02:57:00 +0000"}`
	}
	for name, c := range map[string]struct {
		texts string
		alone bool
	}{
		"with others":                   {there(text(storm(3)...), "delivered"), false},
		"with others, then alone":       {there(text(pageOf(0)), "delivered") + "," + there(text(storm(3)...), "delivered"), false},
		"alone":                         {there(text(pageOf(0)), "delivered"), true},
		"alone, after others":           {there(text(pageOf(0)), "delivered") + "," + there(text(pageOf(1), pageOf(2)), "delivered"), true},
		"alone, then another":           {there(text(pageOf(1)), "delivered") + "," + there(text(pageOf(0)), "delivered"), false},
		"alone, then others":            {there(text(pageOf(1), pageOf(2)), "delivered") + "," + there(text(pageOf(0)), "delivered"), false},
		"only others":                   {there(text(pageOf(1), pageOf(2)), "delivered"), false},
		"in a text that never arrived":  {there(text(pageOf(0)), "undelivered"), false},
		"in what lastgood texted back":  {there("Which one? Reply with a code: STRMAA (SEV2 checkout).", "delivered"), false},
		"alone, and asked about since":  {there("Which one? Reply with a code: STRMAB (SEV2 checkout).", "delivered") + "," + there(text(pageOf(0)), "delivered"), true},
		"nothing was texted in a while": {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			a := &api{status: http.StatusOK, answer: `{"messages":[` + c.texts + `]}`}
			got, err := client(t, a.serve(t)).Alone(t.Context(), phone, pageOf(0).Card.Incident)
			require.NoError(t, err)
			require.Equal(t, c.alone, got)
		})
	}
	a := &api{status: http.StatusServiceUnavailable}
	_, err := client(t, a.serve(t)).Alone(t.Context(), phone, pageOf(0).Card.Incident)
	require.ErrorContains(t, err, "twilio: look for a text to +44…01: 503")
	resttest.KeepsSecrets(t, err, token, phone)
}

func TestAReportOnAMergedTextIsOneForEachOfItsPages(t *testing.T) {
	pages := storm(incident.TextAtMost)
	pages[3].Marker = strings.Replace(pages[3].Marker, "page/0.1.1.0", "call/2.1", 1)
	a := &api{status: http.StatusCreated, answer: `{"sid":"SM1","status":"queued"}`}
	_, err := client(t, a.serve(t), func(c *twilio.Config) { c.PublicURL = "https://lastgood.example.com" }).Send(t.Context(), phone, incident.Merge(pages))
	require.NoError(t, err)
	require.Less(t, len(a.form.Get("StatusCallback")), 600)
	callback, err := url.Parse(a.form.Get("StatusCallback"))
	require.NoError(t, err)

	reports, ends, err := twilio.DecodeReport(callback.Query(), []byte(url.Values{
		"MessageSid": {"SM1"}, "MessageStatus": {"undelivered"}, "To": {phone}, "ErrorCode": {"30003"},
	}.Encode()))
	require.NoError(t, err)
	require.True(t, ends)
	var want, got []string
	for i, r := range reports {
		want, got = append(want, pages[i].Marker), append(got, r.Marker)
		require.Equal(t, incident.PageReport{
			ID: "SM1", Marker: r.Marker, Address: phone, Failed: "twilio says undelivered (30003: the phone is off or away)",
		}, r)
	}
	require.ElementsMatch(t, want, got)
}

func TestEveryPlaceOfAMergedTextIsReportedOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pages := storm(rapid.IntRange(2, incident.TextAtMost).Draw(t, "n"))
		for i := range pages {
			id := pages[i].Card.Incident
			pages[i].Marker = id + rapid.StringMatching(`/page/[0-9]\.[0-9]\.[0-9]\.[0-9]/sms/\+[0-9]{7,15}`).Draw(t, "place")
		}
		address := twilio.ReportURL("https://lastgood.example.com", incident.Merge(pages))
		require.LessOrEqual(t, len(address), 4000)
		callback, err := url.Parse(address)
		require.NoError(t, err)
		reports, _, err := twilio.DecodeReport(callback.Query(), []byte("MessageSid=SM1&MessageStatus=sent"))
		require.NoError(t, err)
		require.Len(t, reports, len(pages))
	})
}

func TestATextWithoutCardsIsNotSent(t *testing.T) {
	a := &api{status: http.StatusCreated, answer: `{"sid":"SM1"}`}
	for _, m := range []incident.Message{{}, {Merged: []incident.Message{page(), {Marker: "m"}}}} {
		_, err := client(t, a.serve(t)).Send(t.Context(), phone, m)
		require.ErrorContains(t, err, "there is no card to draw")
	}
	require.Empty(t, a.path)
}
