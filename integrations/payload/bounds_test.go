package payload_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/payload"
)

func TestOfVeryManyLabelsThoseThatLeadToAServiceAreKept(t *testing.T) {
	sent := map[string]string{"service": "checkout", "zone": "b"}
	for i := range 3 * payload.MaxLabels {
		sent[fmt.Sprintf("label-%03d", i)] = "x"
	}
	kept := payload.Labels(sent, []string{"env", "service"})
	require.Len(t, kept, payload.MaxLabels)
	require.Equal(t, "checkout", kept["service"])
	require.Contains(t, kept, "label-000")
	require.NotContains(t, kept, "zone", "of the others the first by name are kept")
	require.NotContains(t, kept, "env", "what was not sent is not made up")
}

func TestALabelThatLooksLikeAnotherDoesNotTakeItsPlace(t *testing.T) {
	sent := map[string]string{"service": "checkout", "service\u0000": "other", " service": "another", "\u0001service": "a third"}
	require.Equal(t, map[string]string{"service": "checkout"}, payload.Labels(sent, nil))
}

func TestOfAVeryLongTextTheBeginningIsLookedAt(t *testing.T) {
	require.Equal(t, strings.Repeat("é", 9)+"…", payload.Clean(strings.Repeat("é", 100_000), 10))
	require.Equal(t, "a…", payload.Clean("a"+strings.Repeat("\x01", 100_000)+"b", 10), "what is left out is told")
	require.Equal(t, "…", payload.Clean(strings.Repeat("\x01", 10*32-1)+"é", 10), "no half of a character")
	require.Equal(t, "ab", payload.Clean("a"+strings.Repeat("\x01", 300)+"b", 10))
}
