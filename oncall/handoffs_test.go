package oncall_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
)

var update = flag.Bool("update", false, "write testdata/handoffs.txt anew, by looking at clocks")

const handoffsListed = "testdata/handoffs.txt"

// The hand-offs of the four days around each change are listed in a file, for every zone that is walked through: as
// the clock shows them, with its offset, and with who takes over. The file is written by stepping through the minutes
// and reading the clock; that of one an hour would be too long to read.
func TestTheHandOffsAroundEveryChangeAreThoseListed(t *testing.T) {
	var byTheClock, bySchedule strings.Builder
	for _, zone := range bruteZones {
		for _, every := range bruteRotations[1:] {
			for _, change := range changesOf(zoneOf(t, zone), 2026) {
				s := through(t, zone, every, change)
				title := fmt.Sprintf("%s every %s from %s, clocks change %s\n", zone, every, s.Layers[0].Handoff, change.UTC().Format("Mon 2006-01-02 15:04 MST"))
				byTheClock.WriteString(title)
				bySchedule.WriteString(title)
				seen(t, &byTheClock, s, change)
				scheduled(t, &bySchedule, s, change)
			}
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(handoffsListed, []byte(byTheClock.String()), 0o600))
	}
	listed, err := os.ReadFile(handoffsListed)
	require.NoError(t, err)
	require.Equal(t, string(listed), bySchedule.String())
	require.Equal(t, string(listed), byTheClock.String())
}

// seen writes the hand-offs down that somebody sees who looks at a clock each minute.
func seen(t *testing.T, to *strings.Builder, s oncall.Schedule, change time.Time) {
	t.Helper()
	zone := zoneOf(t, s.TimeZone)
	first := change.Add(-(around + week) * time.Minute)
	turns := watch(t, zone, s.Layers[0], first, week+2*around)
	for i := week; i < len(turns); i++ {
		if turns[i] != turns[i-1] {
			listed(to, first.Add(time.Duration(i)*time.Minute).In(zone), s.Layers[0].People[turns[i]%5])
		}
	}
}

// scheduled writes the hand-offs down that the schedule tells, from one shift to the next.
func scheduled(t *testing.T, to *strings.Builder, s oncall.Schedule, change time.Time) {
	t.Helper()
	end := change.Add(around * time.Minute)
	shift, err := s.At(change.Add(-around*time.Minute-time.Nanosecond), nil)
	for ; shift.Until.Before(end); shift, err = s.At(shift.Until, nil) {
		require.NoError(t, err)
		next, err := s.At(shift.Until, nil)
		require.NoError(t, err)
		listed(to, next.Since, next.Person)
	}
}

func listed(to *strings.Builder, at time.Time, person string) {
	fmt.Fprintf(to, "  %s %s\n", at.Format("Mon 2006-01-02 15:04:05 -07:00"), person)
}
