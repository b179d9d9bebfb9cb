package oncall

import (
	"fmt"
	"regexp"
	"strconv"
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

var days = regexp.MustCompile(`^([0-9]{1,4})([dw])$`)

// Duration reads what people write: 90s, 5m, 1h30m, and whole days and weeks of 24 h and 168 h: 7d, 1w.
func Duration(text string) (time.Duration, error) {
	if m := days.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return 0, fmt.Errorf("read %q: %w", text, err)
		}
		if m[2] == "w" {
			n *= 7
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no time like 30s, 5m, 24h or 7d", text)
	case d < 0:
		return 0, fmt.Errorf("%q is below 0", text)
	default:
		return d, nil
	}
}
