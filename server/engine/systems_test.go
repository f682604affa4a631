package engine

import (
	"os"
	"os/exec"
	"testing"
)

// The package is for the systems that its files name: on unix nothing of it is Linux's alone.
func TestOtherSystems(t *testing.T) {
	for _, system := range []string{"darwin", "freebsd", "windows"} {
		vet := exec.Command("go", "vet", ".")
		vet.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		if said, err := vet.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", system, err, said)
		}
	}
}
