package alertmanager

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// The most that is kept, in bytes of the key and in runes of the texts. Labels go
// into the history of every incident and are shown to people.
const (
	maxGroup       = 1024
	maxFingerprint = 128
	maxLabels      = 100
	maxName        = 200
	maxValue       = 500
	maxSummary     = 500
	maxURL         = 2000
)

// labels are the alert's labels within bounds; of too many, the first by name.
func labels(sent map[string]string) map[string]string {
	if len(sent) == 0 {
		return nil
	}
	kept := make(map[string]string, min(len(sent), maxLabels))
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if len(kept) == maxLabels {
			break
		}
		if short := clean(name, maxName); short != "" {
			kept[short] = clean(sent[name], maxValue)
		}
	}
	return kept
}

// clean makes one line of a text, takes out control characters and the ones that
// turn the direction of writing, and cuts it.
func clean(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		default:
			return r
		}
	}, text)
	text = strings.TrimSpace(text)
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// webAddress is an address that people may be sent to, or nothing.
func webAddress(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || len(address) > maxURL {
		return ""
	}
	u.User = nil
	return u.String()
}
