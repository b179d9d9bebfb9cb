package main

import (
	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// startUI serves the Temporal UI, unless it is left out, and returns what stops it.
func startUI(p ports) (stop func()) {
	if p.ui == 0 {
		return func() {}
	}
	server := uiserver.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
		Host:                loopback,
		Port:                p.ui,
		TemporalGRPCAddress: p.frontend(),
		DefaultNamespace:    namespace,
		EnableUI:            true,
		CORS:                uiconfig.CORS{CookieInsecure: true}, // Plain HTTP; there is no certificate on loopback.
		DisableNewsFetch:    true,
		HideLogs:            true,
	}))
	go func() { _ = server.Start() }() // It returns only after Stop: when it cannot listen it ends the process, saying why.
	return server.Stop
}
