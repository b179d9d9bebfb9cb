package workflows_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/seed-44180607/lastgood/workflows"
)

// fewest is how many histories there are at the least: a lost folder must not
// pass for a good replay.
const fewest = 40

// What runs in production was started by an earlier version. Each recorded history
// must lead to the same commands, or whatever it stands for gets stuck.
func TestRecordedHistoriesAreReplayed(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/histories/*.json*")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(paths), fewest, "histories are missing: run `make histories`")
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".gz"), func(t *testing.T) {
			t.Parallel()
			replayer := worker.NewWorkflowReplayer()
			workflows.Register(replayer)
			require.NoError(t, replayer.ReplayWorkflowHistory(nil, historyIn(t, path)))
		})
	}
}

func historyIn(t *testing.T, path string) *historypb.History {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	var content io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		content, err = gzip.NewReader(file)
		require.NoError(t, err)
	}
	history, err := client.HistoryFromJSON(content, client.HistoryJSONOptions{})
	require.NoError(t, err)
	return history
}
