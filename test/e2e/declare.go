package e2e

import (
	"net/http"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/local"
)

// Declare types the command for a service, fills in the form that Slack shows and sends it off. The starter must take it.
func (h *Harness) Declare(user, service, summary string, more map[string]string) {
	h.t.Helper()
	h.Slash(user, "declare "+h.id(service)+" "+summary)
	h.expect("slack", "view", "the form", func(e local.Effect) bool { return e.Detail.User == user })
	answer, err := h.control.Submit(h.t.Context(), user, more)
	require.NoError(h.t, err)
	require.Equal(h.t, http.StatusOK, answer.Status, answer.Body)
	h.expect("slack", "view", "what becomes of the form", func(e local.Effect) bool { return e.Detail.User == user })
}
