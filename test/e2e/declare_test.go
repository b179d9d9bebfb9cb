package e2e_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/test/e2e"
)

func TestAnIncidentThatIsDeclaredInSlackIsPaged(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{Plain: true})

	h.Declare(e2e.SecondResponder, "checkout", "the basket is empty", map[string]string{"severity": "SEV1", "description": "since the sale began"})
	page := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "the basket is empty")
	require.Contains(t, strings.Join(page.Texts(), "\n"), "Declared by sre-2")
	page.Click("acknowledge", e2e.FirstResponder).Told("Acknowledged by sre-1")
}
