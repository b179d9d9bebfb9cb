package main

import (
	"io"
	"sync"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
)

// visible writes to a terminal what is to be read there: no control character but line breaks and tabs, and none that
// turns the direction of writing. Names, comments and alerts come from outside, and must not steer the terminal of
// whoever lists them. Any number of goroutines may write.
type visible struct {
	mu sync.Mutex
	to io.Writer
}

func visibleOn(to io.Writer) io.Writer {
	return &visible{to: transform.NewWriter(to, runes.Remove(runes.Predicate(steers)))}
}

// Write takes some bytes. Half of a character waits for the other half.
func (v *visible) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.to.Write(p)
}

func steers(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}
