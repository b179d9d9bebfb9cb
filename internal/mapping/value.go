package mapping

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/seed-44180607/lastgood/integrations/payload"
)

// text is what a field comes to as a text: "" for nothing, which is what a field
// without an expression comes to.
func (r *reading) text(field string) (string, *payload.Error) {
	value, err := r.value(field)
	if err != nil || value == nil {
		return "", err
	}
	text, plain := payload.Text(value)
	if !plain {
		return "", r.fault(field, "it comes to %s, not to a text", kind(value))
	}
	return text, nil
}

// truth is what a field comes to as true or false, and what is assumed without an expression.
func (r *reading) truth(field string, otherwise bool) (bool, *payload.Error) {
	if _, told := r.mapping.programs[field]; !told {
		return otherwise, nil
	}
	value, err := r.value(field)
	if err != nil {
		return false, err
	}
	truth, ok := value.(bool)
	if !ok {
		return false, r.fault(field, "it comes to %s, not to true or false", kind(value))
	}
	return truth, nil
}

// moment is what a field comes to as a time: as in RFC 3339, or as seconds or
// milliseconds since 1970, in digits or as a number. Nothing, "", 0 and the year 1 are
// no time: then the alert starts when it arrives.
func (r *reading) moment(field string) (time.Time, *payload.Error) {
	value, err := r.value(field)
	if err != nil || value == nil {
		return time.Time{}, err
	}
	if text, ok := value.(string); ok {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil {
			at, wrong := payload.Instant(field, text)
			if wrong != nil {
				return at, r.fault(field, "it comes to %.40q, not to a time as in RFC 3339 or since 1970", text)
			}
			return at, nil
		}
		value = seconds
	}
	switch v := value.(type) {
	case int:
		return r.since1970(field, float64(v))
	case float64:
		return r.since1970(field, v)
	default:
		return time.Time{}, r.fault(field, "it comes to %s, not to a time as in RFC 3339 or since 1970", kind(value))
	}
}

// milliseconds is the number from which on a time is taken to be in milliseconds: as
// seconds it would lie in the year 5138, as milliseconds in 1973.
const milliseconds = 1e11

func (r *reading) since1970(field string, n float64) (time.Time, *payload.Error) {
	if n < milliseconds {
		n *= 1000
	}
	switch {
	case n == 0:
		return time.Time{}, nil
	case n > 0 && n < 1000*milliseconds:
		return time.UnixMilli(int64(math.Round(n))).UTC(), nil
	default:
		return time.Time{}, r.fault(field, "it comes to a number that is no seconds or milliseconds since 1970")
	}
}

// kind says what a value is, as the object of a sentence.
func kind(value any) string {
	switch v := value.(type) {
	case nil:
		return "nothing"
	case bool:
		return fmt.Sprintf("%v", v)
	case string:
		return "a text"
	case int, float64:
		return "a number"
	case map[string]any:
		return "an object"
	default:
		return "a list"
	}
}
