package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// maxDepth is the deepest nesting that is read. A monitor has four or five levels.
const maxDepth = 32

// Error says what cannot be read, and where: a field, or a byte of the body,
// counted from 0. It is fit to be shown to the sender.
type Error struct {
	Where string
	Why   string
}

// Error gives both in one sentence.
func (e *Error) Error() string { return e.Where + " " + e.Why }

// Fault makes an *Error.
func Fault(where, why string, args ...any) *Error {
	return &Error{where, fmt.Sprintf(why, args...)}
}

// Read decodes a JSON body into v, which is given by its address. Fields that are
// not known are passed over.
func Read(body []byte, v any) *Error {
	body = unmarked(body)
	if err := shallow(body); err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return unreadable(err)
	}
	return nil
}

// unreadable makes an *Error of what encoding/json says.
func unreadable(err error) *Error {
	if broken, ok := errors.AsType[*json.SyntaxError](err); ok {
		return &Error{fmt.Sprintf("byte %d", broken.Offset), "is where the JSON breaks off: " + broken.Error()}
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		where := wrong.Field
		if where == "" {
			where = "the body"
		}
		return &Error{where, fmt.Sprintf("is a %s at byte %d, not %s", wrong.Value, wrong.Offset, inJSON(wrong.Type.Kind().String()))}
	}
	return &Error{"the body", "is not JSON"}
}

// inJSON is what JSON calls one of our types.
func inJSON(kind string) string {
	switch kind {
	case "string":
		return "a string"
	case "slice":
		return "an array"
	case "uint32":
		return "a whole number from 0 on"
	default:
		return "an object"
	}
}

// unmarked is a body without the mark that some programs put before UTF-8.
func unmarked(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) }

// shallow refuses nesting that only an attack has. It looks at brackets outside of
// strings; whether they match is for the decoder.
func shallow(body []byte) *Error {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return &Error{fmt.Sprintf("byte %d", i), fmt.Sprintf("is nested deeper than %d levels", maxDepth)}
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
