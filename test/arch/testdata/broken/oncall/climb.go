// Package oncall reaches for the network.
package oncall

import (
	_ "net/http"
	_ "net/url"
)
