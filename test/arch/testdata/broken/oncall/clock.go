package oncall

import (
	_ "os/exec"
	clock "time"
)

// now is read, not called.
var (
	now = clock.Now

	// since reads the clock as well.
	since = clock.Since(clock.Time{})

	// at does not.
	at = clock.Unix(0, 0)
)
