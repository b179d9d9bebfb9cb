// Package slack knows what it is there to test.
package slack

import (
	_ "net/http"

	_ "github.com/seed-44180607/lastgood/signals"
	_ "github.com/seed-44180607/lastgood/simulator/ledger"
)
