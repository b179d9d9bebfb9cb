package spelling_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/spelling"
)

func TestTheNearestKnownWordIsSuggestedWhenItIsNear(t *testing.T) {
	known := []string{"checkout-primary", "checkout-secondary", "db"}
	for word, want := range map[string]string{
		"chekcout-primary": "; did you mean checkout-primary?",
		"secondary":        "",
		"bd":               "; did you mean db?",
		"":                 "",
	} {
		require.Equal(t, want, spelling.DidYouMean(word, known), word)
	}
}
