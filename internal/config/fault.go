package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with the configuration.
type Fault struct {
	// File and Line say where it stands; both are empty when it is an environment variable.
	File string
	Line int
	// Field is the path in the file (services[0].policy), or the name of the variable.
	Field string
	// Problem says what is wrong and what mends it.
	Problem string
}

func (f Fault) Error() string {
	switch {
	case f.File == "":
		return f.Field + ": " + f.Problem
	case f.Field == "":
		return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Problem)
	default:
		return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Field, f.Problem)
	}
}

// Faults is everything that is wrong with the configuration, each fault on a line of its own.
type Faults []Fault

func (fs Faults) Error() string {
	lines := []string{"the configuration has 1 fault:"}
	if len(fs) != 1 {
		lines[0] = fmt.Sprintf("the configuration has %d faults:", len(fs))
	}
	for _, f := range fs {
		lines = append(lines, "  "+f.Error())
	}
	return strings.Join(lines, "\n")
}

// err gives the faults in the order of the lines, nil when there are none.
func (fs Faults) err() error {
	if len(fs) == 0 {
		return nil
	}
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Field, b.Field))
	})
	return fs
}
