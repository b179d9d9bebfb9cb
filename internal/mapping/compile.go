package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Bounds of one expression.
const (
	maxText  = 1000 // In bytes.
	maxNodes = 300
)

// functions are those that an expression may call. What repeats, sorts, folds or
// compares everything with everything is not among them, nor is anything that asks for
// the time.
var functions = []string{
	"all", "any", "none", "one", "filter", "map", "find", "count", "len", "first", "last", "get", "keys", "values",
	"string", "int", "float", "trim", "trimPrefix", "trimSuffix", "upper", "lower", "split", "join", "replace",
	"indexOf", "hasPrefix", "hasSuffix",
}

// fixed are the functions whose arguments behind the first are written out: what a text
// is searched for or joined with never comes out of a body.
var fixed = []string{"split", "join", "replace", "trimPrefix", "trimSuffix"}

// compile checks an expression as it is written, and compiles it with a meter in it. The
// problem is "" when there is none.
func compile(f field, perAlert bool) (*vm.Program, string) {
	if len(f.text) > maxText {
		return nil, fmt.Sprintf("has more than %d characters", maxText)
	}
	gate := &gate{}
	plain := []expr.Option{expr.MaxNodes(maxNodes), expr.Optimize(false), expr.Patch(gate)}
	if perAlert {
		plain = append(plain, expr.Env(alertScope{}))
	} else {
		plain = append(plain, expr.Env(bodyScope{}))
	}
	if f.truth {
		plain = append(plain, expr.AsBool())
	}
	_, err := expr.Compile(f.text, plain...)
	switch {
	case gate.problem != "":
		return nil, located(f.text, gate.at, gate.problem)
	case err != nil:
		return nil, problemOf(f, err)
	}
	compiled, err := expr.Compile(f.text, expr.MaxNodes(2*maxNodes), expr.Optimize(false), expr.Env(metered{}), expr.Patch(metering{}))
	if err != nil {
		return nil, problemOf(f, err)
	}
	return compiled, ""
}

// bodyScope and alertScope are what an expression may name.
type (
	bodyScope struct {
		Body any `expr:"body"`
	}
	alertScope struct {
		Body  any `expr:"body"`
		Alert any `expr:"alert"`
	}
)

// gate refuses what an expression may not do. It keeps the first problem.
type gate struct {
	problem string
	at      file.Location
}

// Visit looks at one part of an expression.
func (g *gate) Visit(node *ast.Node) {
	if g.problem != "" {
		return
	}
	if problem := forbidden(*node); problem != "" {
		g.problem, g.at = problem, (*node).Location()
	}
}

func forbidden(node ast.Node) string {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		if strings.HasPrefix(n.Value, "$") {
			return fmt.Sprintf("unknown name %s", n.Value)
		}
	case *ast.CallNode:
		return "there is no such function; those that there are: " + strings.Join(functions, ", ")
	case *ast.BuiltinNode:
		return forbiddenCall(n)
	case *ast.BinaryNode:
		if _, written := n.Right.(*ast.StringNode); n.Operator == "matches" && !written {
			return "what is matched must be written out, in quotes"
		}
		if n.Operator == ".." {
			return "ranges cannot be used"
		}
	}
	return ""
}

func forbiddenCall(n *ast.BuiltinNode) string {
	if !slices.Contains(functions, n.Name) {
		return fmt.Sprintf("the function %s cannot be used; those that can: %s", n.Name, strings.Join(functions, ", "))
	}
	if !slices.Contains(fixed, n.Name) {
		return ""
	}
	for i, argument := range n.Arguments[min(1, len(n.Arguments)):] {
		text, written := argument.(*ast.StringNode)
		if !written || n.Name == "replace" && i == 0 && text.Value == "" {
			return fmt.Sprintf("the arguments of %s behind the first must be written out, in quotes", n.Name)
		}
	}
	return ""
}

// problemOf says what the compiler found, and where.
func problemOf(f field, err error) string {
	found, ok := errors.AsType[*file.Error](err)
	if !ok {
		if f.truth && strings.HasPrefix(err.Error(), "expected bool") {
			return "must come to true or false: " + err.Error()
		}
		return err.Error()
	}
	return placed(f.text, found.Line, found.Column, found.Message)
}

// located is a problem with its place in the expression, both counted from 1.
func located(text string, at file.Location, problem string) string {
	found := (&file.Error{Location: at}).Bind(file.NewSource(text))
	return placed(text, found.Line, found.Column, problem)
}

func placed(text string, line, column int, problem string) string {
	if strings.Contains(strings.TrimSpace(text), "\n") {
		return fmt.Sprintf("line %d, column %d: %s", line, column+1, problem)
	}
	return fmt.Sprintf("column %d: %s", column+1, problem)
}

// mentions says whether an expression has a name in it.
func mentions(text, name string) bool {
	tree, err := parser.Parse(text)
	if err != nil {
		return false
	}
	finder := &finder{name: name}
	ast.Walk(&tree.Node, finder)
	return finder.found
}

type finder struct {
	name  string
	found bool
}

// Visit looks at one part of an expression.
func (f *finder) Visit(node *ast.Node) {
	if n, ok := (*node).(*ast.IdentifierNode); ok && n.Value == f.name {
		f.found = true
	}
}
