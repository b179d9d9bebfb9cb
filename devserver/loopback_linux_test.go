package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestItListensOnTheLoopbackInterfaceOnly(t *testing.T) {
	p := launch(t, "--db", database(t), "--port", "0", "--ui-port", freePort(t), "--fast")
	const loopbackHex = "0100007F:" // 127.0.0.1, as the kernel writes it on a little-endian machine.
	listening := listeners(t, p.cmd.Process.Pid)
	require.Len(t, listening, 5, "frontend, history, matching, worker, UI")
	for _, at := range listening {
		require.True(t, strings.HasPrefix(at, loopbackHex), at)
	}
}

// listeners are the addresses of the TCP sockets on which the process listens, as in /proc/net/tcp.
func listeners(t *testing.T, pid int) []string {
	t.Helper()
	mine := map[string]bool{}
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	require.NoError(t, err)
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil {
			mine[target] = true
		}
	}
	const stateListen = "0A"
	var found []string
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(table)
		if os.IsNotExist(err) {
			continue // A kernel without IPv6.
		}
		require.NoError(t, err)
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			field := strings.Fields(lines.Text())
			if len(field) > 9 && field[3] == stateListen && mine["socket:["+field[9]+"]"] {
				found = append(found, field[1])
			}
		}
		require.NoError(t, lines.Err())
		require.NoError(t, f.Close())
	}
	return found
}
