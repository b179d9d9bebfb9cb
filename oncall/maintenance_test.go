package oncall_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
)

// eve is the moment that the maintenance of these tests is about.
var eve = time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC)

func window(service string, from, to time.Duration) oncall.Maintenance {
	return oncall.Maintenance{Service: service, From: eve.Add(from).Format(time.RFC3339), To: eve.Add(to).Format(time.RFC3339)}
}

func TestAWindowOfMaintenanceIncludesItsStartAndExcludesItsEnd(t *testing.T) {
	r := oncall.Roster{Maintenance: []oncall.Maintenance{window("checkout", 0, time.Hour)}}
	for at, want := range map[time.Duration]bool{-time.Second: false, 0: true, 59 * time.Minute: true, time.Hour: false} {
		_, in := r.Maintained("checkout", eve.Add(at))
		require.Equal(t, want, in, at)
		_, in = r.Maintained("basket", eve.Add(at))
		require.False(t, in)
	}
}

func TestOfSeveralWindowsTheOneThatEndsLastCounts(t *testing.T) {
	r := oncall.Roster{Maintenance: []oncall.Maintenance{
		window("checkout", -time.Hour, time.Hour), window(oncall.Everywhere, -time.Minute, 2*time.Hour), window("checkout", 0, time.Minute),
		window("checkout", 2*time.Hour, 3*time.Hour),
		{Service: "checkout", From: "soon", To: "later"},
	}}
	m, in := r.Maintained("checkout", eve)
	require.True(t, in)
	require.Equal(t, oncall.Everywhere, m.Service)
	require.Equal(t, eve.Add(3*time.Hour), r.AfterMaintenance("checkout", eve).UTC(), "the next begins where this one ends")
	require.Equal(t, eve.Add(2*time.Hour), r.AfterMaintenance("basket", eve).UTC())
	require.Equal(t, eve.Add(4*time.Hour), r.AfterMaintenance("checkout", eve.Add(4*time.Hour)))
}

func TestAnIncidentThatServicesShareIsExcusedByItsOwnerOrByAllThatAreAffected(t *testing.T) {
	shop, cart, search := window("shop", 0, 3*time.Hour), window("cart", 0, 2*time.Hour), window("search", 0, time.Hour)
	for name, test := range map[string]struct {
		windows  []oncall.Maintenance
		affected []string
		want     oncall.Maintenance
	}{
		"the owner":                    {[]oncall.Maintenance{shop}, []string{"cart", "search"}, shop},
		"the owner, of its own":        {[]oncall.Maintenance{shop}, nil, shop},
		"nobody":                       {nil, []string{"cart"}, oncall.Maintenance{}},
		"another alone":                {[]oncall.Maintenance{cart}, nil, oncall.Maintenance{}},
		"the one that is affected":     {[]oncall.Maintenance{cart}, []string{"cart"}, cart},
		"one of two":                   {[]oncall.Maintenance{cart}, []string{"cart", "search"}, oncall.Maintenance{}},
		"all, until the first is over": {[]oncall.Maintenance{cart, search}, []string{"cart", "search"}, search},
		"all, in another order":        {[]oncall.Maintenance{cart, search}, []string{"search", "cart"}, search},
	} {
		t.Run(name, func(t *testing.T) {
			m, in := oncall.Roster{Maintenance: test.windows}.Excused("shop", test.affected, eve.Add(time.Minute))
			require.Equal(t, test.want, m)
			require.Equal(t, test.want.Service != "", in)
		})
	}
}

func TestWhatIsWrongWithAMaintenanceIsSaid(t *testing.T) {
	tests := map[string]struct {
		wish oncall.MaintenanceWish
		want string
	}{
		"neither end nor length": {oncall.MaintenanceWish{Service: "s"}, "say either until when it lasts or for how long"},
		"both":                   {oncall.MaintenanceWish{Service: "s", To: "2026-12-24T13:00:00Z", For: time.Hour}, "say either until when it lasts or for how long"},
		"no service":             {oncall.MaintenanceWish{For: time.Hour}, "a maintenance names a service"},
		"a start without a zone": {oncall.MaintenanceWish{Service: "s", From: "2026-12-24T09:00", For: time.Hour}, `the start of the maintenance, "2026-12-24T09:00", is not RFC 3339`},
		"an end without a zone":  {oncall.MaintenanceWish{Service: "s", To: "2026-12-24T19:00"}, `the end of the maintenance, "2026-12-24T19:00", is not RFC 3339`},
		"before its start":       {oncall.MaintenanceWish{Service: "s", For: -time.Hour}, "the end of the maintenance, 2026-12-24T11:00:00Z, is not after its start, 2026-12-24T12:00:00Z"},
		"over": {
			oncall.MaintenanceWish{Service: "s", From: "2026-12-24T09:00:00Z", To: "2026-12-24T12:00:00Z"},
			"it would have ended at 2026-12-24T12:00:00Z, which is over",
		},
		"an essay": {oncall.MaintenanceWish{Service: "s", For: time.Hour, Reason: strings.Repeat("x", 501)}, "the reason of a maintenance has 500 bytes at most"},
		"too long": {
			oncall.MaintenanceWish{Service: "s", For: 31 * 24 * time.Hour},
			"a maintenance from 2026-12-24T12:00:00Z to 2027-01-24T12:00:00Z is longer than 30 days",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := test.wish.Maintenance(eve)
			require.EqualError(t, err, test.want)
		})
	}
}

func TestAMaintenanceBeginsNowUnlessItSaysWhen(t *testing.T) {
	m, err := oncall.MaintenanceWish{Service: "s", For: 90 * time.Minute, Reason: "upgrade", By: "sre-1"}.Maintenance(eve.Add(time.Millisecond))
	require.NoError(t, err)
	require.Equal(t, oncall.Maintenance{Service: "s", From: "2026-12-24T12:00:00Z", To: "2026-12-24T13:30:00Z", Reason: "upgrade", By: "sre-1"}, m)

	m, err = oncall.MaintenanceWish{Service: "s", From: "2026-12-25T02:00:00+01:00", To: "2026-12-25T04:00:00+01:00"}.Maintenance(eve)
	require.NoError(t, err)
	require.Equal(t, "2026-12-25T04:00:00+01:00", m.To)
}

func TestWindowsThatAreOverAreForgotten(t *testing.T) {
	all := []oncall.Maintenance{window("a", -time.Hour, 0), window("b", -time.Hour, time.Second), {Service: "c"}}
	require.Equal(t, all[1:2], oncall.MaintenanceEndingAfter(eve, all))
	require.Len(t, all, 3)
}
