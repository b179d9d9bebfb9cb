package browser_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/test/browser"
)

// The simulator's own account, and the phones of its two people.
const (
	account     = "AC00000000000000000000000000000001"
	first, next = "+440000000001", "+440000000002"
)

// A person sees the texts to their own phone, whatever stands in them, answers one, and
// sees what is texted back or that nobody was there to take it.
func TestAPersonAnswersAText(t *testing.T) {
	var away atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, "<Response><Message>Taken: "+r.FormValue("Body")+"</Message></Response>")
	}))
	t.Cleanup(server.Close)
	address := freeAddress(t)
	simulator, err := browser.StartSimulator(t.Context(), "../../bin/lastgood", address, server.URL)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := simulator.Interrupt()
		require.NoError(t, err)
	})
	for to, body := range map[string]string{first: "SEV1 <b>checkout</b>: down. Reply OK 7QXM2A", next: "for somebody else"} {
		sendText(t, "http://"+address, to, body)
	}

	s := open(t)
	s.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate("http://"+address))
	s.reads(`#texts .sms p`, "SEV1 <b>checkout</b>: down. Reply OK 7QXM2A")
	s.reads(`#texts .sms small`, "delivered")
	s.count(`#texts .sms p`, "for somebody else", 0)
	s.do(chromedp.SendKeys(`#reply input`, "OK 7QXM2A", chromedp.ByQuery))
	s.click(`#reply button`)
	s.reads(`#texts .mine p`, "OK 7QXM2A")
	s.reads(`#texts .sms p`, "Taken: OK 7QXM2A")
	s.part("page-phones", `#phones`)
	s.everySize("page-with-phones")

	away.Store(true)
	s.do(chromedp.SendKeys(`#reply input`, "ESC", chromedp.ByQuery))
	s.click(`#reply button`)
	s.reads(`#reply-failure`, "The starter answered 503")
}

func sendText(t *testing.T, simulator, to, body string) {
	t.Helper()
	form := url.Values{"To": {to}, "From": {"+15005550006"}, "Body": {body}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		simulator+"/twilio/2010-04-01/Accounts/"+account+"/Messages.json", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(account, "simulator-twilio-token")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, response.StatusCode)
	require.NoError(t, response.Body.Close())
}
