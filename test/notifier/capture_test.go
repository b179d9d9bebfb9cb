package notifier

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// With -capture the bodies in integrations/alertmanager/testdata are written anew:
//
//	make notifier CAPTURE=1
var capture = flag.Bool("capture", false, "write the bodies that are sent to integrations/alertmanager/testdata")

const saved = "../../integrations/alertmanager/testdata"

// requireSaved says that a version of Alertmanager sends what was captured from it, to
// the byte. Of one from which nothing was captured it is known only that it is taken.
func requireSaved(t *testing.T, version, name string, body []byte) {
	t.Helper()
	file := filepath.Join(saved, version, name+".json")
	if *capture {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, body, 0o644))
	}
	if _, err := os.Stat(filepath.Dir(file)); os.IsNotExist(err) {
		t.Logf("nothing was captured from Alertmanager %s to hold %s to", version, name)
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(body))
}
