package config

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a password or a token. However it is printed, logged or encoded, it shows as [redacted]; Reveal alone
// gives it away. The zero Secret is one that was not set.
type Secret struct {
	// A pointer, because fmt calls no method on what lies in an unexported field: it then prints an address.
	text *string
}

// NewSecret keeps a text secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// Reveal gives the text away, to be sent to whom it is meant for.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty says whether the secret was not set.
func (s Secret) Empty() bool { return s.text == nil }

// Set is how envconfig hands over the value of a variable.
func (s *Secret) Set(text string) error {
	*s = NewSecret(text)
	return nil
}

// String shows nothing.
func (s Secret) String() string { return redacted }

// Format shows nothing, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue shows nothing.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText shows nothing, in JSON as elsewhere.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
