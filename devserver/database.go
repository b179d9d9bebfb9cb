package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// openDatabase makes the database and its namespace where they do not exist yet, and keeps other
// devservers off it until release is called or the process ends, however it ends.
func openDatabase(s settings) (release func(), err error) {
	if err := os.MkdirAll(filepath.Dir(s.db), 0o750); err != nil {
		return nil, fmt.Errorf("make the directory of database %s: %w", s.db, err)
	}
	release, err = lock(s.db)
	if err != nil {
		return nil, err
	}
	err = createDatabase(s.db)
	if err == nil {
		err = createNamespace(store(s.db, s.fast), retention, searchAttributes)
	}
	if err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// lock is held on a file beside the database, not on the database: closing any handle on that would
// drop the locks that SQLite itself holds there.
func lock(db string) (release func(), err error) {
	f, err := os.OpenFile(db+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of database %s: %w", db, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("database %s is in use by another devserver (%w): stop that one, or choose another file with --db", db, err)
	}
	return func() { _ = f.Close() }, nil
}

// createDatabase lays the schema into a file of another name first, so that a crash half-way cannot
// leave a database behind that looks complete. That file has no write-ahead log, because the server's
// library never closes a connection, and what is in the log would not be in the file that is renamed.
func createDatabase(db string) error {
	_, err := os.Stat(db)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for database %s: %w", db, err)
	}
	draft := db + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove an unfinished database: %w", err)
	}
	sql := store(draft, false)
	sql.ConnectAttributes["journal_mode"] = "memory"
	if err := sqlite.SetupSchema(sql); err != nil {
		return fmt.Errorf("create database %s: %w", draft, err)
	}
	if err := os.Rename(draft, db); err != nil {
		return fmt.Errorf("put the new database in place: %w", err)
	}
	return nil
}

// createNamespace does nothing when the namespace exists; keepNamespace brings that one up to date.
func createNamespace(sql *config.SQL, kept time.Duration, attributes map[string]enumspb.IndexedValueType) error {
	ns, err := sqlite.NewNamespaceConfig(clusterName, namespace, false, attributes)
	if err != nil {
		return fmt.Errorf("describe namespace %s: %w", namespace, err)
	}
	ns.Detail.Config.Retention = durationpb.New(kept)
	if err := sqlite.CreateNamespaces(sql, ns); err != nil {
		return fmt.Errorf("create namespace %s in %s: %w", namespace, sql.DatabaseName, err)
	}
	return nil
}
