package incident

import (
	"maps"
	"slices"
)

// Kinds are all that can happen to an incident, in a fixed order.
func Kinds() []Kind { return slices.Sorted(maps.Keys(rules)) }
