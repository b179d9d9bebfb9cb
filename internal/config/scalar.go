package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// scalars are the types with a way of writing of their own.
var scalars = map[reflect.Type]func(string) (any, error){
	reflect.TypeFor[time.Duration]():     func(s string) (any, error) { return oncall.Duration(s) },
	reflect.TypeFor[oncall.Period]():     func(s string) (any, error) { return oncall.ParsePeriod(s) },
	reflect.TypeFor[time.Weekday]():      func(s string) (any, error) { return parseWeekday(s) },
	reflect.TypeFor[incident.Severity](): func(s string) (any, error) { return parseSeverity(s) },
}

func (d *document) scalar(node ast.Node, into reflect.Value, path string, parse func(string) (any, error)) {
	if _, ok := node.(ast.ScalarNode); !ok {
		d.fault(path, "is %s where one value is expected", kind(node))
		return
	}
	v, err := parse(text(node))
	if err != nil {
		d.fault(path, "%v", err)
		return
	}
	into.Set(reflect.ValueOf(v))
}

// plain reads a text, a number or a truth value, and takes none for another: 1.10 is no release, yes is not true.
func (d *document) plain(node ast.Node, into reflect.Value, path string) {
	var err error
	switch into.Kind() {
	case reflect.String:
		err = plainText(node, into)
	case reflect.Bool:
		err = plainBool(node, into)
	case reflect.Int:
		err = plainInt(node, into)
	case reflect.Float64:
		err = plainFloat(node, into)
	default:
		panic("config: the schema has a field that cannot be read, of type " + into.Type().String())
	}
	if err != nil {
		d.fault(path, "is %s where %v is expected", kind(node), err)
	}
}

func plainText(node ast.Node, into reflect.Value) error {
	switch node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		into.SetString(text(node))
		return nil
	case ast.ScalarNode:
		return fmt.Errorf("text (in quotes: %q)", text(node))
	default:
		return errors.New("text")
	}
}

func plainBool(node ast.Node, into reflect.Value) error {
	b, ok := node.(*ast.BoolNode)
	if !ok {
		return errors.New("true or false")
	}
	into.SetBool(b.Value)
	return nil
}

func plainInt(node ast.Node, into reflect.Value) error {
	n, err := strconv.ParseInt(text(node), 0, 32)
	if _, ok := node.(*ast.IntegerNode); !ok || err != nil {
		return errors.New("a whole number")
	}
	into.SetInt(n)
	return nil
}

func plainFloat(node ast.Node, into reflect.Value) error {
	x, err := strconv.ParseFloat(text(node), 64)
	switch node.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		into.SetFloat(x)
	default:
		return errors.New("a number")
	}
	return err
}

// text is what a scalar says, as it is written; "" for anything else.
func text(node ast.Node) string {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case ast.ScalarNode:
		return n.GetToken().Value
	default:
		return ""
	}
}

// kind says what a node is, as the object of a sentence.
func kind(node ast.Node) string {
	switch n := node.(type) {
	case *ast.StringNode:
		return fmt.Sprintf("the text %q", n.Value)
	case *ast.LiteralNode:
		return "text"
	case *ast.BoolNode:
		return "true or false"
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "keys with values"
	case ast.ScalarNode:
		return "the number " + text(node)
	default:
		return "something else"
	}
}

func parseWeekday(s string) (time.Weekday, error) {
	week := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	i := slices.Index(week, s)
	if i < 0 {
		return 0, fmt.Errorf("%q is none of mon, tue, wed, thu, fri, sat, sun", s)
	}
	return time.Weekday(i), nil
}

func parseSeverity(s string) (incident.Severity, error) {
	if v := incident.Severity(s); v.Valid() {
		return v, nil
	}
	return "", fmt.Errorf("%q is none of SEV1, SEV2, SEV3, SEV4", strings.TrimSpace(s))
}
