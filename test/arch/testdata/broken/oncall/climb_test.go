package oncall

import (
	_ "os"
	"time"
)

var started = time.Now()
