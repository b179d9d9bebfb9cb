// Package workercomponent adds nothing to the server's own workers.
package workercomponent

import "go.uber.org/fx"

// Module is where the server looks for a component that scales workers.
var Module = fx.Options()
