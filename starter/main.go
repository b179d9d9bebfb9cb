// Command starter runs lastgood's starter. It is configured by its environment alone; see
// docs/configuration.md.
package main

import (
	"os"

	"github.com/seed-44180607/lastgood/internal/app"
	"github.com/seed-44180607/lastgood/internal/config"
)

func main() { os.Exit(app.Main(config.Starter, app.Starter)) }
