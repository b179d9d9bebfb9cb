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

// nearest is the one of the known words that a misspelt one was most likely meant to be; "" when none is near.
func nearest(word string, known []string) string {
	best, least := "", max(len(word)/3, 1)+1
	for _, k := range known {
		if d := distance(word, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// didYouMean ends a sentence about an unknown word.
func didYouMean(word string, known []string) string {
	if k := nearest(word, known); k != "" {
		return "; did you mean " + k + "?"
	}
	return ""
}

// distance counts the bytes to insert, delete or replace, or the neighbours to swap, to make b of a.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
