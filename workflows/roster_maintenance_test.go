package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// freeze is a maintenance of the story: from one time of it to another.
func freeze(id string, from, to time.Duration) oncall.Maintenance {
	m := upgrade(from, to)
	m.ID = id
	return m
}

func windows(kept signals.Kept) (list []string) {
	for _, m := range kept.Maintenance {
		list = append(list, m.ID)
	}
	return list
}

func TestAMaintenanceIsKeptUntilItIsEnded(t *testing.T) {
	b := openBook(t)
	b.At(minute, signals.Override, covers("a", "sre-2", hour, 2*hour))
	for range 2 {
		b.At(minute, signals.Maintenance, freeze("m1", hour, 2*hour)) // The second one is ignored.
	}
	b.At(2*minute, signals.Maintenance, freeze("m2", hour, 2*hour))
	b.At(3*minute, signals.EndMaintenance, signals.Removal{ID: "m2", By: "sre-1"})
	next := b.Run(signals.Kept{}, hour)

	want := freeze("m1", hour, 2*hour)
	want.Made = noon.Add(minute)
	require.Equal(t, []oncall.Maintenance{want}, next.Maintenance)
	require.Equal(t, []string{"a sre-2"}, ids(next), "the overrides stay")
	require.Len(t, b.memos, 4)
}

func TestAMaintenanceSentByHandGetsAnIDOfItsOwn(t *testing.T) {
	b := openBook(t)
	for range 2 {
		b.At(minute, signals.Maintenance, freeze("", hour, 2*hour))
	}
	got := windows(b.Run(signals.Kept{}, hour))
	require.Len(t, got, 2)
	require.NotEmpty(t, got[0])
	require.NotEqual(t, got[0], got[1])
}

func TestABadMaintenanceIsRefusedAndChangesNothing(t *testing.T) {
	bad := func(change func(*oncall.Maintenance)) oncall.Maintenance {
		m := freeze("b", hour, 2*hour)
		change(&m)
		return m
	}
	for name, sent := range map[string]struct {
		signal  string
		payload any
	}{
		"no service":            {signals.Maintenance, bad(func(m *oncall.Maintenance) { m.Service = "" })},
		"a wall clock":          {signals.Maintenance, bad(func(m *oncall.Maintenance) { m.To = "2026-12-24T09:00" })},
		"an end at its start":   {signals.Maintenance, bad(func(m *oncall.Maintenance) { m.To = m.From })},
		"longer than 30 days":   {signals.Maintenance, freeze("b", 0, 721*hour)},
		"not what it should be": {signals.Maintenance, "checkout"},
		"no such ID":            {signals.EndMaintenance, signals.Removal{ID: "b"}},
		"no ID":                 {signals.EndMaintenance, signals.Removal{}},
	} {
		t.Run(name, func(t *testing.T) {
			b := openBook(t)
			b.At(minute, sent.signal, sent.payload)
			b.At(2*minute, signals.Maintenance, freeze("g", hour, 2*hour))
			require.Equal(t, []string{"g"}, windows(b.Run(signals.Kept{}, hour)), "the next one is still taken")
			require.Len(t, b.memos, 1)
		})
	}
}

func TestMaintenanceThatIsOverMakesRoomForMore(t *testing.T) {
	var before signals.Kept
	for i := range signals.MostMaintenance {
		before.Maintenance = append(before.Maintenance, freeze(fmt.Sprint(i), hour, 2*hour))
	}
	before.Maintenance[0] = freeze("over", -2*hour, -hour)
	b := openBook(t)
	b.At(minute, signals.Maintenance, freeze("last", hour, 2*hour))
	b.At(2*minute, signals.Maintenance, freeze("more", hour, 2*hour))
	got := windows(b.Run(before, hour))
	require.Len(t, got, signals.MostMaintenance)
	require.Equal(t, "last", got[len(got)-1])
	require.NotContains(t, got, "over")
}
