// Command lastgood may import everything.
package main

import (
	_ "os"

	_ "github.com/seed-44180607/lastgood/integrations/slack"
	_ "github.com/seed-44180607/lastgood/workflows"
)
