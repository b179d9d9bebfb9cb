package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dockerfile returns the arguments of every line that starts with an instruction,
// continued lines joined.
func dockerfile(t *testing.T, instruction string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)
	var found []string
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", " ")) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), instruction+" "); ok {
			found = append(found, rest)
		}
	}
	require.NotEmpty(t, found, "no %s in the Dockerfile", instruction)
	return found
}

func TestWhatTheDockerfileCopiesIsThere(t *testing.T) {
	for _, line := range dockerfile(t, "COPY") {
		if strings.HasPrefix(line, "--from=") {
			continue
		}
		paths := strings.Fields(line)
		for _, path := range paths[:len(paths)-1] {
			_, err := os.Stat(filepath.Join(root, path))
			require.NoError(t, err)
		}
	}
}

func TestTheImageIsBuiltOfTheThreePrograms(t *testing.T) {
	build := dockerfile(t, "RUN")[1]
	for _, program := range []string{"./worker", "./starter", "./cmd/lastgood"} {
		require.Contains(t, strings.Fields(build), program)
		require.DirExists(t, filepath.Join(root, program))
	}
}

// The configuration of the demo's monitor lies in deploy/, most of which the image
// does without.
func TestTheBuildOfTheImageSeesAllThatItCompiles(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f",
		`{{if .Module}}{{if .Module.Main}}{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`,
		"./worker", "./starter", "./cmd/lastgood")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	ignored := ignored(t)
	at, err := filepath.Abs(root)
	require.NoError(t, err)
	var embedded bool
	for file := range strings.FieldsSeq(string(out)) {
		path, err := filepath.Rel(at, file)
		require.NoError(t, err)
		embedded = embedded || filepath.Ext(path) == ".yml"
		for dir := path; dir != "."; dir = filepath.Dir(dir) {
			require.NotContains(t, ignored, dir, "%s is not seen", path)
		}
	}
	require.True(t, embedded)
}

func TestTheImageDoesNotRunAsRoot(t *testing.T) {
	users := dockerfile(t, "USER")
	require.NotContains(t, users[len(users)-1], "root")
	require.False(t, strings.HasPrefix(users[len(users)-1], "0"))
}

// ignored are the lines of .dockerignore.
func ignored(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	require.NoError(t, err)
	return strings.Split(string(text), "\n")
}

func TestNoSecretGoesIntoTheImage(t *testing.T) {
	ignored := ignored(t)
	for _, path := range []string{".env*", ".git", ".data", "lastgood.yaml"} {
		require.Contains(t, ignored, path)
	}
}

func TestEveryScriptIsSoundAndExecutable(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join(root, "deploy/*.sh"))
	require.NoError(t, err)
	more, err := filepath.Glob(filepath.Join(root, "deploy/*/*.sh"))
	require.NoError(t, err)
	for _, script := range append(scripts, append(more, filepath.Join(root, ".ci/run"))...) {
		info, err := os.Stat(script)
		require.NoError(t, err)
		require.NotZero(t, info.Mode()&0o100, "%s is not executable", script)
		shell := "sh"
		if text, err := os.ReadFile(script); err == nil && strings.HasPrefix(string(text), "#!/usr/bin/env bash\n") {
			shell = "bash"
		}
		out, err := exec.CommandContext(t.Context(), shell, "-n", script).CombinedOutput()
		require.NoError(t, err, "%s: %s", script, out)
	}
}
