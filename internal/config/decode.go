package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/seed-44180607/lastgood/internal/spelling"
)

// mostValues is how many values one file may come to, those that its aliases repeat included.
const mostValues = 200_000

const notActedOn = "accepted, not acted on by this version"

// decode reads a node into a value, whose type is what may stand there. Null counts as nothing.
func (d *document) decode(node ast.Node, into reflect.Value, path string) {
	node = d.resolve(node, path)
	if node == nil {
		return
	}
	if preset, ok := d.defaults[into.Type()]; ok {
		into.Set(reflect.ValueOf(preset))
	}
	if parse, ok := scalars[into.Type()]; ok {
		d.scalar(node, into, path, parse)
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.decode(node, into.Elem(), path)
	case reflect.Struct:
		d.object(node, into, path)
	case reflect.Slice:
		d.list(node, into, path)
	case reflect.Map:
		d.table(node, into, path)
	case reflect.Interface:
		if v := d.free(node, path); v != nil {
			into.Set(reflect.ValueOf(v))
		}
	default:
		d.plain(node, into, path)
	}
}

// resolve looks through anchors, aliases and tags; nil is null, or a fault that has been reported.
func (d *document) resolve(node ast.Node, path string) ast.Node {
	if d.left--; d.left < 0 {
		d.fault("", "comes to more than %d values; do aliases repeat aliases?", mostValues)
		return nil
	}
	for {
		switch n := node.(type) {
		case *ast.AnchorNode:
			node = n.Value
		case *ast.TagNode:
			node = n.Value
		case *ast.AliasNode:
			name := n.Value.GetToken().Value
			node = d.anchors[name]
			if node == nil {
				d.fault(path, "*%s has no anchor &%s in this file", name, name)
				return nil
			}
		case *ast.NullNode:
			return nil
		default:
			return node
		}
	}
}

// object reads the keys of a struct.
func (d *document) object(node ast.Node, into reflect.Value, path string) {
	fields := fieldsOf(into.Type())
	pairs, ok := d.pairs(node, path)
	if !ok {
		return
	}
	for _, p := range pairs {
		at := join(path, p.key)
		d.lines[at] = p.line
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == p.key })
		if i < 0 {
			d.fault(at, "unknown key%s", spelling.DidYouMean(p.key, names(fields)))
			continue
		}
		f := fields[i]
		if f.mark == "none" && text(p.value) == "none" {
			continue
		}
		value := into.Field(f.index)
		d.decode(p.value, value, at)
		if f.mark == "unused" && says(value) {
			d.warn(at, notActedOn)
		}
	}
}

// says reports whether a value asks for anything.
func says(v reflect.Value) bool {
	return !v.IsZero() && (v.Kind() != reflect.Slice || v.Len() > 0)
}

func (d *document) list(node ast.Node, into reflect.Value, path string) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		d.fault(path, "is %s where a list is expected", kind(node))
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(seq.Values), len(seq.Values)))
	for i, element := range seq.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.lines[at] = line(element)
		if _, null := element.(*ast.NullNode); null {
			d.fault(at, "is empty; fill it in or take it away")
			continue
		}
		d.decode(element, into.Index(i), at)
	}
}

func (d *document) table(node ast.Node, into reflect.Value, path string) {
	pairs, ok := d.pairs(node, path)
	if !ok {
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, p := range pairs {
		at := join(path, p.key)
		d.lines[at] = p.line
		value := reflect.New(into.Type().Elem()).Elem()
		d.decode(p.value, value, at)
		into.SetMapIndex(reflect.ValueOf(p.key), value)
	}
}

// free reads a value of any form into what JSON can carry.
func (d *document) free(node ast.Node, path string) any {
	node = d.resolve(node, path)
	switch n := node.(type) {
	case ast.MapNode:
		out := map[string]any{}
		pairs, _ := d.pairs(node, path)
		for _, p := range pairs {
			at := join(path, p.key)
			d.lines[at] = p.line
			out[p.key] = d.free(p.value, at)
		}
		return out
	case *ast.SequenceNode:
		out := make([]any, len(n.Values))
		for i, element := range n.Values {
			out[i] = d.free(element, fmt.Sprintf("%s[%d]", path, i))
		}
		return out
	case *ast.InfinityNode, *ast.NanNode:
		d.fault(path, "is no number that JSON can carry")
		return nil
	case *ast.LiteralNode:
		return n.Value.Value
	case ast.ScalarNode:
		return n.GetValue()
	default:
		return nil
	}
}

// pair is one key of a mapping.
type pair struct {
	key   string
	line  int
	value ast.Node
}

// pairs gives the keys of a mapping in the order of the file, those that it merges in last. Its own win over those.
func (d *document) pairs(node ast.Node, path string) (own []pair, ok bool) {
	m, ok := node.(ast.MapNode)
	if !ok {
		d.fault(path, "is %s where keys with values are expected", kind(node))
		return nil, false
	}
	var merged []pair
	for iter := m.MapRange(); iter.Next(); {
		if iter.Key().IsMergeKey() {
			merged = append(merged, d.merge(iter.Value(), path)...)
			continue
		}
		p := pair{key: text(iter.Key()), line: line(iter.Key()), value: iter.Value()}
		if twice := find(own, p.key); twice >= 0 {
			d.faultAt(p.line, join(path, p.key), fmt.Sprintf("is there already, in line %d; keep one", own[twice].line))
			continue
		}
		own = append(own, p)
	}
	for _, p := range merged {
		if find(own, p.key) < 0 {
			own = append(own, p)
		}
	}
	return own, true
}

// merge gives the keys of what stands behind <<, one mapping or a list of them.
func (d *document) merge(node ast.Node, path string) []pair {
	node = d.resolve(node, path)
	if node == nil {
		return nil
	}
	if seq, ok := node.(*ast.SequenceNode); ok {
		var all []pair
		for _, element := range seq.Values {
			all = append(all, d.merge(element, path)...)
		}
		return all
	}
	pairs, _ := d.pairs(node, path)
	return pairs
}

func find(pairs []pair, key string) int {
	return slices.IndexFunc(pairs, func(p pair) bool { return p.key == key })
}

// field is a key that a struct knows.
type field struct {
	name  string
	mark  string // "unused", "none" or nothing.
	index int
}

// fieldsOf gives the keys of a struct: the names of its yaml tags, or the json tags of the domain's types. A moment is
// never written in the file as such, nor what has the yaml tag "-".
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		if name == "" {
			name, _, _ = strings.Cut(f.Tag.Get("json"), ",")
		}
		if name != "-" && f.Type != reflect.TypeFor[time.Time]() {
			out = append(out, field{name: name, mark: f.Tag.Get("lastgood"), index: i})
		}
	}
	return out
}

func names(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

func join(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}
