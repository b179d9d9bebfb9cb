package api

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever is typed: it is understood as something whole, or the answer says how it is written.
func FuzzACommandIsUnderstoodOrExplained(f *testing.F) {
	for _, text := range []string{
		"", "help", "oncall primary", "override list", "override remove abc", "override primary @U0SRE2 for 2h",
		"override primary bob from 2026-12-24T09:00 to 2026-12-24T17:00", "swap primary 2026-12-24T09:00 with 2026-12-31T09:00",
		"maintenance checkout for 2h an upgrade", "maintenance list", "maintenance end abc", "override remove bob for 2h", "override primary bob for 9999999h", "\x00 \u202e for",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ask, err := understand(strings.Fields(text))
		if err != nil {
			require.Zero(t, ask)
			require.NotEmpty(t, err.Error())
			return
		}
		switch ask.what {
		case askMake:
			require.NotEmpty(t, ask.wish.Schedule)
			require.NotEmpty(t, ask.wish.Person)
			require.NotEqual(t, ask.wish.To == "", ask.wish.For == 0, "either an end or a length")
			require.GreaterOrEqual(t, ask.wish.For, time.Duration(0))
		case askRemove, askEnd:
			require.NotEmpty(t, ask.id)
		case askSwap:
			require.NotEmpty(t, ask.schedule)
			require.NotEmpty(t, ask.one)
			require.NotEmpty(t, ask.other)
		case askMaintain:
			require.NotEmpty(t, ask.window.Service)
			require.GreaterOrEqual(t, ask.window.For, time.Duration(0))
		default:
			require.Contains(t, []string{askHelp, askOnCall, askList, askWindows}, ask.what)
			require.False(t, ask.changes())
		}
	})
}

func TestAScheduleMayBeNamedAsACommandIs(t *testing.T) {
	ask, err := understand(strings.Fields("override remove bob for 2h"))
	require.NoError(t, err)
	require.Equal(t, "remove", ask.wish.Schedule)
}
