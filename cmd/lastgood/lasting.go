package main

import (
	"time"

	"github.com/seed-44180607/lastgood/oncall"
)

// lasting is a flag that says how long, written as in lastgood.yaml.
type lasting time.Duration

func (l *lasting) String() string {
	if *l == 0 {
		return "" // Not in --help, as a default.
	}
	return oncall.Written(time.Duration(*l))
}

// Set takes the flag's value.
func (l *lasting) Set(value string) error {
	d, err := oncall.Duration(value)
	*l = lasting(d)
	return err
}

// Type is what --help calls the value.
func (l *lasting) Type() string { return "duration" }
