package browser_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/test/browser"
)

// screenshots is where pictures of the pages go; README.md shows some of them.
var screenshots = flag.String("screenshots", "", "folder for pictures of the pages (default: a temporary one)")

// patience bounds each thing that is waited for.
const patience = 30 * time.Second

// screen is one browser window.
type screen struct {
	t   *testing.T
	ctx context.Context
	dir string
}

// The whole demo, as a person sees it: the page comes, the card stands in Slack, the
// rollback is confirmed and built, the shop recovers, the ticket and the workflow close.
func TestAPersonRollsBackInTheDemo(t *testing.T) {
	demo, err := browser.StartDemo(t.Context(), "../../bin/lastgood")
	require.NoError(t, err)
	t.Cleanup(func() {
		took, err := demo.Interrupt()
		require.NoError(t, err)
		require.Less(t, took, 5*time.Second, "Ctrl-C ends everything")
	})
	s := open(t)

	s.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(demo.Simulator))
	s.see(`#messages [data-action="roll-back"]`)
	s.see(`.link.live`)
	s.see(`#services .bad`)
	s.reads(`#messages`, "Next at") // The first page has been delivered.
	s.reads(`#messages`, "OPS-1")
	s.picture("page-triggered")
	s.part("slack-card", `#messages article .body`)
	incident := s.incident()

	s.click(`[data-action="acknowledge"]`)
	s.reads(`#messages`, "Only visible to you")
	s.reads(`#messages`, "Acknowledged by sre-1")
	s.click(`[data-action="roll-back"]`)
	s.see(`#confirm[open]`)
	s.picture("page-confirm")
	s.press(`#confirm-deny`)
	s.gone(`#confirm[open]`)
	s.count(`.tag`, incident+"/1", 0)

	s.click(`[data-action="roll-back"]`)
	s.press(`#confirm-ok`)
	s.see(`.build.running progress`)
	s.picture("page-building")
	s.reads(`#jobs`, incident+"/1")
	s.see(`#services .good`)
	s.reads(`.column:last-child`, "OPS-1")
	s.reads(`#messages`, "Restored")
	s.click(`[data-ticket="OPS-1"]`)
	s.reads(`#ticket-body`, incident)
	s.picture("page-ticket")
	s.press(`#ticket button`)
	s.picture("page-restored")
	s.everySize("page")

	s.temporal(demo, incident)
}

// A click that the app does not take is shown to whoever clicked, a switch stays where
// it was put and keeps the focus, as does the conversation when the button that was
// pressed is gone, and a person sees their own direct messages only.
func TestAPersonBreaksTheWorld(t *testing.T) {
	demo, err := browser.StartDemo(t.Context(), "../../bin/lastgood")
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := demo.Interrupt()
		require.NoError(t, err)
	})
	s := open(t)
	s.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(demo.Simulator))
	s.see(`#messages [data-action="acknowledge"]`)
	s.see(`#directs .unread`)
	s.click(`#directs .channel`)
	s.reads(`#conversation-name`, "First responder")
	s.see(`#messages [data-action="acknowledge"]`)
	s.do(chromedp.Focus(`#messages [data-action="escalate"]`, chromedp.ByQuery), chromedp.KeyEvent("\r"))
	s.reads(`#messages`, "Only visible to you")
	s.see(`#messages:focus, #messages [data-action="escalate"]:focus`)

	s.do(chromedp.SetValue(`#person`, "U0STRANGER", chromedp.ByQuery), chromedp.Evaluate(`document.querySelector('#person').dispatchEvent(new Event('change'))`, nil))
	s.gone(`#directs .channel`)
	s.click(`#channels .channel`)
	s.click(`#messages [data-action="acknowledge"]`)
	s.reads(`#messages`, "Nothing was done")

	s.do(chromedp.Focus(`[data-fault-name="jira-down"]`, chromedp.ByQuery), chromedp.KeyEvent(" "))
	s.see(`[data-fault-name="jira-down"][aria-checked="true"]`)
	s.see(`[data-fault-name="jira-down"]:focus`) // It was drawn anew.
	s.click(`[data-fault-name="jira-down"]`)
	s.see(`[data-fault-name="jira-down"][aria-checked="false"]`)
	s.reads(`#ledger`, "effects")
}

// open starts a Chromium that talks to nobody but this machine.
func open(t *testing.T) *screen {
	t.Helper()
	path, err := exec.LookPath("chromium")
	require.NoError(t, err, "install Debian's chromium")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()))
	allocated, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(stop)
	ctx, _ := chromedp.NewContext(allocated, chromedp.WithErrorf(t.Logf))
	t.Cleanup(func() { require.NoError(t, chromedp.Cancel(ctx)) }) // Waits until the browser has ended.
	dir := *screenshots
	if dir == "" {
		dir = t.TempDir()
	}
	require.NoError(t, os.MkdirAll(dir, 0o755))
	s := &screen{t, ctx, dir}
	s.do(chromedp.ActionFunc(func(context.Context) error { return nil })) // Starts it without a deadline.
	return s
}

// do carries out actions within the time that a person would wait.
func (s *screen) do(actions ...chromedp.Action) {
	s.t.Helper()
	require.NoError(s.t, s.try(actions...))
}

func (s *screen) try(actions ...chromedp.Action) error {
	if chromedp.FromContext(s.ctx).Target == nil {
		return chromedp.Run(s.ctx, actions...)
	}
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

// holds waits until an expression is true on the page.
func (s *screen) holds(expression, what string) {
	s.t.Helper()
	if err := s.try(chromedp.Poll(expression, nil, chromedp.WithPollingInterval(50*time.Millisecond))); err != nil {
		s.picture("failed")
		var text string
		_ = s.try(chromedp.Evaluate(`document.body.innerText`, &text))
		require.NoError(s.t, err, "%s was expected on the page:\n%s", what, text)
	}
}

func (s *screen) see(selector string) {
	s.t.Helper()
	s.holds(fmt.Sprintf(`document.querySelector(%q) !== null`, selector), selector)
}

func (s *screen) gone(selector string) {
	s.t.Helper()
	s.holds(fmt.Sprintf(`document.querySelector(%q) === null`, selector), "no "+selector)
}

func (s *screen) reads(selector, text string) {
	s.t.Helper()
	s.holds(fmt.Sprintf(`[...document.querySelectorAll(%q)].some((node) => node.textContent.includes(%q))`, selector, text), text+" in "+selector)
}

// count sees that so many elements have a text, now.
func (s *screen) count(selector, text string, want int) {
	s.t.Helper()
	var got int
	s.do(chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll(%q)].filter((node) => node.textContent === %q).length`, selector, text), &got))
	require.Equal(s.t, want, got, "%s with %s", selector, text)
}

// click waits for a button that can be pressed and presses it. The page may draw it
// anew at any moment, so it is found and pressed in one go.
func (s *screen) click(selector string) {
	s.t.Helper()
	s.holds(fmt.Sprintf(`(() => { const node = document.querySelector(%q); if (!node || node.ariaDisabled === 'true') return false; node.scrollIntoView({block: 'center'}); node.click(); return true })()`, selector), "a button "+selector)
}

// press presses a button with the mouse.
func (s *screen) press(selector string) {
	s.t.Helper()
	s.do(chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible))
}

func (s *screen) incident() (id string) {
	s.t.Helper()
	s.do(chromedp.Evaluate(`/INC-\d{6}-[A-Z2-7]{6}/.exec(document.querySelector('#messages').innerText)[0]`, &id))
	return id
}

func (s *screen) picture(name string) {
	s.t.Helper()
	var image []byte
	s.do(chromedp.CaptureScreenshot(&image))
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, name+".png"), image, 0o644))
}

// part takes a picture of one element.
func (s *screen) part(name, selector string) {
	s.t.Helper()
	var image []byte
	s.do(chromedp.Screenshot(selector, &image, chromedp.ByQuery))
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, name+".png"), image, 0o644))
}

// everySize takes the whole page at two widths in both schemes; nothing may stick out
// sideways.
func (s *screen) everySize(name string) {
	s.t.Helper()
	for _, width := range []int64{1280, 390} {
		for _, scheme := range []string{"light", "dark"} {
			var image []byte
			var wide bool
			s.do(chromedp.EmulateViewport(width, 900),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				chromedp.Evaluate(`scrollTo({top: 0, behavior: "instant"})`, nil),
				chromedp.Evaluate(`document.documentElement.scrollWidth > document.documentElement.clientWidth`, &wide),
				chromedp.FullScreenshot(&image, 100))
			require.False(s.t, wide, "the page sticks out at %d pixels", width)
			require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), image, 0o644))
		}
	}
	s.do(chromedp.EmulateViewport(1280, 900), emulation.SetEmulatedMedia())
}

// temporal reads the incident in the Temporal UI: completed, with its summary, its
// details and its search attributes.
func (s *screen) temporal(demo *browser.Demo, incident string) {
	s.t.Helper()
	base := strings.TrimSuffix(demo.Temporal, "/workflows")
	s.do(chromedp.Navigate(demo.Temporal))
	s.reads("body", "incident/checkout/")
	s.picture("temporal-list")
	s.holds(`[...document.querySelectorAll('a[href*="incident%2Fcheckout"], a[href*="incident/checkout"]')].length > 0`, "a link to the incident")
	var address string
	s.do(chromedp.Evaluate(`document.querySelector('a[href*="incident%2Fcheckout"], a[href*="incident/checkout"]').href`, &address))
	require.True(s.t, strings.HasPrefix(address, base), address)
	s.do(chromedp.Navigate(address))
	s.reads("body", "Completed")
	s.reads("body", "Close the ticket") // The summary of an activity.
	s.picture("temporal-incident")
	s.tab("User Metadata")
	s.frames("SEV1 checkout: More than 5%")
	s.frames("Restored with")
	s.do(chromedp.EmulateViewport(1280, 1300)) // As high as the timeline is.
	s.picture("temporal-details")
	s.do(chromedp.EmulateViewport(1280, 900))
	s.tab("Search Attributes")
	for _, text := range []string{incident, "IncidentService", "IncidentStatus", "resolved", "IncidentOpenedAt"} {
		s.reads("main", text)
	}
	s.picture("temporal-attributes")
}

// frames waits until a frame reads: the Temporal UI draws what workflows say of
// themselves in frames.
func (s *screen) frames(text string) {
	s.t.Helper()
	s.holds(fmt.Sprintf(`[...document.querySelectorAll('iframe')].some((frame) => frame.contentDocument?.body?.textContent.includes(%q))`, text), text+" in a frame")
}

// tab opens a tab of the Temporal UI by its name.
func (s *screen) tab(name string) {
	s.t.Helper()
	s.holds(fmt.Sprintf(`(() => { const tab = [...document.querySelectorAll('a, button')].find((node) => node.textContent.trim() === %q); tab?.click(); return Boolean(tab) })()`, name), "a tab "+name)
}
