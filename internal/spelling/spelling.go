// Package spelling guesses which of the words that are known somebody meant who wrote another. It knows nothing of
// what the words name.
package spelling

// DidYouMean ends a sentence about an unknown word: "; did you mean checkout?", or nothing when no known word is near.
func DidYouMean(word string, known []string) string {
	if k := nearest(word, known); k != "" {
		return "; did you mean " + k + "?"
	}
	return ""
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
