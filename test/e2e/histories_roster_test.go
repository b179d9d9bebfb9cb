package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
	"github.com/seed-44180607/lastgood/test/e2e"
)

// christmas is an override that lies far enough ahead never to be forgotten in a replay.
func christmas(id, person string) oncall.Override {
	return oncall.Override{ID: id, Schedule: "weekly", Person: person, From: "2098-12-24T09:00:00Z", To: "2098-12-27T09:00:00Z"}
}

// rosterChanged has every kind of signal once, the refused ones and those that come twice, too.
func rosterChanged(t *testing.T, h *e2e.Harness) {
	h.Does("oncall", "override", "--schedule", "primary", "--person", "sre-2", "--for", "2h")
	h.Does("oncall", "swap", "--schedule", "weekly", "--shift", "2098-01-08T09:00", "--with", "2098-01-15T09:00")
	swapped := h.Kept().Overrides[1].ID
	h.SignalRoster(signals.Override, christmas("", "sre-1"))
	for range 2 {
		h.SignalRoster(signals.Override, christmas("xmas", "sre-2"))
	}
	h.SignalRoster(signals.Override, christmas("nobody", ""))
	h.SignalRoster(signals.Override, "not an override")
	h.SignalRoster(signals.Calendar, oncall.Calendar{Schedule: "secondary", Read: time.Now(), Shifts: []oncall.Override{christmas("", "sre-1")}})
	h.ExpectKept("the calendar", func(k signals.Kept) bool { return len(k.Calendars) == 1 })
	h.Does("oncall", "override", "remove", swapped)
	require.Len(t, h.Kept().Overrides, 3)
	h.EndRoster()
}

// rosterContinued fills the history until the roster goes on in a new run, which keeps all that was entered.
func rosterContinued(t *testing.T, h *e2e.Harness) {
	h.Does("oncall", "override", "--schedule", "primary", "--person", "sre-2", "--for", "2h")
	first := h.RosterRun()
	for n := 0; h.RosterRun() == first; n++ {
		c := oncall.Calendar{Schedule: "secondary", Read: time.Now(), Fault: strings.Repeat("full ", 40_000), Shifts: []oncall.Override{christmas(fmt.Sprint(n), "sre-1")}}
		h.SignalRoster(signals.Calendar, c)
		h.ExpectKept("the calendar", func(k signals.Kept) bool {
			return len(k.Calendars) == 1 && k.Calendars[0].Shifts[0].ID == fmt.Sprint(n)
		})
	}
	require.Len(t, h.Kept().Overrides, 1, "the memo goes along")
	h.Does("oncall", "override", "--schedule", "weekly", "--person", "sre-2", "--for", "2h")
	require.Len(t, h.Kept().Overrides, 2)
	h.EndRoster()
}
