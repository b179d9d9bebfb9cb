package twilio_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/integrations/rest/resttest"
	"github.com/seed-44180607/lastgood/integrations/twilio"
)

const (
	account = "AC00000000000000000000000000000001"
	token   = "hush-auth-token"
	phone   = "+440000000001"
)

var opened = time.Date(2026, 11, 28, 2, 56, 0, 0, time.UTC)

func page() incident.Message {
	return incident.Message{
		Page: true, Marker: "INC-261128-7QXM2A/page/0.1.1.0/sms/" + phone, Since: opened,
		Card: &incident.Card{
			Incident: "INC-261128-7QXM2A", Workflow: "incident/checkout/00", Service: "checkout",
			Severity: incident.SEV1, Summary: "More than 5% of the requests fail",
		},
	}
}

// api is Twilio as far as the client needs it: it keeps the last call.
type api struct {
	status int
	header http.Header
	answer string

	path, query, user, password string
	form                        url.Values
}

func (a *api) serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.path, a.query = r.URL.Path, r.URL.RawQuery
		a.user, a.password, _ = r.BasicAuth()
		body, _ := io.ReadAll(r.Body)
		a.form, _ = url.ParseQuery(string(body))
		maps.Copy(w.Header(), a.header)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func client(t *testing.T, base string, change ...func(*twilio.Config)) *twilio.Client {
	t.Helper()
	config := twilio.Config{AccountSID: account, AuthToken: token, From: "+15005550006", APIURL: base, HTTP: rest.NewClient(time.Second)}
	for _, c := range change {
		c(&config)
	}
	made, err := twilio.New(config)
	require.NoError(t, err)
	return made
}

func TestEveryFailureOfSendingIsTyped(t *testing.T) {
	resttest.Conformance(t, "twilio", func(ctx context.Context, base string) error {
		_, err := client(t, base).Send(ctx, phone, page())
		return err
	}, token)
}

func TestEveryFailureOfLookingIsTyped(t *testing.T) {
	resttest.Conformance(t, "twilio", func(ctx context.Context, base string) error {
		_, _, err := client(t, base).Find(ctx, phone, page())
		return err
	}, token)
}

func TestAPageIsOneText(t *testing.T) {
	a := &api{status: http.StatusCreated, answer: `{"sid":"SM1","status":"queued"}`}
	receipt, err := client(t, a.serve(t), func(c *twilio.Config) { c.PublicURL = "https://lastgood.example.com/" }).Send(t.Context(), phone, page())

	require.NoError(t, err)
	require.Equal(t, incident.Receipt{Said: "accepted as SM1"}, receipt)
	require.Equal(t, "/2010-04-01/Accounts/"+account+"/Messages.json", a.path)
	require.Equal(t, []string{account, token}, []string{a.user, a.password})
	require.Equal(t, url.Values{
		"To": {phone}, "From": {"+15005550006"}, "Body": {twilio.Draw(page())},
		"StatusCallback": {"https://lastgood.example.com/twilio/status?marker=INC-261128-7QXM2A%2Fpage%2F0.1.1.0%2Fsms%2F%2B440000000001&workflow=incident%2Fcheckout%2F00"},
	}, a.form)
}

func TestASenderMayBeAMessagingService(t *testing.T) {
	a := &api{status: http.StatusCreated, answer: `{"sid":"SM1"}`}
	_, err := client(t, a.serve(t), func(c *twilio.Config) { c.From = "MG00000000000000000000000000000001" }).Send(t.Context(), phone, page())
	require.NoError(t, err)
	require.Equal(t, "MG00000000000000000000000000000001", a.form.Get("MessagingServiceSid"))
	require.Empty(t, a.form["From"])
	require.Empty(t, a.form["StatusCallback"], "nobody is there to be told")
}

func TestWhatTwilioRefusesForGoodIsToldFromLimits(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		header  http.Header
		answer  string
		refused bool
		after   time.Duration
		says    string
	}{
		"stopped": {
			400, nil, `{"code":21610,"message":"Attempt to send to unsubscribed recipient","more_info":"https://www.twilio.com/docs/errors/21610","status":400}`,
			true, 0, "400 Bad Request (21610): Attempt to send to unsubscribed recipient",
		},
		"no number": {
			400, nil, `{"code":21211,"message":"The 'To' number +440000000001 is not a valid phone number.","status":400}`,
			true, 0, "400 Bad Request (21211): The 'To' number +44…01 is not a valid phone number.",
		},
		"a landline":   {400, nil, `{"code":21614,"message":"not a mobile number"}`, true, 0, "400 Bad Request (21614): not a mobile number"},
		"wrong token":  {401, nil, `{"code":20003,"message":"Authenticate"}`, true, 0, "401 Unauthorized (20003): Authenticate"},
		"too many":     {429, http.Header{"Retry-After": {"3"}}, `{"code":20429,"message":"Too Many Requests"}`, false, 3 * time.Second, "429 Too Many Requests (20429): Too Many Requests"},
		"a full queue": {400, nil, `{"code":21611,"message":"queue is full"}`, false, 0, "429 Too Many Requests (21611): queue is full"},
		"no code":      {503, nil, `away`, false, 0, "503 Service Unavailable: away"},
		"no message":   {201, nil, `{}`, false, 0, "502 Bad Gateway: the answer names no message"},
		"no JSON":      {200, nil, `<html>`, false, 0, "502 Bad Gateway: the answer is not Twilio's JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			a := &api{status: c.status, header: c.header, answer: c.answer}
			_, err := client(t, a.serve(t)).Send(t.Context(), phone, page())
			var got *rest.Error
			require.ErrorAs(t, err, &got)
			require.Equal(t, c.refused, got.Refused())
			require.Equal(t, c.after, got.RetryAfter)
			require.EqualError(t, err, "twilio: text +44…01: "+c.says)
			resttest.KeepsSecrets(t, err, token, phone)
		})
	}
}

func TestOnlyTheVeryPageIsFoundAgain(t *testing.T) {
	other := page()
	other.Marker = "INC-261128-7QXM2A/page/1.1.1.0/sms/" + phone
	at, before := "Sat, 28 Nov 2026 02:57:00 +0000", "Sat, 28 Nov 2026 02:50:00 +0000"
	there := func(body, status, created string) string {
		quoted := strings.ReplaceAll(body, `"`, `\"`)
		return `{"sid":"SM9","body":"` + quoted + `","status":"` + status + `","direction":"outbound-api","date_created":"` + created + `"}`
	}
	for name, c := range map[string]struct {
		list  string
		found bool
	}{
		"it is there":                    {there(twilio.Draw(page()), "sent", at), true},
		"behind others":                  {there("hello", "sent", at) + "," + there(twilio.Draw(page()), "queued", at), true},
		"behind a trial account's words": {there("Sent from your Twilio trial account - "+twilio.Draw(page()), "sent", at), true},
		"nothing is there":               {"", false},
		"another page of the incident":   {there(twilio.Draw(other), "sent", at), false},
		"one that failed":                {there(twilio.Draw(page()), "failed", at), false},
		"one from before the incident":   {there(twilio.Draw(page()), "sent", before), false},
		"another page in a merged text":  {there(twilio.Draw(incident.Merge([]incident.Message{other, pageOf(2)})), "sent", at), false},
		"others in a merged text":        {there(twilio.Draw(incident.Merge([]incident.Message{pageOf(1), pageOf(2)})), "sent", at), false},
		"an answer of the person":        {strings.ReplaceAll(there(twilio.Draw(page()), "received", at), "outbound-api", "inbound"), false},
	} {
		t.Run(name, func(t *testing.T) {
			a := &api{status: http.StatusOK, answer: `{"messages":[` + c.list + `]}`}
			receipt, found, err := client(t, a.serve(t)).Find(t.Context(), phone, page())
			require.NoError(t, err)
			require.Equal(t, c.found, found)
			require.Equal(t, "PageSize=20&To=%2B440000000001", a.query)
			if found {
				require.Equal(t, "accepted as SM9", receipt.Said)
			}
		})
	}
}

func TestAnUnusableConfigurationIsRefused(t *testing.T) {
	for _, c := range []twilio.Config{
		{},
		{AccountSID: account, AuthToken: token},
		{AccountSID: account, AuthToken: token, From: phone, APIURL: "://"},
		{AccountSID: account, AuthToken: token, From: phone, APIURL: "https://u:p@h"},
	} {
		_, err := twilio.New(c)
		require.Error(t, err)
	}
}
