package api_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

func TestACommandEntersAndEndsAMaintenance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // It is midnight on 1 January 2000.
		w, id := newWorld(t, "checkout", "basket"), signals.MintOverrideID("trigger")
		w.roster = crew()
		said := w.types(t, "U0SRE1", "maintenance checkout for 2h database upgrade")
		require.Contains(t, said, "Nobody is paged for checkout from Sat 1 Jan 2000 00:00 UTC to Sat 1 Jan 2000 02:00 UTC, entered by u0sre1: database upgrade")
		require.Contains(t, said, "End it with: /lastgood maintenance end "+id)
		w.types(t, "U0SRE1", "maintenance * from 2098-01-01T09:00:00+01:00 to 2098-01-01T10:00:00+01:00")
		require.Contains(t, w.types(t, "U0SRE1", "maintenance end abc"), "what still fires is paged within a minute")
		require.Equal(t, []any{
			oncall.Maintenance{ID: id, By: "u0sre1", Service: "checkout", From: "2000-01-01T00:00:00Z", To: "2000-01-01T02:00:00Z", Reason: "database upgrade"},
			oncall.Maintenance{ID: id, By: "u0sre1", Service: "*", From: "2098-01-01T09:00:00+01:00", To: "2098-01-01T10:00:00+01:00"},
			signals.Removal{ID: "abc", By: "u0sre1"},
		}, w.wrote)
		require.Contains(t, w.metrics(t), `lastgood_commands_total{result="accepted"} 3`)
	})
}

func TestACommandListsTheMaintenanceInForceAndToCome(t *testing.T) {
	w := newWorld(t, "checkout", "basket")
	w.roster = crew()
	require.Equal(t, "No maintenance is in force or to come.", w.types(t, "U0SRE1", "maintenance list"))
	w.roster.Maintenance = []oncall.Maintenance{
		{Service: "*", From: "2098-01-01T09:00:00Z", To: "2098-01-01T10:00:00Z"},
		{ID: "m1", By: "bob", Service: "checkout", From: "2098-01-01T09:00:00Z", To: "2098-01-01T10:00:00Z", Reason: "upgrade"},
		{ID: "old", Service: "checkout", From: "2020-01-01T09:00:00Z", To: "2020-01-01T10:00:00Z"},
	}
	require.Equal(t, []string{
		"lastgood.yaml: Nobody is paged for any service from Wed 1 Jan 2098 09:00 UTC to Wed 1 Jan 2098 10:00 UTC",
		"m1: Nobody is paged for checkout from Wed 1 Jan 2098 09:00 UTC to Wed 1 Jan 2098 10:00 UTC, entered by bob: upgrade",
	}, strings.Split(w.types(t, "U0SRE1", "maintenance LIST"), "\n"))
	w.requireUntouched(t)
}

func TestAMaintenanceThatMakesNoSenseIsNotEntered(t *testing.T) {
	for text, says := range map[string]string{
		"maintenance":                         "say of which service; it is written /lastgood maintenance SERVICE for 2h REASON",
		"maintenance checkout":                "say either until when it lasts or for how long; it is written",
		"maintenance checkout please":         "say either until when it lasts or for how long",
		"maintenance checkout for":            `"for" says nothing by itself`,
		"maintenance checkout for ever":       `"ever" is no time like 90m, 2h or 3d`,
		"maintenance chekout for 2h":          "there is no service chekout; did you mean checkout?",
		"maintenance checkout for 800h":       "is longer than 30 days",
		"maintenance checkout to tomorrow":    `the end of the maintenance, "tomorrow", is not RFC 3339`,
		"maintenance end":                     "say which one; it is written /lastgood maintenance end ID",
		"maintenance checkout for 2h for 90m": `"for" is not expected there`,
	} {
		w := newWorld(t, "checkout", "basket")
		w.roster = crew()
		said := w.types(t, "U0SRE1", text)
		require.Contains(t, said, "Nothing was done: ", text)
		require.Contains(t, said, says, text)
		w.requireUntouched(t)
	}
}

func TestWhatTheRosterRefusesOfMaintenanceIsToldPrivately(t *testing.T) {
	for text, err := range map[string]error{
		"maintenance checkout for 2h": signals.ErrMaintenanceFull,
		"maintenance end nosuch":      signals.ErrNoMaintenance,
	} {
		w := newWorld(t, "checkout", "basket")
		w.roster, w.write = crew(), func(context.Context) error { return err }
		require.Contains(t, w.types(t, "U0SRE1", text), "Nothing was done: "+err.Error())
	}
}
