// Package workflows reaches for the network.
package workflows

import (
	_ "net"

	_ "go.temporal.io/sdk/workflow"

	_ "github.com/seed-44180607/lastgood/activities"
	_ "github.com/seed-44180607/lastgood/signals"
)
