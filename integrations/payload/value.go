package payload

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// Value reads any JSON: an object is a map[string]any, an array an []any, a text a
// string, a truth value a bool, and null is nil. A whole number is an int, so that
// the digits of an ID stay as they are; one that has more than 64 bits is the string
// of its digits, and every other number a float64.
func Value(body []byte) (any, *Error) {
	body = unmarked(body)
	if err := shallow(body); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, Fault("byte "+strconv.Itoa(len(body)), "is where the JSON breaks off")
		}
		return nil, unreadable(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, Fault("byte "+strconv.FormatInt(decoder.InputOffset(), 10), "is where something stands behind the JSON")
	}
	return counted(v), nil
}

// counted puts numbers in the place of their digits.
func counted(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			v[name] = counted(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = counted(inner)
		}
	case json.Number:
		return number(string(v))
	}
	return v
}

func number(digits string) any {
	if whole, err := strconv.Atoi(digits); err == nil {
		return whole
	}
	if bytes.ContainsAny([]byte(digits), ".eE") {
		if float, err := strconv.ParseFloat(digits, 64); err == nil {
			return float
		}
	}
	return digits
}

// Text is how a value of Value is written where a text is wanted; false for what has
// parts, and for nil.
func Text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int:
		return strconv.Itoa(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	default:
		return "", false
	}
}

// Identity is a fingerprint made of a monitor's own key, which may be any text: the
// key where it is short and can be shown, or else its hash.
func Identity(key string) string {
	if len(key) <= MaxFingerprint && Clean(key, MaxFingerprint) == key {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}
