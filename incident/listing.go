package incident

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	// maxApart is how many labels tell the alerts of a group apart in a list.
	maxApart = 3
	// maxLabel and maxLine bound the value of a label and a line, in characters.
	maxLabel = 40
	maxLine  = 120
)

// unlisted are the labels that a line does without: the title says as much.
var unlisted = []string{"alertname", "severity"}

// firingLines lists the alerts that fire, the worst first: the first few, and how many
// there are besides.
func (in Incident) firingLines() (lines []string, more int) {
	var firing []Alert
	for _, a := range in.Alerts {
		if a.Firing && a.Title() != "" {
			firing = append(firing, a)
		}
	}
	slices.SortStableFunc(firing, func(a, b Alert) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	apart := labelsApart(firing)
	for _, a := range firing[:min(len(firing), shownAlerts)] {
		lines = append(lines, a.line(apart))
	}
	return lines, in.Firing() - len(lines)
}

// rank puts what is no severity behind all that are.
func rank(s Severity) Severity {
	if !s.Valid() {
		return "~"
	}
	return s
}

// line names an alert in a list: its title, what tells it from the others of its
// group, and how often it has fired without ever being said to resolve.
func (a Alert) line(apart []string) string {
	line := firstLine(a.Title(), maxLine)
	var labels []string
	for _, name := range apart {
		if value := a.Labels[name]; value != "" && (len(value) <= 2 || !strings.Contains(line, value)) {
			labels = append(labels, name+"="+firstLine(value, maxLabel))
		}
	}
	if len(labels) > 0 {
		line += " (" + strings.Join(labels, ", ") + ")"
	}
	if a.Again > 0 {
		line += fmt.Sprintf(", fired %d times", a.Again+1)
	}
	return line
}

// labelsApart chooses the labels that tell alerts of a group apart, as few as will
// do: each time the one that leaves the fewest alike, the first by name of several.
func labelsApart(alerts []Alert) (apart []string) {
	detailed := slices.DeleteFunc(slices.Clone(alerts), func(a Alert) bool { return len(a.Labels) == 0 })
	names := map[string]bool{}
	for _, a := range detailed {
		for name := range a.Labels {
			names[name] = !slices.Contains(unlisted, name)
		}
	}
	kinds := kindsBy(detailed, nil)
	for len(apart) < maxApart && kinds < len(detailed) {
		best, most := "", kinds
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if n := kindsBy(detailed, append(slices.Clip(apart), name)); names[name] && n > most {
				best, most = name, n
			}
		}
		if best == "" {
			break
		}
		apart, kinds = append(apart, best), most
	}
	return apart
}

// kindsBy counts the alerts that are told apart by their title and some labels.
func kindsBy(alerts []Alert, labels []string) int {
	kinds := map[string]bool{}
	for _, a := range alerts {
		key := []string{a.Title()}
		for _, name := range labels {
			key = append(key, a.Labels[name])
		}
		kinds[strings.Join(key, "\x00")] = true
	}
	return len(kinds)
}
