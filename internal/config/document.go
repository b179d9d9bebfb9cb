package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/seed-44180607/lastgood/internal/mapping"
)

// document is one YAML file on its way into Go values. It goes on after a fault, and it keeps the line of everything
// that it read, so that what is checked later can say where it stands.
type document struct {
	name     string
	sample   string // A file of this kind to start from.
	lines    lines  // By path: services[0].policy.
	anchors  map[string]ast.Node
	left     int // How many values may still be read.
	defaults map[reflect.Type]any
	faults   Faults
	faulty   map[string]bool // By path.
	unused   []string
	mappings []*mapping.Mapping
}

func newDocument(name string) *document {
	return &document{
		name: name, sample: "docs/examples/lastgood.yaml", lines: lines{}, defaults: defaults(), left: mostValues, faulty: map[string]bool{},
	}
}

// open parses a file. What it gives is nil when there is nothing to read in it.
func (d *document) open(content []byte) ast.Node {
	// The parser would stop at a key that comes twice; it is reported with the other faults.
	file, err := parser.ParseBytes(content, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return nil
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		d.faultAt(1, "", "the file is empty; "+d.sample+" is one to start from")
		return nil
	case len(bodies) > 1:
		d.faultAt(line(bodies[1]), "", "a second document begins here; keep one")
	}
	if _, ok := bodies[0].(ast.MapNode); !ok {
		d.faultAt(line(bodies[0]), "", "is "+kind(bodies[0])+" where keys with values are expected")
		return nil
	}
	if !d.readAnchors(bodies[0]) {
		return nil
	}
	return bodies[0]
}

func (d *document) syntax(err error) {
	at, problem := 1, err.Error()
	if e, ok := errors.AsType[yaml.Error](err); ok {
		problem = e.GetMessage()
		if t := e.GetToken(); t != nil {
			at = t.Position.Line
		}
	}
	d.faultAt(at, "", "is no YAML: "+problem)
}

// fault reports what is wrong at a path, unless something has been found there already.
func (d *document) fault(path, format string, args ...any) {
	if !d.faulty[path] {
		d.faultAt(d.line(path), path, fmt.Sprintf(format, args...))
	}
}

// faultAt reports what is wrong in a line.
func (d *document) faultAt(line int, path, problem string) {
	d.faulty[path] = true
	d.faults = append(d.faults, Fault{File: d.name, Line: line, Field: path, Problem: problem})
}

// need reports a key that is missing.
func (d *document) need(value, path, why string) {
	if value == "" {
		d.fault(path, "is missing; %s", why)
	}
}

// warn notes something that is accepted although it has no effect.
func (d *document) warn(path, why string) {
	d.unused = append(d.unused, fmt.Sprintf("%s:%d: %s: %s", d.name, d.line(path), path, why))
}

// line is where a path stands, or the nearest thing around it that stands anywhere.
func (d *document) line(path string) int { return d.lines.of(path) }

// lines are where the parts of a file stand, by path.
type lines map[string]int

func (l lines) of(path string) int {
	for {
		if n, ok := l[path]; ok {
			return n
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return 1
		}
		path = path[:cut]
	}
}

// readAnchors finds every anchored node by its name, and refuses those without a meaning or an end.
func (d *document) readAnchors(root ast.Node) (ok bool) {
	d.anchors = map[string]ast.Node{}
	found, before := ast.Filter(ast.AnchorType, root), len(d.faults)
	for _, n := range found {
		name := anchorName(n)
		if d.anchors[name] != nil {
			d.faultAt(line(n), "", "there is an anchor &"+name+" already; give this one another name")
		}
		d.anchors[name] = n
	}
	for _, n := range found {
		if name := anchorName(n); d.leadsTo(name, n, map[string]bool{}) {
			d.faultAt(line(n), "", "the anchor &"+name+" holds itself; write the value out")
		}
	}
	return len(d.faults) == before
}

func anchorName(n ast.Node) string {
	if a, ok := n.(*ast.AnchorNode); ok {
		return a.Name.GetToken().Value
	}
	return ""
}

// leadsTo says whether an alias of the name stands in a node, or in one that the node's aliases stand for.
func (d *document) leadsTo(name string, from ast.Node, seen map[string]bool) bool {
	for _, n := range ast.Filter(ast.AliasType, from) {
		alias := n.(*ast.AliasNode).Value.GetToken().Value
		if alias == name {
			return true
		}
		if next := d.anchors[alias]; next != nil && !seen[alias] {
			seen[alias] = true
			if d.leadsTo(name, next, seen) {
				return true
			}
		}
	}
	return false
}

func line(n ast.Node) int { return n.GetToken().Position.Line }
