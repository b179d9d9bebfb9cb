package arch

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// wallClock is what package time offers to read the clock or to wait for it.
var wallClock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// faults returns one sentence for each breach of the rules in the module at root,
// in the order of the folders. Folders that do not exist break nothing.
//
// Everything is read in this process: the test cache sees which files those are
// and runs the test again when one changes, as it would not with a child process.
func faults(root string) ([]string, error) {
	folders, err := packages(root)
	if err != nil {
		return nil, fmt.Errorf("list the packages of %s: %w", root, err)
	}
	var found []string
	for _, folder := range folders {
		p, err := build.ImportDir(filepath.Join(root, folder), 0)
		if _, empty := errors.AsType[*build.NoGoError](err); empty {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the package in %s: %w", folder, err)
		}
		more, err := faultsOf(p, folder)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// faultsOf returns the breaches of one package that has production files.
func faultsOf(p *build.Package, folder string) ([]string, error) {
	if len(p.GoFiles) == 0 {
		return nil, nil
	}
	r, ok := ruleFor(folder)
	if !ok {
		return []string{folder + " is in no row of the table: add one in test/arch/rules_test.go and docs/architecture.md"}, nil
	}
	found := importFaults(p, folder, r)
	if !r.clockless {
		return found, nil
	}
	for _, name := range p.GoFiles {
		clock, err := clockFaults(filepath.Join(p.Dir, name), folder)
		if err != nil {
			return nil, err
		}
		found = append(found, clock...)
	}
	return found, nil
}

func importFaults(p *build.Package, folder string, r rule) []string {
	var found []string
	for _, imported := range slices.Sorted(maps.Keys(p.ImportPos)) {
		if r.allows(folder, imported) {
			continue
		}
		for _, at := range p.ImportPos[imported] {
			found = append(found, fmt.Sprintf("%s imports %s: %s is %s (docs/architecture.md)",
				filepath.ToSlash(filepath.Join(folder, filepath.Base(at.Filename))),
				strings.TrimPrefix(imported, module+"/"), r.home(folder), r.is))
		}
	}
	return found
}

// clockFaults returns where a file uses the wall clock, under whatever name it
// imports package time.
func clockFaults(file, folder string) ([]string, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", file, err)
	}
	name := localName(tree, "time")
	if name == "" {
		return nil, nil
	}
	var found []string
	ast.Inspect(tree, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == name && slices.Contains(wallClock, sel.Sel.Name) {
			found = append(found, fmt.Sprintf("%s:%d uses time.%s: the clock is an argument here (docs/architecture.md)",
				filepath.ToSlash(filepath.Join(folder, filepath.Base(file))), fset.Position(sel.Pos()).Line, sel.Sel.Name))
		}
		return true
	})
	return found, nil
}

// localName returns what a file calls the package at path, empty when it does
// not import it. The linter keeps dot imports out.
func localName(file *ast.File, path string) string {
	for _, spec := range file.Imports {
		if imported, err := strconv.Unquote(spec.Path.Value); err != nil || imported != path {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path
	}
	return ""
}

// packages lists the folders of the module at root, nested modules left out.
func packages(root string) ([]string, error) {
	var folders []string
	err := filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || at == root {
			return err
		}
		if foreign(at) {
			return filepath.SkipDir
		}
		folder, err := filepath.Rel(root, at)
		folders = append(folders, filepath.ToSlash(folder))
		return err
	})
	return folders, err
}

// foreign reports whether the go command, too, would leave a folder out.
func foreign(at string) bool {
	name := filepath.Base(at)
	if name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(at, "go.mod"))
	return err == nil
}
