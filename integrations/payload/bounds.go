// Package payload is what all monitors' bodies share: JSON that is read within
// bounds, texts made harmless, severities by their label, errors that say where, and
// the one shape that more than one monitor sends. It knows no other format.
package payload

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/seed-44180607/lastgood/incident"
)

// The most that is kept, in bytes of the key and in runes of the texts. Labels go
// into the history of every incident and are shown to people.
const (
	MaxGroup       = 1024
	MaxFingerprint = 128
	MaxLabels      = 100
	MaxName        = 200
	MaxValue       = 500
	MaxSummary     = 500
	MaxURL         = 2000
)

// lookedAt is how much of a text is looked at for what is kept of it, in bytes for each rune: thousands of alerts may
// show the same text of a whole body.
const lookedAt = 32

// Labels are the alert's labels within bounds; of too many those in foremost, then the first by name.
func Labels(sent map[string]string, foremost []string) map[string]string {
	if len(sent) == 0 {
		return nil
	}
	kept := make(map[string]string, min(len(sent), MaxLabels))
	keep := func(name, short string) {
		if _, known := kept[short]; short != "" && !known && len(kept) < MaxLabels {
			kept[short] = Clean(sent[name], MaxValue)
		}
	}
	for _, name := range foremost {
		if _, exists := sent[name]; exists {
			keep(name, Clean(name, MaxName))
		}
	}
	names := slices.Sorted(maps.Keys(sent))
	for _, asSent := range []bool{true, false} { // What only looks like another name takes nobody's place.
		for _, name := range names {
			if short := Clean(name, MaxName); (short == name) == asSent {
				keep(name, short)
			}
		}
	}
	return kept
}

// Clean makes one line of a text, takes out control characters and the ones that
// turn the direction of writing, and cuts it.
func Clean(text string, most int) string {
	if n := lookedAt * most; len(text) > n {
		text = strings.ToValidUTF8(text[:n], "") + "…"
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t':
			return ' '
		case obeyed(r):
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

// obeyed says whether a terminal or a page obeys a character rather than shows it.
func obeyed(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// WebAddress is an address that people may be sent to, or nothing.
func WebAddress(address string) string {
	address = strings.TrimSpace(address)
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.ContainsFunc(address, obeyed) {
		return ""
	}
	u.User = nil
	// Escaped it may be three times as long.
	if address = u.String(); len(address) > MaxURL {
		return ""
	}
	return address
}

// Group is the group's key. One too long to carry along keeps its identity by a hash.
func Group(key string) string {
	if len(key) <= MaxGroup {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Fingerprint is what identifies an alert, as it is: cut or cleaned it would be another.
func Fingerprint(field, sent string) (string, *Error) {
	switch {
	case sent == "":
		return "", Fault(field, "is missing")
	case len(sent) > MaxFingerprint || Clean(sent, MaxFingerprint) != sent:
		return "", Fault(field, "is no fingerprint: it has more than %d bytes, or characters that cannot be shown", MaxFingerprint)
	default:
		return sent, nil
	}
}

// Instant reads a time as in RFC 3339. Missing and the year 1 are both none.
func Instant(field, value string) (time.Time, *Error) {
	if value == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, value)
	at = at.UTC()
	// In UTC it may have left the years that can be written again.
	if err != nil || at.Year() < 1 || at.Year() > 9999 {
		return time.Time{}, &Error{field, fmt.Sprintf("is %.40q, not a time as in RFC 3339", value)}
	}
	return at, nil
}

// Terms are what a configuration makes of a body: what its words for a severity mean, and which labels lead to a service.
type Terms struct {
	// Words for a severity are looked up as they are and in lower case.
	Words map[string]incident.Severity
	// Default is for a word that is missing or not mapped; SEV2 when it is empty.
	Default incident.Severity
	// Foremost are the labels by which services are found: they are kept, however many others there are.
	Foremost []string
}

// Severity is the severity of a word.
func (t Terms) Severity(word string) incident.Severity {
	if severity, ok := t.Mapped(word); ok {
		return severity
	}
	if t.Default == "" {
		return incident.SEV2
	}
	return t.Default
}

// Mapped is the severity of a word, false when it is not one of Words.
func (t Terms) Mapped(word string) (incident.Severity, bool) {
	for _, value := range []string{word, strings.ToLower(strings.TrimSpace(word))} {
		if severity, ok := t.Words[value]; ok {
			return severity, true
		}
	}
	return "", false
}
