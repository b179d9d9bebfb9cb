package main

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNothingThatIsPrintedSteersTheTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"one\ttwo\nüber 🔥 日本 …\n":               "one\ttwo\nüber 🔥 日本 …\n",
		"\x1b]0;owned\a\x1b[2J\x1b[31mred":      "]0;owned[2J[31mred",
		"\u009b31m\u009d0;x\u009c":              "31m0;x",
		"SEV1\b\b\b\bSEV4\rSEV3":                "SEV1SEV4SEV3",
		"\u202egnp.exe\u2066\u200f":             "gnp.exe",
		"down\x00\x7f":                          "down",
		"\xff\xfe":                              "\uFFFD\uFFFD",
		"\xc2\x9b and half of one, \xe2\x80":    " and half of one, ",
		"an escape in JSON stays \\u001b[31m\n": "an escape in JSON stays \\u001b[31m\n",
	} {
		var out bytes.Buffer
		n, err := visibleOn(&out).Write([]byte(text))
		require.NoError(t, err)
		require.Equal(t, len(text), n)
		require.Equal(t, want, out.String())
	}
}

func TestWhatIsWrittenInPiecesIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text") + "\n"
		var whole, pieces bytes.Buffer
		_, err := visibleOn(&whole).Write([]byte(text))
		require.NoError(t, err)
		in := visibleOn(&pieces)
		_, err = bytes.NewReader([]byte(text)).WriteTo(byteByByte{in})
		require.NoError(t, err)
		require.Equal(t, whole.String(), pieces.String())
		require.True(t, utf8.ValidString(whole.String()))
	})
}

// byteByByte writes one byte at a time.
type byteByByte struct {
	to interface{ Write([]byte) (int, error) }
}

func (b byteByByte) Write(p []byte) (int, error) {
	for i := range p {
		if _, err := b.to.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}
