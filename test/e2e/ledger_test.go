package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/local"
)

func TestWhatNobodyAskedForIsUnexpected(t *testing.T) {
	t.Parallel()
	k := newKnown()
	page := local.Effect{N: 1, Vendor: "slack", Effect: "message", Detail: local.Detail{TS: "1.1"}}
	ticket := local.Effect{N: 2, Vendor: "jira", Effect: "issue", Detail: local.Detail{Key: "OPS-1"}}
	require.True(t, k.claim(page))
	require.False(t, k.claim(page), "one message answers one expectation")
	require.True(t, k.claim(ticket))

	for _, c := range []struct {
		name     string
		effect   local.Effect
		expected bool
	}{
		{"the page", page, true},
		{"an edit of the page", local.Effect{N: 3, Vendor: "slack", Effect: "update", Detail: local.Detail{TS: "1.1"}}, true},
		{"its thread", local.Effect{N: 4, Vendor: "slack", Effect: "message", Detail: local.Detail{TS: "1.2", ThreadTS: "1.1"}}, true},
		{"a second page", local.Effect{N: 5, Vendor: "slack", Effect: "message", Detail: local.Detail{TS: "1.3"}}, false},
		{"a thread of nothing", local.Effect{N: 6, Vendor: "slack", Effect: "message", Detail: local.Detail{TS: "1.4", ThreadTS: "1.3"}}, false},
		{"a private word", local.Effect{N: 7, Vendor: "slack", Effect: "ephemeral"}, false},
		{"the ticket", ticket, true},
		{"a comment on the ticket", local.Effect{N: 8, Vendor: "jira", Effect: "comment", Detail: local.Detail{Key: "OPS-1"}}, true},
		{"a second ticket", local.Effect{N: 9, Vendor: "jira", Effect: "issue", Detail: local.Detail{Key: "OPS-2"}}, false},
		{"a build", local.Effect{N: 10, Vendor: "jenkins", Effect: "build"}, false},
		{"a stopped build", local.Effect{N: 11, Vendor: "jenkins", Effect: "stop"}, false},
		{"the monitor", local.Effect{N: 12, Vendor: "monitor", Effect: "alert"}, true},
	} {
		require.Equal(t, c.expected, k.explains(c.effect), c.name)
	}
}

func TestWhereMessagesMayComeInAnyNumberTheirEditsMayToo(t *testing.T) {
	t.Parallel()
	k := newKnown()
	k.allowed["slack message"] = true
	require.True(t, k.explains(local.Effect{N: 1, Vendor: "slack", Effect: "update", Detail: local.Detail{TS: "1.1"}}))
	require.False(t, k.explains(local.Effect{N: 2, Vendor: "slack", Effect: "ephemeral"}))
}
