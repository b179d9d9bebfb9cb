package payload_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/payload"
)

func TestNumbersKeepTheirDigits(t *testing.T) {
	tests := map[string]struct {
		want any
		text string
	}{
		`7`:                      {7, "7"},
		`-12345678`:              {-12345678, "-12345678"},
		`9007199254740993`:       {9007199254740993, "9007199254740993"},
		`18446744073709551615`:   {"18446744073709551615", "18446744073709551615"},
		`0.75`:                   {0.75, "0.75"},
		`1e3`:                    {1000.0, "1000"},
		`12345678901234567.5`:    {12345678901234567.5, "12345678901234568"},
		`1e999`:                  {"1e999", "1e999"},
		`"1.10"`:                 {"1.10", "1.10"},
		`true`:                   {true, "true"},
		`[1,{"a":2}]`:            {[]any{1, map[string]any{"a": 2}}, ""},
		`{"a":{"b":[null,"x"]}}`: {map[string]any{"a": map[string]any{"b": []any{nil, "x"}}}, ""},
		`null`:                   {nil, ""},
	}
	for body, tt := range tests {
		t.Run(body, func(t *testing.T) {
			got, err := payload.Value([]byte(body))
			require.Nil(t, err)
			require.Equal(t, tt.want, got)
			text, ok := payload.Text(got)
			require.Equal(t, tt.text, text)
			require.Equal(t, tt.text != "", ok)
		})
	}
}

func TestAValueThatIsNoJSONIsNamed(t *testing.T) {
	for body, want := range map[string]string{
		``:                      "byte 0 is where the JSON breaks off",
		`{"a":`:                 "byte 5 is where the JSON breaks off",
		`{"a":1} {}`:            "byte 9 is where something stands behind the JSON",
		`{a:1}`:                 "byte 2 is where the JSON breaks off: invalid character 'a'",
		`1 x`:                   "is where something stands behind the JSON",
		strings.Repeat("[", 40): "byte 32 is nested deeper than 32 levels",
	} {
		_, err := payload.Value([]byte(body))
		require.NotNil(t, err, body)
		require.ErrorContains(t, err, want, body)
	}
}

func TestAMarkBeforeTheTextIsPassedOver(t *testing.T) {
	const marked = "\xef\xbb\xbf{\"a\": 1}"
	got, fault := payload.Value([]byte(marked))
	require.Nil(t, fault)
	require.Equal(t, map[string]any{"a": 1}, got)
	var into map[string]int
	require.Nil(t, payload.Read([]byte(marked), &into))
	require.Equal(t, map[string]int{"a": 1}, into)
}

func TestAnIdentityIsTheKeyOrItsHash(t *testing.T) {
	require.Equal(t, "disk/host-1", payload.Identity("disk/host-1"))
	long := strings.Repeat("k", 129)
	require.Regexp(t, "^sha256:[0-9a-f]{64}$", payload.Identity(long))
	require.NotEqual(t, payload.Identity(long), payload.Identity(long+"k"))
	require.Regexp(t, "^sha256:", payload.Identity("a\nb"))
}
