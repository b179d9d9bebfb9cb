// Package activities reaches for an adapter.
package activities

import (
	_ "github.com/seed-44180607/lastgood/incident"
	_ "github.com/seed-44180607/lastgood/integrations/rest"
	_ "github.com/seed-44180607/lastgood/integrations/slack"
)
