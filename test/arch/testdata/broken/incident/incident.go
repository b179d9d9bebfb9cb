// Package incident keeps its rule.
package incident

import (
	_ "time"

	_ "github.com/seed-44180607/lastgood/oncall"
	_ "github.com/seed-44180607/lastgood/release"
)
