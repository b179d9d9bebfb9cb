package local

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func shell(t *testing.T, script string) Command {
	t.Helper()
	return Command{Name: "part", Path: "/bin/sh", Args: []string{"-c", script}, Ready: "ready", Dir: t.TempDir()}
}

func TestAProcessThatEndsTooEarlySaysHowAndWhatItPrinted(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), shell(t, "echo no port; exit 2"))
	require.EqualError(t, err, "part ended before it was ready (exit status 2):\nno port")
}

func TestAProcessThatIsKilledSaysSo(t *testing.T) {
	t.Parallel()
	p, err := Start(t.Context(), shell(t, "echo ready; kill -9 $$"))
	require.NoError(t, err)
	<-p.Ended()
	require.Equal(t, "signal: killed", p.How())
	require.Equal(t, "ready", p.Tail())
}

func TestAProcessThatDoesNotHeedTheSignalIsKilled(t *testing.T) {
	t.Parallel()
	p, err := Start(t.Context(), shell(t, "trap '' TERM; echo ready; while :; do sleep 0.05; done"))
	require.NoError(t, err)
	p.Stop(50 * time.Millisecond)
	require.Equal(t, "signal: killed", p.How())
}
