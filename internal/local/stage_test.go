package local_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/local"
)

func TestAPortInUseIsReplacedAndNamed(t *testing.T) {
	t.Parallel()
	held, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = held.Close() }()
	wanted := local.Ports{Starter: held.Addr().(*net.TCPAddr).Port}

	got, err := local.FreePorts(t.Context(), wanted)
	require.NoError(t, err)
	require.NotEqual(t, wanted.Starter, got.Starter)
	require.Equal(t, []local.Moved{{Of: "the starter", Wanted: wanted.Starter, Used: got.Starter}}, got.Moved(wanted))
	require.Empty(t, got.Moved(got))
}
