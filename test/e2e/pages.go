package e2e

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/local"
)

// ExpectPaging waits until a page of the alert's incident is on its way, and has
// not arrived. It does something else again and again meanwhile.
func (a *Alert) ExpectPaging(meanwhile func()) {
	a.h.t.Helper()
	a.h.until("a page for "+a.Name+" of "+a.Service, func() bool {
		meanwhile()
		described, err := a.h.temporal.DescribeWorkflowExecution(a.h.t.Context(), a.Workflow(), "")
		return err == nil && slices.ContainsFunc(described.GetPendingActivities(), func(p *workflowpb.PendingActivityInfo) bool {
			return p.GetActivityType().GetName() == activities.PageName
		})
	})
}

// Effects are the effects in Slack so far: messages and edits, in order.
func (h *Harness) Effects() []local.Effect {
	h.t.Helper()
	all, err := h.control.Ledger(h.t.Context(), 0, "slack", "", 0)
	require.NoError(h.t, err)
	return slices.DeleteFunc(all, func(e local.Effect) bool { return e.Effect != "message" && e.Effect != "update" })
}

// Pages are the direct messages to people, in order.
func (h *Harness) Pages() []local.Effect {
	h.t.Helper()
	return slices.DeleteFunc(h.Effects(), func(e local.Effect) bool { return e.Effect != "message" || e.Detail.User == "" })
}

// ExpectPages waits until n incidents are named in pages, and gives the pages by
// incident.
func (h *Harness) ExpectPages(n int) map[string][]local.Effect {
	h.t.Helper()
	return h.ExpectPagesWithin(n, patience)
}

// ExpectPagesWithin waits that long.
func (h *Harness) ExpectPagesWithin(n int, within time.Duration) map[string][]local.Effect {
	h.t.Helper()
	named := map[string][]local.Effect{}
	h.await(within, "slack", "message", fmt.Sprintf("pages that name %d incidents", n), func(e local.Effect) bool {
		if e.Detail.User != "" {
			for _, id := range Named(e) {
				named[id] = append(named[id], e)
			}
		}
		return len(named) >= n
	})
	return named
}

// ExpectTexts waits until n incidents are named in texts to a phone, and gives the texts
// by the incidents' codes.
func (h *Harness) ExpectTexts(to string, n int) map[string][]local.Effect {
	h.t.Helper()
	return h.named("twilio", "sms", n, func(e local.Effect) []string {
		if e.Detail.To != to {
			return nil
		}
		return inCapitals.FindAllString(e.Detail.Body, -1)
	})
}

// ExpectMails does so for the mails to an address.
func (h *Harness) ExpectMails(to string, n int) map[string][]local.Effect {
	h.t.Helper()
	return h.named("smtp", "mail", n, func(e local.Effect) (codes []string) {
		for _, id := range incidentID.FindAllString(e.Detail.Text, -1) {
			if e.Detail.To == to {
				codes = append(codes, incident.Code(id))
			}
		}
		return codes
	})
}

// named waits until effects of a kind name n incidents, and gives each of them once for
// every incident that it names.
func (h *Harness) named(vendor, effect string, n int, codes func(local.Effect) []string) map[string][]local.Effect {
	h.t.Helper()
	found := map[string][]local.Effect{}
	h.await(patience, vendor, effect, fmt.Sprintf("%s of %s that name %d incidents", effect, vendor, n), func(e local.Effect) bool {
		for _, code := range slices.Compact(slices.Sorted(slices.Values(codes(e)))) {
			found[code] = append(found[code], e)
		}
		return len(found) >= n
	})
	return found
}

// ExpectEdits waits until n messages were edited after a moment.
func (h *Harness) ExpectEdits(after time.Time, n int) {
	h.t.Helper()
	h.await(patience, "slack", "update", fmt.Sprintf("%d edits", n), func(e local.Effect) bool {
		if e.At.After(after) {
			n--
		}
		return n <= 0
	})
}

// await follows the effects of a kind, from the first one on, until enough of them have
// come.
func (h *Harness) await(within time.Duration, vendor, effect, what string, enough func(local.Effect) bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), within)
	defer cancel()
	_, err := h.control.Await(ctx, 0, vendor, effect, enough)
	require.NoError(h.t, err, "%s were expected", what)
}

// Named are the incidents that a message names, as they stand in its texts.
func Named(message local.Effect) (ids []string) {
	for _, text := range message.Texts() {
		ids = append(ids, incidentID.FindAllString(text, -1)...)
	}
	return ids
}

var (
	incidentID = regexp.MustCompile(`INC-\d{6}-[A-Z2-7]{6}`)
	// inCapitals is a code in a text: nothing else there looks like one.
	inCapitals = regexp.MustCompile(`\b[A-Z2-7]{6}\b`)
)

// FireAll lets alerts fire, as many at a time as a few monitors would send.
func FireAll(alerts []*Alert) {
	const monitors = 8
	queue := make(chan *Alert)
	done := make(chan struct{})
	for range monitors {
		go func() {
			defer func() { done <- struct{}{} }()
			for a := range queue {
				a.Fire()
			}
		}()
	}
	for _, a := range alerts {
		queue <- a
	}
	close(queue)
	for range monitors {
		<-done
	}
}
