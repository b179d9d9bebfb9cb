package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// output is how a command prints: "text" or "json".
type output string

// addOutput gives a command the flag --output.
func addOutput(cmd *cobra.Command) *output {
	o := output("text")
	cmd.Flags().Var(&o, "output", "text or json")
	return &o
}

func (o *output) String() string { return string(*o) }

// Set takes the flag's value.
func (o *output) Set(value string) error {
	if value != "text" && value != "json" {
		return fmt.Errorf("%q is neither text nor json", value)
	}
	*o = output(value)
	return nil
}

// Type is what --help calls the value.
func (o *output) Type() string { return "format" }

// print writes a value as JSON, or has it written as text.
func (o *output) print(to io.Writer, value any, text func(io.Writer) error) error {
	if *o == "text" {
		return text(to)
	}
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
