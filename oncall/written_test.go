package oncall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/oncall"
)

func TestADurationIsWrittenAsInTheFile(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "30s": 30 * time.Second, "5m": 5 * time.Minute, "1m30s": 90 * time.Second, "10m": 10 * time.Minute, "1h": time.Hour,
		"1h30m": 90 * time.Minute, "1h0m10s": time.Hour + 10*time.Second, "20h": 20 * time.Hour, "24h30m": 24*time.Hour + 30*time.Minute,
		"500ms": 500 * time.Millisecond,
	} {
		require.Equal(t, want, oncall.Written(d))
	}
}

func TestADurationThatIsWrittenReadsAsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(9000*time.Hour/time.Second)).Draw(t, "seconds")) * time.Second
		read, err := oncall.Duration(oncall.Written(d))
		require.NoError(t, err)
		require.Equal(t, d, read)
	})
}

func TestADurationIsReadWithDaysAndWeeks(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "3d": 72 * time.Hour, "2w": 14 * 24 * time.Hour, "0s": 0,
	} {
		got, err := oncall.Duration(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for text, why := range map[string]string{
		"": `"" is no time like 30s, 5m, 24h or 7d`, "3 d": `"3 d" is no time like 30s, 5m, 24h or 7d`, "99999d": `"99999d" is no time like 30s, 5m, 24h or 7d`,
		"-1h": `"-1h" is below 0`,
	} {
		_, err := oncall.Duration(text)
		require.EqualError(t, err, why)
	}
}
