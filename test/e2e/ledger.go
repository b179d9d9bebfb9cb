package e2e

import (
	"context"
	"fmt"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/local"
)

// known is what the story has asked for. The rest is unexpected.
type known struct {
	mutex    sync.Mutex
	effects  map[int]bool    // by number in the ledger
	messages map[string]bool // Slack timestamps
	tickets  map[string]bool // Jira keys
	allowed  map[string]bool // "vendor effect"
	all      bool
}

func newKnown() *known {
	return &known{effects: map[int]bool{}, messages: map[string]bool{}, tickets: map[string]bool{}, allowed: map[string]bool{}}
}

// claim marks an effect as expected, once.
func (k *known) claim(e local.Effect) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.effects[e.N] {
		return false
	}
	k.effects[e.N] = true
	switch e.Vendor + " " + e.Effect {
	case "slack message":
		k.messages[e.Detail.TS] = true
	case "jira issue":
		k.tickets[e.Detail.Key] = true
	}
	return true
}

// explains says whether an effect was expected or follows from one that was: a
// thread and the edits belong to their message, what is written to a ticket
// belongs to the ticket. The world's own doings explain themselves. Where messages may
// come in any number, so may their edits: one found after its answer was lost is edited.
func (k *known) explains(e local.Effect) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.all || k.effects[e.N] || k.allowed[e.Vendor+" "+e.Effect] {
		return true
	}
	switch e.Vendor + " " + e.Effect {
	case "slack message":
		return e.Detail.ThreadTS != "" && k.messages[e.Detail.ThreadTS]
	case "slack update":
		return k.messages[e.Detail.TS] || k.allowed["slack message"]
	case "slack click", "twilio reply", "twilio answer":
		return true
	case "jira edit", "jira comment", "jira transition", "jira remotelink", "jira property":
		return k.tickets[e.Detail.Key]
	default:
		return e.Vendor == "monitor" || e.Vendor == "shop"
	}
}

// Allow lets any number of such effects happen: how many is not the story's point.
func (h *Harness) Allow(vendor, effect string) {
	h.known.mutex.Lock()
	defer h.known.mutex.Unlock()
	h.known.allowed[vendor+" "+effect] = true
}

// AllowAll is for a story that is told for its history only.
func (h *Harness) AllowAll() {
	h.known.mutex.Lock()
	defer h.known.mutex.Unlock()
	h.known.all = true
}

// expect waits for the first effect that fits and has not been expected before.
func (h *Harness) expect(vendor, effect, what string, fits func(local.Effect) bool) local.Effect {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	found, err := h.control.Await(ctx, 0, vendor, effect, func(e local.Effect) bool { return fits(e) && h.known.claim(e) })
	require.NoError(h.t, err, "%s was expected", what)
	return found
}

// refuseTheUnexpected fails the story with the first effect that it does not explain.
func (h *Harness) refuseTheUnexpected(ctx context.Context) {
	all, err := h.control.Ledger(ctx, 0, "", "", 0)
	if err != nil {
		h.t.Errorf("the ledger cannot be read: %v", err)
		return
	}
	for _, e := range all {
		if !h.known.explains(e) {
			h.t.Errorf("unexpected: %s", describe(e))
			return
		}
	}
}

func describe(e local.Effect) string {
	d := e.Detail
	return fmt.Sprintf("%3d %s %s %s: channel=%s user=%s ts=%s thread=%s text=%q actions=%v job=%s build=%d parameters=%v result=%s key=%s to=%s service=%s status=%s",
		e.N, e.At.Format("15:04:05.000"), e.Vendor, e.Effect, d.Channel, d.User, d.TS, d.ThreadTS, d.Text, d.Actions,
		d.Job, d.Number, d.Parameters, d.Result, d.Key, d.To, d.Service, d.Status)
}
