package simulator

import (
	"encoding/json"
	"time"
)

// entry is one effect that a client, the monitor or the shop had on the world.
type entry struct {
	N      int             `json:"n"`
	At     time.Time       `json:"at"`
	Vendor string          `json:"vendor"`
	Effect string          `json:"effect"`
	Detail json.RawMessage `json:"detail"`
}

// ledger is the list of all effects, in order. It is guarded by the
// simulator's lock.
type ledger struct {
	entries []entry
	grown   chan struct{} // closed when the ledger or the faults change
}

func newLedger() *ledger {
	return &ledger{grown: make(chan struct{})}
}

// record writes detail down as it is now, so that later changes to what it
// refers to leave the entry alone.
func (l *ledger) record(at time.Time, vendor, effect string, detail map[string]any) {
	l.entries = append(l.entries, entry{
		N: len(l.entries) + 1, At: at.UTC(), Vendor: vendor, Effect: effect, Detail: encode(detail),
	})
	l.wake()
}

func (l *ledger) clear() {
	l.entries = nil
	l.wake()
}

func (l *ledger) wake() {
	close(l.grown)
	l.grown = make(chan struct{})
}

// since returns the entries after number n that are of the vendor and the
// effect, each of which may be empty to mean any.
func (l *ledger) since(n int, vendor, effect string) []entry {
	found := []entry{}
	for _, e := range l.entries[min(max(n, 0), len(l.entries)):] {
		if (vendor == "" || e.Vendor == vendor) && (effect == "" || e.Effect == effect) {
			found = append(found, e)
		}
	}
	return found
}
