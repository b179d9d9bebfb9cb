package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"go.temporal.io/server/common/headers"
)

// settings are what the command line decides.
type settings struct {
	db     string // File of the database, the server's version in its name.
	port   int    // Of the gRPC frontend; 0 takes a free one.
	uiPort int    // Of the Temporal UI; 0 leaves the UI out.
	fast   bool   // Do not wait for the disk at each commit.
}

// parse reads the command line. What is wrong with it, and the usage, is written to stderr; the
// error only says that something is, and is flag.ErrHelp when help was asked for.
func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	fs := flag.NewFlagSet("devserver", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&s.db, "db", ".data/temporal.db", "database `file`; the server's version is added to its name")
	fs.IntVar(&s.port, "port", 7233, "`port` for gRPC on 127.0.0.1; 0 takes a free one")
	fs.IntVar(&s.uiPort, "ui-port", 8233, "`port` for the Temporal UI on 127.0.0.1; 0 for no UI")
	fs.BoolVar(&s.fast, "fast", false, "do not wait for the disk at each commit: a power cut may lose the last moments, a crash loses nothing")
	if err := fs.Parse(args); err != nil {
		return settings{}, err
	}
	if err := s.check(fs.Args()); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		fs.Usage()
		return settings{}, err
	}
	s.db = versioned(s.db)
	return s, nil
}

func (s settings) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case s.db == "":
		return errors.New("--db must name a file")
	case s.port < 0 || s.port > 65535:
		return fmt.Errorf("--port %d is not between 0 and 65535", s.port)
	case s.uiPort < 0 || s.uiPort > 65535:
		return fmt.Errorf("--ui-port %d is not between 0 and 65535", s.uiPort)
	case s.port != 0 && s.port == s.uiPort:
		return fmt.Errorf("--port and --ui-port are both %d", s.port)
	}
	return nil
}

// versioned puts the server's version into the name of the database: no migrations exist for
// SQLite, so a newer server has to begin with a database of its own.
func versioned(db string) string {
	ext := filepath.Ext(db)
	return strings.TrimSuffix(db, ext) + "-" + headers.ServerVersion + ext
}
