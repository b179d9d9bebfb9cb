package pagerduty

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/seed-44180607/lastgood/integrations/payload"
)

// labels are PagerDuty's own fields and, as far as there is room, the custom_details.
// Where the details name no service the component is taken for it.
func (m message) labels(foremost []string) map[string]string {
	details := map[string]string{}
	m.Payload.custom(details)
	service := details["service"]
	if service == "" {
		service = m.Payload.Component
	}
	kept := map[string]string{}
	for name, text := range map[string]string{
		"source": m.Payload.Source, "component": m.Payload.Component, "group": m.Payload.Group, "class": m.Payload.Class,
		"severity": m.Payload.Severity, "client": m.Client, "service": service,
	} {
		if text = payload.Clean(text, payload.MaxValue); text != "" {
			kept[name] = text
		}
	}
	own := slices.Collect(maps.Keys(kept))
	maps.Copy(details, kept)
	return payload.Labels(details, append(own, foremost...))
}

// custom adds what custom_details says, which may have any form. A part of a part is
// named by both, as in disk.free; what stands in lists is left out, and so are the parts
// of what has a longer name than a label may: each would repeat all of it.
func (d *details) custom(into map[string]string) {
	if len(d.Custom) == 0 {
		return
	}
	// It was read as JSON before.
	v, err := payload.Value(d.Custom)
	if err != nil {
		return
	}
	flatten("", v, into)
}

func flatten(name string, v any, into map[string]string) {
	parts, nested := v.(map[string]any)
	if len(name) > payload.MaxName {
		parts = nil
	}
	for part, inner := range parts {
		if name != "" {
			part = name + "." + part
		}
		flatten(part, inner, into)
	}
	if text, plain := payload.Text(v); plain && !nested {
		if name == "" {
			name = "custom_details"
		}
		into[name] = text
	}
}

// links gives the address of the alert in its monitor, and the one of its runbook: a
// link whose text says so. Links that cannot be read are passed over.
func (m message) links() (address, runbook string) {
	var all []struct {
		Href string `json:"href"`
		Text string `json:"text"`
	}
	if len(m.Links) > 0 {
		// What could be read of them is in all.
		_ = json.Unmarshal(m.Links, &all)
	}
	address = payload.WebAddress(m.ClientURL)
	for _, link := range all {
		href := payload.WebAddress(link.Href)
		switch {
		case strings.Contains(strings.ToLower(link.Text), "runbook"):
			if runbook == "" {
				runbook = href
			}
		case address == "":
			address = href
		}
	}
	return address, runbook
}
