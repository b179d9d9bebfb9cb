package config

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/parser"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/contrib/envconfig"
)

// The documents that are held against the code.
const (
	manual     = "../../docs/configuration.md"
	operations = "../../docs/operations.md"
	monitors   = "../../docs/monitors.md"
)

// idle are the settings without effect that neither Env.unused nor a mark in the schema names.
var idle = []string{
	"services[].verify.alert_resolved",
}

func TestTheDocumentedVariablesAreThoseThatAreRead(t *testing.T) {
	var documented []string
	for _, r := range environment(t) {
		documented = append(documented, r.names...)
	}
	require.ElementsMatch(t, variableNames(), documented)
}

func TestTheDocumentsNameNoVariableThatNobodyReads(t *testing.T) {
	known := slices.Concat(variableNames(), temporalVariables(t),
		[]string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}) // The standard library's.
	variable := regexp.MustCompile("`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)[`=]")
	for _, name := range []string{manual, operations, monitors} {
		for _, m := range variable.FindAllStringSubmatch(read(t, name), -1) {
			require.Contains(t, known, m[1], "%s names a variable that does not exist", name)
		}
	}
}

func TestTheDocumentedDefaultsOfVariablesAreTheRealOnes(t *testing.T) {
	names := variableNames()
	for _, r := range environment(t) {
		require.Contains(t, names, r.names[0])
		var want []string
		for _, process := range []Process{Starter, Worker} {
			value := reflect.ValueOf(Env{}.withDefaults(process)).Field(slices.Index(names, r.names[0]))
			if value.Kind() == reflect.String && value.String() != "" && !slices.Contains(want, value.String()) {
				want = append(want, value.String())
			}
		}
		require.Equal(t, want, quoted(r.cells[1]), "the default of %s", r.names[0])
	}
}

func TestTheVariablesInBoldAreThoseThatAProcessCannotDoWithout(t *testing.T) {
	for _, process := range []Process{Starter, Worker} {
		var required []string
		_, faults := Env{}.settings(process)
		for _, f := range faults {
			required = append(required, f.Field)
		}
		var bold []string
		for _, r := range environment(t) {
			if strings.Contains(r.cells[2], "**"+string(process)+"**") {
				bold = append(bold, r.names[0])
			}
		}
		require.ElementsMatch(t, required, bold, "of the %s", process)
	}
}

func TestTheVariablesWithoutEffectAreMarked(t *testing.T) {
	var all Env
	for _, value := range reflect.ValueOf(&all).Elem().Fields() {
		switch field := value.Addr().Interface().(type) {
		case *string:
			*field = "set"
		case *Secret:
			*field = NewSecret("set")
		}
	}
	want := slices.Clone(idle)
	for _, warning := range all.unused() {
		name, _, _ := strings.Cut(warning, ":")
		want = append(want, name)
	}
	for _, r := range environment(t) {
		require.Equal(t, slices.Contains(want, r.names[0]), r.marked(), "whether %s is marked", r.names[0])
	}
}

func TestTheDocumentedKeysAreThoseOfTheSchema(t *testing.T) {
	leaves, branches := keys()
	documented := documentedKeys(t)
	for path := range documented {
		_, leaf := leaves[path]
		require.True(t, leaf || branches[path], "%s is no key of lastgood.yaml", path)
	}
	for path := range leaves {
		require.NotEmpty(t, documented[path].cells, "docs/configuration.md lacks %s", path)
	}
}

func TestTheSentencesNameNoKeyThatDoesNotExist(t *testing.T) {
	leaves, branches := keys()
	paths := slices.Concat(slices.Collect(maps.Keys(leaves)), slices.Collect(maps.Keys(branches)))
	word := regexp.MustCompile("`([a-z.]+_[a-z_.]+)`")
	for _, m := range word.FindAllStringSubmatch(read(t, manual), -1) {
		require.True(t, slices.ContainsFunc(paths, func(path string) bool {
			return strings.HasSuffix("."+strings.ReplaceAll(path, "[]", ""), "."+m[1])
		}), "%s is no key of lastgood.yaml", m[1])
	}
}

func TestTheDocumentedDefaultsOfKeysAreTheRealOnes(t *testing.T) {
	leaves, _ := keys()
	for path, r := range documentedKeys(t) {
		key, leaf := leaves[path]
		if !leaf {
			continue
		}
		want := reflect.New(key.preset.Type()).Elem()
		if said := quoted(r.cells[2]); len(said) > 0 {
			want = decoded(t, said[0], key.preset.Type())
		}
		require.Equal(t, want.Interface(), key.preset.Interface(), "the default of %s", path)
	}
}

func TestTheKeysWithoutEffectAreMarked(t *testing.T) {
	leaves, _ := keys()
	for path, r := range documentedKeys(t) {
		if key, leaf := leaves[path]; leaf {
			require.Equal(t, key.unused || slices.Contains(idle, path), r.marked(), "whether %s is marked", path)
		}
	}
}

// key is one that takes a value: what it is when it is not written, and whether nothing acts on it.
type key struct {
	preset reflect.Value
	unused bool
}

// keys gives every key of lastgood.yaml by its path: the leaves take a value, the branches hold other keys.
func keys() (leaves map[string]key, branches map[string]bool) {
	leaves, branches = map[string]key{}, map[string]bool{}
	collect(reflect.ValueOf(schema{}), "", false, leaves, branches)
	// It is there for overrides that are made at run time; in the file it is an unknown key.
	delete(leaves, "schedules[].overrides[].schedule")
	return leaves, branches
}

func collect(v reflect.Value, path string, unused bool, leaves map[string]key, branches map[string]bool) {
	if preset, ok := defaults()[v.Type()]; ok {
		v = reflect.ValueOf(preset)
	}
	for _, f := range fieldsOf(v.Type()) {
		at, value, unused := join(path, f.name), v.Field(f.index), unused || f.mark == "unused"
		list, element := "", value.Type()
		if element.Kind() == reflect.Slice {
			list, element = "[]", element.Elem()
		}
		if element.Kind() == reflect.Pointer {
			element = element.Elem()
		}
		if _, scalar := scalars[element]; scalar || element.Kind() != reflect.Struct {
			leaves[at] = key{preset: value, unused: unused}
			continue
		}
		branches[at] = true
		collect(reflect.New(element).Elem(), at+list, unused, leaves, branches)
	}
}

// decoded reads a default as it stands in the document.
func decoded(t *testing.T, text string, into reflect.Type) reflect.Value {
	t.Helper()
	file, err := parser.ParseBytes([]byte(text), 0)
	require.NoError(t, err)
	value := reflect.New(into).Elem()
	d := newDocument(manual)
	d.decode(file.Docs[0].Body, value, text)
	require.Empty(t, d.faults)
	return value
}

// row is one of a table.
type row struct {
	names   []string // What is quoted in its first cell.
	cells   []string
	heading string
}

func (r row) marked() bool {
	return strings.Contains(strings.ToLower(r.heading+r.cells[3]), "not acted on")
}

// environment gives the rows of the table of variables.
func environment(t *testing.T) []row {
	t.Helper()
	return slices.DeleteFunc(rows(t), func(r row) bool { return r.heading != "## Environment" })
}

// documentedKeys gives the rows on keys by the paths of the keys. A heading names the paths that its table belongs to.
func documentedKeys(t *testing.T) map[string]row {
	t.Helper()
	found := map[string]row{}
	for _, r := range rows(t) {
		if r.heading == "## Environment" {
			continue
		}
		under := quoted(r.heading)
		if r.heading == "## lastgood.yaml" {
			under = []string{""}
		}
		require.Len(t, r.names, 1, "one key to a row")
		for _, parent := range under {
			path := join(parent, r.names[0])
			require.NotContains(t, found, path, "it is documented twice")
			found[path] = r
		}
	}
	return found
}

// rows gives the rows of all tables whose first cell names something.
func rows(t *testing.T) []row {
	t.Helper()
	var found []row
	var under string
	for line := range strings.Lines(read(t, manual)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "##"):
			under = line
		case strings.HasPrefix(line, "| `"):
			cells := strings.Split(strings.Trim(line, "|"), "|")
			require.Len(t, cells, 4, line)
			found = append(found, row{names: quoted(cells[0]), cells: cells, heading: under})
		}
	}
	return found
}

var code = regexp.MustCompile("`([^`]+)`")

// quoted gives what stands in backquotes.
func quoted(text string) []string {
	var found []string
	for _, m := range code.FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(content)
}

func variableNames() []string {
	var names []string
	for field := range reflect.TypeFor[Env]().Fields() {
		names = append(names, field.Tag.Get("envconfig"))
	}
	return names
}

// lookups is an empty environment that remembers what it was asked for.
type lookups map[string]bool

func (l lookups) Environ() []string { return nil }

func (l lookups) LookupEnv(name string) (string, bool) {
	l[name] = true
	if name == "TEMPORAL_CONFIG_FILE" {
		return os.DevNull, true // Not the one of whoever runs this.
	}
	return "", false
}

// temporalVariables are those that Temporal's SDK looks for.
func temporalVariables(t *testing.T) []string {
	t.Helper()
	asked := lookups{}
	_, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{EnvLookup: asked})
	require.NoError(t, err)
	return slices.Collect(maps.Keys(asked))
}
