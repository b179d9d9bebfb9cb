package arch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryPackageImportsOnlyWhatTheTableAllows(t *testing.T) {
	found, err := faults("../..")
	require.NoError(t, err)
	require.Empty(t, strings.Join(found, "\n"))
}

// The tree in testdata breaks every kind of rule once, and keeps every other.
func TestForbiddenImportsAndClocksAreFound(t *testing.T) {
	found, err := faults("testdata/broken")
	require.NoError(t, err)
	require.Equal(t, []string{
		"activities/page.go imports integrations/slack: activities is behind small interfaces of its own: internal/app hands it the adapters (docs/architecture.md)",
		"integrations/jira/client.go imports integrations/slack: integrations/jira is an adapter: it knows the domain and its vendor, no workflow and no other adapter (docs/architecture.md)",
		"oncall/climb.go imports net/http: oncall is pure (docs/architecture.md)",
		"oncall/clock.go imports os/exec: oncall is pure (docs/architecture.md)",
		"oncall/clock.go:10 uses time.Now: the clock is an argument here (docs/architecture.md)",
		"oncall/clock.go:13 uses time.Since: the clock is an argument here (docs/architecture.md)",
		"release/target.go imports incident: release is pure (docs/architecture.md)",
		"simulator/slack/server.go imports signals: simulator is the other side of the wire: it knows nothing of what it is there to test (docs/architecture.md)",
		"stray is in no row of the table: add one in test/arch/rules_test.go and docs/architecture.md",
		"workflows/incident.go imports net: workflows is replayed: it reaches the world through activities only (docs/architecture.md)",
	}, found)
}

func TestAFolderMayUseItselfAndWhatIsBeneathIt(t *testing.T) {
	slack, ok := ruleFor("integrations/slack")
	require.True(t, ok)
	require.True(t, slack.allows("integrations/slack", module+"/integrations/slack/blocks"))
	require.True(t, slack.allows("integrations/slack/blocks", module+"/integrations/slack"))
	require.False(t, slack.allows("integrations/slack/blocks", module+"/integrations/jira"))
}

func TestANameThatOnlyStartsAlikeIsAnotherPackage(t *testing.T) {
	workflows, ok := ruleFor("workflows")
	require.True(t, ok)
	require.False(t, workflows.allows("workflows", "net/http/httptest"))
	require.True(t, workflows.allows("workflows", "net/url"))
	require.False(t, workflows.allows("workflows", module+"/signalsandmore"))
}
