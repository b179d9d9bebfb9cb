package jira

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-44180607/lastgood/integrations/rest"
)

// maxReason is how much of Jira's own words an error shows, in runes.
const maxReason = 500

// refusal is the error of an answer that is no success, with everything that Jira
// says about it: a field that a project requires is named here and nowhere else.
// The code says which of Jira's limits was reached.
func refusal(r *http.Response, body []byte) *rest.Error {
	e := rest.FromResponse(vendor, "call", r)
	e.Code = r.Header.Get("RateLimit-Reason")
	if reason := reasonOf(body); reason != "" {
		e.Err = errors.New(reason)
	}
	return e
}

// reasonOf joins the messages of an error in their order, then those on fields, by
// name. Some apps put values other than text there. It is empty for anything but
// Jira's own form.
func reasonOf(body []byte) string {
	var said struct {
		Messages []string       `json:"errorMessages"`
		Fields   map[string]any `json:"errors"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	reasons := said.Messages
	for _, field := range slices.Sorted(maps.Keys(said.Fields)) {
		reasons = append(reasons, fmt.Sprintf("%s: %v", field, said.Fields[field]))
	}
	return cut(strings.Join(strings.Fields(printable(strings.Join(reasons, "; "))), " "), maxReason, "…")
}
