// Package release turns an arrow of the domain around.
package release

import _ "github.com/seed-44180607/lastgood/incident"
