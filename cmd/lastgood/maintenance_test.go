package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAMaintenanceThatMakesNoSenseIsAnErrorOfUsage(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no service":     {[]string{"add", "--for", "1h", "--reason", "x"}, "name a --service, and say the --reason"},
		"no reason":      {[]string{"add", "--service", "checkout", "--for", "1h"}, "name a --service, and say the --reason"},
		"a misspelling":  {[]string{"add", "--service", "chekout", "--for", "1h", "--reason", "x"}, `there is no service "chekout"; did you mean checkout?`},
		"no end":         {[]string{"add", "--service", "checkout", "--reason", "x"}, "say either until when it lasts or for how long"},
		"no zone":        {[]string{"add", "--service", "checkout", "--to", "2099-01-01T09:00", "--reason", "x"}, "is not RFC 3339"},
		"too long":       {[]string{"add", "--service", "*", "--for", "721h", "--reason", "x"}, "is longer than 30 days"},
		"a stranger":     {[]string{"add", "--service", "checkout", "--for", "1h", "--reason", "x", "--by", "nobody"}, "there is no person nobody"},
		"no ID to end":   {[]string{"end"}, "accepts 1 arg(s), received 0"},
		"list of no one": {[]string{"list", "--service", "chekout"}, "did you mean checkout?"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, append([]string{"maintenance"}, test.args...)...)
			require.Equal(t, usage, got.code, got.complaint)
			require.Contains(t, got.complaint, test.want)
			require.Empty(t, got.out)
		})
	}
}

func TestWithoutTemporalNoMaintenanceIsEnteredListedOrEnded(t *testing.T) {
	for _, args := range [][]string{
		{"add", "--service", "checkout", "--for", "1h", "--reason", "x"}, {"list"}, {"end", "abc"},
	} {
		got := run(t, append([]string{"maintenance"}, args...)...)
		require.Equal(t, failed, got.code)
		require.Contains(t, got.complaint, "nothing was done")
		require.Contains(t, got.complaint, "under maintenance; then restart the workers")
	}
}

// quietNight is the file night, with all that lets a first page wait.
const quietNight = night + `  - {id: held, match: [{service: held}], policy: calm, hold_page: 30s}
  - {id: counted, match: [{service: counted}], policy: calm, threshold: {alerts: 5, within: 5m}}
maintenance:
  - {service: checkout, from: "2026-01-06T02:00:00Z", to: "2026-01-06T04:00:00Z", reason: upgrade}
  - {service: "*", from: "2026-01-06T04:00:00Z", to: "2026-01-06T04:30:00Z"}
`

func TestThePreviewKnowsWhatTheFirstPageWaitsFor(t *testing.T) {
	for name, test := range map[string]struct {
		args  []string
		rows  []string
		lines []string
	}{
		"hold_page": {
			[]string{"--service", "held", "--at", "2026-01-06T12:00:00Z"},
			[]string{"30s Tue 12:00:30"},
			[]string{"hold_page keeps the first page back for 30s: what resolves before pages nobody."},
		},
		"threshold": {
			[]string{"--service", "counted", "--at", "2026-01-06T12:00:00Z"},
			[]string{"0s Tue 12:00:00"},
			[]string{"Nobody is paged before 5 alerts have fired within 5m (threshold); here that many fire at once."},
		},
		"maintenance": {
			[]string{"--service", "checkout", "--severity", "SEV4", "--at", "2026-01-06T03:00:00Z"},
			[]string{"1h30m0s Tue 04:30:00"},
			[]string{"checkout is in maintenance from Tue 6 Jan 2026 02:00 UTC to Tue 6 Jan 2026 04:00 UTC: nobody is paged before Tue 6 Jan 2026 04:30 UTC."},
		},
		"hold_page that ends in a maintenance": {
			[]string{"--service", "held", "--at", "2026-01-06T03:59:45Z"},
			[]string{"30m15s Tue 04:30:00"},
			[]string{"hold_page keeps the first page back for 30s", "held is in maintenance from Tue 6 Jan 2026 04:00 UTC to Tue 6 Jan 2026 04:30 UTC"},
		},
		"acknowledged before": {
			[]string{"--service", "held", "--at", "2026-01-06T12:00:00Z", "--ack-at", "10s"},
			nil,
			[]string{"After 10s somebody acknowledges: the climb stops."},
		},
		"nothing": {[]string{"--service", "checkout", "--severity", "SEV4", "--at", "2026-01-06T12:00:00Z"}, []string{"0s Tue 12:00:00"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := runIn(t, quietNight, append([]string{"policy", "preview"}, test.args...)...)
			require.Zero(t, got.code, got.complaint)
			squeezed := strings.Join(strings.Fields(got.out), " ")
			for _, row := range test.rows {
				require.Contains(t, squeezed, row)
			}
			for _, line := range test.lines {
				require.Contains(t, got.out, line)
			}
			if test.lines == nil {
				require.NotContains(t, got.out, "maintenance")
			}
		})
	}
}

func TestAMomentIsShownInTheZoneItWasWrittenIn(t *testing.T) {
	require.Equal(t, "Thu 24 Dec 2026 22:00 +0100", shown("2026-12-24T22:00:00+01:00"))
	require.Equal(t, "soon", shown("soon"))
	require.Equal(t, "-", clock(time.Time{}))
}
