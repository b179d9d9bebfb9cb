package browser_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/test/browser"
)

// hostile is a message with every kind of block, and texts that try to become more.
const hostile = `[
 {"type":"header","text":{"type":"plain_text","text":"<b>SEV1</b> :rotating_light:"}},
 {"type":"section","text":{"type":"mrkdwn","text":"*bold* _soft_ ~gone~ ` + "`code`" + ` <https://example.com/a|link> <@U0SRE2> <!channel> &lt;img src=x onerror=alert(1)&gt; <javascript:alert(1)|trap>\n&gt; quoted\n• first"},
  "accessory":{"type":"button","action_id":"choose-release","text":{"type":"plain_text","text":"Another release"}}},
 {"type":"section","fields":[{"type":"mrkdwn","text":"*In service*\n2026.11.4"},{"type":"plain_text","text":"<script>alert(1)</script>"}]},
 {"type":"divider"},
 {"type":"context","elements":[{"type":"mrkdwn","text":"since <!date^1795312980^{date_num} {time}|long ago>"}]}
]`

const modal = `{"type":"modal","callback_id":"choose","title":{"type":"plain_text","text":"Roll back"},"submit":{"type":"plain_text","text":"Roll back"},
 "close":{"type":"plain_text","text":"Not now"},"blocks":[
 {"type":"input","block_id":"release","label":{"type":"plain_text","text":"Release"},"element":{"type":"static_select","action_id":"release","options":[
  {"text":{"type":"plain_text","text":"2026.11.3"},"value":"2026.11.3"},{"text":{"type":"plain_text","text":"2026.11.2"},"value":"2026.11.2"}]}},
 {"type":"input","block_id":"reason","label":{"type":"plain_text","text":"Reason"},"element":{"type":"plain_text_input","action_id":"reason","multiline":true}}]}`

// notice is a modal with nothing to send.
const notice = `{"type":"modal","title":{"type":"plain_text","text":"Told"},"close":{"type":"plain_text","text":"Close"},
 "blocks":[{"type":"section","text":{"type":"mrkdwn","text":"That is all."}}]}`

// app answers interactions as an app with a modal does: a click opens it, a
// submission without a reason is refused.
type app struct {
	t    *testing.T
	mu   sync.Mutex
	url  string
	sent []string // releases that were chosen, with their reasons
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var payload struct {
		Type    string `json:"type"`
		Trigger string `json:"trigger_id"`
		View    struct {
			State struct {
				Values map[string]map[string]struct {
					Value    string `json:"value"`
					Selected struct {
						Value string `json:"value"`
					} `json:"selected_option"`
				} `json:"values"`
			} `json:"state"`
		} `json:"view"`
	}
	if r.FormValue("command") != "" {
		a.command(w, r)
		return
	}
	if err := json.Unmarshal([]byte(r.FormValue("payload")), &payload); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if payload.Type == "block_actions" {
		go a.call("views.open", url.Values{"trigger_id": {payload.Trigger}, "view": {modal}})
		return
	}
	values := payload.View.State.Values
	if reason := values["reason"]["reason"].Value; reason != "" {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.sent = append(a.sent, values["release"]["release"].Selected.Value+" because "+reason)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"response_action":"errors","errors":{"reason":"Say why."}}`))
}

// command opens the modal, or tells who typed it alone that it does not.
func (a *app) command(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("text") == "choose" {
		a.call("views.open", url.Values{"trigger_id": {r.FormValue("trigger_id")}, "view": {modal}})
		return
	}
	if r.FormValue("text") == "tell" {
		a.call("views.open", url.Values{"trigger_id": {r.FormValue("trigger_id")}, "view": {notice}})
		return
	}
	_, _ = w.Write([]byte("I only know " + r.FormValue("command") + " choose"))
}

func (a *app) call(method string, form url.Values) {
	form.Set("token", "xoxb-simulator")
	response, err := http.PostForm(a.url+"/slack/api/"+method, form)
	if err != nil {
		a.t.Errorf("call %s: %v", method, err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		OK    bool
		Error string
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || !answer.OK {
		a.t.Errorf("call %s: %v %s", method, err, answer.Error)
	}
}

func (a *app) chosen() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string{}, a.sent...)
}

// The first message of a channel is shown in place of the page that came before it,
// every block is drawn, no text becomes markup, and a modal is filled in, refused and
// sent.
func TestAModalIsFilledInAndSent(t *testing.T) {
	a, s := openApp(t)
	s.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(a.url))
	s.reads(`#messages`, "a page")
	a.call("chat.postMessage", url.Values{"channel": {"C0CHECKOUT"}, "text": {"fallback"}, "blocks": {hostile}})
	s.reads(`.b-header`, "<b>SEV1</b> 🚨")
	for _, drawn := range [][2]string{
		{"strong", "bold"},
		{"em", "soft"},
		{"s", "gone"},
		{"code", "code"},
		{`a[href="https://example.com/a"]`, "link"},
		{".mention", "@Second responder"},
		{".mention.loud", "@channel"},
		{"blockquote", "quoted"},
		{".bullet", "first"},
		{".b-fields", "<script>alert(1)</script>"},
		{".b-text", "<img src=x onerror=alert(1)>"},
		{"time", "2026-11-22"},
	} {
		s.reads("#messages "+drawn[0], drawn[1])
	}
	s.gone(`#messages script, #messages img, #messages a[href^="javascript"]`)

	s.click(`[data-action="choose-release"]`)
	s.see(`#modal[open]`)
	s.picture("page-modal")
	s.do(chromedp.SetValue(`#modal select`, "2026.11.2", chromedp.ByQuery))
	s.press(`#modal-submit`)
	s.reads(`[data-fault="reason"]`, "Say why.")
	s.do(chromedp.SendKeys(`#modal textarea`, "the basket is wrong", chromedp.ByQuery))
	s.press(`#modal-submit`)
	s.gone(`#modal[open]`)
	require.Equal(t, []string{"2026.11.2 because the basket is wrong"}, a.chosen())

	s.click(`[data-action="choose-release"]`)
	s.see(`#modal[open]`)
	s.press(`#modal-close`)
	s.gone(`#modal[open]`)
	require.Len(t, a.chosen(), 1)
}

// A command is typed below the messages; what it answers is shown there, and so is its modal.
func TestACommandIsTypedOnThePage(t *testing.T) {
	a, s := openApp(t)
	s.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(a.url))
	s.reads(`#messages`, "a page")

	s.do(chromedp.SendKeys(`#slash input`, "hello\r", chromedp.ByQuery))
	s.reads(`#slash-failure`, "Only commands can be typed here")
	s.do(chromedp.Evaluate(`document.getElementById("slash").reset()`, nil), chromedp.SendKeys(`#slash input`, "/lastgood help\r", chromedp.ByQuery))
	s.reads(`#messages`, "I only know /lastgood choose")
	s.do(chromedp.SendKeys(`#slash input`, "/lastgood choose\r", chromedp.ByQuery))
	s.see(`#modal[open]`)
	s.do(chromedp.SendKeys(`#modal textarea`, "the basket is wrong", chromedp.ByQuery))
	s.press(`#modal-submit`)
	s.gone(`#modal[open]`)
	require.Equal(t, []string{"2026.11.3 because the basket is wrong"}, a.chosen())

	s.do(chromedp.SendKeys(`#slash input`, "/lastgood tell\r", chromedp.ByQuery))
	s.reads(`#modal[open]`, "That is all.")
	s.holds(`document.getElementById("modal-submit").offsetParent === null`, "no button to send a modal that has none")
	s.press(`#modal-close`)
	s.gone(`#modal[open]`)
}

// openApp starts a simulator with an app, and a browser.
func openApp(t *testing.T) (*app, *screen) {
	t.Helper()
	a := &app{t: t}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	address := freeAddress(t)
	a.url = "http://" + address
	simulator, err := browser.StartSimulator(t.Context(), "../../bin/lastgood", address, server.URL)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := simulator.Interrupt()
		require.NoError(t, err)
	})
	a.call("chat.postMessage", url.Values{"channel": {"U0SRE1"}, "text": {"a page"}})

	return a, open(t)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return strings.Clone(l.Addr().String())
}
