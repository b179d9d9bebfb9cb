package e2e_test

import (
	"os"
	"testing"

	"github.com/seed-44180607/lastgood/test/e2e"
)

func TestMain(m *testing.M) { os.Exit(e2e.Main(m)) }
