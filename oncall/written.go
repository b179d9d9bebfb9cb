package oncall

import (
	"strings"
	"time"
)

// Written is a duration as people write it in lastgood.yaml: 30s, 5m, 1h30m, 24h. Nothing of it is rounded away.
func Written(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if rest, ends := strings.CutSuffix(text, zero); ends {
			text = rest + zero[:1]
		}
	}
	return text
}
