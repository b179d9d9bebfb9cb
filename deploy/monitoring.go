// Package deploy carries some files of this folder into the programs, so that what
// a demo runs with is what is deployed. It has no code of its own.
package deploy

import "embed"

// Monitoring holds the folders prometheus and alertmanager. The addresses in them are
// those of docker-compose.yml.
//
//go:embed prometheus/*.yml alertmanager/*.yml
var Monitoring embed.FS
